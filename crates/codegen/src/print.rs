//! Formats generated code. It is printed item by item: a whole file of them takes much memory.

use syn::{File, ImplItem, Item, ItemImpl, ItemMod, parse_quote};

/// The source text of items, with LF line ends.
pub(crate) fn source(items: Vec<Item>) -> String {
    prettyplease::unparse(&File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items,
    })
}

/// The source text of an item as it stands in `depth` modules.
pub(crate) fn nested(mut item: Item, depth: usize) -> String {
    for _ in 0..depth {
        let mut module: ItemMod = parse_quote!(
            mod m {}
        );
        if let Some((_, items)) = &mut module.content {
            items.push(item);
        }
        item = Item::Mod(module);
    }
    within(item, depth)
}

/// The source text of what is in a block, itself in `depth` modules.
pub(crate) fn members(items: Vec<ImplItem>, depth: usize) -> String {
    let mut block: ItemImpl = parse_quote!(
        impl Block {}
    );
    block.items = items;
    let text = nested(Item::Impl(block), depth);
    lines_within(&text, 1).to_owned()
}

/// The lines that are in so many blocks of an item, each of which begins and ends with one line.
pub(crate) fn within(item: Item, depth: usize) -> String {
    lines_within(&source(vec![item]), depth).to_owned()
}

fn lines_within(text: &str, depth: usize) -> &str {
    let mut lines = text;
    for _ in 0..depth {
        lines = lines.split_once('\n').map_or("", |(_, rest)| rest);
        let end = lines.trim_end_matches('\n').rfind('\n');
        lines = &lines[..end.map_or(0, |end| end + 1)];
    }
    lines
}

/// Puts lines into the empty block that an item ends with, itself in `depth` others.
pub(crate) fn filled(item: Item, depth: usize, lines: &str) -> String {
    let text = nested(item, depth);
    match text.strip_suffix("{}\n") {
        Some(head) if !lines.is_empty() => {
            let indent = "    ".repeat(depth);
            format!("{head}{{\n{lines}{indent}}}\n")
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_printed_as_those_of_the_whole() {
        let inner: [Item; 2] = [
            parse_quote! {
                /// A struct.
                pub struct A { pub b: u8 }
            },
            parse_quote!(
                const TEXT: &str = r"
}
{
";
            ),
        ];
        let [first, second] = &inner;
        let whole = parse_quote!(mod outer { #[allow(unused)] pub mod inner { #first #second } });
        let lines = inner.map(|item| nested(item, 2)).concat();
        let module = parse_quote!(
            #[allow(unused)]
            pub mod inner {}
        );
        let module = filled(module, 1, &lines);
        let found = filled(
            parse_quote!(
                mod outer {}
            ),
            0,
            &module,
        );
        assert_eq!(found, source(vec![whole]));
    }
}

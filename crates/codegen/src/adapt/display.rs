//! Strings with limits show themselves, as all other values of a parameter do.

use std::collections::BTreeSet;

use syn::{Fields, Item, ItemMod, Type, parse_quote};

use super::trim::subject;

/// Gives typify's types around a string a `Display`, where they have none.
pub(super) fn strings(types: &mut ItemMod) {
    let Some((_, items)) = &mut types.content else {
        return;
    };
    let shown = items.iter().filter_map(|item| match item {
        Item::Impl(block) => {
            let (path, _) = block.trait_.as_ref()?;
            let is_display = path.segments.last()?.ident == "Display";
            is_display.then(|| subject(block))
        }
        _ => None,
    });
    let shown: BTreeSet<String> = shown.collect();
    let mut index = 0;
    while let Some(item) = items.get(index) {
        index += 1;
        if let Item::Struct(item) = item
            && let Fields::Unnamed(fields) = &item.fields
            && fields.unnamed.iter().all(|field| is_string(&field.ty))
            && !shown.contains(&item.ident.to_string())
        {
            let name = &item.ident;
            let display = parse_quote! {
                impl ::std::fmt::Display for #name {
                    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        ::std::fmt::Display::fmt(&self.0, f)
                    }
                }
            };
            items.insert(index, display);
        }
    }
}

fn is_string(kind: &Type) -> bool {
    match kind {
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| last.ident == "String")
        }
        _ => false,
    }
}

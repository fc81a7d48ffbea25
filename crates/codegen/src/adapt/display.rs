//! Strings and numbers with limits show themselves, as all other values of a parameter do.

use std::collections::BTreeSet;

use syn::{Fields, Item, ItemMod, Type, parse_quote};

use super::trim::subject;

const SCALARS: [&str; 12] = [
    "String", "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64",
];

/// Gives typify's types around one of these a `Display`, where they have none.
pub(super) fn scalars(types: &mut ItemMod) {
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
            && fields.unnamed.iter().all(|field| is_scalar(&field.ty))
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

fn is_scalar(kind: &Type) -> bool {
    match kind {
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| SCALARS.contains(&last.ident.to_string().as_str()))
        }
        _ => false,
    }
}

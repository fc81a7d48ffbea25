//! Strings and numbers with limits show themselves, as all other values of a parameter do.

use std::collections::BTreeSet;

use syn::{Fields, Item, ItemStruct, Type, parse_quote};

use super::pieces::{Kind, Piece};

const SCALARS: [&str; 12] = [
    "String", "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64",
];

/// The types that have a `Display`.
pub(super) fn shown(types: &[Piece]) -> BTreeSet<String> {
    let shown = types.iter().filter_map(|piece| match &piece.kind {
        Kind::Impl(Some(name)) if name == "Display" => Some(piece.name.clone()),
        _ => None,
    });
    shown.collect()
}

/// A `Display` for a type of typify's around one of these, if it has none.
pub(super) fn scalar(item: &ItemStruct, shown: &BTreeSet<String>) -> Option<Item> {
    let Fields::Unnamed(fields) = &item.fields else {
        return None;
    };
    let name = &item.ident;
    let are_scalars = fields.unnamed.iter().all(|field| is_scalar(&field.ty));
    (are_scalars && !shown.contains(&name.to_string())).then(|| {
        parse_quote! {
            impl ::std::fmt::Display for #name {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    ::std::fmt::Display::fmt(&self.0, f)
                }
            }
        }
    })
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

//! Types that typify makes where it should have refused.

use std::collections::HashSet;

use syn::{Item, ItemMod, parse_quote};

use super::Problem;

/// Finds them. What no value fits becomes any JSON value.
pub(super) fn problems(types: &mut ItemMod) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let mut problems = Vec::new();
    let Some((_, items)) = &mut types.content else {
        return problems;
    };
    let mut conversions = Vec::new();
    for item in items.iter_mut() {
        let (name, is_empty) = match item {
            Item::Struct(item) => (item.ident.clone(), false),
            Item::Enum(item) => (item.ident.clone(), item.variants.is_empty()),
            _ => continue,
        };
        let is_first = seen.insert(name.to_string());
        let words = match is_first {
            false => format!("two schemas become the Rust type `{name}`"),
            true if is_empty => format!(
                "no value fits the schema that becomes the Rust type `{name}`: it is any JSON value"
            ),
            true => continue,
        };
        problems.push(Problem {
            name: name.to_string(),
            words,
            is_mended: is_first,
        });
        *item = parse_quote! {
            /// No value fits what the spec says of this, so it is any.
            #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
            #[serde(transparent)]
            pub struct #name(pub ::serde_json::Value);
        };
        conversions.push(parse_quote! {
            impl ::std::convert::From<::serde_json::Value> for #name {
                fn from(value: ::serde_json::Value) -> Self {
                    Self(value)
                }
            }
        });
    }
    items.extend(conversions);
    problems
}

//! Types that typify makes where it should have refused.

use std::collections::HashSet;

use syn::{Item, ItemMod};

use super::Problem;

pub(super) fn problems(types: &ItemMod) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let items = types.content.iter().flat_map(|(_, items)| items);
    let problems = items.filter_map(|item| {
        let (name, is_empty) = match item {
            Item::Struct(item) => (item.ident.to_string(), false),
            Item::Enum(item) => (item.ident.to_string(), item.variants.is_empty()),
            _ => return None,
        };
        let words = if !seen.insert(name.clone()) {
            format!("two schemas become the Rust type `{name}`")
        } else if is_empty {
            format!("no value fits the schema that becomes the Rust type `{name}`")
        } else {
            return None;
        };
        Some(Problem { name, words })
    });
    problems.collect()
}

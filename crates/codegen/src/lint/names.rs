//! The Rust names that the generator makes of the names in a spec.

use std::collections::HashMap;

use heck::{ToPascalCase, ToSnakeCase};

use super::Lint;
use crate::report::quoted;
use crate::tree::Node;

/// The name of a type.
pub(super) fn type_name(name: &str) -> String {
    plain(name).to_pascal_case()
}

/// The name of a method, a field or an argument.
pub(super) fn value_name(name: &str) -> String {
    plain(name).to_snake_case()
}

/// As progenitor does it.
fn plain(name: &str) -> String {
    match name {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        _ => {
            let name = name.replace('\'', "");
            name.replace(|c: char| !c.is_alphanumeric() && c != '_', "-")
        }
    }
}

impl<'a> Lint<'a> {
    /// Component schemas become types of their names, and inline ones types that are named after
    /// their operation.
    pub(super) fn type_names(&mut self, inline: Vec<(String, Node<'a>)>) {
        let schemas = self.root.get("components").and_then(|c| c.get("schemas"));
        let mut types = HashMap::new();
        for (name, schema) in schemas.into_iter().flat_map(Node::members) {
            let type_name = type_name(name);
            if let Some(first) = types.insert(type_name.clone(), schema) {
                let message = format!(
                    "{} becomes the Rust type `{type_name}`, as another schema does",
                    quoted(name)
                );
                self.clash("type-name", schema, first, message, "rename one of the two");
            }
        }
        for (name, schema) in inline {
            if let Some(first) = types.get(&name) {
                let message =
                    format!("this schema becomes the Rust type `{name}`, as a component does");
                let help = "rename the component, or point to it with `$ref`";
                self.clash("type-name", schema, *first, message, help);
            }
        }
    }
}

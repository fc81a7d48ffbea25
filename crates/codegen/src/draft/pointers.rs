//! What a `$ref` says: a JSON pointer into the document.

use super::Draft;
use crate::literal::decoded;
use crate::tree::{escaped, unescaped};

/// Longer chains of references than anybody writes.
const MAX_CHAIN: usize = 20;

/// The steps of a reference into the document, whose own file is called `file`. None when it is one to
/// another file.
pub(super) fn steps(reference: &str, file: &str) -> Option<Vec<String>> {
    let (before, pointer) = reference.split_once('#')?;
    let own = file.rsplit(['/', '\\']).next()?;
    let is_own = |path: &str| !own.is_empty() && path == own;
    if !before.is_empty() && !is_own(before.strip_prefix("./").unwrap_or(before)) {
        return None;
    }
    match pointer {
        "" => Some(Vec::new()),
        _ => Some(
            pointer
                .strip_prefix('/')?
                .split('/')
                .map(unescaped)
                .collect(),
        ),
    }
}

/// The reference to a component.
pub(super) fn to_component(section: &str, name: &str) -> String {
    format!("#/components/{section}/{}", escaped(name))
}

/// The name that a percent-encoded step stands for.
pub(super) fn meant(step: &str) -> String {
    // An escaped slash of a URL may have been escaped for the pointer before.
    unescaped(&decoded(step))
}

/// Where a pointer leads: names may be percent-encoded, and a `$ref` on the way, or at its end, is followed.
pub(super) fn find(root: &Draft, steps: Vec<String>, file: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut node = root;
    let mut rest: Vec<String> = steps.into_iter().rev().collect();
    for _ in 0..MAX_CHAIN {
        while let Some(step) = rest.pop() {
            // A component that is a reference stays one.
            let decoded = meant(&step);
            let Some(name) = [&step, &decoded]
                .into_iter()
                .find(|name| node.step(name).is_some())
            else {
                rest.push(step);
                break;
            };
            node = node.step(name)?;
            found.push(name.clone());
        }
        let is_component = matches!(&found[..], [first, _, _] if first == "components");
        match node.text("$ref") {
            Some(reference) if !rest.is_empty() || !is_component => {
                let before = self::steps(reference, file)?;
                rest.extend(before.into_iter().rev());
                found.clear();
                node = root;
            }
            _ => return rest.is_empty().then_some(found),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tree::Span;

    #[test]
    fn a_pointer_leads_where_it_means() {
        let value = json!({
            "paths": {"/a/{b}": {"get": {"responses": {"200": {"$ref": "#/components/responses/r"}}}}},
            "components": {
                "responses": {"r": {"content": {"a/b": {"schema": {"type": "string"}}}}},
                "schemas": {
                    "a b": {"$ref": "#/components/schemas/100%"},
                    "100%": {"properties": {"p": {"$ref": "./own.yaml#/components/schemas/a%20b"}}},
                    "loop": {"properties": {"p": {"$ref": "#/components/schemas/loop/properties/p"}}},
                },
            },
        });
        let root = Draft::made(&value, Span::new(0, 0));
        let find = |reference: &str| {
            let steps = steps(reference, "of/own.yaml")?;
            let found = find(&root, steps, "of/own.yaml")?;
            Some(
                found
                    .iter()
                    .flat_map(|step| ["/", step])
                    .collect::<String>(),
            )
        };
        for (reference, expected) in [
            ("#/paths/~1a~1{b}/get", Some("/paths//a/{b}/get")),
            ("#/paths/~1a~1%7Bb%7D/get", Some("/paths//a/{b}/get")),
            ("#/paths/%2Fa%2F%7Bb%7D/get", Some("/paths//a/{b}/get")),
            (
                "#/paths/~1a~1{b}/get/responses/200/content/a~1b/schema",
                Some("/components/responses/r/content/a/b/schema"),
            ),
            ("#/components/schemas/a b", Some("/components/schemas/a b")),
            (
                "own.yaml#/components/schemas/a%20b",
                Some("/components/schemas/a b"),
            ),
            (
                "#/components/schemas/100%25",
                Some("/components/schemas/100%"),
            ),
            (
                "#/components/schemas/a b/properties/p",
                Some("/components/schemas/a b"),
            ),
            ("#/components/schemas/loop/properties/p", None),
            ("#/components/schemas/none", None),
            ("#", Some("")),
            ("other.yaml#/components/schemas/a b", None),
            ("Pet", None),
        ] {
            assert_eq!(find(reference).as_deref(), expected, "{reference}");
        }
    }
}

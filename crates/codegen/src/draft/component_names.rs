//! Names for what becomes a component.

use std::collections::{HashMap, HashSet};

use super::{Draft, Kind};
use crate::ids::is_name;
use crate::names::{Status, numbered, pascal};
use crate::report::{Finding, quoted};
use crate::tree::{Span, escaped};

/// The names of components, by section, without what Rust's names for them would not keep.
pub(super) type Taken = HashSet<(String, String)>;

pub(super) fn taken(root: &Draft) -> Taken {
    let sections = root.get("components").into_iter().flat_map(Draft::members);
    let names = sections.flat_map(|(section, components)| {
        let names = components.members();
        names.map(move |(name, _)| (section.to_owned(), letters(name)))
    });
    names.collect()
}

/// A name that no other component of the section has.
pub(super) fn free(telling: &str, section: &str, taken: &mut Taken) -> String {
    numbered(telling, "", |name| {
        taken.insert((section.to_owned(), letters(name)))
    })
}

/// New names for the schemas whose own would become no Rust type, or the one of another schema.
pub(super) fn renamed(
    root: &Draft,
    taken: &mut Taken,
    findings: &mut Vec<Finding>,
) -> HashMap<String, String> {
    let schemas = root
        .get("components")
        .and_then(|components| components.get("schemas"));
    let Some(Kind::Object(schemas)) = schemas.map(|schemas| &schemas.kind) else {
        return HashMap::new();
    };
    let mut types: HashMap<String, Span> = HashMap::new();
    let mut renamed = HashMap::new();
    for (name, (span, _)) in schemas {
        let first = match is_name(name) {
            true => types.get(&pascal(name)).copied(),
            false => None,
        };
        if is_name(name) && first.is_none() {
            types.insert(pascal(name), *span);
            continue;
        }
        let telling = if is_name(name) { name } else { "Schema" };
        let new = free(telling, "schemas", taken);
        let finding = match first {
            Some(first) => {
                let message = format!(
                    "{} becomes the Rust type `{}`, since another schema has its name",
                    quoted(name),
                    pascal(&new)
                );
                Finding::warn("type-name", *span, message)
                    .beside(first, "the first one")
                    .with_help("rename one of the two")
            }
            None => {
                let message = format!(
                    "{} is not a name: it becomes the Rust type `{new}`",
                    quoted(name)
                );
                Finding::warn("component-name", *span, message)
                    .with_help("give it a name with letters")
            }
        };
        findings.push(finding.at(format!("/components/schemas/{}", escaped(name))));
        renamed.insert(name.clone(), new);
    }
    renamed
}

fn letters(name: &str) -> String {
    pascal(name).to_lowercase()
}

/// The name that tells where something stands: `PetOwner` for `/components/schemas/Pet/properties/owner`.
pub(super) fn telling(root: &Draft, steps: &[String]) -> String {
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let (mut words, mut rest) = match &steps[..] {
        ["components", _, name, rest @ ..] => (vec![(*name).to_owned()], rest),
        ["paths", path, method, rest @ ..] => {
            let operation = root
                .get("paths")
                .and_then(|paths| paths.get(path)?.get(method));
            let id = operation.and_then(|operation| operation.text("operationId"));
            (
                vec![id.map_or_else(|| format!("{method} {path}"), str::to_owned)],
                rest,
            )
        }
        all => (Vec::new(), all),
    };
    while let [step, after @ ..] = rest {
        rest = after;
        match (*step, after) {
            ("schema", _) => {}
            ("content", [_, after @ ..]) => rest = after,
            ("properties", [name, after @ ..]) | ("headers", [name, after @ ..]) => {
                words.push((*name).to_owned());
                rest = after;
            }
            ("responses", [status, after @ ..]) => {
                words.push(match Status::parse(status) {
                    Some(status) if !status.is_success() => status.variant(),
                    _ => "Response".to_owned(),
                });
                rest = after;
            }
            ("allOf", [index, after @ ..]) => {
                words.push(format!("Part{index}"));
                rest = after;
            }
            ("oneOf" | "anyOf", [index, after @ ..]) => {
                words.push(format!("Variant{index}"));
                rest = after;
            }
            ("requestBody", _) => words.push("Body".to_owned()),
            ("items", _) => words.push("Item".to_owned()),
            ("additionalProperties", _) => words.push("Value".to_owned()),
            (step, _) => words.push(step.to_owned()),
        }
    }
    pascal(&words.join("-"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tree::Span;

    #[test]
    fn a_name_tells_where_something_stands() {
        let value = json!({"paths": {"/a": {"get": {"operationId": "list_all"}, "post": {}}}});
        let root = Draft::made(&value, Span::new(0, 0));
        for (steps, expected) in [
            (
                &["components", "schemas", "A", "properties", "b c", "items"][..],
                "ABCItem",
            ),
            (
                &[
                    "components",
                    "responses",
                    "a",
                    "content",
                    "a/b",
                    "schema",
                    "allOf",
                    "1",
                ],
                "APart1",
            ),
            (
                &[
                    "paths",
                    "/a",
                    "get",
                    "responses",
                    "200",
                    "content",
                    "x",
                    "schema",
                ],
                "ListAllResponse",
            ),
            (
                &["paths", "/a", "post", "responses", "404"],
                "PostANotFound",
            ),
            (&["paths", "/a", "get", "requestBody"], "ListAllBody"),
            (&["definitions", "Pet"], "DefinitionsPet"),
        ] {
            let steps: Vec<String> = steps.iter().map(|&step| step.to_owned()).collect();
            assert_eq!(telling(&root, &steps), expected);
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let value = json!({"components": {"schemas": {"PetOwner": {}}}});
        let mut taken = taken(&Draft::made(&value, Span::new(0, 0)));
        let mut free = |name| free(name, "schemas", &mut taken);
        assert_eq!(
            [free("PetOwner"), free("pet_owner"), free("Pet")],
            ["PetOwner2", "pet_owner3", "Pet"]
        );
    }
}

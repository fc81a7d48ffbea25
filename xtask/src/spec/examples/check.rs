//! Every example against its schema.

use boon::{Compiler, Draft, ErrorKind, Schemas, SchemeUrlLoader, ValidationError};
use serde_json::Value;

use super::dialect;
use super::walk::{Kind, below, places};

/// The name of the document among the schemas.
const DOCUMENT: &str = "urn:document";

/// What is wrong with an example.
pub(super) struct Failure {
    /// A JSON pointer into the document.
    pub(super) pointer: String,
    pub(super) reason: String,
}

/// How many examples a document has, and what is wrong with which.
pub(super) fn examples(document: &Value) -> (usize, Vec<Failure>) {
    let mut failures = Vec::new();
    let mut checked = 0;
    let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
    compiler.set_default_draft(Draft::V4);
    compiler.enable_format_assertions();
    // It knows no scheme, and so nothing is fetched or read.
    compiler.use_loader(Box::new(SchemeUrlLoader::new()));
    if let Err(error) = compiler.add_resource(DOCUMENT, dialect::draft_4(document)) {
        let reason = format!("the schemas cannot be used: {error:#}");
        return (0, vec![failure("", &reason)]);
    }
    for (kind, holder) in places(document) {
        let Some(node) = document.pointer(&holder) else {
            continue;
        };
        let schema = match kind {
            Kind::Schema => holder.clone(),
            _ if node.get("schema").is_some() => below(&holder, "schema"),
            _ => continue,
        };
        let examples = examples_of(document, kind, node, &holder);
        if examples.is_empty() {
            continue;
        }
        // A JSON pointer in a URI's fragment is percent-encoded.
        let encoded: String = schema.bytes().map(fragment).collect();
        match compiler.compile(&format!("{DOCUMENT}#{encoded}"), &mut schemas) {
            Ok(index) => {
                for (pointer, example) in examples {
                    checked += 1;
                    if let Err(error) = schemas.validate(example, index) {
                        describe(&pointer, &error, &mut failures);
                    }
                }
            }
            Err(error) => {
                let reason = format!("its examples cannot be checked: {error:#}");
                failures.push(failure(&schema, &reason));
            }
        }
    }
    (checked, failures)
}

/// The examples of a place, each with its JSON pointer.
fn examples_of<'a>(
    document: &'a Value,
    kind: Kind,
    node: &'a Value,
    holder: &str,
) -> Vec<(String, &'a Value)> {
    let mut examples = Vec::new();
    if let Some(example) = node.get("example") {
        examples.push((below(holder, "example"), example));
    }
    // A schema in OpenAPI 3.0 has no `examples`.
    let named = node.get("examples").filter(|_| kind != Kind::Schema);
    for (name, example) in named.and_then(Value::as_object).into_iter().flatten() {
        let own = below(&below(holder, "examples"), name);
        let (at, example) = match example.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let at = reference.trim_start_matches('#');
                (at.to_owned(), document.pointer(at))
            }
            None => (own, Some(example)),
        };
        // One without a value stands elsewhere, under `externalValue`.
        if let Some(value) = example.and_then(|example| example.get("value")) {
            examples.push((below(&at, "value"), value));
        }
    }
    examples
}

fn fragment(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"/~-._".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// Notes each reason, without the values: some are secrets.
fn describe(example: &str, error: &ValidationError, failures: &mut Vec<Failure>) {
    let reason = match &error.kind {
        ErrorKind::Group
        | ErrorKind::Schema { .. }
        | ErrorKind::Reference { .. }
        | ErrorKind::AllOf => {
            for cause in &error.causes {
                describe(example, cause, failures);
            }
            return;
        }
        ErrorKind::Format { want, .. } => format!("it is no valid {want}"),
        ErrorKind::Pattern { want, .. } => format!("it does not match {want:?}"),
        kind => kind.to_string(),
    };
    let pointer = format!("{example}{}", error.instance_location);
    failures.push(failure(&pointer, &reason));
}

fn failure(pointer: &str, reason: &str) -> Failure {
    let (pointer, reason) = (pointer.to_owned(), reason.to_owned());
    Failure { pointer, reason }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is wrong with an example of a schema.
    fn wrong(schema: &Value, example: &Value) -> Vec<String> {
        let document = json!({
            "paths": {"/a/{b}": {"get": {"responses": {"200": {"content": {
                "application/json": {"schema": schema, "example": example},
            }}}}}},
            "components": {"schemas": {
                "Name": {"type": "string"},
                "Tree": {"type": "object", "required": ["name"], "properties": {
                    "name": {"$ref": "#/components/schemas/Name"},
                    "trees": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                }},
            }},
        });
        let (checked, failures) = examples(&document);
        assert_eq!(checked, 1);
        reasons(&failures)
    }

    fn reasons(failures: &[Failure]) -> Vec<String> {
        let text = |failure: &Failure| format!("{}: {}", failure.pointer, failure.reason);
        failures.iter().map(text).collect()
    }

    #[test]
    fn takes_the_words_of_openapi_3_0() {
        let name = json!({"$ref": "#/components/schemas/Name"});
        let tree = json!({"$ref": "#/components/schemas/Tree"});
        for (schema, good, bad) in [
            (json!({"type": "string"}), json!("a"), json!(null)),
            (
                json!({"type": "string", "nullable": true}),
                json!(null),
                json!(1),
            ),
            (
                json!({"type": "string", "nullable": false}),
                json!(""),
                json!(null),
            ),
            // Not beside a type: no effect. Nor does it reach over `allOf`.
            (
                json!({"nullable": true, "allOf": [name]}),
                json!("a"),
                json!(null),
            ),
            (
                json!({"type": "object", "nullable": true, "allOf": [{"required": ["a"]}]}),
                json!(null),
                json!({}),
            ),
            (
                json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
                json!(2),
                json!(1),
            ),
            (
                json!({"type": "integer", "minimum": 1, "exclusiveMinimum": false}),
                json!(1),
                json!(0),
            ),
            (
                json!({"type": "string", "format": "no-such-format"}),
                json!("a"),
                json!(1),
            ),
            (
                json!({"type": "string", "format": "password"}),
                json!("a"),
                json!(1),
            ),
            (
                json!({"type": "string", "format": "date-time"}),
                json!("2011-09-06T20:39:23Z"),
                json!("yesterday"),
            ),
            (
                json!({"type": "object", "properties": {
                    "a": {"type": "string", "writeOnly": true},
                    "b": {"type": "string", "readOnly": true},
                }}),
                json!({"a": "", "b": ""}),
                json!({"a": 1}),
            ),
            (name.clone(), json!("a"), json!(1)),
            (
                json!({"$ref": name["$ref"], "type": "integer"}),
                json!("a"),
                json!(1),
            ),
            (
                tree,
                json!({"name": "a", "trees": [{"name": "b", "trees": []}]}),
                json!({"name": "a", "trees": [{"trees": []}]}),
            ),
        ] {
            assert_eq!(wrong(&schema, &good), [""; 0], "{schema}");
            assert_eq!(wrong(&schema, &bad).len(), 1, "{schema}");
        }
    }

    #[test]
    fn says_where_and_why() {
        let schema = json!({"type": "object", "required": ["id"], "properties": {
            "a/b": {"type": "array", "items": {"type": "string"}},
        }});
        let media = "/paths/~1a~1{b}/get/responses/200/content/application~1json";
        assert_eq!(
            wrong(&schema, &json!({"a/b": ["", 1]})),
            [
                format!("{media}/example: missing properties 'id'"),
                format!("{media}/example/a~1b/1: want string, but got number"),
            ]
        );
    }

    #[test]
    fn looks_everywhere() {
        let wrong = json!({"schema": {"type": "string"}, "example": 1});
        let named = json!({"schema": {"type": "string"}, "examples": {
            "own": {"value": 1},
            "shared": {"$ref": "#/components/examples/one"},
            "elsewhere": {"externalValue": "https://example.com"},
        }});
        let document = json!({
            "paths": {"/a": {"parameters": [wrong], "post": {
                "parameters": [named],
                "requestBody": {"content": {"application/json": wrong}},
                "responses": {"200": {"headers": {"a": wrong}}},
            }}},
            "components": {
                "examples": {"one": {"value": 1}},
                "schemas": {"A": {"properties": {"b": {"type": "string", "example": 1}}}},
            },
        });
        let (checked, failures) = examples(&document);
        let places = failures.into_iter().map(|failure| failure.pointer);
        let mut places: Vec<_> = places.collect();
        places.sort();
        assert_eq!(
            places,
            [
                "/components/examples/one/value",
                "/components/schemas/A/properties/b/example",
                "/paths/~1a/parameters/0/example",
                "/paths/~1a/post/parameters/0/examples/own/value",
                "/paths/~1a/post/requestBody/content/application~1json/example",
                "/paths/~1a/post/responses/200/headers/a/example",
            ]
        );
        assert_eq!(checked, 6);
    }

    #[test]
    fn a_schema_that_refers_to_nothing_is_a_failure() {
        let document = json!({"components": {"parameters": {"a": {
            "schema": {"$ref": "#/components/schemas/A"},
            "example": 1,
        }}}});
        let reasons = reasons(&examples(&document).1);
        assert_eq!(reasons.len(), 1);
        assert!(
            reasons[0]
                .starts_with("/components/parameters/a/schema: its examples cannot be checked"),
            "{reasons:?}"
        );
    }
}

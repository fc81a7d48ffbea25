//! Which credentials an operation takes.

use serde_json::Value;

use super::schema::resolved;

/// `http basic`, `http basic or none`; the names of the schemes say nothing.
pub(super) fn words(document: &Value, operation: &Value) -> String {
    let required = operation.get("security").or(document.get("security"));
    let required = required.and_then(Value::as_array);
    let ways = required
        .into_iter()
        .flatten()
        .map(|way| all_of(document, way));
    either(ways.collect(), " or ")
}

fn all_of(document: &Value, way: &Value) -> String {
    let schemes = way.as_object().into_iter().flatten();
    let schemes = schemes.map(|(name, scopes)| {
        let scheme = &document["components"]["securitySchemes"][name];
        let scheme = resolved(document, scheme);
        let word = |key: &str| scheme[key].as_str();
        let mut words: Vec<&str> = ["type", "scheme", "in"]
            .into_iter()
            .filter_map(word)
            .collect();
        // An API key's header.
        words.extend(word("name"));
        words.extend(
            scopes
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str),
        );
        if words.is_empty() {
            words.push(name);
        }
        words.join(" ")
    });
    either(schemes.collect(), " and ")
}

fn either(mut words: Vec<String>, between: &str) -> String {
    words.sort();
    match words[..] {
        [] => "none".into(),
        _ => words.join(between),
    }
}

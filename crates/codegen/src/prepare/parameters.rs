//! Parameters: what they are called, and which of them are none.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::answers::is_json;
use super::styled::{JSON, is_style};
use crate::names::{numbered, snake};
use crate::reserved;

/// Where a parameter may stand. Of two by one name, the first keeps it.
const PLACES: [&str; 4] = ["path", "query", "header", "cookie"];

/// The headers that OpenAPI has other words for. As parameters, it says, they "shall be ignored".
const IGNORED: [&str; 3] = ["accept", "content-type", "authorization"];

/// The headers that say where a request goes and where it ends, and those that are about the connection (RFC
/// 9110, section 7.6.1). They follow from the rest of it, and HTTP/2 has none of the latter.
const OWN: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The key under which a parameter has its name in Rust, where that is not made of its own.
pub(crate) const ARGUMENT: &str = "x-argument";

/// Whether a parameter is one of a header that OpenAPI ignores, or that the client writes itself.
pub(crate) fn is_ignored(place: &str, name: &str) -> bool {
    let mut headers = IGNORED.iter().chain(&OWN);
    place == "header" && headers.any(|ignored| name.eq_ignore_ascii_case(ignored))
}

/// Whether a parameter is the header that the cookies are in: where these are parameters, it is not one.
pub(crate) fn holds_cookies(place: &str, name: &str) -> bool {
    place == "header" && name.eq_ignore_ascii_case("cookie")
}

/// What the parameters of one operation are called in Rust, by place and name.
pub(crate) fn arguments<'a>(
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> HashMap<(&'a str, &'a str), String> {
    let mut parameters: Vec<_> = parameters.collect();
    // In whatever order the operations of a path have its parameters, they are called the same.
    parameters.sort_by_key(|(place, name)| {
        let place = PLACES.iter().position(|known| known == place);
        let is_changed = snake(name).trim_end_matches('_') != *name;
        (place, is_changed, *name)
    });
    parameters.dedup();
    let mut taken: HashMap<String, &str> = HashMap::new();
    let mut arguments = HashMap::new();
    for (place, name) in parameters {
        let plain = reserved::argument(name);
        let is_elsewhere = taken.get(&plain).is_some_and(|first| *first != place);
        let with_place = is_elsewhere.then(|| reserved::argument(&format!("{name}_{place}")));
        let is_free = |argument: &str| !taken.contains_key(argument);
        let with_place = with_place.filter(|argument| is_free(argument));
        let argument = with_place.unwrap_or_else(|| {
            let is_free = |name: &str| is_free(&reserved::argument(name));
            reserved::argument(&numbered(name, "_", is_free))
        });
        taken.insert(argument.clone(), place);
        arguments.insert((place, name), argument);
    }
    arguments
}

/// Declares what stands in the path and is not declared, leaves out what cannot be sent, and says
/// of each parameter what it is called and how it is written.
pub(super) fn complete(path: &str, operation: &mut Map<String, Value>) {
    let parameters = operation
        .entry("parameters")
        .or_insert_with(|| Value::Array(Vec::new()));
    let Some(parameters) = parameters.as_array_mut() else {
        return;
    };
    let in_path: Vec<&str> = names(path).collect();
    let mut kept = Vec::new();
    for mut parameter in std::mem::take(parameters) {
        let (place, name) = key(&parameter);
        let is_elsewhere = place == "path" && !in_path.contains(&name);
        let is_there = |one: &Value| key(one) == (place, name);
        if !is_ignored(place, name) && !is_elsewhere && !kept.iter().any(is_there) {
            describe(&mut parameter);
            kept.push(parameter);
        }
    }
    if kept.iter().any(|one| key(one).0 == "cookie") {
        kept.retain(|one| {
            let (place, name) = key(one);
            !holds_cookies(place, name)
        });
    }
    for name in in_path {
        let declared = kept.iter_mut().find(|one| key(one) == ("path", name));
        match declared {
            Some(parameter) => parameter["required"] = json!(true),
            None => kept.push(json!({
                "name": name,
                "in": "path",
                "required": true,
                "schema": {"type": "string"},
            })),
        }
    }
    let arguments = arguments(kept.iter().map(key));
    let arguments = kept.iter().map(|one| arguments.get(&key(one)).cloned());
    let arguments: Vec<_> = arguments.collect();
    for (parameter, argument) in kept.iter_mut().zip(arguments) {
        let usual = reserved::argument(key(parameter).1);
        if let Some(argument) = argument.filter(|argument| *argument != usual) {
            parameter[ARGUMENT] = argument.into();
        }
    }
    *parameters = kept;
}

/// Adds a parameter that the spec does not have. The others keep their names.
pub(super) fn add(parameters: &mut Vec<Value>, mut parameter: Value) {
    let (place, name) = key(&parameter);
    let taken: Vec<String> = parameters.iter().map(argument).collect();
    let with_place = format!("{name}_{place}");
    let numbered = (2..).map(|number| format!("{with_place}_{number}"));
    let names = [name.to_owned(), with_place.clone()]
        .into_iter()
        .chain(numbered);
    let mut names = names.map(|name| reserved::argument(&name));
    if let Some(argument) = names.find(|argument| !taken.contains(argument)) {
        if argument != reserved::argument(name) {
            parameter[ARGUMENT] = argument.into();
        }
        parameters.push(parameter);
    }
}

/// What a parameter is called in Rust.
pub(crate) fn argument(parameter: &Value) -> String {
    match parameter.get(ARGUMENT).and_then(Value::as_str) {
        Some(argument) => argument.to_owned(),
        None => reserved::argument(key(parameter).1),
    }
}

pub(super) fn key(parameter: &Value) -> (&str, &str) {
    let text = |key: &str| parameter[key].as_str().unwrap_or_default();
    (text("in"), text("name"))
}

/// Gives a parameter a schema, and takes out a style that is none.
fn describe(parameter: &mut Value) {
    let place = key(parameter).0.to_owned();
    let Some(fields) = parameter.as_object_mut() else {
        return;
    };
    fields.retain(|key, style| {
        key != "style" || style.as_str().is_some_and(|style| is_style(&place, style))
    });
    let content = fields.shift_remove("content");
    if fields.contains_key("schema") {
        return;
    }
    let media_types = content.as_ref().and_then(Value::as_object);
    let json = media_types.and_then(|all| all.iter().find(|(media, _)| is_json(media)));
    let schema = match json {
        Some((_, media_type)) => {
            fields.insert("style".into(), json!(JSON));
            media_type
                .get("schema")
                .cloned()
                .unwrap_or_else(|| json!({}))
        }
        None => json!({"type": "string"}),
    };
    fields.insert("schema".into(), schema);
}

/// The names in braces.
pub(crate) fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(path: &str, parameters: Value) -> Value {
        let mut operation = Map::new();
        operation.insert("parameters".into(), parameters);
        complete(path, &mut operation);
        operation["parameters"].take()
    }

    #[test]
    fn every_name_in_the_path_is_a_required_parameter() {
        let integer = json!({"type": "integer"});
        let found = completed(
            "/a/{id}/b/{name}",
            json!([
                {"name": "id", "in": "path", "schema": integer},
                {"name": "elsewhere", "in": "path", "schema": integer},
            ]),
        );
        let expected = json!([
            {"name": "id", "in": "path", "schema": integer, "required": true},
            {"name": "name", "in": "path", "required": true, "schema": {"type": "string"}},
        ]);
        assert_eq!(found, expected);
    }

    #[test]
    fn some_headers_are_no_parameters() {
        let parameter = |place: &str, name: &str| json!({"name": name, "in": place, "schema": {}});
        let kept = [
            parameter("query", "accept"),
            parameter("header", "x-accept"),
        ];
        let ignored = [
            parameter("header", "Accept"),
            parameter("header", "authorization"),
            parameter("header", "Host"),
            parameter("header", "te"),
        ];
        let found = completed("/a", json!([&kept[..], &ignored[..]].concat()));
        assert_eq!(found, json!(kept));
        let (all, one) = (parameter("header", "Cookie"), parameter("cookie", "a"));
        assert_eq!(completed("/a", json!([all])), json!([all]));
        assert_eq!(completed("/a", json!([all, one])), json!([one]));
    }

    #[test]
    fn every_parameter_has_a_schema_and_a_style_of_its_place() {
        let found = completed(
            "/a",
            json!([
                {"name": "a", "in": "query", "content": {"text/csv": {"schema": {}}}},
                {"name": "b", "in": "query", "content": {"a/b+json": {"schema": {"type": "array"}}}},
                {"name": "c", "in": "header", "style": "form"},
                {"name": "c", "in": "header", "schema": {}},
            ]),
        );
        let text = json!({"type": "string"});
        let expected = json!([
            {"name": "a", "in": "query", "schema": text},
            {"name": "b", "in": "query", "style": "json", "schema": {"type": "array"}},
            {"name": "c", "in": "header", "schema": text},
        ]);
        assert_eq!(found, expected);
    }

    #[test]
    fn each_parameter_has_a_name_of_its_own() {
        let parameters = [
            ("query", "$", "x"),
            ("header", "id", "id_header"),
            ("query", "id", "id_query"),
            ("cookie", "id-query", "id_query_cookie"),
            ("path", "user-id", "user_id_2"),
            ("query", "@type", "type_2"),
            ("path", "id", "id"),
            ("path", "user_id", "user_id"),
            ("query", "type", "type_"),
            ("query", "[]", "x2"),
            ("header", "body", "body_"),
        ];
        let found = arguments(parameters.iter().map(|(place, name, _)| (*place, *name)));
        for (place, name, expected) in parameters {
            assert_eq!(found[&(place, name)], expected);
        }
    }
}

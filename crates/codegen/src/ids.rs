//! Names for operations that have none of their own: `operationId` is optional in OpenAPI 3.0, and real
//! documents have some twice.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::names::{numbered, pascal, snake};
use crate::prepare::METHODS;

/// The names of those operations, made of their method and their path, by path and method.
pub(crate) fn missing(document: &Value) -> HashMap<(&str, &'static str), String> {
    let paths = document.get("paths").and_then(Value::as_object);
    let paths = paths.into_iter().flatten();
    let paths = paths.filter(|(path, _)| path.starts_with('/'));
    let operations = paths.flat_map(|(path, item)| {
        let methods = METHODS.into_iter();
        methods.filter_map(move |method| Some((path.as_str(), method, item.get(method)?)))
    });
    // A page for people becomes no method.
    let operations = operations.filter(|(_, _, operation)| {
        operation.is_object() && operation.get("x-browser") != Some(&Value::Bool(true))
    });
    let mut taken = HashSet::new();
    let mut nameless = Vec::new();
    for (path, method, operation) in operations {
        let id = operation.get("operationId").and_then(Value::as_str);
        // The first of two that are called the same keeps its name.
        if !id.is_some_and(|id| is_name(id) && taken.insert(pascal(id))) {
            nameless.push((path, method));
        }
    }
    let mut made = HashMap::new();
    for (path, method) in nameless {
        let words = snake(&format!("{method} {path}"));
        let id = numbered(&words, "_", |id| taken.insert(pascal(id)));
        made.insert((path, method), id);
    }
    made
}

/// Whether a method can be called by it.
pub(crate) fn is_name(id: &str) -> bool {
    id.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_operation_gets_a_name_of_its_own() {
        let document = json!({"paths": {
            "/": {"get": {}},
            "/keys/{key-name}": {"get": {}, "parameters": [], "delete": {"operationId": "x"}},
            "/keys/{key_name}": {"get": {}},
            "/keys": {"post": {}, "put": {"operationId": "PostKeys"}},
            "/again": {"get": {"operationId": "X"}, "put": {"operationId": "?"}},
            "/page": {"get": {"operationId": "x", "x-browser": true}},
        }});
        let made = missing(&document);
        for (path, method, id) in [
            ("/", "get", "get"),
            ("/keys/{key-name}", "get", "get_keys_key_name"),
            ("/keys/{key_name}", "get", "get_keys_key_name_2"),
            ("/keys", "post", "post_keys_2"),
            ("/again", "get", "get_again"),
            ("/again", "put", "put_again"),
        ] {
            assert_eq!(made[&(path, method)], id);
        }
        assert_eq!(made.len(), 6);
    }
}

//! Parameters of the path, which are always there.

use serde_json::{Map, Value, json};

/// Declares what stands in the path and is not declared, and requires it.
pub(super) fn complete(path: &str, operation: &mut Map<String, Value>) {
    let parameters = operation
        .entry("parameters")
        .or_insert_with(|| Value::Array(Vec::new()));
    let Some(parameters) = parameters.as_array_mut() else {
        return;
    };
    for name in names(path) {
        let declared = parameters
            .iter_mut()
            .find(|parameter| parameter["in"] == "path" && parameter["name"] == name);
        match declared {
            Some(parameter) => parameter["required"] = json!(true),
            None => parameters.push(json!({
                "name": name,
                "in": "path",
                "required": true,
                "schema": {"type": "string"},
            })),
        }
    }
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

    #[test]
    fn every_name_in_the_path_is_a_required_parameter() {
        let mut operation = Map::new();
        let loose = json!([{"name": "id", "in": "path", "schema": {"type": "integer"}}]);
        operation.insert("parameters".into(), loose);
        complete("/a/{id}/b/{name}", &mut operation);
        let expected = json!([
            {"name": "id", "in": "path", "schema": {"type": "integer"}, "required": true},
            {"name": "name", "in": "path", "required": true, "schema": {"type": "string"}},
        ]);
        assert_eq!(operation["parameters"], expected);
    }
}

//! Parameters: those of the path are always there, and some headers are none.

use serde_json::{Map, Value, json};

/// The headers that OpenAPI has other words for. As parameters, it says, they "shall be ignored".
const IGNORED: [&str; 3] = ["accept", "content-type", "authorization"];

/// Whether a parameter is one of a header that OpenAPI ignores.
pub(crate) fn is_ignored(place: &str, name: &str) -> bool {
    place == "header"
        && IGNORED
            .iter()
            .any(|ignored| name.eq_ignore_ascii_case(ignored))
}

/// Declares what stands in the path and is not declared, and requires it.
pub(super) fn complete(path: &str, operation: &mut Map<String, Value>) {
    let parameters = operation
        .entry("parameters")
        .or_insert_with(|| Value::Array(Vec::new()));
    let Some(parameters) = parameters.as_array_mut() else {
        return;
    };
    let text =
        |parameter: &Value, key: &str| parameter[key].as_str().unwrap_or_default().to_owned();
    parameters.retain(|one| !is_ignored(&text(one, "in"), &text(one, "name")));
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

    #[test]
    fn some_headers_are_no_parameters() {
        let mut operation = Map::new();
        let parameter = |place: &str, name: &str| json!({"name": name, "in": place});
        let kept = [
            parameter("query", "accept"),
            parameter("header", "x-accept"),
        ];
        let ignored = [
            parameter("header", "Accept"),
            parameter("header", "authorization"),
        ];
        operation.insert(
            "parameters".into(),
            json!([&kept[..], &ignored[..]].concat()),
        );
        complete("/a", &mut operation);
        assert_eq!(operation["parameters"], json!(kept));
    }
}

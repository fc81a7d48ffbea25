//! Reading a spec, and what can be wrong with it.

use serde_json::Value;

/// Why no client could be generated.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Reads YAML into JSON, the form in which a spec can be edited before it gets types.
pub(crate) fn parse(yaml: &str) -> Result<Value, Error> {
    let document: Value =
        serde_norway::from_str(yaml).map_err(|e| Error::new(format!("not valid YAML: {e}")))?;
    match document.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.0.") => Ok(document),
        Some(version) => Err(Error::new(format!(
            "`openapi` is {version:?}; write the spec in OpenAPI 3.0 (`openapi: 3.0.3`)"
        ))),
        None => Err(Error::new(
            "this is not an OpenAPI document; begin it with `openapi: 3.0.3`",
        )),
    }
}

/// Takes out the operations with `x-browser: true`: a person opens them, and no client calls them.
pub(crate) fn remove_pages(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    paths.retain(|_, item| {
        let Some(item) = item.as_object_mut() else {
            return true;
        };
        item.retain(|_, operation| operation.get("x-browser") != Some(&Value::Bool(true)));
        METHODS.iter().any(|method| item.contains_key(*method))
    });
}

/// The operations of one path item: its other keys are not HTTP methods.
pub(crate) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_are_taken_out() {
        let page = json!({"operationId": "page", "x-browser": true});
        let call = json!({"operationId": "call"});
        let mut document = json!({"paths": {
            "/page": {"get": page, "parameters": []},
            "/both": {"get": page, "post": call},
            "/call": {"post": call},
        }});
        remove_pages(&mut document);
        let expected = json!({"paths": {"/both": {"post": call}, "/call": {"post": call}}});
        assert_eq!(document, expected);
    }

    #[test]
    fn says_what_to_write() {
        for (yaml, advice) in [
            ("{", "not valid YAML"),
            ("a: b", "begin it with `openapi: 3.0.3`"),
            ("openapi: 3.1.0", "write the spec in OpenAPI 3.0"),
        ] {
            let error = parse(yaml).unwrap_err().to_string();
            assert!(error.contains(advice), "{yaml}: {error}");
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

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

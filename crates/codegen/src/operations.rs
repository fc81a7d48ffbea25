//! The operations of a spec: what everything that is generated for them is made from.

use serde_json::{Map, Value};

use crate::literal::{on_the_wire, query};
use crate::prepare::{Answers, Styled, Writing, argument, examples, is_secret, styled};
use crate::reserved;

/// One operation of the generation copy.
pub(crate) struct Operation {
    pub(crate) id: String,
    /// In capitals.
    pub(crate) method: String,
    /// As it is sent, but for the parameters.
    pub(crate) path: String,
    /// What is always sent in the query.
    pub(crate) query: Vec<(String, String)>,
    /// The name of a variant of `Retry`.
    pub(crate) retry: &'static str,
    pub(crate) credentials: Credentials,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) answers: Answers,
    pub(crate) docs: Docs,
}

impl Operation {
    /// The name of its builder, of its failures and of its answers.
    pub(crate) fn type_name(&self) -> String {
        reserved::operation_type(&self.id)
    }

    /// The name of the client's method.
    pub(crate) fn method_name(&self) -> String {
        reserved::method(&self.id)
    }
}

/// What an operation wants to see in `Authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// Nothing: they are not sent.
    None,
    Basic,
    Bearer,
    /// One of several, or something else.
    Any,
}

pub(crate) struct Parameter {
    pub(crate) name: String,
    /// What it is called in Rust.
    pub(crate) argument: String,
    pub(crate) location: Location,
    pub(crate) styled: Option<Styled>,
    /// Whether it is nothing but secrets, which do not serialize by themselves.
    pub(crate) is_secret: bool,
    pub(crate) description: String,
    pub(crate) schema: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Path,
    Query,
    Header,
    Cookie,
}

pub(crate) struct Body {
    /// As the spec has it.
    pub(crate) media: String,
    pub(crate) writing: Writing,
    /// What the spec says of how properties are encoded.
    pub(crate) encoding: Value,
    pub(crate) schema: Value,
    pub(crate) examples: Vec<Value>,
}

/// What the spec tells people about an operation.
#[derive(Default)]
pub(crate) struct Docs {
    pub(crate) summary: String,
    pub(crate) description: String,
    pub(crate) url: Option<String>,
    /// Of the whole document, since a client has one. Each with what is said of it.
    pub(crate) base_urls: Vec<(String, String)>,
    /// What is said of the credentials.
    pub(crate) credentials: String,
}

/// The operations of a generation copy, in its order.
pub(crate) fn collect(document: &Value) -> Vec<Operation> {
    let paths = document.get("paths").and_then(Value::as_object);
    let items = paths.into_iter().flatten();
    let operations = items.flat_map(|(path, item)| {
        let item = item.as_object().into_iter().flatten();
        item.map(move |(method, operation)| (path, method, operation))
    });
    operations
        .filter(|(_, method, _)| crate::prepare::METHODS.contains(&method.as_str()))
        .filter_map(|(path, method, operation)| {
            let operation = operation.as_object()?;
            // What an operation says replaces what the document says.
            let security = operation.get("security").or(document.get("security"));
            let text = |key: &str| operation.get(key).and_then(Value::as_str);
            Some(Operation {
                id: text("operationId")?.to_owned(),
                method: method.to_ascii_uppercase(),
                path: on_the_wire(path),
                query: query(path),
                retry: retry(text("x-retry"), method),
                credentials: credentials(document, security),
                parameters: parameters(document, operation),
                body: operation
                    .get("requestBody")
                    .and_then(|one| body(document, one)),
                answers: Answers::read(operation),
                docs: Docs {
                    summary: text("summary").unwrap_or_default().trim().to_owned(),
                    description: text("description").unwrap_or_default().trim().to_owned(),
                    url: url(operation),
                    base_urls: base_urls(document),
                    credentials: about_credentials(document, security),
                },
            })
        })
        .collect()
}

/// Without a word of the spec, what the method promises (RFC 9110, section 9.2).
fn retry(word: Option<&str>, method: &str) -> &'static str {
    match word.unwrap_or_else(|| class(method)) {
        "safe" => "Safe",
        "idempotent" => "Idempotent",
        "repeatable" => "Repeatable",
        _ => "Never",
    }
}

/// The `x-retry` that an operation is taken for which has none.
pub(crate) fn class(method: &str) -> &'static str {
    match method {
        "get" | "head" | "options" | "trace" => "safe",
        "put" | "delete" => "idempotent",
        _ => "never",
    }
}

/// The schemes that each of the security requirements names. None, for a name without a scheme.
fn requirements<'a>(
    document: &'a Value,
    security: Option<&'a Value>,
) -> impl Iterator<Item = Vec<Option<&'a Value>>> {
    let requirements = security.and_then(Value::as_array);
    let requirements = requirements.into_iter().flatten();
    let scheme = |name: &String| {
        let schemes = document.pointer("/components/securitySchemes");
        let scheme = schemes.and_then(|schemes| schemes.get(name));
        scheme.map(|scheme| crate::prepare::resolve(document, scheme))
    };
    requirements
        .filter_map(Value::as_object)
        .map(move |names| names.keys().map(scheme).collect())
}

/// One of the requirements has to be met, and of that one all schemes.
fn about_credentials(document: &Value, security: Option<&Value>) -> String {
    let about = |scheme: &Value| Some(scheme.get("description")?.as_str()?.trim().to_owned());
    let requirements = requirements(document, security).map(|schemes| {
        let all: Vec<String> = schemes.into_iter().flatten().filter_map(about).collect();
        all.join(" And: ")
    });
    let known = requirements.filter(|about| !about.is_empty());
    known.collect::<Vec<_>>().join(" Or: ")
}

/// An empty list of security requirements means none, and so does no list.
fn credentials(document: &Value, security: Option<&Value>) -> Credentials {
    let mut kinds = requirements(document, security).flatten().map(|scheme| {
        let word = |key: &str| scheme.and_then(|s| s.get(key)?.as_str());
        match (
            word("type"),
            word("scheme").map(str::to_ascii_lowercase).as_deref(),
        ) {
            (Some("http"), Some("basic")) => Credentials::Basic,
            (Some("http"), Some("bearer")) | (Some("oauth2" | "openIdConnect"), _) => {
                Credentials::Bearer
            }
            _ => Credentials::Any,
        }
    });
    match kinds.next() {
        None => Credentials::None,
        Some(first) if kinds.all(|kind| kind == first) => first,
        Some(_) => Credentials::Any,
    }
}

fn parameters(document: &Value, operation: &Map<String, Value>) -> Vec<Parameter> {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let parameters = parameters.into_iter().flatten();
    let parameters = parameters.filter_map(|parameter| {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str);
        Some(Parameter {
            name: text("name")?.to_owned(),
            argument: argument(parameter),
            styled: styled(document, parameter),
            is_secret: parameter.get("schema").is_some_and(is_secret),
            location: match text("in")? {
                "path" => Location::Path,
                "query" => Location::Query,
                "header" => Location::Header,
                "cookie" => Location::Cookie,
                _ => return None,
            },
            description: text("description").unwrap_or_default().trim().to_owned(),
            schema: parameter.get("schema").cloned().unwrap_or_default(),
        })
    });
    parameters.collect()
}

fn body(document: &Value, body: &Value) -> Option<Body> {
    let (media, body) = body.get("content")?.as_object()?.iter().next()?;
    Some(Body {
        media: media.clone(),
        // What is sent as it is has a schema that says so by now.
        writing: Writing::of(document, media, body.get("schema")),
        encoding: body.get("encoding").cloned().unwrap_or_default(),
        schema: body.get("schema").cloned().unwrap_or_default(),
        examples: examples(body),
    })
}

/// Those that are whole. They stand in code, which ends with a backtick.
fn base_urls(document: &Value) -> Vec<(String, String)> {
    let servers = document.get("servers").and_then(Value::as_array);
    let servers = servers.into_iter().flatten();
    let urls = servers.filter_map(|server| {
        let text = |key: &str| server.get(key).and_then(Value::as_str);
        let url = text("url").filter(|url| url.starts_with("http") && !url.contains('`'))?;
        let about = text("description").unwrap_or_default().trim();
        Some((url.to_owned(), about.trim_end_matches('.').to_owned()))
    });
    urls.collect()
}

fn url(operation: &Map<String, Value>) -> Option<String> {
    let url = operation.get("externalDocs")?.get("url")?.as_str()?;
    Some(url.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(document: &Value) -> Operation {
        let mut operations = collect(document);
        assert_eq!(operations.len(), 1);
        operations.remove(0)
    }

    #[test]
    fn an_operation_says_which_credentials_it_takes() {
        let schemes = json!({
            "basic": {"type": "http", "scheme": "Basic"},
            "bearer": {"type": "http", "scheme": "bearer"},
            "oauth": {"type": "oauth2"},
            "key": {"type": "apiKey", "in": "header", "name": "x-key"},
        });
        for (shared, own, expected) in [
            (json!(null), json!(null), Credentials::None),
            (json!([]), json!(null), Credentials::None),
            (json!([{"basic": []}]), json!(null), Credentials::Basic),
            (json!([{"basic": []}]), json!([]), Credentials::None),
            (json!([]), json!([{"bearer": []}]), Credentials::Bearer),
            (
                json!([{"bearer": []}, {"oauth": []}]),
                json!(null),
                Credentials::Bearer,
            ),
            (
                json!([{"basic": []}, {"bearer": []}]),
                json!(null),
                Credentials::Any,
            ),
            (json!([{"key": []}]), json!(null), Credentials::Any),
            (json!([{}]), json!(null), Credentials::None),
        ] {
            let mut operation = json!({"operationId": "a"});
            if !own.is_null() {
                operation["security"] = own;
            }
            let mut document = json!({
                "paths": {"/a": {"get": operation}},
                "components": {"securitySchemes": schemes},
            });
            if !shared.is_null() {
                document["security"] = shared;
            }
            assert_eq!(one(&document).credentials, expected, "{document}");
        }
    }

    #[test]
    fn what_a_repetition_does_is_said_or_follows_from_the_method() {
        for (method, word, expected) in [
            ("get", None, "Safe"),
            ("put", None, "Idempotent"),
            ("delete", None, "Idempotent"),
            ("post", None, "Never"),
            ("patch", None, "Never"),
            ("post", Some("safe"), "Safe"),
            ("post", Some("repeatable"), "Repeatable"),
            ("delete", Some("never"), "Never"),
        ] {
            assert_eq!(retry(word, method), expected);
        }
    }
}

//! The operation table: what the runtime knows about each operation before it sends it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use serde_json::Value;

use crate::spec::{Error, METHODS};

/// One row of the table.
pub(crate) struct Operation {
    id: String,
    method: String,
    path: String,
    retry: &'static str,
    authenticated: bool,
}

/// The operations of a spec, in its order.
pub(crate) fn collect(document: &Value) -> Result<Vec<Operation>, Error> {
    let paths = document
        .get("paths")
        .and_then(Value::as_object)
        .ok_or_else(|| Error::new("the spec has no `paths`"))?;
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&method.as_str()) {
                // What an operation says replaces what the document says.
                let security = operation.get("security").or(document.get("security"));
                let mut operation = read(path, method, operation)?;
                operation.authenticated = is_some(security);
                operations.push(operation);
            }
        }
    }
    Ok(operations)
}

/// An empty list of security requirements means none.
fn is_some(security: Option<&Value>) -> bool {
    let security = security.and_then(Value::as_array);
    security.is_some_and(|requirements| !requirements.is_empty())
}

fn read(path: &str, method: &str, operation: &Value) -> Result<Operation, Error> {
    let text = |key: &str| operation.get(key).and_then(Value::as_str);
    let method = method.to_ascii_uppercase();
    let id = text("operationId").ok_or_else(|| {
        Error::new(format!(
            "{method} {path} has no `operationId`; give it a name in snake_case"
        ))
    })?;
    let retry = match text("x-retry") {
        Some("safe") => "Safe",
        Some("idempotent") => "Idempotent",
        Some("repeatable") => "Repeatable",
        Some("never") => "Never",
        _ => {
            return Err(Error::new(format!(
                "{method} {path} does not say what happens when it is sent twice; write \
                 `x-retry: safe` (a read), `idempotent` (it ends in the same state), `repeatable` \
                 (harmless, though the state changes) or `never`"
            )));
        }
    };
    Ok(Operation {
        id: id.to_owned(),
        method,
        path: path.to_owned(),
        retry,
        authenticated: false,
    })
}

/// The table as Rust.
pub(crate) fn table(operations: &[Operation]) -> TokenStream {
    let rows = operations.iter().map(|operation| {
        let Operation {
            id,
            method,
            path,
            authenticated,
            ..
        } = operation;
        let retry = Ident::new(operation.retry, Span::call_site());
        quote! {
            crate::Operation {
                id: #id,
                method: #method,
                path: #path,
                retry: crate::Retry::#retry,
                authenticated: #authenticated,
            }
        }
    });
    quote! {
        /// Every operation of this API, in the order of the spec.
        pub const OPERATIONS: &[crate::Operation] = &[#(#rows),*];
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_says_whether_it_takes_credentials() {
        let operation = |security: Value| {
            let mut operation = json!({"operationId": "a", "x-retry": "safe"});
            if !security.is_null() {
                operation["security"] = security;
            }
            json!({"get": operation})
        };
        for (document, own, authenticated) in [
            (json!(null), json!(null), false),
            (json!([]), json!(null), false),
            (json!([{"a": []}]), json!(null), true),
            (json!([{"a": []}]), json!([]), false),
            (json!([]), json!([{"a": []}]), true),
        ] {
            let mut document = json!({"security": document});
            document["paths"] = json!({"/a": operation(own)});
            if document["security"].is_null() {
                document.as_object_mut().unwrap().remove("security");
            }
            let operations = collect(&document).unwrap();
            assert_eq!(operations[0].authenticated, authenticated, "{document}");
        }
    }

    #[test]
    fn an_operation_must_say_what_a_repetition_does() {
        for (operation, advice) in [
            (json!({"x-retry": "safe"}), "GET /a has no `operationId`"),
            (json!({"operationId": "a"}), "write `x-retry: safe`"),
            (
                json!({"operationId": "a", "x-retry": "maybe"}),
                "write `x-retry: safe`",
            ),
        ] {
            let document = json!({"paths": {"/a": {"get": operation}}});
            let error = collect(&document).err().map(|e| e.to_string());
            assert!(
                error.as_ref().is_some_and(|e| e.contains(advice)),
                "{error:?}"
            );
        }
    }
}

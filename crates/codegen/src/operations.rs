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
                operations.push(read(path, method, operation)?);
            }
        }
    }
    Ok(operations)
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
    })
}

/// The table as Rust.
pub(crate) fn table(operations: &[Operation]) -> TokenStream {
    let rows = operations.iter().map(|operation| {
        let Operation {
            id, method, path, ..
        } = operation;
        let retry = Ident::new(operation.retry, Span::call_site());
        quote! {
            crate::Operation { id: #id, method: #method, path: #path, retry: crate::Retry::#retry }
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

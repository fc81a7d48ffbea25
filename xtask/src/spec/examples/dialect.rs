//! OpenAPI 3.0's schemas as JSON Schema draft 4, from which they come.

use serde_json::{Value, json};

use super::walk::{Kind, places};

/// A copy of a document in which every schema means in draft 4 what it meant in OpenAPI 3.0.
///
/// The two differ in `nullable` only: the limits are the same, also the exclusive ones, what stands
/// beside a `$ref` is ignored in both, and draft 4 knows nothing of the other keys.
pub(super) fn draft_4(document: &Value) -> Value {
    let mut copy = document.clone();
    for (kind, pointer) in places(document) {
        if kind == Kind::Schema
            && let Some(schema) = copy.pointer_mut(&pointer)
        {
            allow_null(schema);
        }
    }
    copy
}

/// `nullable` has an effect beside a `type` only, and on that alone.
fn allow_null(schema: &mut Value) {
    if schema.get("nullable") == Some(&Value::Bool(true))
        && let Some(kind) = schema.get_mut("type")
    {
        *kind = json!([kind, "null"]);
    }
}

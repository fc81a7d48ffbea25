//! The type of a schema, and what says nothing of it.

use serde_json::{Value, json};

use super::Lint;
use crate::keywords::{self, converted, is_idle, is_limit};
use crate::report::quoted;
use crate::tree::Node;

impl<'a> Lint<'a> {
    pub(super) fn schema_type(&mut self, node: Node<'a>) {
        let Some(at) = node.get("type") else { return };
        let help = "write `string`, `integer`, `number`, `boolean`, `object` or `array`";
        match at.value {
            Value::Array(_) => {
                let message = "`type` is a list, as in OpenAPI 3.1";
                let help = "write one type, and `nullable: true` beside it for `null`, or `openapi: 3.1.0`";
                self.warn("schema-type", at, message, help);
            }
            Value::String(text) if text == "array" => {
                if !node
                    .get("items")
                    .is_some_and(|items| items.value.is_object())
                {
                    let message =
                        "this array does not say what its items are: they are any JSON value";
                    self.warn("schema-items", at, message, "add `items`");
                }
            }
            Value::String(text) if keywords::TYPES.contains(&text.as_str()) => {}
            Value::String(text) => {
                let kind = node.value.as_object().and_then(keywords::kind);
                let read = match kind {
                    Some(kind) => format!("it is read as `{kind}`"),
                    None => "the client has any JSON value".into(),
                };
                let message = format!("{} is not a type: {read}", quoted(text));
                self.warn("schema-type", at, message, help);
            }
            other => {
                let message = format!(
                    "{} is not a type, and has no effect",
                    quoted(&other.to_string())
                );
                self.warn("schema-type", at, message, help);
            }
        }
    }

    /// What is said of values whose type is not told, or of a type that it does not fit.
    pub(super) fn formatted(&mut self, node: Node<'a>) {
        let Some(schema) = node.value.as_object() else {
            return;
        };
        let kind = keywords::kind(schema);
        self.idle(node, kind);
        // Secrets, times and amounts are just that.
        let (Some(at), Some(format)) = (node.get("format"), node.text("format")) else {
            return;
        };
        let (Some(wanted), Some(kind)) = (converted(format), kind) else {
            return;
        };
        if (format, kind) == ("decimal", "number") {
            // On the wire it is a number, and none is exact in JSON.
            let message = "`format: decimal` has no effect beside `type: number`: the client has a \
                           floating-point number";
            let help = "leave it out; with `type: string` it is for texts such as \"8217.00\"";
            return self.warn("format-decimal", at, message, help);
        }
        if kind != wanted {
            let prints = match format {
                "password" => ", and the value prints",
                _ => "",
            };
            let message =
                format!("without `type: {wanted}`, `format: {format}` has no effect{prints}");
            let help = format!("write `type: {wanted}` beside it, if that is what is sent");
            return self.warn("format-type", at, message, &help);
        }
        if node.text("type").is_none() {
            let message = format!("this schema does not say what its `type` is, and is a `{kind}`");
            let help = format!("write `type: {kind}` beside it");
            self.warn("schema-untyped", at, message, &help);
        }
        for (key, constraint) in node.members() {
            // `pattern` is never checked.
            let is_checked = key == "enum" || is_limit(key) && key != "pattern";
            if is_checked && !is_idle(key, Some(kind)) {
                let message = format!("beside `format: {format}`, `{key}` has no effect");
                let help = "leave it out, or say it in the description";
                self.warn("format-constrained", constraint, message, help);
            }
        }
    }

    fn idle(&mut self, node: Node<'a>, kind: Option<&str>) {
        for (key, at) in node.members() {
            // Most formats have no effect anyway.
            let is_silent = *at.value == json!(false) || key == "format" && kind.is_some();
            if !is_idle(key, kind) || is_silent {
                continue;
            }
            match kind {
                Some(kind) => {
                    let message = format!("of the type `{kind}`, `{key}` says nothing");
                    let help = "leave it out, or correct the `type`";
                    self.warn("schema-mixed", at, message, help);
                }
                None => {
                    let message = format!("without a `type`, `{key}` has no effect");
                    self.warn("schema-untyped", at, message, "write a `type` beside it");
                }
            }
        }
    }
}

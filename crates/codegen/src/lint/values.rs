//! Values that a schema lists: `enum` and `default`.

use serde_json::Value;

use super::Lint;
use crate::fits::{self, Wanted};
use crate::integers;
use crate::tree::Node;

impl<'a> Lint<'a> {
    pub(super) fn values(&mut self, node: Node<'a>) {
        if let Some(default) = node.get("default") {
            let message = "this is not a value that the schema allows";
            let help = "correct it, or leave it out";
            let listed = node.value.get("enum").and_then(Value::as_array);
            let is_same = |value: &Value| fits::same(value, default.value);
            // Whether null is allowed is not only said by the list.
            let is_listed =
                default.value.is_null() || listed.is_none_or(|values| values.iter().any(is_same));
            if !is_a(default.value, node.text("type")) || !is_listed {
                self.error("schema-default", default, message, help);
            } else if let Some(found) = self.misfit(node, default) {
                let message = format!("the client does not fill this in: {}", found.why);
                let help = "correct the default, or the schema";
                self.warn("default-mismatch", default, message, help);
            }
        }
        self.integer(node);
        let Some(list) = node.get("enum").filter(|list| list.value.is_array()) else {
            return;
        };
        let help = "list values of the `type`; `null` is allowed by `nullable: true`";
        if list.items().next().is_none() {
            let message = "`enum` has nothing in it";
            return self.error("schema-enum", list, message, "leave it out, or fill it");
        }
        let mut kind = node.text("type");
        for value in list.items() {
            if value.value.is_null() && node.text("type").is_some() && !node.is_true("nullable") {
                let message = "without `nullable: true`, null has no effect in OpenAPI 3.0.3, but \
                               it has in the client";
                let help = "write `nullable: true` beside the `type`, or leave it out";
                self.warn("schema-nullable", value, message, help);
                continue;
            }
            // Without a type, the first value gives it.
            kind = kind.or_else(|| kind_of(value.value));
            if !is_a(value.value, kind) {
                let message = "this value is of another type than the schema";
                return self.error("schema-enum", value, message, help);
            }
        }
    }
}

impl<'a> Lint<'a> {
    fn misfit(&self, node: Node<'a>, default: Node<'a>) -> Option<fits::Mismatch> {
        fits::mismatch(self.root.value, node.value, default.value, Wanted::Read)
    }

    /// Whether there is a type that holds all that the limits allow.
    fn integer(&mut self, node: Node<'a>) {
        if node.text("type") != Some("integer") {
            return;
        }
        let (least, most) = integers::limits(|name| node.value.get(name).cloned());
        let is_natural = least.is_some_and(|least| least >= 0);
        let most_held = match is_natural {
            true => u64::MAX.into(),
            false => i64::MAX.into(),
        };
        let at = match most.is_some_and(|most| most > most_held) {
            true => node.get("maximum"),
            false => node
                .get("minimum")
                .filter(|_| least.is_some_and(|least| least < i64::MIN.into())),
        };
        if let Some(at) = at {
            let message = "no integer of 64 bits is that large";
            let help = "write a smaller limit; up to 18446744073709551615 goes with `minimum: 0`";
            self.warn("integer-limit", at, message, help);
        }
    }
}

fn kind_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    })
}

fn is_a(value: &Value, kind: Option<&str>) -> bool {
    match (kind_of(value), kind) {
        (Some("number"), Some("integer")) => value.is_i64() || value.is_u64(),
        (Some(own), Some(kind)) => own == kind,
        _ => true,
    }
}

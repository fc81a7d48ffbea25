//! Values that a schema lists: `enum` and `default`.

use serde_json::Value;

use super::Lint;
use crate::fits::{self, Wanted};
use crate::integers;
use crate::keywords::{is_a, kind_of_all};
use crate::prepare::is_held;
use crate::report::quoted;
use crate::tree::Node;

impl<'a> Lint<'a> {
    pub(super) fn values(&mut self, node: Node<'a>) {
        if let Some(default) = node.get("default") {
            self.default_value(node, default);
        }
        self.integer(node);
        if let Some(list) = node.get("enum").filter(|list| list.value.is_array()) {
            self.listed(node, list);
        }
    }

    /// A default that the client does not fill in.
    fn default_value(&mut self, node: Node<'a>, default: Node<'a>) {
        let root = self.root.value;
        let found = fits::mismatch(root, node.value, default.value, Wanted::Read);
        let schema = node.value.as_object();
        let is_held = schema.is_some_and(|schema| is_held(root, schema, default.value));
        let (why, help) = match found {
            Some(found) => (found.why, "correct the default, or the schema"),
            // What is absent is as good as these.
            None if is_held || default.value.is_null() || fits::is_empty(default.value) => return,
            None => {
                let why = "only texts, numbers, booleans and lists of them are filled in";
                (why.to_owned(), "say it in the description")
            }
        };
        let message = format!("the client does not fill this in: {why}");
        self.warn("default-mismatch", default, message, help);
    }

    fn listed(&mut self, node: Node<'a>, list: Node<'a>) {
        let (Some(schema), Some(values)) = (node.value.as_object(), list.value.as_array()) else {
            return;
        };
        if values.is_empty() {
            let message = "`enum` has nothing in it, and no effect";
            return self.warn("schema-enum", list, message, "leave it out, or fill it");
        }
        for value in list.items().filter(|value| value.value.is_null()) {
            if node.text("type").is_some() && !node.is_true("nullable") {
                let message = "without `nullable: true`, null has no effect in OpenAPI 3.0.3, but \
                               it has in the client";
                let help = "write `nullable: true` beside the `type`, or leave it out";
                self.warn("schema-nullable", value, message, help);
            }
        }
        let Some(kind) = kind_of_all(schema, values) else {
            if values.iter().all(Value::is_null) {
                return;
            }
            let message = "these values are of several types: the client has any JSON value";
            let help = "write a `type` beside the `enum`, and list its values";
            return self.warn("schema-enum", list, message, help);
        };
        if matches!(kind, "object" | "array" | "number") && values.iter().any(|v| !v.is_null()) {
            let message = format!("beside {}, an `enum` is not checked", quoted(kind));
            return self.warn("schema-enum", list, message, "say it in the description");
        }
        let is_other = |value: &Node<'a>| !value.value.is_null() && !is_a(value.value, kind);
        for value in list.items().filter(is_other) {
            let message = format!("this is not of the type {}, and is ignored", quoted(kind));
            let help = "list values of the `type`";
            self.warn("schema-enum", value, message, help);
        }
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

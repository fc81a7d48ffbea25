//! The texts that a value is made of, and what stands between them.

use serde_json::Value;

use super::Style;
use crate::fields::number;

/// What stands between the commas: each item, and each key and value, or both as one.
pub(super) fn texts(
    value: &Value,
    style: Style,
    explode: bool,
    escape: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Vec<String>, String> {
    match value {
        Value::Array(items) if style != Style::Json => {
            let items = items.iter().filter(|item| !item.is_null());
            items.map(|item| escape(&text(item))).collect()
        }
        Value::Object(fields) if style != Style::Json => {
            let fields = fields.iter().filter(|(_, field)| !field.is_null());
            let mut texts = Vec::new();
            for (key, field) in fields {
                let (key, field) = (escape(key)?, escape(&text(field))?);
                match explode {
                    true => texts.push(format!("{key}={field}")),
                    false => texts.extend([key, field]),
                }
            }
            Ok(texts)
        }
        Value::Null => Ok(Vec::new()),
        value if style == Style::Json => Ok(vec![escape(&value.to_string())?]),
        value => Ok(vec![escape(&text(value))?]),
    }
}

pub(super) fn is_list(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// Whether there is a list or an object in a list or an object.
pub(super) fn has_lists(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(is_list),
        Value::Object(fields) => fields.values().any(is_list),
        _ => false,
    }
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(one) => number(one).unwrap_or_else(|_| one.to_string()),
        value => value.to_string(),
    }
}

pub(super) fn ends(end: char) -> String {
    format!("there is a `{end}` in a part of the value, which it would end")
}

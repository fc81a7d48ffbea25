//! Integers in types that hold what their formats and limits allow.
//!
//! typify looks at one of the two only, and takes a single limit that is the end of a type for both
//! ends of it.

use serde_json::{Map, Value, json};

use super::walk::{Part, schemas_mut};
use crate::integers::{limits, range};

/// Gives every integer the format of a type that holds it.
pub(super) fn widen(document: &mut Value) {
    schemas_mut(document, Part::Document, &mut |schema| {
        if schema.get("type").is_some_and(|kind| kind == "integer") {
            integer(schema);
        }
    });
}

fn integer(schema: &mut Map<String, Value>) {
    let format = schema.get("format").and_then(Value::as_str);
    let format = format.map(str::to_owned);
    if format.as_deref() == Some("seconds") {
        return;
    }
    let (least, most) = limits(|name| schema.get(name).cloned());
    let (lowest, highest) = range(format.as_deref());
    let is_known = crate::integers::is_known(format.as_deref());
    let fits = least.is_none_or(|least| least >= lowest) && most.is_none_or(|most| most <= highest);
    let is_one_sided = match (least, most) {
        (Some(least), None) => !(0..=1).contains(&least),
        (None, Some(_)) => true,
        _ => false,
    };
    if !fits || !is_known && is_one_sided {
        let is_natural = least.is_some_and(|least| least >= 0);
        let is_beyond = most.is_some_and(|most| most > i64::MAX.into());
        let format = match is_natural && is_beyond {
            true => "uint64",
            false => "int64",
        };
        schema.insert("format".into(), json!(format));
    }
    // progenitor reads whole numbers of 64 bits only.
    for (name, flag, limit) in [
        ("minimum", "exclusiveMinimum", least),
        ("maximum", "exclusiveMaximum", most),
    ] {
        if schema.get(name).is_some_and(|limit| !limit.is_i64()) {
            schema.shift_remove(flag);
            match limit.and_then(|limit| i64::try_from(limit).ok()) {
                Some(limit) => schema.insert(name.into(), json!(limit)),
                None => schema.shift_remove(name),
            };
        }
    }
    if let Some(step) = schema.get("multipleOf").filter(|step| !step.is_i64()) {
        match crate::integers::whole(step).and_then(|step| i64::try_from(step).ok()) {
            Some(step) => schema.insert("multipleOf".into(), json!(step)),
            None => schema.shift_remove("multipleOf"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_holds_what_the_limits_allow() {
        for (format, least, most, expected) in [
            (
                Some("int32"),
                Some(json!(0)),
                Some(json!(4294967295_u32)),
                Some("int64"),
            ),
            (
                Some("int32"),
                Some(json!(0)),
                Some(json!(100)),
                Some("int32"),
            ),
            (
                Some("int32"),
                Some(json!(-3000000000_i64)),
                None,
                Some("int64"),
            ),
            (Some("uint8"), Some(json!(-1)), None, Some("int64")),
            (
                Some("int64"),
                Some(json!(0)),
                Some(json!(u64::MAX)),
                Some("uint64"),
            ),
            (None, Some(json!(0)), Some(json!(u64::MAX)), Some("uint64")),
            (None, None, Some(json!(u64::MAX)), Some("int64")),
            (None, None, Some(json!(255)), Some("int64")),
            (None, Some(json!(-128)), None, Some("int64")),
            (None, Some(json!(0)), None, None),
            (None, None, None, None),
        ] {
            let mut schema = json!({"type": "integer"});
            for (name, value) in [
                ("format", format.map(|f| json!(f))),
                ("minimum", least),
                ("maximum", most),
            ] {
                if let Some(value) = value {
                    schema[name] = value;
                }
            }
            let words = schema.to_string();
            integer(schema.as_object_mut().unwrap());
            let found = schema.get("format").and_then(Value::as_str);
            assert_eq!(found, expected, "{words}");
        }
    }

    #[test]
    fn limits_are_whole_numbers_of_64_bits() {
        let mut schema =
            json!({"type": "integer", "minimum": 0.5, "maximum": 1e30, "multipleOf": 2.0});
        integer(schema.as_object_mut().unwrap());
        let expected =
            json!({"type": "integer", "minimum": 1, "multipleOf": 2, "format": "uint64"});
        assert_eq!(schema, expected);
    }
}

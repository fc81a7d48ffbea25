//! Which whole numbers a schema allows, and which type holds them.

use serde_json::Value;

/// The formats that have a type of their own, and what it holds.
const FORMATS: [(&str, i128, i128); 10] = [
    ("int8", i8::MIN as i128, i8::MAX as i128),
    ("uint8", 0, u8::MAX as i128),
    ("int16", i16::MIN as i128, i16::MAX as i128),
    ("uint16", 0, u16::MAX as i128),
    ("int", i32::MIN as i128, i32::MAX as i128),
    ("int32", i32::MIN as i128, i32::MAX as i128),
    ("uint", 0, u32::MAX as i128),
    ("uint32", 0, u32::MAX as i128),
    ("int64", i64::MIN as i128, i64::MAX as i128),
    ("uint64", 0, u64::MAX as i128),
];

/// The least and the greatest value of a format. Without one, what most numbers are.
pub(crate) fn range(format: Option<&str>) -> (i128, i128) {
    let known = FORMATS.iter().find(|(name, ..)| format == Some(name));
    known.map_or((i64::MIN.into(), i64::MAX.into()), |(_, least, most)| {
        (*least, *most)
    })
}

/// Whether a format has a type of its own.
pub(crate) fn is_known(format: Option<&str>) -> bool {
    FORMATS.iter().any(|(name, ..)| format == Some(name))
}

/// A whole number, also when it is written as another number.
pub(crate) fn whole(value: &Value) -> Option<i128> {
    let number = || value.as_f64().filter(|number| number.fract() == 0.0);
    let small = value.as_i64().map(i128::from);
    small
        .or_else(|| value.as_u64().map(i128::from))
        .or_else(|| number().map(|number| number as i128))
}

/// The limits that a schema sets.
pub(crate) fn limits(get: impl Fn(&str) -> Option<Value>) -> (Option<i128>, Option<i128>) {
    let limit = |name: &str| -> Option<f64> { get(name)?.as_f64() };
    let is_exclusive = |name: &str| i128::from(get(name) == Some(Value::Bool(true)));
    let exact = |name: &str, round: fn(f64) -> f64| {
        let value = get(name)?;
        whole(&value).or_else(|| Some(round(limit(name)?) as i128))
    };
    (
        exact("minimum", f64::ceil)
            .map(|least| least.saturating_add(is_exclusive("exclusiveMinimum"))),
        exact("maximum", f64::floor)
            .map(|most| most.saturating_sub(is_exclusive("exclusiveMaximum"))),
    )
}

//! Whether a value is what its schema says.

use serde_json::Value;

use crate::flat::{Flat, MAX_PARTS};
use crate::integers;
use crate::tree::escaped;

/// What a value is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The document allows it.
    Allowed,
    /// The client's type reads it.
    Read,
    /// The client's type holds all of it, and writes it in the same way.
    Kept,
}

/// Where a value is not what its schema says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// A JSON pointer into the value.
    pub(crate) place: String,
    pub(crate) why: String,
}

/// More schemas than the check of one value looks at. They may refer to each other in many ways.
const MAX_STEPS: usize = 20_000;
/// Deeper than any value is described. A schema may be an alternative of itself.
const MAX_DEPTH: usize = 100;

/// The first place where `value` is not what `schema` says.
pub(crate) fn mismatch(
    document: &Value,
    schema: &Value,
    value: &Value,
    wanted: Wanted,
) -> Option<Mismatch> {
    let mut check = Check {
        document,
        wanted,
        left: MAX_STEPS,
        depth: 0,
    };
    let (place, why) = check.value(schema, value).err()?;
    Some(Mismatch { place, why })
}

struct Check<'a> {
    document: &'a Value,
    wanted: Wanted,
    left: usize,
    depth: usize,
}

/// The place is put together on the way back.
type Checked = Result<(), (String, String)>;

fn wrong(why: impl Into<String>) -> Checked {
    Err((String::new(), why.into()))
}

impl Check<'_> {
    fn value(&mut self, schema: &Value, value: &Value) -> Checked {
        if self.left == 0 || self.depth == MAX_DEPTH {
            return match self.wanted {
                Wanted::Allowed => Ok(()),
                _ => wrong("there is too much of it to be looked at"),
            };
        }
        self.left -= 1;
        self.depth += 1;
        let checked = self.one(schema, value);
        self.depth -= 1;
        checked
    }

    fn one(&mut self, schema: &Value, value: &Value) -> Checked {
        let flat = Flat::of(self.document, schema);
        if value.is_null() {
            let is_open = flat.kind().is_none() && flat.choices.is_empty();
            let in_choice = || {
                let mut choices = flat.choices.iter();
                !flat.choices.is_empty()
                    && choices.all(|one| {
                        one.alternatives.iter().any(|schema| {
                            crate::flat::may_be_null(self.document, schema, &mut { MAX_PARTS })
                        })
                    })
            };
            let listed = flat.list("enum");
            let is_listed = listed.contains(&Value::Null);
            if flat.is_true("nullable") || is_listed || is_open && listed.is_empty() || in_choice()
            {
                return Ok(());
            }
            return wrong("it is null");
        }
        let listed = flat.get("enum").and_then(Value::as_array);
        if listed.is_some_and(|values| !values.iter().any(|one| same(one, value))) {
            return wrong("it is none of the values of the `enum`");
        }
        let wanted = flat.kind();
        let fits = match (wanted, value) {
            (Some("string"), Value::String(text)) => return self.string(&flat, text),
            (Some("integer"), Value::Number(_)) => return self.integer(&flat, value),
            (Some("number"), Value::Number(_)) => return self.number(&flat, value),
            (Some("array"), Value::Array(items)) => return self.array(&flat, items),
            (Some("object"), Value::Object(_)) | (None, _) => true,
            (Some(kind), value) => kind == "boolean" && value.is_boolean(),
        };
        if !fits {
            return wrong(format!(
                "it is not of the type `{}`",
                wanted.unwrap_or_default()
            ));
        }
        for choice in &flat.choices {
            // Which alternative the client takes is another question.
            if self.wanted == Wanted::Kept {
                return wrong("it is one of several alternatives");
            }
            let mut alternatives = choice.alternatives.iter();
            if !alternatives.any(|schema| self.value(schema, value).is_ok()) {
                return wrong("it is none of the alternatives");
            }
        }
        match value {
            Value::Object(_) => self.object(&flat, value),
            _ => Ok(()),
        }
    }

    fn object(&mut self, flat: &Flat, value: &Value) -> Checked {
        let members = value.as_object().into_iter().flatten();
        for name in flat.list("required").iter().filter_map(Value::as_str) {
            let property = flat.properties().find(|(one, _)| *one == name);
            let is_one_way = property.is_some_and(|(_, property)| {
                let property = Flat::of(self.document, property);
                property.is_true("readOnly") || property.is_true("writeOnly")
            });
            let may_lack = is_one_way && self.wanted == Wanted::Allowed;
            if value.get(name).is_none() && !may_lack {
                return wrong(format!("it has no `{name}`"));
            }
        }
        if self.wanted == Wanted::Kept {
            let is_filled = |(name, property): &(&String, &Value)| {
                let property = Flat::of(self.document, property);
                let has_default = property.get("default").is_some_and(|one| !one.is_null());
                value.get(*name).is_none() && has_default
            };
            if let Some((name, _)) = flat.properties().find(is_filled) {
                return wrong(format!("`{name}` is filled in"));
            }
        }
        let is_open = flat.get("properties").is_none();
        for (name, member) in members {
            let property = flat.properties().find(|(one, _)| *one == name);
            let more = flat.get("additionalProperties");
            let result = match (property, more) {
                (Some((_, property)), _) => {
                    let is_lost = member.is_null() || is_empty(member);
                    match self.wanted == Wanted::Kept && is_lost && !flat.requires(name) {
                        true => wrong("it is not written"),
                        false => self.value(property, member),
                    }
                }
                (None, Some(Value::Bool(false))) => wrong("no other property is allowed"),
                (None, Some(more)) if more.is_object() => self.value(more, member),
                _ if self.wanted == Wanted::Kept && !is_open => wrong("it is not kept"),
                _ => Ok(()),
            };
            result.map_err(|(place, why)| (format!("/{}{place}", escaped(name)), why))?;
        }
        let count = value.as_object().map_or(0, |object| object.len());
        self.size(flat, "minProperties", "maxProperties", count)
    }

    fn array(&mut self, flat: &Flat, items: &[Value]) -> Checked {
        if let Some(schema) = flat.get("items") {
            for (index, item) in items.iter().enumerate() {
                let result = self.value(schema, item);
                result.map_err(|(place, why)| (format!("/{index}{place}"), why))?;
            }
        }
        self.size(flat, "minItems", "maxItems", items.len())
    }

    fn size(&self, flat: &Flat, least: &str, most: &str, count: usize) -> Checked {
        let bound = |name: &str| flat.get(name).and_then(Value::as_u64);
        let count = count as u64;
        if bound(least).is_some_and(|least| count < least) {
            return wrong(format!("it is shorter than `{least}`"));
        }
        if bound(most).is_some_and(|most| count > most) {
            return wrong(format!("it is longer than `{most}`"));
        }
        Ok(())
    }

    fn string(&self, flat: &Flat, text: &str) -> Checked {
        let format = flat.get("format").and_then(Value::as_str);
        let fits = match format {
            Some("date-time") => time(text, self.wanted),
            Some("date") => date(text).is_some(),
            Some("decimal") => decimal(text),
            Some("ipv4") => text.parse::<std::net::Ipv4Addr>().is_ok(),
            Some("ipv6") => text.parse::<std::net::Ipv6Addr>().is_ok(),
            _ => true,
        };
        if !fits {
            let format = format.unwrap_or_default();
            return wrong(format!("it is not of the format `{format}`"));
        }
        self.size(flat, "minLength", "maxLength", text.chars().count())
    }

    fn integer(&self, flat: &Flat, value: &Value) -> Checked {
        // `5.0` is a whole number, and no type of whole numbers reads it.
        let is_read = self.wanted == Wanted::Allowed || !value.is_f64();
        let number = integers::whole(value).filter(|_| is_read);
        let Some(number) = number else {
            return wrong("it is not of the type `integer`");
        };
        let format = flat.get("format").and_then(Value::as_str);
        let (least, most) = integers::limits(|name| flat.get(name).cloned());
        if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
            return wrong("it is outside of the limits");
        }
        // Limits may lead out of the format.
        let (lowest, highest) = integers::range(format);
        let lowest = least.map_or(lowest, |least| least.min(lowest));
        let highest = most.map_or(highest, |most| most.max(highest));
        // No type holds both.
        let highest = match lowest < 0 {
            true => highest.min(i64::MAX.into()),
            false => highest,
        };
        let must_fit = integers::is_known(format) || self.wanted != Wanted::Allowed;
        if must_fit && !(lowest..=highest).contains(&number) {
            return wrong("it does not fit into the format");
        }
        match format {
            Some("seconds") if number < 0 => wrong("it is no length of time"),
            _ => Ok(()),
        }
    }

    fn number(&self, flat: &Flat, value: &Value) -> Checked {
        let Some(number) = value.as_f64() else {
            return wrong("it is not of the type `number`");
        };
        let bound = |name: &str| flat.get(name).and_then(Value::as_f64);
        let is_outside = |limit: f64, sign: f64, flag: &str| {
            (number - limit) * sign < 0.0 || number == limit && flat.is_true(flag)
        };
        if bound("minimum").is_some_and(|least| is_outside(least, 1.0, "exclusiveMinimum"))
            || bound("maximum").is_some_and(|most| is_outside(most, -1.0, "exclusiveMaximum"))
        {
            return wrong("it is outside of the limits");
        }
        let is_float = flat.get("format").is_some_and(|format| format == "float");
        // It is written with as few digits as tell it from others.
        let written = (number as f32).to_string().parse::<f64>().ok();
        let is_rounded = is_float && written != Some(number);
        match self.wanted == Wanted::Kept && is_rounded {
            true => wrong("it is rounded"),
            false => Ok(()),
        }
    }
}

/// Whether two values are equal. Numbers are compared by their value.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() != b.is_f64() => {
            a.as_f64() == b.as_f64()
        }
        _ => one == other,
    }
}

/// Whether it is a list or an object with nothing in it.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    }
}

/// The year of a date (RFC 3339).
fn date(text: &str) -> Option<u32> {
    let [year, month, day] = numbers(text, '-', [4, 2, 2])?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 31,
    };
    ((1..=12).contains(&month) && (1..=last).contains(&day)).then_some(year)
}

fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[u32; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(between);
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        let is_number = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        *number = part.parse().ok().filter(|_| is_number)?;
    }
    parts.next().is_none().then_some(numbers)
}

/// A time of RFC 3339. Of these, the client's type reads those of the years that it can print, and
/// prints them in one way.
fn time(text: &str, wanted: Wanted) -> bool {
    let parts = || {
        let (day, rest) = text.split_at_checked(10)?;
        let year = date(day)?;
        let time = rest.strip_prefix(['T', 't', ' '])?;
        let end = time.find(['Z', 'z', '+', '-'])?;
        let (time, zone) = time.split_at(end);
        let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
        let is_zone = match zone.strip_prefix(['+', '-']) {
            Some(offset) => {
                let [hours, minutes] = numbers(offset, ':', [2, 2])?;
                hours < 24 && minutes < 60
            }
            None => zone.len() == 1,
        };
        let is_fraction = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
        let is_time = hour < 24 && minute < 60 && second <= 60 && is_zone && is_fraction;
        is_time.then_some((year, second))
    };
    let Some((year, second)) = parts() else {
        return false;
    };
    let is_known = (1971..9999).contains(&year) && second < 60;
    let is_plain = text.len() == "2026-11-22T10:00:00Z".len() && text.ends_with('Z');
    match wanted {
        Wanted::Allowed => true,
        Wanted::Read => is_known && text.as_bytes().get(10) == Some(&b'T') && !text.ends_with('z'),
        Wanted::Kept => is_known && is_plain && text.as_bytes().get(10) == Some(&b'T'),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_wrong_place_is_found() {
        let document = json!({"components": {"schemas": {
            "Name": {"type": "string", "maxLength": 3},
            "Team": {
                "type": "object",
                "required": ["lead"],
                "properties": {
                    "lead": {"$ref": "#/components/schemas/Name"},
                    "others": {"type": "array", "items": {"$ref": "#/components/schemas/Name"}},
                },
            },
        }}});
        let schema = json!({"allOf": [{"$ref": "#/components/schemas/Team"}]});
        for (value, place) in [
            (json!({"lead": "a"}), None),
            (json!({"lead": "a", "more": 1}), None),
            (json!({"lead": "long"}), Some("/lead")),
            (json!({"lead": "a", "others": ["b", 1]}), Some("/others/1")),
            (json!({}), Some("")),
            (json!(null), Some("")),
            (json!([]), Some("")),
        ] {
            let found = mismatch(&document, &schema, &value, Wanted::Allowed);
            let found = found.map(|mismatch| mismatch.place);
            assert_eq!(found.as_deref(), place, "{value}");
        }
    }

    #[test]
    fn a_value_may_be_allowed_and_not_be_read_or_not_be_kept() {
        let time = json!({"type": "string", "format": "date-time"});
        let object = json!({"type": "object", "properties": {"a": {"type": "array"}}});
        let filled = json!({"properties": {"a": {"type": "integer", "default": 1}}});
        let small = json!({"type": "integer", "format": "int32"});
        let wide = json!({"type": "integer", "format": "int32", "maximum": 4294967295_u32});
        let float = json!({"type": "number", "format": "float"});
        let (all, read, allowed) = (
            (true, true, true),
            (true, true, false),
            (true, false, false),
        );
        for (schema, value, expected) in [
            (&time, json!("2019-09-24T22:16:41Z"), all),
            (&time, json!("2019-09-24T22:16:41.5+02:00"), read),
            (&time, json!("1905-09-24T22:16:41Z"), allowed),
            (
                &time,
                json!("Tue, 24 Sep 2019 22:16:41 GMT"),
                (false, false, false),
            ),
            (&time, json!("2020-01-01"), (false, false, false)),
            (&object, json!({}), all),
            (&object, json!({"a": []}), read),
            (&object, json!({"b": 1}), read),
            (&filled, json!({}), read),
            (&filled, json!({"a": 2}), all),
            (&small, json!(5), all),
            (&small, json!(4294967295_u32), (false, false, false)),
            (&wide, json!(4294967295_u32), all),
            (&json!({"type": "integer"}), json!(u64::MAX), allowed),
            (&json!({"type": "integer"}), json!(5.0), allowed),
            (
                &json!({"type": "integer"}),
                json!(5.5),
                (false, false, false),
            ),
            (&json!({"type": "number"}), json!(5), all),
            (&float, json!(0.1), all),
            (&float, json!(150.014_999_389_648_44), read),
        ] {
            let fits = |wanted| mismatch(&json!({}), schema, &value, wanted).is_none();
            let found = (
                fits(Wanted::Allowed),
                fits(Wanted::Read),
                fits(Wanted::Kept),
            );
            assert_eq!(found, expected, "{value} of {schema}");
        }
    }
}

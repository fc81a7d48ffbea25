//! `type` as a list, `null` as a type, and `const`.

use serde_json::json;

use super::access::{Members, insert, list, object, span};
use super::schemas::type_of;
use super::{Draft, Kind};
use crate::keywords;
use crate::tree::Span;

/// What says itself which types there are.
const COMPOSED: [&str; 4] = ["$ref", "allOf", "oneOf", "anyOf"];

/// One value is a list of one. Of lists and objects, no type says which they are.
pub(super) fn lower_const(members: &mut Members) {
    let Some(member) = members.shift_remove("const") else {
        return;
    };
    let at = span(&member);
    let value = member.1.value();
    let Some(kind) = type_of(&value) else {
        return null(members, at);
    };
    // The lint tells when the value is of another type.
    if members
        .get("type")
        .is_none_or(|(_, own)| own.as_text().is_none())
    {
        insert(members, "type", &json!(kind), at);
    }
    if !["array", "object"].contains(&kind) {
        insert(members, "enum", &json!([value]), at);
    }
}

/// Null, and nothing else.
fn null(members: &mut Members, at: Span) {
    members.shift_remove("type");
    members.shift_remove("nullable");
    insert(members, "enum", &json!([null]), at);
}

pub(super) fn lower(members: &mut Members, at: Span) {
    one_type(members, at);
    let is_array = members
        .get("type")
        .is_some_and(|(_, kind)| kind.as_text() == Some("array"));
    if is_array && !members.contains_key("items") {
        insert(members, "items", &json!({}), at);
    }
}

fn one_type(members: &mut Members, at: Span) {
    let Some((key, kind)) = members.get("type").cloned() else {
        return;
    };
    let Some(kinds) = kind.as_list() else {
        if kind.as_text() == Some("null") {
            null(members, kind.span);
        }
        return;
    };
    if let Some(wrong) = kinds.iter().find(|kind| kind.as_text().is_none()) {
        members.insert("type".into(), (key, wrong.clone()));
        return;
    }
    if kinds.is_empty() {
        return;
    }
    let mut names: Vec<&str> = kinds.iter().filter_map(Draft::as_text).collect();
    let count = names.len();
    names.retain(|name| *name != "null");
    let has_null = names.len() < count;
    if names.contains(&"number") {
        names.retain(|name| *name != "integer");
    }
    names.dedup();
    match names[..] {
        [] => null(members, key),
        [name] => {
            insert(members, "type", &json!(name), kind.span);
            if has_null {
                insert(members, "nullable", &json!(true), kind.span);
            }
        }
        _ if COMPOSED.iter().any(|key| members.contains_key(*key)) => {
            members.shift_remove("type");
        }
        _ => choice(members, &names, has_null, at),
    }
}

/// A choice with an alternative for each type, which takes what is said of that type.
fn choice(members: &mut Members, names: &[&str], has_null: bool, at: Span) {
    let Some((key, kind)) = members.shift_remove("type") else {
        return;
    };
    let values = members.shift_remove("enum");
    let format = members.shift_remove("format");
    let mut alternatives = Vec::new();
    for name in names {
        let mut own = Members::new();
        insert(&mut own, "type", &json!(name), kind.span);
        let group = match *name {
            "integer" => "number",
            name => name,
        };
        let discriminator = (group == "object").then_some(&"discriminator");
        for key in keywords::of(group).iter().chain(discriminator) {
            if let Some(member) = members.shift_remove(*key) {
                own.insert((*key).into(), member);
            }
        }
        if let Some((at, listed)) = &values {
            let listed = listed.as_list().unwrap_or_default().iter();
            let listed: Vec<Draft> = listed.filter(|value| is_a(value, group)).cloned().collect();
            if listed.is_empty() {
                continue;
            }
            own.insert("enum".into(), (*at, list(listed, *at)));
        }
        if let Some((at, format)) = &format
            && format.as_text().is_some_and(|format| is_for(format, group))
        {
            own.insert("format".into(), (*at, format.clone()));
        }
        if group == "array" && !own.contains_key("items") {
            insert(&mut own, "items", &json!({}), at);
        }
        alternatives.push(object(own, kind.span));
    }
    // All but null, and nothing more of any.
    let is_plain = |draft: &Draft| match draft.as_object() {
        Some(own) => own.len() == 1 || own.len() == 2 && own.contains_key("items"),
        None => false,
    };
    if names.len() == 5 && alternatives.len() == 5 && alternatives.iter().all(is_plain) {
        return;
    }
    if has_null {
        alternatives.push(Draft::made(&json!({"enum": [null]}), kind.span));
    }
    if alternatives.len() == 1
        && let Some(Kind::Object(own)) = alternatives.pop().map(|one| one.kind)
    {
        members.extend(own);
        return;
    }
    members.insert("oneOf".into(), (key, list(alternatives, kind.span)));
}

fn is_a(value: &Draft, group: &str) -> bool {
    let kind = match type_of(&value.value()) {
        Some("integer") => Some("number"),
        kind => kind,
    };
    kind == Some(group)
}

/// Whether a format is one of numbers, or of strings.
fn is_for(format: &str, group: &str) -> bool {
    let is_number = ["int", "uint", "float", "double", "seconds", "unixtime"];
    match is_number.iter().any(|word| format.starts_with(word)) {
        true => group == "number",
        false => group == "string",
    }
}

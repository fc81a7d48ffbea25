//! Lists whose items are described by their position, and objects whose properties are by a pattern.
//!
//! The client has one type for all of them: any of those that are described.

use serde_json::{Value, json};

use super::access::{Members, insert, list, object};
use super::{Draft, Kind};
use crate::tree::Span;

pub(super) fn lower(members: &mut Members) {
    items(members);
    patterns(members);
}

fn items(members: &mut Members) {
    let is_false = |member: &(Span, Draft)| member.1.as_bool() == Some(false);
    let Some((at, prefix)) = members.shift_remove("prefixItems") else {
        if let Some(member) = members.get("items").filter(|member| is_false(member)) {
            let at = member.0;
            insert(members, "items", &json!({}), at);
            insert(members, "maxItems", &json!(0), at);
        }
        return;
    };
    let Kind::List(mut prefix) = prefix.kind else {
        return;
    };
    let length = prefix.len();
    let most = members
        .get("maxItems")
        .and_then(|(_, most)| most.as_number());
    let is_full = most.is_some_and(|most| most <= length as f64);
    match members.shift_remove("items") {
        _ if is_full => {}
        Some(rest) if is_false(&rest) => insert(members, "maxItems", &json!(length), at),
        Some((_, rest)) => prefix.push(rest),
        None => prefix.push(Draft::made(&json!({}), at)),
    }
    members.insert("items".into(), (at, any_of(prefix, at)));
    if !members.contains_key("type") {
        insert(members, "type", &json!("array"), at);
    }
}

fn patterns(members: &mut Members) {
    let Some((at, patterns)) = members.shift_remove("patternProperties") else {
        return;
    };
    let Kind::Object(patterns) = patterns.kind else {
        return;
    };
    let mut all: Vec<Draft> = patterns.into_values().map(|(_, schema)| schema).collect();
    all.retain(|schema| schema.as_bool() != Some(false));
    match members.shift_remove("additionalProperties") {
        Some((_, rest)) if rest.as_bool() == Some(false) => {}
        Some((_, rest)) => all.push(rest),
        None => all.push(Draft::made(&json!({}), at)),
    }
    let rest = match all.is_empty() {
        true => Draft::made(&json!(false), at),
        false => any_of(all, at),
    };
    members.insert("additionalProperties".into(), (at, rest));
    if !members.contains_key("type") {
        insert(members, "type", &json!("object"), at);
    }
}

/// A schema for all that one of some schemas allows.
fn any_of(schemas: Vec<Draft>, at: Span) -> Draft {
    let mut kept: Vec<(Value, Draft)> = Vec::new();
    for mut schema in schemas {
        // What is said of a position is not true of the others.
        if let Some(members) = schema.as_object_mut() {
            for key in ["title", "description", "default", "example", "examples"] {
                members.shift_remove(key);
            }
        }
        let value = match schema.as_bool() {
            Some(true) => json!({}),
            _ => schema.value(),
        };
        if !kept.iter().any(|(known, _)| *known == value) {
            kept.push((value, schema));
        }
    }
    let mut schemas: Vec<Draft> = kept.into_iter().map(|(_, schema)| schema).collect();
    match schemas.pop() {
        Some(only) if schemas.is_empty() => only,
        last => {
            schemas.extend(last);
            let any = ("anyOf".to_owned(), (at, list(schemas, at)));
            object(Members::from_iter([any]), at)
        }
    }
}

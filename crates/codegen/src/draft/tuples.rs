//! Lists whose items are described by their position, and objects whose properties are by a pattern.
//!
//! The client has one type for all of them: any of those that are described. What is not described can be
//! anything, unless a secret is in those that are: it would print in a value that lacks something else.

use serde_json::{Value, json};

use super::access::{Members, insert, list, object};
use super::version::Findings;
use super::{Draft, Kind};
use crate::report::quoted;
use crate::tree::{Span, escaped};

pub(super) fn lower(members: &mut Members, pointer: &str, findings: &mut Findings<'_>) {
    items(members, pointer, findings);
    patterns(members, pointer, findings);
}

fn items(members: &mut Members, pointer: &str, findings: &mut Findings<'_>) {
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
        rest => add_rest(
            &mut prefix,
            rest,
            at,
            &format!("{pointer}/prefixItems"),
            findings,
        ),
    }
    members.insert("items".into(), (at, any_of(prefix, at)));
    if !members.contains_key("type") {
        insert(members, "type", &json!("array"), at);
    }
}

fn patterns(members: &mut Members, pointer: &str, findings: &mut Findings<'_>) {
    let Some((at, patterns)) = members.shift_remove("patternProperties") else {
        return;
    };
    let Kind::Object(patterns) = patterns.kind else {
        return;
    };
    named(members, &patterns, pointer, findings);
    let mut all: Vec<Draft> = patterns.into_values().map(|(_, schema)| schema).collect();
    all.retain(|schema| schema.as_bool() != Some(false));
    match members.shift_remove("additionalProperties") {
        Some((_, rest)) if rest.as_bool() == Some(false) => {}
        rest => add_rest(
            &mut all,
            rest,
            at,
            &format!("{pointer}/patternProperties"),
            findings,
        ),
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

/// A property that a pattern makes a secret, or has a secret in it by that, is one.
fn named(members: &mut Members, patterns: &Members, pointer: &str, findings: &mut Findings<'_>) {
    let properties = members.get_mut("properties");
    let properties = properties.and_then(|(_, properties)| properties.as_object_mut());
    for (name, (at, property)) in properties.into_iter().flatten() {
        for (pattern, (_, schema)) in patterns {
            let secrets = &findings.secrets;
            let is_other = property.text("type").is_some_and(|kind| kind != "string");
            if !secrets.is_in(schema)
                || secrets.is_in(property)
                || is_other && !secrets.is_within(schema)
            {
                continue;
            }
            match fits(pattern, name) {
                Some(false) => {}
                Some(true) => {
                    let parts = vec![property.clone(), schema.clone()];
                    let all = ("allOf".to_owned(), (*at, list(parts, *at)));
                    *property = object(Members::from_iter([all]), *at);
                }
                None => {
                    let message = format!(
                        "if {} fits this name, it makes a secret of what prints here",
                        quoted(pattern)
                    );
                    let help = "write `format: password` here, too, if it does";
                    let pointer = format!("{pointer}/properties/{}", escaped(name));
                    findings.warn("secret-shown", *at, pointer, message, help);
                }
            }
        }
    }
}

/// Whether a name fits a pattern. None for what takes more than a look.
fn fits(pattern: &str, name: &str) -> Option<bool> {
    let (is_start, rest) = match pattern.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let (is_end, rest) = match rest.strip_suffix('$') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if [".*", ".+"].contains(&rest) {
        return Some(rest == ".*" || !name.is_empty());
    }
    if rest.contains(|c: char| r"\^$.|?*+()[]{}".contains(c)) {
        return None;
    }
    Some(match (is_start, is_end) {
        (true, true) => name == rest,
        (true, false) => name.starts_with(rest),
        (false, true) => name.ends_with(rest),
        (false, false) => name.contains(rest),
    })
}

/// Adds what all others are, which is anything when nothing is said of them.
fn add_rest(
    described: &mut Vec<Draft>,
    rest: Option<(Span, Draft)>,
    at: Span,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    let rest = rest.map(|(_, rest)| rest);
    let is_anything = rest.as_ref().is_none_or(|rest| {
        let members = rest.as_object();
        rest.as_bool() == Some(true) || members.is_some_and(Members::is_empty)
    });
    let has_secret = described.iter().any(|one| findings.secrets.is_within(one));
    if is_anything && has_secret {
        let message = "a secret is in here, so nothing is read but what is described: any other value \
                       could print it";
        let help = "say what else there is, or that there is nothing: `items: false`, \
                    `additionalProperties: false`";
        return findings.warn("secret-shown", at, pointer.to_owned(), message, help);
    }
    described.push(rest.unwrap_or_else(|| Draft::made(&json!({}), at)));
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

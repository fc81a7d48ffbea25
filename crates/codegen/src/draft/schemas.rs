//! One schema of OpenAPI 3.1 in the words of 3.0.

use serde_json::{Value, json};

use super::access::{Members, insert, span};
use super::places::Place;
use super::version::Findings;
use super::{Draft, Kind, limits, objects, tuples, types};
use crate::prepare::{essence, is_json};
use crate::tree::{Span, escaped};

/// Keywords for readers, and those that are followed before.
const UNSAID: [&str; 10] = [
    "$id",
    "$anchor",
    "$dynamicAnchor",
    "$comment",
    "$vocabulary",
    "$defs",
    "definitions",
    "contentSchema",
    "contentMediaType",
    "contentEncoding",
];

/// Keywords that ask something of a value which no type does.
const UNCHECKED: [&str; 7] = [
    "if",
    "contains",
    "propertyNames",
    "dependentSchemas",
    "dependentRequired",
    "unevaluatedProperties",
    "unevaluatedItems",
];

/// Their own parts.
const BESIDE: [&str; 4] = ["then", "else", "minContains", "maxContains"];

/// Rewrites a schema. What is in it comes later.
pub(super) fn lower(draft: &mut Draft, place: Place, pointer: &str, findings: &mut Findings<'_>) {
    let at = draft.span;
    if let (Some(is_any), true) = (draft.as_bool(), place != Place::Rest) {
        let schema = match is_any {
            true => json!({}),
            false => json!({"not": {}}),
        };
        *draft = Draft::made(&schema, at);
    }
    let Some(members) = draft.as_object_mut() else {
        return;
    };
    booleans(members);
    if let Some(member) = members.shift_remove("$schema") {
        objects::dialect(&member, "$schema", pointer, findings);
    }
    let discriminator = members
        .get_mut("discriminator")
        .and_then(|(_, d)| d.as_object_mut());
    if let Some(member) = discriminator.and_then(|d| d.shift_remove("defaultMapping")) {
        let message = "`defaultMapping` has no effect: what fits no alternative is read as the \
                       first that it can be";
        let help = "say in the description what else there is";
        let pointer = format!("{pointer}/discriminator/defaultMapping");
        findings.warn("field-ignored", span(&member), pointer, message, help);
    }
    content(members);
    closed(members, "unevaluatedProperties", "additionalProperties");
    closed(members, "unevaluatedItems", "items");
    shown(members, pointer, findings);
    members.retain(|key, _| !UNSAID.contains(&key.as_str()));
    if let Some(reference) = members.shift_remove("$dynamicRef") {
        members.entry("$ref".into()).or_insert(reference);
    }
    types::lower_const(members);
    tuples::lower(members, pointer, findings);
    types::lower(members, at);
    limits::lower(members);
    examples(members);
    unchecked(members, pointer, findings);
}

/// `false` among schemas: what cannot be there is left out.
fn booleans(members: &mut Members) {
    let is_false = |draft: &Draft| draft.as_bool() == Some(false);
    if let Some(properties) = members
        .get_mut("properties")
        .and_then(|p| p.1.as_object_mut())
    {
        properties.retain(|_, (_, property)| !is_false(property));
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(list) = members.get_mut(key).and_then(|list| list.1.as_list_mut())
            && !list.iter().all(is_false)
        {
            list.retain(|part| !is_false(part));
        }
    }
    if members.get("not").is_some_and(|(_, not)| is_false(not)) {
        members.shift_remove("not");
    }
}

/// How bytes are written in a string, or that they are not.
fn content(members: &mut Members) {
    let text = |key: &str| members.get(key).and_then(|(_, member)| member.as_text());
    let format = match (text("contentEncoding"), text("contentMediaType")) {
        (Some("base64"), _) => Some("byte"),
        (Some("base64url"), _) => Some("base64url"),
        (Some(_), _) => None,
        (None, Some(media)) if is_json(media) || !objects::is_bytes(essence(media)) => None,
        (None, Some(_)) => Some("binary"),
        (None, None) => return,
    };
    let at = ["contentEncoding", "contentMediaType"]
        .into_iter()
        .find_map(|key| members.get(key));
    let Some(at) = at.map(span) else { return };
    if !members.contains_key("type") && !members.contains_key("$ref") {
        insert(members, "type", &json!("string"), at);
    }
    if let (Some(format), false) = (format, members.contains_key("format")) {
        insert(members, "format", &json!(format), at);
    }
}

/// The first example is as good as any other.
fn examples(members: &mut Members) {
    let Some((at, examples)) = members.get_mut("examples") else {
        return;
    };
    let (at, Kind::List(list)) = (*at, &mut examples.kind) else {
        return;
    };
    let first = (!list.is_empty()).then(|| list.swap_remove(0));
    members.shift_remove("examples");
    if let Some(first) = first {
        members.entry("example".into()).or_insert((at, first));
    }
}

fn unchecked(members: &mut Members, pointer: &str, findings: &mut Findings<'_>) {
    members.retain(|key, _| !BESIDE.contains(&key.as_str()));
    members.retain(|key, member| {
        let key = key.as_str();
        let is_empty = ["unevaluatedProperties", "unevaluatedItems"].contains(&key)
            && member.1.as_bool() == Some(true);
        if !UNCHECKED.contains(&key) {
            return true;
        }
        if !is_empty {
            let pointer = format!("{pointer}/{}", escaped(key));
            tell(key, span(member), pointer, findings);
        }
        false
    });
}

/// Says of a secret that it is described where nothing is read: what the client makes of it prints.
fn shown(members: &Members, pointer: &str, findings: &mut Findings<'_>) {
    let unread = UNCHECKED.iter().chain(&BESIDE).chain(&["contentSchema"]);
    for key in unread {
        if let Some(member) = members.get(*key)
            && holds_secret(key, &member.1, findings)
        {
            let message = format!(
                "`{key}` is not read, and a secret in it is none in the client: if it is kept, it prints"
            );
            let help = "describe it in `properties`, `items` or `additionalProperties`";
            let pointer = format!("{pointer}/{key}");
            findings.warn("secret-shown", span(member), pointer, message, help);
        }
    }
}

fn holds_secret(key: &str, member: &Draft, findings: &Findings<'_>) -> bool {
    match key {
        "dependentSchemas" => {
            let mut schemas = member.members();
            schemas.any(|(_, schema)| findings.secrets.is_in(schema))
        }
        _ => findings.secrets.is_in(member),
    }
}

/// Says that a keyword has no effect.
pub(super) fn tell(key: &str, span: Span, pointer: String, findings: &mut Findings<'_>) {
    let message = format!("`{key}` is not checked, and adds nothing to the type");
    let help = match key {
        "if" | "dependentSchemas" | "dependentRequired" => {
            "write the cases as alternatives of a `oneOf`"
        }
        "contains" => "say in the description what has to be in the list",
        "propertyNames" => "write the names that are known into `properties`",
        "unevaluatedProperties" => {
            "write all `properties` into one schema, and `additionalProperties` beside them"
        }
        "unevaluatedItems" => "write into `items` what they are",
        // Beside a reference.
        _ => "write it into the schema that `$ref` points to",
    };
    findings.warn("schema-unchecked", span, pointer, message, help);
}

/// Where nothing else can have looked at a value, what is not evaluated is what is additional.
fn closed(members: &mut Members, key: &str, additional: &str) {
    let others = [
        "$ref",
        "allOf",
        "oneOf",
        "anyOf",
        "if",
        "dependentSchemas",
        additional,
    ];
    if !others.iter().any(|other| members.contains_key(*other))
        && let Some(member) = members.shift_remove(key)
    {
        members.insert(additional.into(), member);
    }
}

/// The type of a value.
pub(super) fn type_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    })
}

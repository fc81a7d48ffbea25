//! Limits that a value may not reach: numbers in OpenAPI 3.1, and flags beside a limit in 3.0.

use serde_json::json;

use super::access::{Members, insert};

pub(super) fn lower(members: &mut Members) {
    for (limit, exclusive, is_lower) in [
        ("minimum", "exclusiveMinimum", true),
        ("maximum", "exclusiveMaximum", false),
    ] {
        let number = |key: &str| members.get(key).and_then(|(_, member)| member.as_number());
        let Some(value) = number(exclusive) else {
            continue;
        };
        let is_tighter = number(limit).is_none_or(|limit| match is_lower {
            true => value >= limit,
            false => value <= limit,
        });
        let Some((at, member)) = members.shift_remove(exclusive).filter(|_| is_tighter) else {
            continue;
        };
        members.insert(limit.into(), (at, member));
        insert(members, exclusive, &json!(true), at);
    }
}

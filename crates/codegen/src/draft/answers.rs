//! Answers under keys that OpenAPI has in another form, and operations that declare none.

use serde_json::{Value, json};

use super::parts::{self, Part};
use super::{Draft, Kind};
use crate::names::Status;
use crate::report::{Finding, quoted};
use crate::tree::Span;

/// Writes ranges in capitals, and says of an operation without an answer that a 2xx is a success.
pub(super) fn lower(root: &mut Draft, findings: &mut Vec<Finding>) {
    parts::visit_mut(root, Part::Document, &mut |draft, part| {
        if part == Part::Operation && matches!(draft.kind, Kind::Object(_)) {
            operation(draft, findings);
        }
    });
}

fn operation(draft: &mut Draft, findings: &mut Vec<Finding>) {
    let span = draft.span;
    let is_page = draft
        .get("x-browser")
        .is_some_and(|flag| matches!(flag.kind, Kind::Scalar(Value::Bool(true))));
    let has_answers = draft.get("responses").is_some();
    if !has_answers && is_page {
        return;
    }
    let empty = || (span, Draft::made(&json!({}), span));
    let members = draft.members_mut();
    let (key, responses) = members.entry("responses".to_owned()).or_insert_with(empty);
    let Kind::Object(answers) = &mut responses.kind else {
        return;
    };
    for (name, answer) in std::mem::take(answers) {
        let capitals = name.to_ascii_uppercase();
        let is_known = |name: &str| Status::parse(name).is_some() || name.starts_with("x-");
        if is_known(&name) {
            answers.insert(name, answer);
        } else if is_known(&capitals) && !answers.contains_key(&capitals) {
            let message = format!("{} is read as {}", quoted(&name), quoted(&capitals));
            let finding = Finding::warn("status", answer.0, message);
            findings.push(finding.with_help("write it in capitals"));
            answers.insert(capitals, answer);
        } else {
            let message = format!("{} is no status: this answer is left out", quoted(&name));
            let help = "write a number from 100 to 599 in quotes, `4XX`, or `default`";
            findings.push(Finding::warn("status", answer.0, message).with_help(help));
        }
    }
    if !is_page && !answers.keys().any(|name| Status::parse(name).is_some()) {
        let message = "this operation declares no answer: a 2xx is a success, and is not decoded";
        let help = "add the answers, such as `\"200\": { description: ... }`";
        let place = if has_answers {
            *key
        } else {
            Span {
                end: span.start + 1,
                ..span
            }
        };
        findings.push(Finding::warn("responses-missing", place, message).with_help(help));
        let answer = Draft::made(&json!({"description": ""}), span);
        answers.insert("default".to_owned(), (span, answer));
    }
}

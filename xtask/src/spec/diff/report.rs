//! Differences as lines. What is the same in several operations or answers is said once.

use std::collections::BTreeMap;

use super::compare::Change;
use super::judge::Verdict;
use super::place::Part;

/// The lines of one spec, and how many of them break users.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) lines: Vec<String>,
    pub(super) breaking: usize,
}

/// Breaking or not, where, the label and what; it sorts breaking changes first.
type Key = (bool, String, &'static str, String);

pub(super) fn lines(changes: Vec<Change>) -> Report {
    let mut statuses: BTreeMap<(String, Key), Vec<String>> = BTreeMap::new();
    for change in changes {
        let (harmless, why) = match change.verdict {
            Verdict::Breaking(why) => (false, why),
            Verdict::Harmless(why) => (true, why),
        };
        let (part, status) = words(&change.place.part);
        let what = format!("{} ({why})", change.text);
        let key = (harmless, part, change.label, what);
        let group = statuses.entry((change.place.operation, key)).or_default();
        group.extend(status);
    }
    let mut operations: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    for ((operation, (harmless, part, label, what)), statuses) in statuses {
        let part = match &statuses[..] {
            [] => part,
            [status] => part.replacen('*', status, 1),
            several => part.replacen("answer *", &format!("answers {}", several.join(", ")), 1),
        };
        let key = (harmless, part, label, what);
        operations.entry(key).or_default().push(operation);
    }
    let mut report = Report::default();
    for ((harmless, part, label, what), operations) in operations {
        let label = if harmless { label } else { "breaking" };
        let place = [operations.join(", "), part];
        let place: Vec<_> = place
            .into_iter()
            .filter(|words| !words.is_empty())
            .collect();
        let line = format!("  {label:8}  {}: {what}", place.join(": "));
        report.lines.push(line);
        report.breaking += usize::from(!harmless);
    }
    report
}

/// A part, with a star where the status stands, and that status.
fn words(part: &Part) -> (String, Option<String>) {
    let also = |media: &str| match media {
        "" => String::new(),
        media => format!(" ({media})"),
    };
    match part {
        Part::Call => (String::new(), None),
        Part::Parameter(name) => (name.clone(), None),
        Part::Body(media) => (format!("body{}", also(media)), None),
        Part::Answer(status, media) => (format!("answer *{}", also(media)), Some(status.clone())),
        Part::Header(status, name) => (format!("answer *: header {name}"), Some(status.clone())),
    }
}

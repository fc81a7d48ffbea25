//! Reports at scale: what says the same is shown once, with the places of the rest.

use std::collections::HashMap;

use crate::report::{Finding, Severity, printable};

/// So many places are listed.
const PLACES: usize = 10;

/// Each error has to be mended, and few are found in one go.
const PLACES_OF_ERRORS: usize = 100;

/// Warnings of one rule, or errors of one rule that want the same done.
pub(crate) struct Group<'a> {
    pub(crate) first: &'a Finding,
    pub(crate) others: Vec<&'a Finding>,
}

/// In the order of the first of each.
pub(crate) fn groups(findings: &[Finding]) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut numbers = HashMap::new();
    for finding in findings {
        let help = match finding.severity() {
            Severity::Error => finding.help(),
            Severity::Warning => None,
        };
        let key = (finding.severity(), finding.code(), help);
        let number = *numbers.entry(key).or_insert(groups.len());
        match groups.get_mut(number) {
            Some(Group { others, .. }) => others.push(finding),
            None => groups.push(Group {
                first: finding,
                others: Vec::new(),
            }),
        }
    }
    groups
}

impl Group<'_> {
    /// Where the others are that say the same, and where what the rest says.
    ///
    /// Of warnings, nobody reads the words of all.
    pub(crate) fn others(&self) -> (Option<String>, Vec<String>) {
        let is_error = self.first.severity() == Severity::Error;
        let limit = if is_error { PLACES_OF_ERRORS } else { PLACES };
        let told = |other: &&Finding| is_error && other.message() != self.first.message();
        let (told, alike): (Vec<_>, Vec<_>) = self.others.iter().copied().partition(told);
        let mut places: Vec<_> = alike
            .iter()
            .take(limit)
            .map(|other| self.place(other))
            .collect();
        if alike.len() > limit {
            places.push("…".to_owned());
        }
        let count = with_commas(alike.len());
        let alike = (!alike.is_empty()).then(|| format!("{count} more at {}", places.join(", ")));
        let notes = told.iter().take(limit);
        let notes = notes.map(|other| {
            let (file, words) = (printable(other.file()), other.message());
            format!("and at {file}:{}: {words}", place(other))
        });
        let mut notes: Vec<_> = notes.collect();
        if told.len() > limit {
            notes.push(format!("and {} more", with_commas(told.len() - limit)));
        }
        (alike, notes)
    }

    /// A place, which is in the file of the first one unless it says so.
    fn place(&self, other: &Finding) -> String {
        match other.file() == self.first.file() {
            true => place(other),
            false => format!("{}:{}", printable(other.file()), place(other)),
        }
    }
}

fn place(finding: &Finding) -> String {
    format!("{}:{}", finding.line(), finding.column())
}

/// How often each rule was found, the most frequent first, errors before warnings.
pub(crate) fn rules(findings: &[Finding]) -> Vec<(Severity, &'static str, usize)> {
    let mut counts = HashMap::new();
    for finding in findings {
        *counts
            .entry((finding.severity(), finding.code()))
            .or_insert(0) += 1;
    }
    let rows = counts.into_iter();
    let mut rows: Vec<_> = rows
        .map(|((severity, code), n)| (severity, code, n))
        .collect();
    rows.sort_by(|(a, one, n), (b, other, m)| (a, m, one).cmp(&(b, n, other)));
    rows
}

/// `2 errors`.
pub(crate) fn counted(severity: Severity, count: usize) -> String {
    let word = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {word}{plural}", with_commas(count))
}

/// `1,223`.
pub(crate) fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

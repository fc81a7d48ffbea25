//! The list of deliberate differences: each is there with its reason, and each is still there.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};

use super::compare::Comparison;

/// One line of the list: some differences, by patterns.
struct Listed<'a> {
    number: usize,
    /// Where, which operation, what, and the two values. Each is a list of alternatives.
    columns: [Vec<&'a str>; 3],
    values: (&'a str, &'a str),
}

/// Fails unless every difference stands in the list once, and everything in the list is found.
pub(crate) fn check(text: &str, comparisons: &[Comparison]) -> Result<()> {
    let listed = parse(text)?;
    let mut unlisted = Vec::new();
    // Which words of the list have been of use.
    let mut used = BTreeSet::new();
    for comparison in comparisons {
        for operation in &comparison.operations {
            for difference in &operation.differences {
                let names = [
                    comparison.description.as_str(),
                    &operation.name,
                    &difference.what,
                ];
                let values = (difference.official.as_str(), difference.ours.as_str());
                let shown = format!("{} | {} -> {}", names.join(" | "), values.0, values.1);
                let lines: Vec<_> = listed
                    .iter()
                    .filter_map(|line| Some((line.number, line.matches(names, values)?)))
                    .collect();
                match &lines[..] {
                    [] => unlisted.push(shown),
                    [(number, words)] => {
                        used.extend(words.iter().enumerate().map(|(c, w)| (*number, c, *w)));
                    }
                    [(a, _), (b, _), ..] => bail!("listed twice, in lines {a} and {b}: {shown}"),
                }
            }
        }
    }
    let mut gone = Vec::new();
    for line in &listed {
        for (column, words) in line.columns.iter().enumerate() {
            let unused = words
                .iter()
                .filter(|word| !used.contains(&(line.number, column, **word)));
            gone.extend(unused.map(|word| format!("line {}: {word}", line.number)));
        }
    }
    ensure!(
        unlisted.is_empty() && gone.is_empty(),
        "not listed in tests/conformance/differences.txt:\n  {}\nlisted there and not found:\n  {}",
        or_nothing(&unlisted),
        or_nothing(&gone)
    );
    Ok(())
}

fn or_nothing(lines: &[String]) -> String {
    match lines {
        [] => "nothing".into(),
        _ => lines.join("\n  "),
    }
}

impl<'a> Listed<'a> {
    /// The words that match, one for each column.
    fn matches(&self, names: [&str; 3], values: (&str, &str)) -> Option<[&'a str; 3]> {
        if !(matches(self.values.0, values.0) && matches(self.values.1, values.1)) {
            return None;
        }
        let mut found = [""; 3];
        for ((words, name), found) in self.columns.iter().zip(names).zip(&mut found) {
            *found = words.iter().find(|word| matches(word, name))?;
        }
        Some(found)
    }
}

/// Reasons begin at the margin, the differences that they are for are indented.
fn parse(text: &str) -> Result<Vec<Listed<'_>>> {
    let mut listed = Vec::new();
    let mut has_reason = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            has_reason = true;
            continue;
        }
        ensure!(has_reason, "line {number} has no reason above it");
        let columns: Vec<_> = line.split('|').map(str::trim).collect();
        let [place, operation, what, values] = columns[..] else {
            bail!("line {number} does not have four columns");
        };
        let Some(values) = values.split_once(" -> ") else {
            bail!("line {number} lacks an arrow");
        };
        listed.push(Listed {
            number,
            columns: [place, operation, what].map(|column| column.split(", ").collect()),
            values,
        });
    }
    Ok(listed)
}

/// Whether a pattern, in which `*` is any text, is the whole of a text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, rest)) => text.strip_prefix(before).is_some_and(|text| {
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|at| matches(rest, &text[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::conformance::compare::{Compared, Difference};

    const LIST: &str = "\
# A comment.
A reason.
    ghes-* | check_token, reset_token | 200.* required | yes -> no
    ghes-3.4 | check_token | security | none -> *
";

    /// A field that is not required, in two calls, and a security scheme.
    fn found(scheme: &str) -> Vec<Comparison> {
        let difference = |what: &str, official: &str, ours: &str| Difference {
            what: what.into(),
            official: official.into(),
            ours: ours.into(),
        };
        let operation = |name: &str, differences| Compared {
            name: name.into(),
            ours: true,
            declared: Some(BTreeSet::new()),
            equal: 0,
            differences,
        };
        let required = || difference("200.user.id required", "yes", "no");
        let security = difference("security", "none", scheme);
        vec![Comparison {
            description: "ghes-3.4".into(),
            operations: vec![
                operation("check_token", vec![required(), security]),
                operation("reset_token", vec![required()]),
            ],
        }]
    }

    #[test]
    fn a_complete_list_is_accepted() {
        check(LIST, &found("basic")).unwrap();
    }

    #[test]
    fn says_what_is_wrong_with_the_list() {
        let without = LIST.lines().take(3).collect::<Vec<_>>().join("\n");
        for (list, complaint) in [
            (
                &*without,
                "ghes-3.4 | check_token | security | none -> basic",
            ),
            (
                &LIST.replace("reset_token", "reset_token, gone"),
                "line 3: gone",
            ),
            (
                &format!("{LIST}    * | * | sec* | * -> *"),
                "in lines 4 and 5",
            ),
            (&LIST.replace("A reason.\n", ""), "no reason"),
            (&LIST.replace(" ->", ""), "lacks an arrow"),
            (
                &LIST.replace("security |", ""),
                "does not have four columns",
            ),
        ] {
            let error = check(list, &found("basic")).unwrap_err().to_string();
            assert!(error.contains(complaint), "{error}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("200.* required", "200.user.id required", true),
            ("200.* required", "200.user.id nullable", false),
            ("*.*", "a.b.c", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}

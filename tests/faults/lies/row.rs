//! The rows of `lies.txt`.

/// What the provider has done, whatever the answer says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Made {
    /// What was asked.
    Yes,
    /// Nothing: the token lives.
    No,
    /// Nothing: the token was dead before.
    Dead,
}

/// One lie, and what has to come of it.
pub(super) struct Row {
    pub(super) lie: &'static str,
    pub(super) made: Made,
    /// The answer, in words.
    pub(super) said: &'static str,
    /// What each column of calls comes to.
    pub(super) outcomes: Vec<&'static str>,
}

const TABLE: &str = include_str!("../lies.txt");

/// All rows.
pub(super) fn rows() -> Vec<Row> {
    lines().skip(1).map(row).collect()
}

/// The names of the columns.
pub(super) fn head() -> String {
    let cells = cells(lines().next().expect("a head"));
    line(cells[0], cells[1], &cells[3..])
}

impl Row {
    /// The row as it is printed: without the answer.
    pub(super) fn line(&self, outcomes: &[String]) -> String {
        let made = match self.made {
            Made::Yes => "yes",
            Made::No => "no",
            Made::Dead => "dead",
        };
        line(self.lie, made, outcomes)
    }
}

fn line(lie: &str, made: &str, outcomes: &[impl AsRef<str>]) -> String {
    let outcomes = outcomes.iter().zip(WIDTHS);
    let outcomes = outcomes.map(|(words, width)| format!("  {:<width$}", words.as_ref()));
    format!("{lie:<54} {made:<4}{}", outcomes.collect::<String>())
}

/// How wide the columns of outcomes are.
const WIDTHS: [usize; 6] = [24, 26, 24, 24, 24, 24];

fn lines() -> impl Iterator<Item = &'static str> {
    let lines = TABLE.lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn cells(line: &'static str) -> Vec<&'static str> {
    line.split('|').map(str::trim).collect()
}

fn row(line: &'static str) -> Row {
    let cells = cells(line);
    assert_eq!(cells.len(), 3 + WIDTHS.len(), "cells of a row: {line}");
    Row {
        lie: cells[0],
        made: match cells[1] {
            "yes" => Made::Yes,
            "no" => Made::No,
            "dead" => Made::Dead,
            _ => panic!("made is yes, no or dead: {line}"),
        },
        said: cells[2],
        outcomes: cells[3..].to_vec(),
    }
}

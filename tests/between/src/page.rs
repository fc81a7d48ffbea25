//! `docs/between.md`.

use crate::advice;
use crate::cell::Cell;
use crate::product::Product;
use crate::row::Row;
use crate::table::Table;

const HEAD: &str = include_str!("../head.md");
const ADVICE: &str = "
## For whoever runs such a machine in front of GitHub Enterprise Server
";

pub(crate) struct Section {
    pub(crate) product: &'static Product,
    pub(crate) version: String,
    pub(crate) tables: Vec<Table>,
    /// What is not right in it.
    pub(crate) wrong: Vec<String>,
}

/// No page that is kept has such lines.
pub(crate) fn wrong(all: &[String]) -> String {
    all.iter()
        .map(|wrong| format!("\n**wrong**: {wrong}\n"))
        .collect()
}

pub(crate) fn page(sections: &[Section]) -> String {
    let mut page = HEAD.to_owned();
    page += ADVICE;
    page += &advice::text();
    for section in sections {
        page += &format!(
            "\n## {} {}\n\n{}\n",
            section.product.name, section.version, section.product.about
        );
        page += &wrong(&section.wrong);
        let Some((first, others)) = section.tables.split_first() else {
            continue;
        };
        page += &format!(
            "\n### {}\n\nA good answer: {}.\n\n",
            first.setting.name, first.headers
        );
        page += &table(&first.rows);
        for table_of in others {
            page += &format!("\n### {}\n\n", table_of.setting.name);
            if table_of.headers != first.headers && !table_of.headers.is_empty() {
                page += &format!("A good answer: {}.\n\n", table_of.headers);
            }
            let other: Vec<_> = table_of
                .rows
                .iter()
                .filter(|row| !first.rows.contains(row))
                .cloned()
                .collect();
            match other.is_empty() {
                true => page += "The same.\n",
                false => page += &table(&other),
            }
        }
    }
    page
}

fn table(rows: &[(Row, Vec<Cell>)]) -> String {
    let mut text = String::from(
        "| what happens | calls | the provider saw it | what came back | tokenturn says |\n\
         |---|---|---|---|---|\n",
    );
    for (row, cells) in rows {
        let mut name = row.name();
        for (calls, cell) in groups(cells) {
            let Cell {
                seen,
                came,
                outcome,
                ..
            } = cell;
            text += &format!("| {name} | {calls} | {seen} | {came} | {outcome} |\n");
            name = String::new();
        }
    }
    text
}

/// The calls with the same results, in one line; the largest group comes first.
pub(crate) fn groups(cells: &[Cell]) -> Vec<(String, &Cell)> {
    let mut groups: Vec<Vec<&Cell>> = Vec::new();
    for cell in cells {
        let is_same = |group: &&mut Vec<&Cell>| {
            let first = group[0];
            (&first.seen, &first.came, &first.outcome) == (&cell.seen, &cell.came, &cell.outcome)
        };
        match groups.iter_mut().find(is_same) {
            Some(group) => group.push(cell),
            None => groups.push(vec![cell]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let is_only = groups.len() == 1;
    let names = groups.into_iter().enumerate().map(|(at, group)| {
        let names: Vec<_> = group.iter().map(|cell| cell.call.name()).collect();
        let names = match at {
            0 if is_only => "all".to_owned(),
            0 if names.len() > 4 => "the others".to_owned(),
            _ => names.join(", "),
        };
        (names, group[0])
    });
    names.collect()
}

//! What to tell whoever runs such a machine: each sentence is held by rows.

use crate::page::Section;

const TEXT: &str = include_str!("../advice.txt");

/// The rows that hold a sentence stand below it, indented.
fn blocks() -> impl Iterator<Item = (String, Vec<Vec<&'static str>>)> {
    TEXT.split("\n\n").map(|block| {
        let lines = block.lines().filter(|line| !line.starts_with("# "));
        let (rows, sentence): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("  "));
        let cells = |line: &&'static str| line.split(" | ").map(str::trim).collect();
        (sentence.join(" "), rows.iter().map(cells).collect())
    })
}

/// The part of the page.
pub(crate) fn text() -> String {
    let mut text = String::new();
    for (sentence, rows) in blocks().filter(|(sentence, _)| !sentence.is_empty()) {
        let rows = rows.iter().map(|cells| {
            let [product, setting, what] = [0, 1, 2].map(|at| cells[at]);
            format!("{product}, {setting}: {what}")
        });
        let rows: Vec<_> = rows.collect();
        text += &match sentence.strip_prefix("## ") {
            Some(heading) => format!("\n### {heading}\n\n"),
            None if rows.is_empty() => format!("{sentence}\n\n"),
            None => format!("- {sentence} ({})\n", rows.join("; ")),
        };
    }
    text
}

/// The rows that do not say what they should.
pub(crate) fn wrong(sections: &[Section]) -> Vec<String> {
    let rows = blocks().flat_map(|(_, rows)| rows);
    let broken = rows.filter(|row| !is_held(row, sections));
    broken
        .map(|row| format!("no row for the advice: {}", row.join(" | ")))
        .collect()
}

fn is_held(row: &[&str], sections: &[Section]) -> bool {
    let &[product, setting, what, call, seen, came, outcome] = row else {
        return false;
    };
    let tables = sections
        .iter()
        .filter(|section| section.product.name == product);
    let mut tables = tables.flat_map(|section| &section.tables);
    let table = tables.find(|table| table.setting.name == setting);
    let row = table.and_then(|table| table.rows.iter().find(|(row, _)| row.name() == what));
    row.is_some_and(|(_, cells)| {
        cells.iter().any(|cell| {
            cell.call.name() == call
                && cell.seen == seen
                && cell.came.starts_with(came)
                && cell.outcome == outcome
        })
    })
}

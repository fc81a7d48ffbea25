//! What to tell whoever runs such a machine: each sentence is held by a row.

use crate::cell::Cell;
use crate::page::Section;

pub(crate) struct Advice {
    says: &'static str,
    /// Product, setting and row.
    row: [&'static str; 3],
    /// Call, what the provider saw, the beginning of what came back, and what tokenturn says.
    cell: [&'static str; 4],
}

pub(crate) const ALL: &[Advice] = &[Advice {
    says: "nginx sends a DELETE again where a kept connection breaks. That is harmless here.",
    row: [
        "nginx",
        "keepalive 8, proxy_http_version 1.1, no Connection header",
        "it closes a kept connection when the call comes",
    ],
    cell: ["delete token", "2, changed", "its answer", "already gone"],
}];

impl Advice {
    /// As a line of a list.
    pub(crate) fn line(&self) -> String {
        let [product, setting, row] = self.row;
        format!("- {} ({product}, {setting}: {row})\n", self.says)
    }

    /// What is wrong with it, if its row says something else.
    pub(crate) fn wrong(&self, sections: &[Section]) -> Option<String> {
        let [product, setting, row] = self.row;
        let mut tables = sections
            .iter()
            .filter(|section| section.product.name == product)
            .flat_map(|section| &section.tables)
            .filter(|table| table.setting.name == setting);
        let cells = tables.find_map(|table| table.rows.iter().find(|(r, _)| r.name() == row));
        let is_held =
            cells.is_some_and(|(_, cells)| cells.iter().any(|cell| self.is_held_by(cell)));
        (!is_held).then(|| format!("no row holds the advice: {}", self.line().trim_end()))
    }

    fn is_held_by(&self, cell: &Cell) -> bool {
        let [call, seen, came, outcome] = self.cell;
        cell.call.name() == call
            && cell.seen == seen
            && cell.came.starts_with(came)
            && cell.outcome == outcome
    }
}

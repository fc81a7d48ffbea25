//! Columns of text.

use std::io::{self, Write};

/// After so many rows the widths of the columns are settled.
const BLOCK: usize = 200;
const GAP: &str = "  ";

/// Rows on their way to the terminal. Only a block of them is in memory.
pub(crate) struct Table<const N: usize> {
    widths: [usize; N],
    waiting: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(header: [&str; N]) -> Self {
        Self {
            widths: [0; N],
            waiting: vec![header.map(str::to_owned)],
        }
    }

    pub(crate) fn row(&mut self, cells: [String; N], out: &mut impl Write) -> io::Result<()> {
        self.waiting.push(cells.map(visible));
        match self.waiting.len() >= BLOCK {
            true => self.flush(out),
            false => Ok(()),
        }
    }

    /// Writes what has not been written.
    pub(crate) fn flush(&mut self, out: &mut impl Write) -> io::Result<()> {
        for cells in &self.waiting {
            for (width, cell) in self.widths.iter_mut().zip(cells) {
                *width = cell.chars().count().max(*width);
            }
        }
        for cells in self.waiting.drain(..) {
            let mut line = String::new();
            for (width, cell) in self.widths.iter().zip(&cells) {
                line.push_str(&format!("{cell:<width$}{GAP}"));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        out.flush()
    }
}

/// A name that was put in by another program can hold what moves the cursor.
pub(crate) fn visible(text: String) -> String {
    match text.contains(char::is_control) {
        true => text.replace(char::is_control, "\u{FFFD}"),
        false => text,
    }
}

/// A name as a word of a command that is shown: pasted into a shell, nothing in it is done.
pub(crate) fn word_of(name: &str) -> String {
    let word = format!("{name:?}");
    match word.contains(['$', '`', '\\', '!']) {
        true => format!("'{}'", visible(name.replace('\'', r"'\''"))),
        false => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_done_by_a_shell() {
        for (name, word) in [
            ("mona", "\"mona\""),
            ("it's m\u{f6}na", "\"it's m\u{f6}na\""),
            ("$(id)", "'$(id)'"),
            ("a`id`'b", r"'a`id`'\''b'"),
            ("\"; id", "'\"; id'"),
            ("a\nid", "'a\u{FFFD}id'"),
        ] {
            assert_eq!(word_of(name), word);
        }
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let mut out = Vec::new();
        let mut table = Table::new(["ID", "LABEL", "STATE"]);
        for cells in [["a", "Zoë", "active"], ["longer", "", "lo\u{1b}st"]] {
            table.row(cells.map(str::to_owned), &mut out).unwrap();
        }
        table.flush(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let expected = "\
ID      LABEL  STATE
a       Zoë    active
longer         lo\u{FFFD}st
";
        assert_eq!(text, expected);
    }
}

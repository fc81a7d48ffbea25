//! The text of a spec, and its lines.

/// A line that is longer is measured in bytes: counting its characters for each finding is slow.
const LONG_LINE: usize = 64 * 1024;

/// A text with its name.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl Source {
    pub(crate) fn new(name: String, text: String) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = [0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect();
        Self { name, text, lines }
    }

    /// The number of the line, from 0, in which an offset is.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset) - 1
    }

    /// Where a line begins and ends, without its end mark.
    pub(crate) fn line(&self, number: usize) -> std::ops::Range<usize> {
        let start = self.lines[number];
        let end = self
            .lines
            .get(number + 1)
            .map_or(self.text.len(), |next| next - 1);
        let line = &self.text[start..end];
        start..start + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// Both from 1.
    pub(crate) fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let number = self.line_of(offset);
        let line = self.line(number);
        let offset = boundary(&self.text, offset.min(line.end));
        let before = offset - line.start;
        let column = match before < LONG_LINE {
            true => self.text[line.start..offset].chars().count(),
            false => before,
        };
        (number + 1, column + 1)
    }
}

/// The last offset that is not inside a character and not behind this one.
pub(crate) fn boundary(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

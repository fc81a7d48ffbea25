//! The text of a spec, and of what is laid over it, and their lines.

use std::sync::Arc;

/// A line that is longer is measured in bytes: counting its characters for each finding is slow.
const LONG_LINE: usize = 64 * 1024;

/// Texts in one space of offsets: those of each begin behind those of the one before.
#[derive(Clone, Debug)]
pub(crate) struct Source(Vec<(usize, Arc<File>)>);

impl Source {
    pub(crate) fn new(name: String, text: String) -> Self {
        Self(vec![(0, Arc::new(File::new(name, text)))])
    }

    /// The names of the files, that of the spec first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, file)| &*file.name)
    }

    /// The text in which an offset is, and where it begins.
    pub(crate) fn file(&self, offset: usize) -> (usize, &File) {
        let next = self.0.partition_point(|(start, _)| *start <= offset);
        let (start, file) = &self.0[next - 1];
        (*start, file)
    }

    /// Adds the texts of another one, whose offsets grow by what is returned.
    pub(crate) fn append(&mut self, other: &Self) -> usize {
        let end = self.0.last().map(|(start, file)| start + file.text.len());
        // The end of a text is a place in it, too.
        let by = end.map_or(0, |end| end + 1);
        let others = other.0.iter();
        let others = others.map(|(start, file)| (start + by, Arc::clone(file)));
        self.0.extend(others);
        by
    }
}

/// A text with its name.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: Arc<str>,
    pub(crate) text: String,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl File {
    fn new(name: String, text: String) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = [0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect();
        Self {
            name: name.into(),
            text,
            lines,
        }
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

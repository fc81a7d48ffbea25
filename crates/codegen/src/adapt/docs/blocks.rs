//! Lines of Markdown, so that rustdoc finds no code in them but what is marked as another
//! language: it would compile and run what is indented, and what stands between bare fences.

use super::fence::{self, Fence};
use super::words::{GLUE, cells, tame};

/// The width of a line of text: with `///` and two levels of indentation, 100 columns.
const WIDTH: usize = 88;

/// A quote in more quotes than these is shown as it is written.
const MAX_DEPTH: usize = 4;

/// The lines of a text in Markdown. Paragraphs are wrapped; code, lists and tables stay.
pub(super) fn lines(text: &str) -> Vec<String> {
    within(text, MAX_DEPTH)
}

fn within(text: &str, depth: usize) -> Vec<String> {
    let source = text.lines().map(|line| without_tabs(line.trim_end()));
    let source: Vec<String> = source.collect();
    let mut blocks = Blocks::default();
    let mut rest = &source[..];
    while let [line, after @ ..] = rest {
        let taken = blocks.take(line, after, depth);
        rest = &after[taken..];
    }
    blocks.flush();
    let mut lines = blocks.lines;
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// Where the text of a list's item begins: in the source, and in what is made of it.
#[derive(Clone, Copy, Default)]
struct Item {
    from: usize,
    to: usize,
}

/// Where it takes the text for further in than rustdoc does, rustdoc could find code. So it does
/// not do that in doubt.
#[derive(Default)]
struct Blocks {
    lines: Vec<String>,
    paragraph: String,
    items: Vec<Item>,
    /// Whether the last line was text that goes on if the next is text, too.
    is_open: bool,
}

impl Blocks {
    /// Takes a line, and says how many it took of those after it.
    fn take(&mut self, line: &str, after: &[String], depth: usize) -> usize {
        let text = line.trim_start_matches(' ');
        let indent = line.len() - text.len();
        if text.is_empty() {
            self.flush();
            if self.lines.last().is_some_and(|last| !last.is_empty()) {
                self.lines.push(String::new());
            }
            self.is_open = false;
            return 0;
        }
        let is_next_item = self.items.iter().any(|item| item.to > indent);
        self.items.retain(|item| item.from <= indent);
        let item = self.items.last().copied().unwrap_or_default();
        let inner = indent - item.from;
        if inner >= 4 && self.is_open {
            return self.go_on(text);
        }
        if inner >= 4 {
            let (code, taken) = fence::indented(line, after, item.from + 4);
            self.code(item.to, fence::TEXT, &code);
            return taken;
        }
        if let Some(fence) = Fence::open(text) {
            let (code, taken) = fence.code(after, item.from, indent);
            self.code(item.to, &fence.language, &code);
            return taken;
        }
        // `---` below a paragraph makes a heading of it.
        if is_rule(text) && !(self.is_open && text.starts_with("--")) {
            self.flush();
            self.items.clear();
            self.lines.push(text.to_owned());
            self.is_open = false;
            return 0;
        }
        let interrupts = self.is_open && !is_next_item;
        if let Some(length) = marker(text, interrupts) {
            return self.item(item.to + inner, indent, text, length, after);
        }
        if self.items.is_empty() && text.starts_with('>') && depth > 0 {
            return self.quote(text, after, depth);
        }
        if indent == 0 && is_prose(text) {
            self.is_open = true;
            return self.prose(text);
        }
        self.text(item.to + inner, text)
    }

    fn prose(&mut self, text: &str) -> usize {
        // At the beginning of a line, more than one space would mean something.
        for word in text.split_ascii_whitespace() {
            self.paragraph.push_str(word);
            self.paragraph.push(' ');
        }
        0
    }

    /// A line that would mean something if it were not so far in.
    fn go_on(&mut self, text: &str) -> usize {
        match self.lines.last_mut().filter(|_| self.paragraph.is_empty()) {
            Some(last) => {
                last.push(' ');
                last.push_str(&cells(text));
                0
            }
            None => self.prose(text),
        }
    }

    /// A line that stays a line.
    fn text(&mut self, indent: usize, text: &str) -> usize {
        self.flush();
        let mark = if text.starts_with('>') { "\\" } else { "" };
        self.is_open = !text.starts_with(['#', '|']);
        // It may begin an item after all: then more than one space would mean something.
        let text = match marker(text, false) {
            Some(_) => text.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
            None => text.to_owned(),
        };
        self.lines
            .push(format!("{:indent$}{mark}{}", "", cells(&text)));
        0
    }

    /// Ends the paragraph.
    fn flush(&mut self) {
        if !self.paragraph.is_empty() {
            self.lines.extend(wrap(&tame(self.paragraph.trim_end())));
            self.paragraph.clear();
        }
    }

    fn code(&mut self, indent: usize, language: &str, code: &[String]) {
        self.flush();
        let mark = fence::mark(code);
        let lines = [format!("{mark}{language}")];
        let lines = lines.iter().chain(code).chain([&mark]);
        self.lines.extend(lines.map(|line| match &**line {
            "" => String::new(),
            line => format!("{:indent$}{line}", ""),
        }));
        self.is_open = false;
    }

    /// The first line of an item, in which others may begin.
    fn item(
        &mut self,
        to: usize,
        indent: usize,
        line: &str,
        length: usize,
        after: &[String],
    ) -> usize {
        self.flush();
        // What looks like a heading or a table may be text that goes on.
        let is_text =
            |last: &String| !last.is_empty() && !last.trim_start_matches(' ').starts_with("```");
        if !self.is_open && self.lines.last().is_some_and(is_text) {
            self.lines.push(String::new());
        }
        let mut lead = format!("{:to$}", "");
        let (mut text, mut next) = (line, Some(length));
        while let Some(length) = next.filter(|_| !is_rule(text)) {
            let (mark, rest) = text.split_at(length);
            lead.push_str(mark);
            lead.push(' ');
            text = rest.trim_start_matches(' ');
            self.items.push(Item {
                from: indent + line.len() - text.len(),
                to: lead.len(),
            });
            next = marker(text, false);
        }
        let item = self.items.last().copied().unwrap_or_default();
        if let Some(fence) = Fence::open(text) {
            let (code, taken) = fence.code(after, item.from, item.from);
            let at = self.lines.len();
            self.code(item.to, &fence.language, &code);
            self.lines[at].replace_range(..item.to, &lead);
            return taken;
        }
        let mark = if text.starts_with('>') || is_rule(text) {
            "\\"
        } else {
            ""
        };
        self.lines.push(format!("{lead}{mark}{}", cells(text)));
        self.is_open = true;
        0
    }

    fn quote(&mut self, text: &str, after: &[String], depth: usize) -> usize {
        self.flush();
        let quoted = |line: &str| {
            let text = line.trim_start_matches(' ').strip_prefix('>')?;
            Some(text.strip_prefix(' ').unwrap_or(text).to_owned())
        };
        let more: Vec<String> = after.iter().map_while(|line| quoted(line)).collect();
        let taken = more.len();
        let all: Vec<String> = quoted(text).into_iter().chain(more).collect();
        let lines = within(&all.join("\n"), depth - 1);
        let lines = lines
            .iter()
            .map(|line| format!("> {line}").trim_end().to_owned());
        self.lines.extend(lines);
        self.is_open = false;
        taken
    }
}

/// Tabs as the spaces that they stand for in Markdown.
fn without_tabs(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut column = 0;
    for character in line.chars() {
        let width = if character == '\t' { 4 - column % 4 } else { 1 };
        match character {
            '\t' => text.push_str(&"    "[..width]),
            character => text.push(character),
        }
        column += width;
    }
    text
}

/// Words stay whole: they may be code or addresses.
fn wrap(prose: &str) -> Vec<String> {
    let options = textwrap::Options::new(WIDTH)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(prose, options)
        .into_iter()
        .map(|line| line.replace(GLUE, " "))
        .collect()
}

/// Something that means no more than its words.
fn is_prose(text: &str) -> bool {
    !text.starts_with(['#', '>', '|', '=']) && marker(text, false).is_none()
}

/// The length of the mark with which an item of a list begins. Where it would interrupt a
/// paragraph, only the first number does.
fn marker(text: &str, interrupts: bool) -> Option<usize> {
    let (mark, rest) = text.split_once(' ')?;
    let number = mark.strip_suffix(['.', ')']);
    let is_number = number.is_some_and(|number| {
        matches!(number.len(), 1 | 2)
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && (!interrupts || number == "1")
    });
    let is_mark = matches!(mark, "-" | "*" | "+") || is_number;
    (is_mark && !rest.trim_start_matches(' ').is_empty()).then_some(mark.len())
}

/// A line across the text.
fn is_rule(text: &str) -> bool {
    let marks = || text.bytes().filter(|byte| *byte != b' ');
    let first = marks().next();
    first.is_some_and(|first| b"-*_".contains(&first) && marks().all(|mark| mark == first))
        && marks().count() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in Chinese and Japanese, or copied from a page.
    #[test]
    fn wide_spaces_are_text() {
        assert_eq!(lines("一\n\n　　二").len(), 3);
        let fenced = "   ```\n\u{a0}\u{a0}code\n\u{a0}\n   ```";
        assert!(lines(fenced).concat().contains("code"));
        assert!(lines("a\n\n\u{2003}\u{a0}b\n\u{3000}").len() >= 3);
    }

    #[test]
    fn paragraphs_are_wrapped_and_the_rest_stays() {
        let text = format!(
            "{}\nb\n\n\n- {}\n```\n{}\n```\n",
            "a ".repeat(50),
            "c ".repeat(50),
            "d ".repeat(50)
        );
        let lines = lines(&text);
        assert_eq!(lines.len(), 7, "{lines:#?}");
        assert!(lines[0].len() <= WIDTH && lines[1].ends_with("a b"));
        assert_eq!(lines[2], "");
    }

    #[test]
    fn code_is_marked_as_text() {
        for (text, expected) in [
            ("```\nopen", "```text\nopen\n```"),
            ("```rust\nfn\n```", "```text\nfn\n```"),
            ("```json\n{}\n```\nb", "```json\n{}\n```\nb"),
            ("~~~ no_run\n```\n~~~", "````text\n```\n````"),
            (
                "a:\n\n    b\n\n      c\n\nd",
                "a:\n\n```text\nb\n\n  c\n```\n\nd",
            ),
            ("a:\n\n\tb", "a:\n\n```text\nb\n```"),
            ("    ```\n    a", "````text\n```\na\n````"),
            ("# a\n    b", "# a\n```text\nb\n```"),
            ("a\n        b", "a b"),
            ("- a\n        +     b", "- a +     b"),
            ("a   +     b", "a + b"),
            ("1)\n2.  -     b", "1)\n2. - b"),
            ("#a\n2. ```\n   b", "#a\n\n2. ```text\n   b\n   ```"),
            ("===\n2. ```\n   b", "===\n2. \\`\\`\\`\n   b"),
            ("---\n    b", "---\n```text\nb\n```"),
            ("- a\n\n      b\n  c", "- a\n\n  ```text\n  b\n  ```\n  c"),
            ("-   a\n\n      b", "- a\n\n    b"),
            ("- ```\n  a\n  ```\n- b", "- ```text\n  a\n  ```\n- b"),
            ("- - ~~~\n    a\nb", "- - ```text\n    a\n    ```\nb"),
            (
                "1. a\n2. b\n   ```\n   c\n   ```",
                "1. a\n2. b\n   ```text\n   c\n   ```",
            ),
            (
                "- ```\n  a\nb\n```\nc",
                "- ```text\n  a\n  ```\nb\n```text\nc\n```",
            ),
            ("-     a", "- a"),
            ("- * * *\n\n      a", "- \\* * *\n\n  ```text\n  a\n  ```"),
            ("a\n7. b\n\n       c", "a\n7. b\n\n```text\n   c\n```"),
            (
                ">     a\n> ```\n> b\nc",
                "> ```text\n> a\n> ```\n> ```text\n> b\n> ```\nc",
            ),
            ("- > a", "- \\> a"),
            (">>>>>> a", "> > > > \\>> a"),
            ("```a``` b", "`a` b"),
            ("| a | b |\n- c", "| a | b |\n\n- c"),
            ("| `a|<b>` |", "| \\`a|\\<b>\\` |"),
        ] {
            assert_eq!(lines(text).join("\n"), expected, "{text}");
        }
    }
}

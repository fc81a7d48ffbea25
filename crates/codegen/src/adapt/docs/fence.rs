//! Code in Markdown.

/// The language of what is not said to be in another one.
pub(super) const TEXT: &str = "text";

/// What rustdoc takes for Rust, or for a misspelt word about it.
const RUST: [&str; 8] = [
    "rust",
    "ignore",
    "edition",
    "norun",
    "shouldpanic",
    "compilefail",
    "testharness",
    "custom",
];

/// The line before code.
pub(super) struct Fence<'a> {
    mark: &'a str,
    pub(super) language: String,
}

impl<'a> Fence<'a> {
    /// Reads a line without its indentation.
    pub(super) fn open(text: &'a str) -> Option<Self> {
        let rest = match text.as_bytes().first()? {
            b'`' => text.trim_start_matches('`'),
            b'~' => text.trim_start_matches('~'),
            _ => return None,
        };
        let mark = &text[..text.len() - rest.len()];
        let is_code_in_a_line = mark.starts_with('`') && rest.contains('`');
        (mark.len() > 2 && !is_code_in_a_line).then(|| Self {
            mark,
            language: language(rest.split_whitespace().next().unwrap_or_default()),
        })
    }

    fn is_closed_by(&self, text: &str) -> bool {
        let rest = text.strip_prefix(self.mark);
        rest.is_some_and(|rest| rest.trim_start_matches(&self.mark[..1]).is_empty())
    }

    /// The code after a fence that is indented so much, and how many lines it takes: to the next
    /// fence, or to the end of the list's item that it stands in.
    pub(super) fn code(
        &self,
        after: &[String],
        item: usize,
        indent: usize,
    ) -> (Vec<String>, usize) {
        let mut code = Vec::new();
        for line in after {
            let text = line.trim_start_matches(' ');
            let own = line.len() - text.len();
            if !text.is_empty() && own < item {
                break;
            }
            if own < item + 4 && self.is_closed_by(text) {
                let taken = code.len() + 1;
                return (code, taken);
            }
            code.push(line[own.min(indent)..].to_owned());
        }
        let taken = code.len();
        (code, taken)
    }
}

/// Indented code, without so much of its indentation, and how many lines it takes after its first.
pub(super) fn indented(line: &str, after: &[String], indent: usize) -> (Vec<String>, usize) {
    let mut code = vec![line[indent..].to_owned()];
    let is_code = |line: &&String| {
        line.is_empty() || line.len() - line.trim_start_matches(' ').len() >= indent
    };
    let more = after.iter().take_while(is_code);
    code.extend(more.map(|line| line.get(indent..).unwrap_or_default().to_owned()));
    while code.last().is_some_and(String::is_empty) {
        code.pop();
    }
    let taken = code.len() - 1;
    (code, taken)
}

/// A fence that does not stand in the code.
pub(super) fn mark(code: &[String]) -> String {
    let runs = code.iter().flat_map(|line| line.split(|c| c != '`'));
    let longest = runs.map(str::len).max().unwrap_or_default();
    "`".repeat(if longest < 3 { 3 } else { longest + 1 })
}

fn language(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let is_word = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_code = word
        .strip_prefix('E')
        .is_some_and(|code| code.parse::<u32>().is_ok());
    let is_rust = RUST.iter().any(|rust| lower.starts_with(rust)) || lower == "rs" || is_code;
    let is_other = is_word && !is_rust;
    if is_other { word } else { TEXT }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_language_is_rust() {
        for (line, expected) in [
            ("```", "text"),
            ("```json", "json"),
            ("``` json title=a", "json"),
            ("```Rust", "text"),
            ("```rust,no_run", "text"),
            ("```no_run", "text"),
            ("```should_panic", "text"),
            ("```E0123", "text"),
            ("```edition2024", "text"),
            ("```{.json}", "text"),
            ("~~~ C", "C"),
        ] {
            let fence = Fence::open(line).map(|fence| fence.language);
            assert_eq!(fence.as_deref(), Some(expected), "{line}");
        }
        for line in ["", "``", "```a```", "~~", "a"] {
            assert!(Fence::open(line).is_none(), "{line}");
        }
    }
}

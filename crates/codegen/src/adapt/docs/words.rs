//! Words of a line or a paragraph, without the meaning that they are not known to have.

/// A space in code where no line may be broken, since the next one would begin with a mark.
pub(super) const GLUE: char = '\u{E000}';

/// Turns bare addresses into links, and takes the meaning from brackets and backticks that have
/// none. There may be [`GLUE`] in it.
pub(super) fn tame(text: &str) -> String {
    if is_ours(text) {
        return text.to_owned();
    }
    let mut tamed = String::with_capacity(text.len());
    let mut spans = Spans::default();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let taken = match character {
            '\\' => escape(rest, &mut tamed),
            '`' => spans.take(rest, &mut tamed),
            '<' => angle(rest, &mut tamed),
            '[' => bracket(rest, &mut tamed),
            'h' if is_url(rest) => {
                let length = url_length(rest);
                tamed.push('<');
                tamed.push_str(&rest[..length]);
                tamed.push('>');
                length
            }
            // Three of them at the beginning of a line would begin code.
            '~' => {
                tamed.push_str("\\~");
                1
            }
            _ => {
                tamed.push(character);
                character.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    tamed
}

/// The cells of a row of a table, or any other line. What begins in a cell ends there.
pub(super) fn cells(text: &str) -> String {
    if !text.starts_with('|') {
        return tame(text).replace(GLUE, " ");
    }
    let mut cells: Vec<String> = vec![String::new()];
    for part in text.split('|') {
        match cells.last_mut() {
            // This bar belongs to the cell.
            Some(last) if last.ends_with('\\') => {
                last.push('|');
                last.push_str(part);
            }
            _ => cells.push(part.to_owned()),
        }
    }
    let cells = cells.iter().skip(1).map(|cell| tame(cell));
    cells.collect::<Vec<_>>().join("|").replace(GLUE, " ")
}

/// A link that we or progenitor make, to an item.
fn is_ours(text: &str) -> bool {
    let name = |c: char| c.is_alphanumeric() || c == '_';
    let ours = [
        ("What [`Client::", "`] may fail with."),
        ("What [`Client::", "`] may be answered with."),
        ("Builder for [`Client::", "`]"),
    ];
    let is = |(before, after): (&str, &str)| {
        let rest = text.strip_prefix(before);
        rest.is_some_and(|rest| rest.trim_start_matches(name) == after)
    };
    let target = || {
        let (link, target) = text.strip_prefix("[`")?.split_once("`]: super::")?;
        Some(link == target && link.starts_with("Client::"))
    };
    ours.into_iter().any(is) || target() == Some(true)
}

/// What is escaped stays so. Otherwise the mark would escape what is put behind it.
fn escape(text: &str, tamed: &mut String) -> usize {
    let next = text[1..].chars().next();
    let escaped = next.filter(char::is_ascii_punctuation);
    tamed.push('\\');
    tamed.push(escaped.unwrap_or('\\'));
    escaped.map_or(1, |_| 2)
}

/// A link's address or something that is no tag of ours.
fn angle(text: &str, tamed: &mut String) -> usize {
    let inner = &text[1..];
    let end = inner.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>'));
    match end {
        Some(end) if is_url(inner) && inner[end..].starts_with('>') => {
            tamed.push_str(&text[..end + 2]);
            end + 2
        }
        _ => {
            tamed.push_str("\\<");
            1
        }
    }
}

/// `[text](https://...)`, or brackets that mean nothing.
fn bracket(text: &str, tamed: &mut String) -> usize {
    let link = || {
        let (words, address) = text[1..].split_once("](")?;
        let address = &address[..address.find(')')?];
        let is_plain = !words.contains(['[', ']', '<', '`', '\\', '\n']) && is_url(address);
        let is_address =
            !address.contains(['(', '<', '>', '\\']) && !address.contains(char::is_whitespace);
        (is_plain && is_address).then(|| words.len() + address.len() + "[]()".len())
    };
    match link() {
        Some(length) => {
            tamed.push_str(&text[..length]);
            length
        }
        None => {
            tamed.push_str("\\[");
            1
        }
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn url_length(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ')' | '"' | '`'));
    let url = &text[..end.unwrap_or(text.len())];
    url.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*'])
        .len()
}

/// Code between backticks.
#[derive(Default)]
struct Spans {
    /// The lengths of backticks that have no more partners.
    alone: Vec<usize>,
}

impl Spans {
    fn take(&mut self, text: &str, tamed: &mut String) -> usize {
        let length = text.len() - text.trim_start_matches('`').len();
        let end = match self.alone.contains(&length) {
            true => None,
            false => partner(&text[length..], length),
        };
        match end {
            // A line that began with three of them would begin more code than this.
            Some(end) if length < 3 => {
                tamed.push_str(&glued(&text[..length + end + length]));
                length + end + length
            }
            Some(end) if !text[length..length + end].contains('`') => {
                let code = text[length..length + end].trim();
                tamed.push_str(&glued(&format!("`{code}`")));
                length + end + length
            }
            found => {
                if found.is_none() {
                    self.alone.push(length);
                }
                tamed.push_str(&"\\`".repeat(length));
                length
            }
        }
    }
}

fn glued(code: &str) -> String {
    let next = code.chars().skip(1).chain(['`']);
    let is_mark = |next: char| next.is_ascii_digit() || "<>#-+*|=~".contains(next);
    let pairs = code.chars().zip(next);
    pairs
        .map(|(character, next)| match character {
            ' ' if is_mark(next) => GLUE,
            character => character,
        })
        .collect()
}

/// Where the next backticks of this length begin.
fn partner(text: &str, length: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(next) = text[at..].find('`') {
        at += next;
        let rest = &text[at..];
        let found = rest.len() - rest.trim_start_matches('`').len();
        if found == length {
            return Some(at);
        }
        at += found;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_begins_with_a_mark_of_code() {
        assert_eq!(tame("`a <b> c 1` - d"), "`a\u{E000}<b> c\u{E000}1` - d");
    }

    #[test]
    fn what_rustdoc_would_warn_of_is_tamed() {
        for (text, tamed) in [
            ("see https://a.example/b.", "see <https://a.example/b>."),
            ("see <https://a.example>", "see <https://a.example>"),
            ("<https://a.example b>", "\\<<https://a.example> b>"),
            ("<https://a.example", "\\<<https://a.example>"),
            ("(https://a.example)", "(<https://a.example>)"),
            ("[a](https://a.example)", "[a](https://a.example)"),
            ("[a](/rest/apps)", "\\[a](/rest/apps)"),
            (
                "[a](https://a.example/(b))",
                "\\[a](<https://a.example/(b>))",
            ),
            ("a list of [items]", "a list of \\[items]"),
            ("[`Client::no`] is not ours", "\\[`Client::no`] is not ours"),
            ("[a]: https://a.example", "\\[a]: <https://a.example>"),
            (
                "a <name> in `<code> [here]`",
                "a \\<name> in `<code> [here]`",
            ),
            ("`{\"a\": \"http://b\"}`", "`{\"a\": \"http://b\"}`"),
            ("open ` and <b>", "open \\` and \\<b>"),
            ("a ``b ` c`` <d>", "a ``b ` c`` \\<d>"),
            ("```a``` and ```", "`a` and \\`\\`\\`"),
            ("~~~ and ~/a", "\\~\\~\\~ and \\~/a"),
            ("\\<a> \\[b] \\`c <d> \\", "\\<a> \\[b] \\`c \\<d> \\\\"),
            ("\\http://a.b", "\\\\<http://a.b>"),
            ("Builder for [`Client::a`]", "Builder for [`Client::a`]"),
            (
                "[`Client::a`]: super::Client::a",
                "[`Client::a`]: super::Client::a",
            ),
            (
                "What [`Client::a`] may fail with.",
                "What [`Client::a`] may fail with.",
            ),
        ] {
            assert_eq!(cells(text), tamed);
        }
    }
}

//! What is meant by a path that has more in it than OpenAPI lets stand there.

use crate::report::{Finding, quoted};
use crate::tree::Span;

/// A parameter whose place or style stands in a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    /// As it is sent.
    pub(super) name: String,
    /// As it is declared.
    pub(super) declared: String,
    pub(super) is_required: bool,
    /// How it is written if it is one of the path, and whether it explodes. None for one of the query.
    pub(super) style: Option<(&'static str, bool)>,
}

impl Told {
    pub(super) fn place(&self) -> &'static str {
        match self.style {
            Some(_) => "path",
            None => "query",
        }
    }
}

/// What is meant by a path.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Read {
    path: String,
    /// What is always sent.
    literals: Vec<String>,
    pub(super) told: Vec<Told>,
    fragment: Option<String>,
    has_query: bool,
    /// Whether the path itself is read as another one.
    is_rewritten: bool,
}

impl Read {
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut read = Self::default();
        let mut rest = text;
        if !text.starts_with('/') {
            if text.contains("://") {
                return None;
            }
            read.path.push('/');
            read.is_rewritten = true;
        }
        while let Some(at) = rest.find(['{', '?', '#']) {
            let (before, after) = (&rest[..at], &rest[at + 1..]);
            read.path.push_str(before);
            match rest.as_bytes()[at] {
                b'{' => {
                    let (name, after) = after.split_once('}')?;
                    read.parameter(name);
                    rest = after;
                }
                b'?' => {
                    rest = "";
                    let (query, fragment) = match after.split_once('#') {
                        Some((query, fragment)) => (query, Some(fragment)),
                        None => (after, None),
                    };
                    read.query(query)?;
                    read.fragment = fragment.map(plain);
                }
                _ => {
                    rest = "";
                    read.fragment = Some(plain(after));
                }
            }
        }
        read.path.push_str(rest);
        // It has one style, in every place.
        let mut styled = read.told.iter().filter(|told| told.style.is_some());
        let is_twice = |told: &Told| read.path.matches(&format!("{{{}}}", told.name)).count() > 1;
        (!styled.any(is_twice)).then_some(read)
    }

    /// What stands in braces: a name, or something more of a URI template (RFC 6570) or of a router.
    fn parameter(&mut self, text: &str) {
        if let Some(names) = text.strip_prefix(['?', '&']) {
            self.has_query = true;
            self.told.extend(names.split(',').map(|name| Told {
                name: bare(name).to_owned(),
                declared: bare(name).to_owned(),
                is_required: false,
                style: None,
            }));
            return;
        }
        let styles = [(';', "matrix"), ('.', "label")];
        let style = styles.into_iter().find(|(sign, _)| text.starts_with(*sign));
        if let Some((_, style)) = style.filter(|_| text.len() > 1) {
            self.is_rewritten = true;
            for part in text[1..].split(',') {
                let name = bare(part);
                self.told.push(Told {
                    name: name.to_owned(),
                    declared: name.to_owned(),
                    is_required: true,
                    style: Some((style, part.ends_with('*'))),
                });
                self.path.push_str(&format!("{{{name}}}"));
            }
            return;
        }
        let name = text.strip_prefix('+').unwrap_or(text);
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        let name = name.trim_end_matches(['*', '?']);
        let name = if name.is_empty() { text } else { name };
        self.is_rewritten |= name != text;
        self.path.push_str(&format!("{{{name}}}"));
    }

    fn query(&mut self, text: &str) -> Option<()> {
        self.has_query = true;
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let whole = value
                .strip_prefix('{')
                .and_then(|value| value.strip_suffix('}'));
            match whole.filter(|declared| !declared.contains(['{', '}'])) {
                _ if name.contains(['{', '}']) => return None,
                Some(declared) => self.told.push(Told {
                    name: name.to_owned(),
                    declared: declared.to_owned(),
                    is_required: true,
                    style: None,
                }),
                None if value.contains(['{', '}']) => return None,
                None => self.literals.push(pair.to_owned()),
            }
        }
        Some(())
    }

    /// The name by which it stands under `paths`.
    pub(super) fn name(&self) -> String {
        let mut name = self.path.clone();
        if !self.literals.is_empty() {
            name.push('?');
            name.push_str(&self.literals.join("&"));
        }
        if let Some(fragment) = &self.fragment {
            name.push('#');
            name.push_str(fragment);
        }
        name
    }

    pub(super) fn is_changed(&self, path: &str) -> bool {
        self.has_query || self.fragment.is_some() || self.path != path
    }

    pub(super) fn findings(&self, path: &str) -> impl Iterator<Item = Finding> {
        let rewritten = self.is_rewritten.then(|| {
            let message = format!(
                "the path {} is read as {}",
                quoted(path),
                quoted(&self.path)
            );
            let mut styles = self.told.iter().filter_map(|told| told.style);
            let help = match styles.next() {
                Some((style, _)) => {
                    format!("write it like that, and `style: {style}` at the parameter")
                }
                None => "write it like that".to_owned(),
            };
            Finding::warn("path-rewritten", NOWHERE, message).with_help(help)
        });
        let query = self.has_query.then(|| {
            let literals = self
                .literals
                .iter()
                .map(|literal| format!("`{literal}` is always sent"));
            let names = self.told.iter().filter(|told| told.style.is_none());
            let names = names.map(|told| format!("{} is a parameter", quoted(&told.name)));
            let words: Vec<_> = literals.chain(names).collect();
            let message = format!("a path has no query: {}", words.join(", "));
            let help = "declare what is sent in the query under `parameters`";
            Finding::warn("path-query", NOWHERE, message).with_help(help)
        });
        let fragment = self.fragment.as_ref().map(|_| {
            let message = format!("the fragment of {} is never sent", quoted(path));
            let help = "leave it out, unless it tells operations apart";
            Finding::warn("path-fragment", NOWHERE, message).with_help(help)
        });
        [rewritten, query, fragment].into_iter().flatten()
    }
}

/// Before it is said where a finding is.
const NOWHERE: Span = Span { start: 0, end: 0 };

/// A name without what RFC 6570, section 2.4, lets follow it: `*`, or `:` and a length.
fn bare(text: &str) -> &str {
    let is_length = |length: &str| length.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once(':') {
        Some((name, length)) if is_length(length) => name,
        _ => text.trim_end_matches('*'),
    }
}

/// A text that is no template.
fn plain(text: &str) -> String {
    text.replace(['{', '}', '#', '?'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_is_meant() {
        for (path, name) in [
            ("/a/{b}", Some("/a/{b}")),
            ("/a?x=1&y", Some("/a?x=1&y")),
            ("/a/{b}?x={y}&z=1", Some("/a/{b}?z=1")),
            ("/a?x={y}{z}", None),
            ("/a?{x}=1", None),
            ("/a{?x,y*}", Some("/a")),
            ("/a#b{c}", Some("/a#bc")),
            ("/a?x=1#b", Some("/a?x=1#b")),
            ("a/{+b}/{c*}/{d:[0-9]+}/{e?}", Some("/a/{b}/{c}/{d}/{e}")),
            ("/a{;b}{.c,d*}", Some("/a{b}{c}{d}")),
            ("/a{;b:3}", Some("/a{b}")),
            ("/a{;b}/{b}", None),
            ("", Some("/")),
            ("/a/{+}", Some("/a/{+}")),
            ("/a/{b", None),
            ("https://a.example/b", None),
        ] {
            assert_eq!(
                Read::of(path).map(|read| read.name()).as_deref(),
                name,
                "{path}"
            );
        }
        let parameter = |name: &str, declared: &str, is_required| Told {
            name: name.to_owned(),
            declared: declared.to_owned(),
            is_required,
            style: None,
        };
        let read = Read::of("/a{?x,y*}?b={c}").unwrap();
        let expected = [("x", "x", false), ("y", "y", false), ("b", "c", true)];
        assert_eq!(
            read.told,
            expected.map(|(name, of, must)| parameter(name, of, must))
        );
    }
}

//! Paths that have more in them than OpenAPI lets stand there, and say all the same what is meant.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Draft, Kind, pointers};
use crate::prepare::METHODS;
use crate::report::{Finding, quoted};
use crate::tree::{Span, escaped};

/// Writes every path as OpenAPI has it, but for the literal parts of a query and for a fragment, which tell
/// operations apart. What cannot be read stays as it is.
pub(super) fn lower(root: &mut Draft, file: &str, findings: &mut Vec<Finding>) {
    let Some(Kind::Object(paths)) = root.step_mut("paths").map(|paths| &mut paths.kind) else {
        return;
    };
    let paths = std::mem::take(paths);
    let mut changed: IndexMap<String, (Span, Draft)> = IndexMap::new();
    let names: Vec<String> = paths.keys().cloned().collect();
    for (path, (span, mut item)) in paths {
        let read = Read::of(&path).filter(|_| !path.starts_with("x-"));
        let Some(read) = read.filter(|read| read.is_changed(&path)) else {
            changed.insert(path, (span, item));
            continue;
        };
        let mut name = read.name();
        let is_taken = |name: &String, changed: &IndexMap<_, _>| {
            changed.contains_key(name) || *name != path && names.contains(name)
        };
        if is_taken(&name, &changed) {
            let words: Vec<_> = read.query.iter().map(|query| query.name.as_str()).collect();
            name = format!("{name}#{}", words.join(","));
        }
        if is_taken(&name, &changed) {
            changed.insert(path, (span, item));
            continue;
        }
        findings.extend(
            read.findings(&path)
                .map(|finding| finding.at(format!("/paths/{}", escaped(&name))).over(span)),
        );
        for query in &read.query {
            declare(&mut item, query, root, file);
        }
        changed.insert(name, (span, item));
    }
    if let Some(paths) = root.step_mut("paths") {
        paths.kind = Kind::Object(changed);
    }
}

/// A parameter of the query that stands in a path.
#[derive(Clone, Debug, PartialEq)]
struct Query {
    /// As it is sent.
    name: String,
    /// As it is declared.
    declared: String,
    is_required: bool,
}

/// What is meant by a path.
#[derive(Debug, Default, PartialEq)]
struct Read {
    path: String,
    /// What is always sent.
    literals: Vec<String>,
    query: Vec<Query>,
    fragment: Option<String>,
    has_query: bool,
}

impl Read {
    fn of(text: &str) -> Option<Self> {
        let mut read = Self::default();
        let mut rest = text;
        if !text.starts_with('/') {
            if text.contains("://") {
                return None;
            }
            read.path.push('/');
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
        Some(read)
    }

    /// What stands in braces: a name, or something more of a URI template (RFC 6570) or of a router.
    fn parameter(&mut self, text: &str) {
        if let Some(names) = text.strip_prefix(['?', '&']) {
            self.has_query = true;
            self.query.extend(names.split(',').map(|name| Query {
                name: name.trim_end_matches('*').to_owned(),
                declared: name.trim_end_matches('*').to_owned(),
                is_required: false,
            }));
            return;
        }
        let name = text.strip_prefix('+').unwrap_or(text);
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        let name = name.trim_end_matches(['*', '?']);
        let name = if name.is_empty() { text } else { name };
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
                Some(declared) => self.query.push(Query {
                    name: name.to_owned(),
                    declared: declared.to_owned(),
                    is_required: true,
                }),
                None if value.contains(['{', '}']) => return None,
                None => self.literals.push(pair.to_owned()),
            }
        }
        Some(())
    }

    /// The name by which it stands under `paths`.
    fn name(&self) -> String {
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

    fn is_changed(&self, path: &str) -> bool {
        self.has_query || self.fragment.is_some() || self.path != path
    }

    fn findings(&self, path: &str) -> impl Iterator<Item = Finding> {
        let before = path.split(['?', '#']).next().unwrap_or_default();
        // Of a template's own query nothing stands in the path.
        let is_rewritten = !self.has_query && self.path != before;
        let rewritten = is_rewritten.then(|| {
            let message = format!(
                "the path {} is read as {}",
                quoted(path),
                quoted(&self.path)
            );
            Finding::warn("path-rewritten", NOWHERE, message).with_help("write it like that")
        });
        let query = self.has_query.then(|| {
            let literals = self
                .literals
                .iter()
                .map(|literal| format!("`{literal}` is always sent"));
            let names = self
                .query
                .iter()
                .map(|q| format!("{} is a parameter", quoted(&q.name)));
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

/// A text that is no template.
fn plain(text: &str) -> String {
    text.replace(['{', '}', '#', '?'], "")
}

/// Makes sure that each operation has a parameter of the query.
fn declare(item: &mut Draft, query: &Query, root: &Draft, file: &str) {
    let is_shared = adapt(item, query, root, file);
    for method in METHODS {
        let Some(operation) = item.step_mut(method) else {
            continue;
        };
        let span = operation.span;
        if !matches!(operation.kind, Kind::Object(_))
            || adapt(operation, query, root, file)
            || is_shared
        {
            continue;
        }
        let parameter = json!({
            "name": query.name,
            "in": "query",
            "required": query.is_required,
            "schema": {"type": "string"},
        });
        let list = Draft {
            kind: Kind::List(Vec::new()),
            span,
        };
        let (_, list) = operation
            .members_mut()
            .entry("parameters".to_owned())
            .or_insert((span, list));
        if let Kind::List(list) = &mut list.kind {
            list.push(Draft::made(&parameter, span));
        }
    }
}

/// Moves what is declared by the name in the template into the query. False when there is no such thing.
fn adapt(node: &mut Draft, query: &Query, root: &Draft, file: &str) -> bool {
    let Some(Kind::List(list)) = node.step_mut("parameters").map(|list| &mut list.kind) else {
        return false;
    };
    let mut is_there = false;
    for parameter in list {
        let reference = parameter
            .text("$ref")
            .and_then(|text| pointers::steps(text, file));
        let target = reference.and_then(|steps| root.at(&pointers::find(root, steps, file)?));
        let target = target.unwrap_or(parameter);
        let place = target.text("in").unwrap_or_default().to_owned();
        let is_it = target.text("name") == Some(&query.declared)
            && ["path", "query"].contains(&place.as_str());
        if !is_it {
            continue;
        }
        is_there = true;
        if place == "query" && query.declared == query.name {
            continue;
        }
        let mut changed = target.clone();
        let span = changed.span;
        let members = changed.members_mut();
        let mut set = |key: &str, value: Value| {
            members.insert(key.to_owned(), (span, Draft::made(&value, span)));
        };
        set("name", query.name.clone().into());
        set("in", "query".into());
        if place == "path" {
            set("required", true.into());
        }
        *parameter = changed;
    }
    is_there
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
        let parameter = |name: &str, declared: &str, is_required| Query {
            name: name.to_owned(),
            declared: declared.to_owned(),
            is_required,
        };
        let read = Read::of("/a{?x,y*}?b={c}").unwrap();
        let expected = [("x", "x", false), ("y", "y", false), ("b", "c", true)];
        assert_eq!(
            read.query,
            expected.map(|(name, of, must)| parameter(name, of, must))
        );
    }
}

//! What a request must look like, part by part.

use httpmock::HttpMockRequest;
use percent_encoding::percent_decode;
use tokenturn_client::Operation;
use tokenturn_client::runtime::Style;

use crate::body::Body;
use crate::wire::{decoded, pairs};

/// The credentials that an operation takes.
#[derive(Clone, Copy, Debug)]
pub enum Credentials {
    /// None at all: there must be no `Authorization`.
    None,
    /// A user name and a password.
    Basic,
    /// A token.
    Bearer,
    /// One of them, or none.
    Any,
}

pub(crate) struct Expectation {
    pub(crate) operation: &'static Operation,
    credentials: Credentials,
    path: Vec<Segment>,
    query: Vec<Query>,
    /// None for one that is not there.
    headers: Vec<(&'static str, Option<String>)>,
    /// As they are sent.
    cookies: Vec<(&'static str, Vec<(String, String)>)>,
    authorization: Option<String>,
    /// The whole body, or some fields of it.
    bodies: Vec<Body>,
}

/// A path parameter.
struct Segment {
    name: &'static str,
    /// Decoded, but for the escapes of what has a meaning in some style.
    value: Vec<u8>,
    is_styled: bool,
}

/// A query parameter.
struct Query {
    name: &'static str,
    pairs: Vec<(String, String)>,
    style: Style,
    /// Whether there is a list between commas.
    is_list: bool,
}

impl Query {
    /// Whether a pair of a request is one of it.
    fn has(&self, key: &str) -> bool {
        let within = key.strip_prefix(self.name);
        let is_within = within.is_some_and(|rest| rest.starts_with('['));
        key == self.name
            || (self.style == Style::Deep && is_within)
            || self.pairs.iter().any(|(known, _)| known == key)
    }
}

/// What stands between the items of a list, or the fields of an object, in some style of a path.
const BETWEEN: &[u8] = b",;.=";

impl Expectation {
    pub(crate) fn new(operation: &'static Operation, credentials: Credentials) -> Self {
        Self {
            operation,
            credentials,
            path: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            cookies: Vec::new(),
            authorization: None,
            bodies: Vec::new(),
        }
    }

    /// The value is as it is sent.
    pub(crate) fn path(&mut self, name: &'static str, value: &str, is_styled: bool) {
        let value = decoded(value.as_bytes(), BETWEEN);
        self.path.push(Segment {
            name,
            value,
            is_styled,
        });
    }

    /// The query is as it is sent.
    pub(crate) fn query(&mut self, name: &'static str, query: &str, style: Style, explode: bool) {
        let is_list = style == Style::Form && !explode;
        self.query.push(Query {
            name,
            pairs: pairs(query.as_bytes(), |_| is_list),
            style,
            is_list,
        });
    }

    pub(crate) fn header(&mut self, name: &'static str, value: Option<String>) {
        self.headers.push((name, value));
    }

    pub(crate) fn cookies(&mut self, name: &'static str, pairs: Vec<(String, String)>) {
        self.cookies.push((name, pairs));
    }

    pub(crate) fn authorization(&mut self, value: String) {
        self.authorization = Some(value);
    }

    /// Of whole bodies, the last one counts.
    pub(crate) fn body(&mut self, body: Body) {
        if !body.is_field() {
            self.bodies.retain(Body::is_field);
        }
        self.bodies.push(body);
    }

    pub(crate) fn matches(&self, request: &HttpMockRequest) -> bool {
        self.mismatches(request)
            .is_some_and(|parts| parts.is_empty())
    }

    /// The names of the parts that do not fit, or `None` when the request is for another operation.
    pub(crate) fn mismatches(&self, request: &HttpMockRequest) -> Option<Vec<String>> {
        if request.method_str() != self.operation.method {
            return None;
        }
        let found = path_parameters(self.operation.path, request.uri().path(), &self.path)?;
        let mut parts = Vec::new();
        for Segment {
            name,
            value,
            is_styled,
        } in &self.path
        {
            // Elsewhere, nothing is between items.
            let is_same = |found: &[u8]| {
                let is_equal = || percent_decode(found).eq(percent_decode(value));
                found == value || (!is_styled && is_equal())
            };
            if !found
                .iter()
                .any(|(key, found)| key == name && is_same(found))
            {
                parts.push(format!("path parameter `{name}`"));
            }
        }
        let uri = request.uri();
        let query = uri.query().unwrap_or_default();
        for expected in &self.query {
            let found = pairs(query.as_bytes(), |_| expected.is_list);
            let found = found.iter().filter(|(key, _)| expected.has(key));
            if !found.eq(&expected.pairs) {
                parts.push(format!("query parameter `{}`", expected.name));
            }
        }
        for (name, value) in &self.headers {
            if !header(request, name).into_iter().eq(value) {
                parts.push(format!("header `{name}`"));
            }
        }
        let cookies = header(request, "cookie");
        let cookies = cookies.iter().flat_map(|all| all.split(';'));
        let cookies: Vec<_> = cookies
            .filter_map(|one| one.trim().split_once('='))
            .collect();
        for (name, expected) in &self.cookies {
            let is_named = |key: &str| key == *name || expected.iter().any(|(k, _)| k == key);
            let found = cookies.iter().filter(|(key, _)| is_named(key));
            if !found
                .copied()
                .eq(expected.iter().map(|(k, v)| (&**k, &**v)))
            {
                parts.push(format!("cookie `{name}`"));
            }
        }
        if !self.has_credentials(request) {
            parts.push("credentials".into());
        }
        let bodies = self.bodies.iter();
        parts.extend(bodies.filter_map(|body| body.mismatch(request)));
        Some(parts)
    }

    fn has_credentials(&self, request: &HttpMockRequest) -> bool {
        let found = header(request, "authorization");
        let has_scheme = |scheme| {
            let value = found.first().and_then(|value| value.split_once(' '));
            found.len() == 1 && value.is_some_and(|(word, _)| word.eq_ignore_ascii_case(scheme))
        };
        match (&self.authorization, self.credentials) {
            (Some(expected), _) => found == [expected],
            (None, Credentials::None) => found.is_empty(),
            (None, Credentials::Basic) => has_scheme("Basic"),
            (None, Credentials::Bearer) => has_scheme("Bearer"),
            (None, Credentials::Any) => true,
        }
    }
}

/// All values of a header.
pub(crate) fn header<'a>(request: &'a HttpMockRequest, name: &str) -> Vec<&'a String> {
    let headers = request.headers_vec().iter();
    let headers = headers.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    headers.map(|(_, value)| value).collect()
}

/// What stands, decoded but for [`BETWEEN`], in the place of the template's parameters, or `None` when the path is
/// another one. Of several in a segment, what is expected says where each ends.
fn path_parameters<'a>(
    template: &'a str,
    path: &str,
    expected: &[Segment],
) -> Option<Vec<(&'a str, Vec<u8>)>> {
    let wanted: Vec<&str> = template.split('/').collect();
    let found: Vec<&str> = path.split('/').collect();
    if wanted.len() != found.len() {
        return None;
    }
    let mut parameters = Vec::new();
    for (wanted, found) in wanted.into_iter().zip(found) {
        let found = decoded(found.as_bytes(), BETWEEN);
        segment_parameters(wanted, &found, expected, &mut parameters)?;
    }
    Some(parameters)
}

/// One segment, in which a parameter ends where the text after it begins.
fn segment_parameters<'a>(
    template: &'a str,
    found: &[u8],
    expected: &[Segment],
    parameters: &mut Vec<(&'a str, Vec<u8>)>,
) -> Option<()> {
    let Some((before, rest)) = template.split_once('{') else {
        return (found == literal(template)).then_some(());
    };
    let (name, rest) = rest.split_once('}')?;
    let found = found.strip_prefix(&literal(before)[..])?;
    let text = literal(rest.split('{').next().unwrap_or_default());
    // The text between may stand in the value, too.
    let expected_end = expected.iter().find_map(|known| {
        let rest = found.strip_prefix(&known.value[..])?;
        (known.name == name && rest.starts_with(&text)).then_some(known.value.len())
    });
    let end = match (expected_end, &text[..]) {
        // What follows the last parameter ends the segment.
        (_, text) if !rest.contains('{') => found.strip_suffix(text)?.len(),
        (Some(end), _) => end,
        (None, []) => found.len(),
        (None, text) => found
            .windows(text.len())
            .position(|window| window == text)?,
    };
    parameters.push((name, found[..end].to_vec()));
    segment_parameters(rest, &found[end..], expected, parameters)
}

/// A part of a template that is no parameter. It may be escaped, as in a URL.
fn literal(text: &str) -> Vec<u8> {
    decoded(text.as_bytes(), BETWEEN)
}

#[cfg(test)]
mod tests {
    use super::Segment;

    fn segment(name: &'static str, value: &str) -> Segment {
        Segment {
            name,
            value: value.into(),
            is_styled: false,
        }
    }

    fn path_parameters<'a>(template: &'a str, path: &str) -> Option<Vec<(&'a str, Vec<u8>)>> {
        super::path_parameters(template, path, &[])
    }

    #[test]
    fn two_parameters_side_by_side_are_told_apart_by_what_is_expected() {
        let expected = [segment("x", "a"), segment("y", "b")];
        let found = |path| super::path_parameters("/{x}{y}", path, &expected);
        let pair = |x: &str, y: &str| Some(vec![("x", x.into()), ("y", y.into())]);
        assert_eq!(found("/ab"), pair("a", "b"));
        assert_eq!(found("/bb"), pair("bb", ""));
        let expected = [segment("x", "a.b")];
        let found = super::path_parameters("/{x}.{y}", "/a.b.c", &expected);
        assert_eq!(found, pair("a.b", "c"));
    }

    #[test]
    fn a_path_is_compared_by_its_decoded_segments() {
        let template = "/a/{x}/b/{y}";
        let found = path_parameters(template, "/a/a.b+c%2Fd%20e%25%C3%A9/b/1");
        let x = "a.b+c/d e%25é".as_bytes().to_vec();
        assert_eq!(found, Some(vec![("x", x), ("y", b"1".to_vec())]));
        for other in ["/a/1/c/1", "/a/1/b", "/a/1/b/1/", "/a/1/2/b/1", "/"] {
            assert_eq!(path_parameters(template, other), None, "{other}");
        }
    }

    #[test]
    fn a_literal_may_be_escaped() {
        let template = "/gr%C3%B6%C3%9Fe/a%20{x}%20b/";
        let found = path_parameters(template, "/gr%c3%b6%c3%9fe/a%20b%20b/");
        assert_eq!(found, Some(vec![("x", b"b".to_vec())]));
        let found = path_parameters("/{x}.json", "/a.json.json");
        assert_eq!(found, Some(vec![("x", b"a.json".to_vec())]));
        assert_eq!(path_parameters("//a", "//a"), Some(Vec::new()));
        assert_eq!(path_parameters("//a", "/a"), None);
    }

    #[test]
    fn a_segment_may_have_several_parameters() {
        let template = "/compare/{base}...{head}.json";
        let found = path_parameters(template, "/compare/v1.0...v%2F2.json");
        let expected = vec![("base", b"v1.0".to_vec()), ("head", b"v/2".to_vec())];
        assert_eq!(found, Some(expected));
        for other in [
            "/compare/v1..v2.json",
            "/compare/v1...v2",
            "/compare/v1...v2.json.gz",
        ] {
            assert_eq!(path_parameters(template, other), None, "{other}");
        }
    }
}

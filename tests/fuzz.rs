//! Whatever a server sends and whatever a spec says, nothing panics; and a whole token that
//! arrives is handed over.
//!
//! `PROPTEST_CASES=100000 cargo test -p tokenturn-tests --test properties fuzz::` looks longer.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngSeed, TestRunner};
use tokenturn::{AuthorizationCode, GitHub, OhMyGpt, PendingAuthorization, RotateError, Rotated};
use tokenturn_codegen::{Generated, Paths, Report, Spec};
use tokenturn_tests::{
    CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, OHMYGPT_SEED, RawServer, Reply, Then, oauth_token,
    old_token,
};

/// The token in every answer that has one.
const TOKEN: &str = "abcdefgh12345678";

/// What the login host answers.
const LOGIN_SEED: &str = concat!(
    r#"{"access_token":"abcdefgh12345678","expires_in":28800,"refresh_token":"ghr_a","#,
    r#""refresh_token_expires_in":15897600,"scope":"repo,gist","token_type":"bearer"}"#
);

fn config(cases: u32) -> ProptestConfig {
    // A failure prints its input, which belongs into the corpus.
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return config;
    }
    // The short run is the same every time: what it finds is the change's fault.
    let rng_seed = RngSeed::Fixed(1);
    ProptestConfig {
        cases,
        rng_seed,
        ..config
    }
}

/// Files that are tried as they are, and changed.
fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A change to some bytes.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Remove(Index, usize),
    Insert(Index, Vec<u8>),
    Cut(Index),
}

fn change(texts: &'static [&'static str]) -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        3 => (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        2 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        3 => (any::<Index>(), prop::sample::select(texts))
            .prop_map(|(at, text)| Change::Insert(at, text.into())),
        1 => any::<Index>().prop_map(Change::Cut),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let at = |index: &Index| index.index(bytes.len() + 1);
        match change {
            Change::Set(index, byte) => {
                let at = at(index);
                if let Some(place) = bytes.get_mut(at) {
                    *place = *byte;
                }
            }
            Change::Remove(index, length) => {
                let at = at(index);
                let end = bytes.len().min(at + length);
                bytes.drain(at..end);
            }
            Change::Insert(index, more) => {
                let at = at(index);
                bytes.splice(at..at, more.iter().copied());
            }
            Change::Cut(index) => bytes.truncate(at(index)),
        }
    }
    bytes
}

/// What upsets readers of HTTP and JSON.
const SPLINTERS: &[&str] = &[
    "\r\n",
    "\r\n\r\n",
    "\0",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "null",
    "\u{FEFF}",
    "\"token\":",
    "\"token\":null,",
    "\"token\" : \"abcdefgh12345678\",",
    "\"access_token\":",
    "\"access_token\":null,",
    "\"access_token\" : \"abcdefgh12345678\",",
    "\"expires_in\":99999999999999999999,",
    "\"error\":\"slow_down\",",
    "&access_token=abcdefgh12345678",
    "\"data\":[",
    "\"statusCode\":401,",
    "\"message\":\"abcdefgh12345678\",",
    "content-encoding: gzip\r\n",
    "transfer-encoding: chunked\r\n",
    "content-length: 5\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "retry-after: 99999999999999999999\r\n",
    "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 99999999999999999\r\n",
];

/// A server that answers everything with what is put here.
struct Target {
    runtime: tokio::runtime::Runtime,
    answer: Arc<Mutex<Vec<u8>>>,
    github: GitHub,
    ohmygpt: OhMyGpt,
    _server: RawServer,
}

impl Target {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let answer = Arc::<Mutex<Vec<u8>>>::default();
        let current = Arc::clone(&answer);
        let server = runtime.block_on(RawServer::start_with(move |_| Reply {
            bytes: current.lock().unwrap().clone(),
            then: Then::Close,
        }));
        // What takes longer never comes.
        let timeout = Duration::from_secs(600);
        let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET)
            .base_url(server.url())
            .transport(|transport| transport.timeout(timeout).max_attempts(1));
        let ohmygpt = OhMyGpt::builder()
            .app(CLIENT_ID, CLIENT_SECRET)
            .base_url(server.url())
            .transport(|transport| transport.timeout(timeout).max_attempts(1));
        Self {
            runtime,
            answer,
            github: github.build().unwrap(),
            ohmygpt: ohmygpt.build().unwrap(),
            _server: server,
        }
    }

    /// Tries one answer on every operation.
    fn hit(&self, answer: &[u8]) -> Result<(), TestCaseError> {
        *self.answer.lock().unwrap() = answer.to_vec();
        self.runtime.block_on(async {
            let _ = self.github.check_token(&old_token()).await;
            let result = self.github.reset_token(&old_token()).await;
            the_caller_has_it(answer, "token", result)?;
            let code = || AuthorizationCode::new("code");
            let result = self.github.exchange_code(code()).await;
            the_caller_has_it(answer, "access_token", result)?;
            let _ = self.github.device_code(["repo"]).await;
            let result = self.ohmygpt.rotate_admin_token(&oauth_token()).await;
            the_caller_has_it(answer, "token", result)?;
            let _ = self.ohmygpt.api_keys(&oauth_token()).await;
            let result = self.ohmygpt.issue_token(code()).await;
            the_caller_has_it(answer, "token", result)
        })
    }
}

/// Whether the caller has every token that stands whole in a body that surely arrives.
fn the_caller_has_it<D>(
    answer: &[u8],
    field: &str,
    result: Result<Rotated<D>, RotateError>,
) -> Result<(), TestCaseError> {
    let Some(body) = plain_body(answer) else {
        return Ok(());
    };
    let members = body.matches(&format!("\"{field}\"")).count();
    let stands_whole = members == 1
        && [":", " : "]
            .iter()
            .any(|colon| body.contains(&format!("\"{field}\"{colon}\"{TOKEN}\"")));
    match result {
        Ok(rotated) if stands_whole => prop_assert_eq!(rotated.token.expose(), TOKEN),
        Ok(_) => {}
        Err(RotateError::Unknown(unknown)) if stands_whole => {
            let kept = String::from_utf8_lossy(unknown.body().unwrap_or_default());
            prop_assert!(kept.contains(TOKEN));
        }
        Err(error) => prop_assert!(!stands_whole, "{error:?}"),
    }
    Ok(())
}

/// The body of an answer whose head leaves no doubt about where it ends.
fn plain_body(answer: &[u8]) -> Option<String> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let (status, reason) = lines.next()?.strip_prefix("HTTP/1.1 ")?.split_once(' ')?;
    let is_final = status
        .parse::<u16>()
        .is_ok_and(|status| (200..600).contains(&status) && ![204, 304].contains(&status));
    let is_text = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let is_plain = lines.clone().all(|line| {
        line.split_once(": ").is_some_and(|(name, value)| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
                && !["content-encoding", "transfer-encoding"].contains(&name)
                && is_text(value)
        })
    });
    let mut lengths = lines.filter_map(|line| line.strip_prefix("content-length: "));
    let (length, more) = (lengths.next()?.parse().ok()?, lengths.next());
    let body = &answer[end + 4..];
    let body = body.get(..length).unwrap_or(body);
    // With zero bytes in it, it may be UTF-16, which reads otherwise.
    let is_plain = is_plain && is_text(reason) && status.len() == 3 && !body.contains(&0);
    (is_final && is_plain && more.is_none()).then(|| String::from_utf8_lossy(body).into_owned())
}

#[test]
fn the_corpus_of_answers() {
    let target = Target::new();
    let corpus = corpus("corpus/answers");
    assert!(corpus.len() >= 15);
    let plain = corpus.iter().filter(|answer| plain_body(answer).is_some());
    assert!(
        plain.count() >= 8,
        "the property says something about most of them"
    );
    for answer in corpus {
        target.hit(&answer).unwrap();
    }
}

#[test]
fn any_bytes_as_an_answer() {
    let target = Target::new();
    let bytes = prop::collection::vec(any::<u8>(), 0..2000);
    let mut runner = TestRunner::new(config(300));
    runner.run(&bytes, |bytes| target.hit(&bytes)).unwrap();
}

#[test]
fn any_status_any_headers_any_body() {
    let target = Target::new();
    let name = "(content-type|retry-after|location|x-ratelimit-remaining|x-github-request-id|x-[a-z]{1,8})";
    let headers = prop::collection::vec((name, "[ -~]{0,40}"), 0..6);
    let seeds = vec![
        GITHUB_SEED,
        OHMYGPT_SEED,
        LOGIN_SEED,
        "{}",
        "<html></html>",
        "",
    ];
    let body = (
        prop::sample::select(seeds),
        prop::collection::vec(change(SPLINTERS), 0..5),
    );
    let answers = (200..600_u16, headers, body).prop_map(|(status, headers, (seed, changes))| {
        let body = changed(seed.into(), &changes);
        let headers = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\r\n", value.trim()));
        let head = headers.collect::<String>();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\n{head}content-length: {length}\r\n\r\n");
        [head.into_bytes(), body].concat()
    });
    let mut runner = TestRunner::new(config(1000));
    runner.run(&answers, |answer| target.hit(&answer)).unwrap();
}

#[test]
fn changed_answers() {
    let target = Target::new();
    let changes = prop::collection::vec(change(SPLINTERS), 1..6);
    let answers = (prop::sample::select(corpus("corpus/answers")), changes)
        .prop_map(|(answer, changes)| changed(answer, &changes));
    let mut runner = TestRunner::new(config(1000));
    runner.run(&answers, |answer| target.hit(&answer)).unwrap();
}

/// What upsets readers of URLs.
const PARTS: &[&str] = &[
    "?",
    "#",
    "&",
    "=",
    "%",
    "%2",
    "%00",
    "+",
    "state=",
    "&state=right",
    "code=",
    "&code=b",
    "error=",
    "&error=access_denied",
];

#[test]
fn changed_callbacks() {
    let pending = PendingAuthorization::new("right", None, None);
    let url = b"http://127.0.0.1:1/callback?code=abc&state=right".to_vec();
    assert!(pending.callback(std::str::from_utf8(&url).unwrap()).is_ok());
    let changes = prop::collection::vec(change(PARTS), 1..5);
    let urls = changes.prop_map(|changes| changed(url.clone(), &changes));
    let mut runner = TestRunner::new(config(5000));
    runner
        .run(&urls, |url| {
            let url = String::from_utf8_lossy(&url);
            match pending.callback(&url) {
                // A code is taken only beside the right state, and never beside an error.
                Ok(code) => {
                    let decoded: Vec<_> = decoded(&url);
                    prop_assert!(decoded.contains(&("state".into(), "right".into())));
                    prop_assert!(decoded.contains(&("code".into(), code.code.expose().into())));
                    prop_assert!(!decoded.iter().any(|(name, _)| name == "error"));
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
            Ok(())
        })
        .unwrap();
}

/// The query, by another reader than the one under test.
fn decoded(url: &str) -> Vec<(String, String)> {
    let query = url.split('#').next().unwrap_or_default();
    let query = query.split_once('?').map_or(query, |(_, query)| query);
    serde_urlencoded::from_str(query).unwrap_or_default()
}

/// What upsets readers of specs.
const YAML: &[&str] = &[
    "\n",
    ":",
    "- ",
    "*a",
    "&a ",
    "!!binary ",
    "null",
    "[]",
    "{}",
    "$ref: '#/components/schemas/Key'\n",
    "type: array\n",
    "nullable: true\n",
    "format: password\n",
    "x-retry: never\n",
    "default: 1\n",
    "enum: [a, b]\n",
    "allOf: []\n",
    "oneOf: [{type: string}, {type: integer}]\n",
];

#[test]
fn changed_specs() {
    let specs = corpus("corpus/specs");
    for spec in &specs {
        if let Err(report) = generated(spec) {
            panic!("{report}");
        }
    }
    let changes = prop::collection::vec(change(YAML), 1..4);
    let changed =
        (prop::sample::select(specs), changes).prop_map(|(spec, changes)| changed(spec, &changes));
    let mut runner = TestRunner::new(config(300));
    runner
        .run(&changed, |spec| {
            let _ = generated(&spec);
            Ok(())
        })
        .unwrap();
}

fn generated(spec: &[u8]) -> Result<Generated, Report> {
    let spec = Spec::from_bytes("spec.yaml", spec);
    tokenturn_codegen::generate(&spec, &Paths::new("crate::keys"))
}

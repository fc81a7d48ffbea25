//! A version of one's own, headers of one's own, and what a provider says of the end of a version.

use std::io;
use std::sync::{Arc, Mutex};

use tokenturn::github::GitHubBuilder;
use tokenturn::{AuthorizationCode, BuildError, GitHub, OhMyGpt, RefusalReason};
use tokenturn_tests::{
    CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, OLD_TOKEN, RawServer, Reply, json_answer, oauth_token,
    old_token,
};
use tracing_subscriber::util::SubscriberInitExt;

const CONTEXT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const ENDS: &str = "deprecation: Wed, 27 Nov 2019 14:34:29 GMT\r\n\
    sunset: Fri, 27 Nov 2020 14:34:29 GMT\r\n\
    link: <https://docs.github.com/a?page=2>; rel=\"next\", <https://docs.github.com/b>; rel=\"x deprecation\"\r\n\
    link: <https://docs.github.com/gho_canary>; rel=deprecation; type=\"text/html\"\r\n\
    link: <https://docs.github.com/c>; type=\"text/html\"; rel=sunset\r\n";

fn builder(server: &RawServer) -> GitHubBuilder {
    GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(server.url())
}

async fn answering(status: &'static str, headers: &'static str) -> RawServer {
    let body = GITHUB_SEED.replace("\"abcdefgh12345678\"", &format!("\"{OLD_TOKEN}\""));
    let answer = json_answer(status, headers, &body);
    RawServer::start_with(move |_| Reply::from(answer.clone())).await
}

/// A header of the last request, if it is there once.
fn sent(server: &RawServer, name: &str) -> Option<String> {
    let request = server.requests().pop().unwrap();
    request.headers().get(name).map(|value| (*value).to_owned())
}

#[tokio::test]
async fn another_version_is_spoken() {
    let server = answering("200 OK", "").await;
    for (github, version) in [
        (builder(&server), "2022-11-28"),
        (builder(&server).api_version("2026-03-10"), "2026-03-10"),
        (
            builder(&server).transport(|t| t.header("X-GitHub-Api-Version", "2026-03-10")),
            "2026-03-10",
        ),
    ] {
        let check = github.build().unwrap().check_token(&old_token()).await;
        assert!(check.unwrap().is_valid());
        let header = sent(&server, "x-github-api-version");
        assert_eq!(header.as_deref(), Some(version));
    }
}

#[test]
fn what_cannot_be_sent_as_it_is_given_is_refused() {
    let github = || GitHub::builder(CLIENT_ID, CLIENT_SECRET);
    let with = |name: &'static str| github().transport(move |t| t.header(name, "1"));
    let twice = with("x-github-api-version").api_version("2026-03-10");
    let old = github().enterprise_server("ghe.example", "3.8");
    let errors: Vec<BuildError> = [
        with("Authorization"),
        with("content-type"),
        with("host"),
        with("content-length"),
        twice,
        old.api_version("2026-03-10"),
        github().api_version("2026\n"),
    ]
    .into_iter()
    .map(|builder| builder.build().unwrap_err())
    .collect();
    for (error, words) in errors.iter().zip([
        "authorization",
        "content-type",
        "host",
        "content-length",
        "twice",
        "3.9",
        "x-github-api-version",
    ]) {
        assert!(error.to_string().contains(words), "{error}");
    }
    let ohmygpt = OhMyGpt::builder().transport(|t| t.header("authorization", "Bearer 1"));
    assert!(ohmygpt.build().is_err());
    let github = github().build().unwrap();
    for name in ["authorization", "content-type", "a b"] {
        assert!(github.with_header(name, "1").is_err(), "{name}");
    }
    assert!(github.with_header("a", "1\r\nb: 2").is_err());
}

#[tokio::test]
async fn a_media_type_of_ones_own_is_not_for_the_login_host() {
    let server = answering("200 OK", "").await;
    let github = builder(&server).transport(|t| t.header("accept", "application/x"));
    let github = github.build().unwrap();
    let _ = github.check_token(&old_token()).await;
    assert_eq!(sent(&server, "accept").as_deref(), Some("application/x"));
    let _ = github.exchange_code(AuthorizationCode::new("abc")).await;
    assert_eq!(sent(&server, "accept").as_deref(), Some("application/json"));
    let other = github.with_header("accept", "application/y").unwrap();
    let _ = other.exchange_code(AuthorizationCode::new("abc")).await;
    assert_eq!(sent(&server, "accept").as_deref(), Some("application/json"));
}

#[tokio::test]
async fn a_call_has_headers_of_its_own() {
    let server = answering("200 OK", "").await;
    let github = builder(&server).build().unwrap();
    let traced = github.with_header("traceparent", CONTEXT).unwrap();
    let _ = traced.check_token(&old_token()).await;
    assert_eq!(sent(&server, "traceparent").as_deref(), Some(CONTEXT));
    assert!(sent(&server, "authorization").is_some());
    let _ = traced.exchange_code(AuthorizationCode::new("abc")).await;
    assert_eq!(sent(&server, "traceparent").as_deref(), Some(CONTEXT));
    let _ = github.check_token(&old_token()).await;
    assert_eq!(sent(&server, "traceparent"), None);

    let ohmygpt = OhMyGpt::builder().base_url(server.url()).build().unwrap();
    let traced = ohmygpt.with_header("traceparent", CONTEXT).unwrap();
    let _ = traced.rotate_admin_token(&oauth_token()).await;
    assert_eq!(sent(&server, "traceparent").as_deref(), Some(CONTEXT));
    assert!(
        sent(&server, "authorization")
            .unwrap()
            .starts_with("Bearer ")
    );
}

/// What is logged in this thread, in which a test's tasks run.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn the_end_of_a_version_is_on_the_result_and_logged_once() {
    // While there is one subscriber alone, what another thread comes by first is off for all of them
    // (tracing-core 0.1, `callsite.rs`).
    let _other = tracing_subscriber::registry().set_default();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    let _default = subscriber.set_default();
    let server = answering("200 OK", ENDS).await;
    let github = builder(&server).build().unwrap();
    for _ in 0..3 {
        let check = github.check_token(&old_token()).await.unwrap();
        let notice = check.deprecation.clone().unwrap();
        assert_eq!(notice.since.unwrap().to_string(), "2019-11-27T14:34:29Z");
        assert_eq!(notice.sunset.unwrap().to_string(), "2020-11-27T14:34:29Z");
        let pages = ["https://docs.github.com/b", "https://docs.github.com/c"];
        assert_eq!(notice.links, pages);
    }
    let text = log.text();
    assert_eq!(text.matches("deprecated as of 2019").count(), 1, "{text}");
    assert!(!text.contains("gho_canary"), "{text}");
    // One span for each call, with what is known at its end.
    let call = "call{operation=\"check_token\" method=\"POST\"";
    let ends = text
        .lines()
        .filter(|line| line.contains("transport: answered"));
    let ends: Vec<_> = ends.filter(|line| line.contains(call)).collect();
    assert_eq!(ends.len(), 3, "{text}");
    assert!(
        ends.iter()
            .all(|line| line.contains("attempt=1 status=200"))
    );

    // RFC 9745, and a word from before it.
    for (headers, since) in [
        ("deprecation: @1688169599\r\n", Some("2023-06-30T23:59:59Z")),
        ("deprecation: true\r\n", None),
        ("sunset: soon\r\n", None),
    ] {
        let server = answering("200 OK", headers).await;
        let github = builder(&server).build().unwrap();
        let check = github.check_token(&old_token()).await.unwrap();
        let notice = check.deprecation.as_ref().unwrap();
        let found = notice.since.map(|since| since.to_string());
        assert_eq!(found.as_deref(), since, "{headers}");
    }
    let server = answering("200 OK", "link: <https://a.example>; rel=next\r\n").await;
    let check = builder(&server).build().unwrap();
    let check = check.check_token(&old_token()).await.unwrap();
    assert_eq!(check.deprecation, None);
}

#[tokio::test]
async fn a_version_that_is_gone_has_a_reason() {
    for (headers, reason) in [
        ("x-github-request-id: A:1\r\n", RefusalReason::Gone),
        // Somebody on the way.
        ("", RefusalReason::Other),
    ] {
        let answer = json_answer("410 Gone", headers, r#"{"message":"Gone"}"#);
        let server = RawServer::start([answer]).await;
        let error = builder(&server)
            .build()
            .unwrap()
            .reset_token(&old_token())
            .await;
        let error = error.unwrap_err();
        assert_eq!(error.refusal().unwrap().reason, reason);
    }
    let text = RefusalReason::Gone.to_string();
    assert!(text.contains("another version of the API"), "{text}");
}

//! Errors can be made by whoever has a provider of their own, or tests what they make of one, and looked
//! into by whoever gets one.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use tokenturn::{
    BuildError, CallError, GitHub, NotSaved, NotSent, RateLimit, RecoverError, Refusal,
    RefusalReason, RotateError, Rotated, TransportBuilder, Unheard, Unknown,
};
use tokenturn_client::RawResponse;
use tokenturn_tests::{
    CLIENT_ID, CLIENT_SECRET, RawServer, Reply, Then, github, json_answer, old_token, refusing_url,
};

fn broken() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

#[test]
fn what_is_made_answers_as_what_happened() {
    let mut refusal = Refusal::new(RefusalReason::LockedOut, 403);
    refusal.rate_limit = Some(Box::new(RateLimit::new(7, Duration::from_secs(60))));
    let mut new = Rotated::<()>::new("gho_new");
    new.request_id = Some("A:1".into());
    let unread = Unknown::answered(200, r#"<p>{"token":"gho_new"}"#);
    assert_eq!(unread.candidates().tokens().len(), 1);
    assert!(unread.may_hold_token());

    // Refused, not sent, unknown, not saved; timeout; status.
    type Row = (RotateError, [bool; 4], bool, Option<u16>);
    let rows: [Row; 10] = [
        (
            RotateError::Refused(refusal),
            [true, false, false, false],
            false,
            Some(403),
        ),
        (
            RotateError::NotSent(NotSent::impossible("no")),
            [false, true, false, false],
            false,
            None,
        ),
        (
            RotateError::NotSent(NotSent::sink("full")),
            [false, true, false, false],
            false,
            None,
        ),
        (
            RotateError::NotSent(NotSent::no_connection(broken())),
            [false, true, false, false],
            false,
            None,
        ),
        (
            RotateError::NotSent(NotSent::timed_out()),
            [false, true, false, false],
            true,
            None,
        ),
        (
            RotateError::Unknown(unread),
            [false, false, true, false],
            false,
            Some(200),
        ),
        (
            RotateError::Unknown(Unknown::no_answer(broken())),
            [false, false, true, false],
            false,
            None,
        ),
        (
            RotateError::Unknown(Unknown::timed_out()),
            [false, false, true, false],
            true,
            None,
        ),
        (
            RotateError::NotSaved(NotSaved::new(&new, broken())),
            [false, false, false, true],
            false,
            Some(200),
        ),
        (
            // What a generated client of one's own got: nothing of it is believed.
            tokenturn_client::Error::UnexpectedResponse(Box::new(RawResponse::new(404, "no")))
                .into(),
            [false, false, true, false],
            false,
            Some(404),
        ),
    ];
    for (error, is, is_timeout, status) in rows {
        let found = [
            error.is_refused(),
            error.is_not_sent(),
            error.is_unknown(),
            error.is_not_saved(),
        ];
        assert_eq!(found, is, "{error}");
        assert_eq!(error.is_timeout(), is_timeout, "{error}");
        assert_eq!(error.status(), status, "{error}");
        let limit = error.rate_limit().map(|limit| limit.remaining);
        assert_eq!(limit, error.is_refused().then_some(7));
        let request_id = error.request_id().map(str::to_owned);
        assert_eq!(request_id.is_some(), error.is_not_saved());

        let error = CallError::new("it was not done", error);
        assert_eq!(error.to_string(), "it was not done");
        assert_eq!(error.is_unknown(), is[2]);
        assert_eq!(error.is_timeout(), is_timeout);
        assert_eq!(error.why().is_not_saved(), is[3]);
        assert_eq!(error.rate_limit().is_some(), is[0]);
        let why = RecoverError(error.into_why());
        assert!(why.source().is_some());
    }
    let unheard = Unheard::unknown(None, Unknown::timed_out());
    assert!(RotateError::from(unheard).is_timeout());
    assert_eq!(BuildError::new("no client ID").to_string(), "no client ID");
}

#[test]
fn the_error_of_a_sink_or_a_connection_is_the_source() {
    let not_saved = NotSaved::new(&Rotated::<()>::new("gho_new"), broken());
    for error in [
        &NotSent::sink(broken()) as &dyn Error,
        &NotSent::no_connection(broken()),
        &not_saved,
        &RotateError::NotSaved(NotSaved::new(&Rotated::<()>::new("gho_new"), broken())),
        &Unknown::no_answer(broken()),
    ] {
        let source = error.source().and_then(|e| e.downcast_ref::<io::Error>());
        let kind = source.map(io::Error::kind);
        assert_eq!(kind, Some(io::ErrorKind::ConnectionReset), "{error}");
    }
    assert!(NotSent::impossible("no").into_sink_error().is_none());
}

#[tokio::test]
async fn a_call_that_fails_says_how() {
    let held = RawServer::start_with(|_| Reply {
        bytes: Vec::new(),
        then: Then::Hold,
    })
    .await;
    let short = GitHub::builder(CLIENT_ID, CLIENT_SECRET)
        .base_url(held.url())
        .transport(|t| t.timeout(Duration::from_millis(50)).max_attempts(1))
        .build()
        .unwrap();
    let error = short.check_token(&old_token()).await.unwrap_err();
    assert!(error.is_timeout() && error.is_unknown(), "{error:?}");
    let error = short.reset_token(&old_token()).await.unwrap_err();
    assert!(error.is_timeout() && error.is_unknown(), "{error:?}");

    let nobody = github(&refusing_url());
    let error = nobody.reset_token(&old_token()).await.unwrap_err();
    assert!(!error.is_timeout() && error.is_not_sent(), "{error:?}");
}

const LIMITS: &str = "x-github-request-id: A:1\r\ndate: Thu, 23 Jul 2026 09:34:21 GMT\r\n\
    x-ratelimit-limit: 5000\r\nx-ratelimit-remaining: 4999\r\nx-ratelimit-reset: 1784802861\r\n";

#[tokio::test]
async fn every_answer_has_the_limit() {
    const ABOUT_THE_TOKEN: &str = r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest/apps/oauth-applications#check-a-token"}"#;
    let server = RawServer::start_with(|request| {
        let status = match &request.line {
            line if line.starts_with("PATCH") => "401 Unauthorized",
            line if line.ends_with("/revoke HTTP/1.1") => "202 Accepted",
            _ => "404 Not Found",
        };
        let body = match status {
            "202 Accepted" => "{}",
            _ => ABOUT_THE_TOKEN,
        };
        json_answer(status, LIMITS, body).into()
    })
    .await;
    let (github, token) = (github(&server.url()), "gho_canary".into());
    let check = github.check_token(&token).await.unwrap();
    let deletion = github.delete_token(&token).await.unwrap();
    let revoked = github.revoke_credentials([token.clone()]).await.unwrap();
    let refused = github.reset_token(&token).await.unwrap_err();
    assert_eq!((check.status, revoked.status), (404, 202));
    assert_eq!(check.request_id.as_deref(), Some("A:1"));
    for limit in [
        check.rate_limit,
        deletion.rate_limit,
        revoked.rate_limit,
        refused.rate_limit(),
    ] {
        assert_eq!(limit.unwrap().remaining, 4999);
    }
}

#[tokio::test]
async fn a_deadline_is_over_all_attempts_and_cuts_no_reset() {
    const DEADLINE: Duration = Duration::from_millis(300);
    let build = |server: &RawServer| {
        let transport = |t: TransportBuilder| t.deadline(DEADLINE).timeout(Duration::from_secs(2));
        GitHub::builder(CLIENT_ID, CLIENT_SECRET)
            .base_url(server.url())
            .transport(transport)
            .build()
            .unwrap()
    };
    // A reason to ask again, after a wait that is longer than the deadline: it is not begun, and what was
    // answered is told.
    let again = json_answer(
        "503 Service Unavailable",
        "retry-after: 4\r\nx-github-request-id: A:1\r\n",
        "",
    );
    let server = RawServer::start_with(move |_| again.clone().into()).await;
    let begun = Instant::now();
    let error = build(&server).check_token(&old_token()).await.unwrap_err();
    assert_eq!(
        (error.status(), error.request_id()),
        (Some(503), Some("A:1"))
    );
    assert!(!error.is_timeout() && begun.elapsed() < Duration::from_secs(4));
    assert_eq!(server.requests().len(), 1);

    let hold = || Reply {
        bytes: Vec::new(),
        then: Then::Hold,
    };
    let held = RawServer::start_with(move |_| hold()).await;
    let begun = Instant::now();
    let error = build(&held).check_token(&old_token()).await.unwrap_err();
    assert!(error.is_timeout() && error.is_unknown(), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(2));

    // A second attempt that is cut short leaves the answer to the first.
    let mut first = Some(json_answer("502 Bad Gateway", "retry-after: 0\r\n", ""));
    let then_held =
        RawServer::start_with(move |_| first.take().map_or_else(hold, Reply::from)).await;
    let deletion = build(&then_held).delete_token(&old_token()).await;
    assert_eq!(deletion.unwrap_err().status(), Some(502));
    assert_eq!(then_held.requests().len(), 2);

    // A reset goes on until its own time ends it.
    let begun = Instant::now();
    let error = build(&held).reset_token(&old_token()).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert!(begun.elapsed() >= Duration::from_secs(2));
}

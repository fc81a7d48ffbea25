//! What an answer means for the token: the table in the README, row by row, on canned answers.

use std::time::{Duration, Instant};

use httpmock::{Method, Mock, MockServer};
use serde_json::{Value, json};
use tokenturn::github::{Deletion, TokenCheck};
use tokenturn::{Answered, GitHub, Receipt, RefusalReason, RotateError, Secret};
use tokenturn_tests::{
    CLIENT_ID, GITHUB_SEED, OAUTH_TOKEN, OHMYGPT_SEED, OLD_TOKEN, RawServer, Reply, Then, github,
    json_answer, oauth_token, ohmygpt, old_token, refusing_url,
};

use crate::sandbox::clock;

/// A reset that is answered with `status`, `headers` and `body`, and sent once whatever happens.
async fn reset(
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<tokenturn::Rotated<tokenturn::github::Authorization>, RotateError> {
    let server = MockServer::start_async().await;
    let mock = answer(&server, Method::PATCH, status, headers, body).await;
    let result = github(&server.base_url()).reset_token(&old_token()).await;
    assert_eq!(mock.calls_async().await, 1, "{status} {body}");
    result
}

async fn rotate(
    status: u16,
    body: &str,
) -> Result<tokenturn::Rotated<tokenturn::ohmygpt::UserAdminToken>, RotateError> {
    let server = MockServer::start_async().await;
    let mock = answer(&server, Method::POST, status, &[], body).await;
    let result = ohmygpt(&server.base_url())
        .rotate_admin_token(&oauth_token())
        .await;
    assert_eq!(mock.calls_async().await, 1, "{status} {body}");
    result
}

async fn check(
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answered<TokenCheck>, tokenturn::CallError> {
    let server = MockServer::start_async().await;
    let _mock = answer(&server, Method::POST, status, headers, body).await;
    github(&server.base_url()).check_token(&old_token()).await
}

async fn answer<'a>(
    server: &'a MockServer,
    method: Method,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> Mock<'a> {
    server
        .mock_async(|when, mut then| {
            when.method(method);
            then = then.status(status).body(body);
            for (name, value) in headers {
                then = then.header(*name, *value);
            }
            let _ = then;
        })
        .await
}

/// GitHub's 404 for a token that is none.
const ABOUT_THE_TOKEN: &str = r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest/apps/oauth-applications#check-a-token","status":"404"}"#;
/// GitHub's 404 for a path that it does not have.
const ABOUT_A_PATH: &str =
    r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}"#;
const LOCKED_OUT: &str = r#"{"message":"Maximum number of login attempts exceeded. Please try again later.","documentation_url":"https://docs.github.com/rest"}"#;
const ABUSE: &str = r#"{"message":"You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.","documentation_url":"https://developer.github.com/v3/#abuse-rate-limits"}"#;

/// GitHub's own example with one change.
fn seed_with(change: impl FnOnce(&mut Value)) -> String {
    let mut seed = serde_json::from_str(GITHUB_SEED).unwrap();
    change(&mut seed);
    seed.to_string()
}

#[tokio::test]
async fn the_documented_answers_are_understood() {
    let rotated = reset(200, &[("x-github-request-id", "A:1")], GITHUB_SEED)
        .await
        .unwrap();
    assert_eq!(rotated.token.expose(), "abcdefgh12345678");
    assert_eq!(rotated.receipt, Receipt::Verified);
    assert_eq!(rotated.request_id.as_deref(), Some("A:1"));
    assert_eq!(rotated.details.unwrap().id, Some(1));

    let rotated = rotate(200, OHMYGPT_SEED).await.unwrap();
    assert_eq!(rotated.token.expose().len(), 51);
    assert_eq!(rotated.receipt, Receipt::Absent);
    let id = rotated.details.unwrap().user_id.unwrap();
    assert_eq!(id.to_string(), "2286");
}

#[tokio::test]
async fn oddities_that_the_documents_allow_are_a_success() {
    for body in [
        seed_with(|seed| seed["scopes"] = Value::Null),
        seed_with(|seed| seed["user"] = Value::Null),
        seed_with(|seed| {
            seed.as_object_mut().unwrap().remove("user");
        }),
        seed_with(|seed| seed["user"]["gravatar_id"] = Value::Null),
        seed_with(|seed| seed["app"]["url"] = json!("")),
        seed_with(|seed| seed["brand_new"] = json!({ "a": [1] })),
        seed_with(|seed| seed["expires_at"] = Value::Null),
        seed_with(|seed| seed["expires_at"] = json!("2026-11-22T10:00:00Z")),
    ] {
        let rotated = reset(200, &[], &body).await.unwrap();
        assert_eq!(rotated.token.expose(), "abcdefgh12345678");
        assert!(rotated.details.is_some(), "{body}");
    }
}

#[tokio::test]
async fn a_token_in_a_strange_answer_is_salvaged() {
    for body in [
        seed_with(|seed| seed["id"] = json!("one")),
        seed_with(|seed| seed["app"] = json!("gone")),
        seed_with(|seed| seed["created_at"] = json!("yesterday")),
        seed_with(|seed| seed["scopes"] = json!({})),
    ] {
        let rotated = reset(200, &[], &body).await.unwrap();
        assert_eq!(rotated.token.expose(), "abcdefgh12345678");
        assert!(rotated.details.is_none(), "{body}");
        assert_eq!(rotated.receipt, Receipt::Verified);
    }
    let rotated = reset(201, &[], GITHUB_SEED).await.unwrap();
    assert_eq!(rotated.token.expose(), "abcdefgh12345678");

    for (status, body) in [
        (200, json!({ "data": { "token": "sk-new" } })),
        (
            200,
            json!({ "statusCode": "200", "data": { "token": "sk-new" } }),
        ),
        (
            200,
            json!({ "statusCode": 200, "data": { "token": "sk-new", "user_id": [] } }),
        ),
        (
            202,
            json!({ "statusCode": 200, "data": { "token": "sk-new" } }),
        ),
    ] {
        let rotated = rotate(status, &body.to_string()).await.unwrap();
        assert_eq!(rotated.token.expose(), "sk-new");
        assert!(rotated.details.is_none(), "{body}");
    }
}

#[tokio::test]
async fn a_wrong_receipt_is_told_and_loses_nothing() {
    for body in [
        seed_with(|seed| seed["hashed_token"] = json!("0".repeat(64))),
        seed_with(|seed| seed["token_last_eight"] = json!("87654321")),
    ] {
        let rotated = reset(200, &[], &body).await.unwrap();
        assert_eq!(rotated.receipt, Receipt::Mismatch);
        assert_eq!(rotated.token.expose(), "abcdefgh12345678");
    }
}

#[tokio::test]
async fn a_success_without_a_token_is_unknown_and_keeps_the_body() {
    for body in [
        "",
        "<html>hello</html>",
        "{}",
        r#"{"token":null}"#,
        r#"{"token":5}"#,
        r#"{"token":{}}"#,
        r#"{"token":""}"#,
    ] {
        match reset(200, &[], body).await.unwrap_err() {
            RotateError::Unknown(unknown) => {
                assert_eq!(unknown.status(), Some(200));
                assert_eq!(unknown.body(), Some(body.as_bytes()));
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    for body in ["", "<html>", "{}", r#"{"statusCode":200,"data":null}"#] {
        let error = rotate(200, body).await.unwrap_err();
        assert!(error.is_unknown(), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn github_refuses_with_a_reason() {
    use RefusalReason::*;
    let limited = |seconds| RateLimited {
        retry_after: Some(Duration::from_secs(seconds)),
    };
    let not_found = r#"{"message":"Not Found"}"#;
    let request_id = &[("x-github-request-id", "A:1")][..];
    let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
    let none: &[(&str, &str)] = &[];
    const DOCUMENTED: &str =
        r#"{"message":"Forbidden","documentation_url":"https://docs.github.com/rest"}"#;
    const ELSEWHERE: &str =
        r#"{"message":"Forbidden","documentation_url":"https://docs.github.com.example/rest"}"#;
    for (status, headers, body, reason) in [
        (
            400,
            request_id,
            r#"{"message":"Problems parsing JSON"}"#,
            Invalid,
        ),
        (400, none, r#"{"message":"Not in this form"}"#, Other),
        (
            401,
            none,
            r#"{"message":"Bad credentials"}"#,
            BadCredentials,
        ),
        (401, none, "<html>", BadCredentials),
        (
            403,
            request_id,
            r#"{"message":"Forbidden"}"#,
            MissingPermission,
        ),
        (403, none, DOCUMENTED, MissingPermission),
        (403, none, r#"{"message":"Forbidden"}"#, Other),
        (403, none, ELSEWHERE, Other),
        (403, &[("retry-after", "30")], DOCUMENTED, limited(30)),
        (
            403,
            &[("retry-after", "30")],
            r#"{"message":"Forbidden"}"#,
            Other,
        ),
        (403, none, secondary, limited(60)),
        (429, none, secondary, limited(60)),
        (429, &[("retry-after", "7")], secondary, limited(7)),
        (429, none, "", RateLimited { retry_after: None }),
        (
            429,
            &[
                ("date", "Sun, 22 Nov 2026 10:00:00 GMT"),
                ("retry-after", "Sun, 22 Nov 2026 10:02:00 GMT"),
            ],
            "",
            limited(120),
        ),
        (403, none, "<html>a firewall's page</html>", Other),
        (403, none, LOCKED_OUT, LockedOut),
        (
            403,
            none,
            r#"{"message":"Sorry. Your account was suspended."}"#,
            ApplicationSuspended,
        ),
        (403, none, ABUSE, limited(60)),
        (
            403,
            none,
            r#"{"message":"No","documentation_url":"https://docs.github.com/rest/overview/resources-in-the-rest-api#secondary-rate-limits"}"#,
            limited(60),
        ),
        (404, request_id, not_found, InvalidToken),
        (404, none, ABOUT_THE_TOKEN, InvalidToken),
        (404, none, not_found, Other),
        (404, request_id, ABOUT_A_PATH, Other),
        (404, request_id, "<html>", Other),
        (404, none, ABOUT_A_PATH, Other),
        (400, none, "<html>", Other),
        (404, none, "<html>no such page</html>", Other),
        (404, none, "", Other),
        (410, none, "", Other),
        (
            422,
            request_id,
            r#"{"message":"Invalid request","errors":[]}"#,
            Invalid,
        ),
        (
            301,
            &[("location", "https://elsewhere.example/")],
            "",
            Redirected,
        ),
        (
            307,
            &[("location", "https://elsewhere.example/")],
            "",
            Redirected,
        ),
    ] {
        match reset(status, headers, body).await.unwrap_err() {
            RotateError::Refused(refusal) => {
                assert_eq!(refusal.reason, reason, "{status} {body}");
                assert_eq!(refusal.status, status);
            }
            other => panic!("{status} {body}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_exhausted_limit_ends_when_its_window_does() {
    let begun = Instant::now();
    let reset_at = std::time::SystemTime::now() + Duration::from_secs(600);
    let epoch = reset_at.duration_since(std::time::UNIX_EPOCH).unwrap();
    let epoch = epoch.as_secs().to_string();
    let headers = [
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", &epoch),
    ];
    let error = reset(403, &headers, "{}").await.unwrap_err();
    match error.refusal().unwrap().reason {
        RefusalReason::RateLimited {
            retry_after: Some(wait),
        } => {
            // There are whole seconds in the headers.
            let waited = wait + begun.elapsed() + Duration::from_secs(2);
            assert!(wait.as_secs() <= 600 && waited.as_secs() >= 600, "{wait:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_calls_that_are_left_are_counted_by_the_clock_of_the_answer() {
    let date = ("date", "Thu, 23 Jul 2026 09:34:21 GMT");
    let reset_at = ("x-ratelimit-reset", "1784802861");
    let headers = [date, reset_at, ("x-ratelimit-remaining", "4999")];
    let rotated = reset(200, &headers, GITHUB_SEED).await.unwrap();
    let left = rotated.rate_limit.unwrap();
    assert_eq!((left.limit, left.remaining), (None, 4999));
    assert_eq!(left.resets_in, Duration::from_secs(3600));

    let headers = [date, reset_at, ("x-ratelimit-remaining", "0")];
    let error = reset(403, &headers, "{}").await.unwrap_err();
    let retry_after = Some(Duration::from_secs(3600));
    let limited = RefusalReason::RateLimited { retry_after };
    assert_eq!(error.refusal().unwrap().reason, limited);

    let rotated = reset(200, &[], GITHUB_SEED).await.unwrap();
    assert!(rotated.rate_limit.is_none());
}

#[tokio::test]
async fn an_absurd_limit_is_a_limit_all_the_same() {
    let most = u64::MAX.to_string();
    for headers in [
        [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", &*most),
        ],
        [("retry-after", &*most), ("x-ratelimit-reset", "-1")],
        [("x-ratelimit-remaining", "0"), ("retry-after", "soon")],
    ] {
        let error = reset(429, &headers, "{}").await.unwrap_err();
        let reason = error.refusal().unwrap().reason;
        assert!(matches!(reason, RefusalReason::RateLimited { .. }));
    }
}

#[tokio::test]
async fn ohmygpt_refuses_in_its_envelope_whatever_http_says() {
    use RefusalReason::*;
    for (code, error_type, reason) in [
        (401, "oauth_invalid_token_error", InvalidToken),
        (401, "something_else", BadCredentials),
        (402, "insufficient_balance_error", InsufficientBalance),
        (403, "x", MissingPermission),
        (400, "x", Invalid),
        (404, "x", Other),
        (429, "x", RateLimited { retry_after: None }),
    ] {
        let body = json!({
            "statusCode": code, "errorType": error_type, "message": "words", "data": null,
        });
        for http in [200, code] {
            let error = rotate(http, &body.to_string()).await.unwrap_err();
            let refusal = error
                .refusal()
                .unwrap_or_else(|| panic!("{http} {error:?}"));
            assert_eq!(refusal.reason, reason, "{http} {code}");
            assert_eq!(refusal.status, code);
            assert_eq!(refusal.message.as_deref(), Some("words"));
        }
    }
}

#[tokio::test]
async fn a_failing_provider_leaves_the_outcome_unknown() {
    for status in [408, 500, 502, 503, 504] {
        let error = reset(status, &[], r#"{"message":"Server Error"}"#).await;
        let error = error.unwrap_err();
        assert!(error.is_unknown(), "{status}: {error:?}");
        assert_eq!(error.status(), Some(status));
        assert!(rotate(status, "").await.unwrap_err().is_unknown());
    }
    let envelope = r#"{"statusCode":500,"message":"x","data":null}"#;
    assert!(rotate(200, envelope).await.unwrap_err().is_unknown());
}

#[tokio::test]
async fn no_connection_means_not_sent() {
    let url = refusing_url();
    let error = github(&url).reset_token(&old_token()).await.unwrap_err();
    assert!(error.is_not_sent(), "{error:?}");
    let error = ohmygpt(&url).rotate_admin_token(&oauth_token()).await;
    assert!(error.unwrap_err().is_not_sent());
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_unknown() {
    let server = RawServer::start([""]).await;
    let error = github(&server.url()).reset_token(&old_token()).await;
    let error = error.unwrap_err();
    assert!(error.is_unknown(), "{error:?}");
    assert_eq!(error.status(), None);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_whole_document_in_a_cut_answer_is_enough() {
    let cut = json_answer("200 OK", "", &format!("{GITHUB_SEED}    "));
    let cut = cut.trim_end().to_owned();
    let server = RawServer::start([cut]).await;
    let rotated = github(&server.url()).reset_token(&old_token()).await;
    assert_eq!(rotated.unwrap().token.expose(), "abcdefgh12345678");
}

#[tokio::test]
async fn a_timeout_is_unknown() {
    let _clock = clock::stop();
    let server = RawServer::start_with(|_| Reply {
        bytes: Vec::new(),
        then: Then::Hold,
    })
    .await;
    let github = tokenturn::GitHub::builder("id", "secret")
        .base_url(server.url())
        .transport(|transport| transport.timeout(clock::LONGEST))
        .build()
        .unwrap();
    let old = old_token();
    let error = clock::run_out(&server, false, github.reset_token(&old)).await;
    assert!(error.unwrap_err().is_unknown());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = MockServer::start_async().await;
    let trap = answer(&elsewhere, Method::PATCH, 200, &[], GITHUB_SEED).await;
    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.url("/applications/x/token");
        let error = reset(status, &[("location", &location)], "").await;
        // A page that a gateway shows in place of an answer says nothing about the token.
        let is_page = [302, 303].contains(&status);
        let error = error.unwrap_err();
        assert_eq!(
            (error.is_unknown(), error.is_refused()),
            (is_page, !is_page),
            "{status}"
        );
    }
    assert_eq!(trap.calls_async().await, 0);
}

#[tokio::test]
async fn only_githubs_own_404_makes_a_token_invalid() {
    let about = |token: &str| seed_with(|seed| seed["token"] = json!(token));
    let valid = check(200, &[], &about(OLD_TOKEN)).await.unwrap();
    assert!(matches!(&*valid, TokenCheck::Valid(Some(a)) if a.id == Some(1)));
    assert!(valid.is_valid());
    let strange = seed_with(|seed| {
        seed["id"] = json!("one");
        seed["token"] = json!(OLD_TOKEN);
    });
    assert!(check(200, &[], &strange).await.unwrap().is_valid());
    // A server that does not repeat the token, and says which one it is.
    let hashed = seed_with(|seed| {
        seed["token"] = json!("");
        seed["hashed_token"] = json!(old_token().fingerprint().to_string());
    });
    assert!(check(200, &[], &hashed).await.unwrap().is_valid());

    let request_id = &[("x-github-request-id", "A:1")][..];
    let not_found = r#"{"message":"Not Found"}"#;
    for (headers, body) in [(request_id, not_found), (&[], ABOUT_THE_TOKEN)] {
        let not_found = check(404, headers, body).await.unwrap();
        assert!(matches!(*not_found, TokenCheck::Invalid));
    }

    for (status, body) in [
        (200, "<html>"),
        (200, ""),
        (200, GITHUB_SEED),
        (
            200,
            r#"{"user":{"token":"e72e16c7e42f292c6912e7710c838347ae178b4a"}}"#,
        ),
        (404, "<html>a proxy's page</html>"),
        (404, ""),
        (404, r#"{"message":"no Route matched with those values"}"#),
        (404, not_found),
        (401, r#"{"message":"Bad credentials"}"#),
        (403, "{}"),
        (410, ""),
        (422, r#"{"message":"Not Found"}"#),
        (500, ""),
        (302, ""),
    ] {
        assert!(check(status, &[], body).await.is_err(), "{status} {body}");
    }
    assert!(check(404, request_id, ABOUT_A_PATH).await.is_err());
    assert!(check(200, request_id, GITHUB_SEED).await.is_err());
}

/// GitHub has the same 404 for whatever an app cannot ask about, alive or dead.
#[tokio::test]
async fn a_404_says_nothing_about_what_is_no_users_token() {
    for token in [
        "ghp_leaked0123456789",
        "github_pat_leaked0123456789",
        "ghs_leaked0123456789",
        "ghr_leaked0123456789",
        "glpat-leaked0123456789",
        "sk-leaked0123456789",
        "\"gho_x\",",
        "GITHUB_TOKEN=gho_x",
        "<gho_x>",
    ] {
        let server = MockServer::start_async().await;
        for method in [Method::POST, Method::PATCH, Method::DELETE] {
            answer(&server, method, 404, &[], ABOUT_THE_TOKEN).await;
        }
        let (github, token) = (github(&server.base_url()), Secret::new(token));
        for error in [
            github.check_token(&token).await.unwrap_err().into_why(),
            github.reset_token(&token).await.unwrap_err(),
            github.delete_token(&token).await.unwrap_err().into_why(),
            github.recover(&token).await.unwrap_err().0,
        ] {
            let refusal = error.refusal().unwrap();
            assert_eq!(refusal.reason, RefusalReason::Other, "{}", token.expose());
            let message = refusal.message.as_deref().unwrap();
            assert!(message.contains("says nothing"), "{message}");
        }
    }
}

/// What the provider repeats is not printed, nor is the client secret, however short it is.
#[tokio::test]
async fn a_refusal_shows_no_secret_of_the_call() {
    let server = MockServer::start_async().await;
    let body = r#"{"message":"no gho_x for hunter-two"}"#;
    for method in [Method::POST, Method::PATCH, Method::DELETE] {
        answer(&server, method, 422, &[], body).await;
    }
    let github = GitHub::builder(CLIENT_ID, "hunter-two").base_url(server.base_url());
    let (github, token) = (github.build().unwrap(), Secret::new("gho_x"));
    for error in [
        github.check_token(&token).await.unwrap_err().into_why(),
        github.reset_token(&token).await.unwrap_err(),
        github.delete_token(&token).await.unwrap_err().into_why(),
    ] {
        let message = error.refusal().unwrap().message.as_deref();
        assert_eq!(message, Some("no [redacted] for [redacted]"));
    }
}

#[tokio::test]
async fn only_githubs_own_404_says_that_something_is_gone() {
    let not_found = json!({ "message": "Not Found" }).to_string();
    for (body, is_gone) in [
        (ABOUT_THE_TOKEN, true),
        (ABOUT_A_PATH, false),
        (&*not_found, false),
        ("<html>404</html>", false),
        ("", false),
    ] {
        let server = MockServer::start_async().await;
        let _mock = answer(&server, Method::DELETE, 404, &[], body).await;
        let github = github(&server.base_url());
        for deletion in [
            github.delete_token(&old_token()).await,
            github.delete_authorization(&old_token()).await,
        ] {
            match deletion {
                Ok(deletion) => {
                    assert_eq!(*deletion, Deletion::AlreadyGone);
                    assert!(is_gone, "{body}");
                }
                Err(error) => {
                    assert!(!is_gone, "{error:?}");
                    assert_eq!(error.refusal().unwrap().reason, RefusalReason::Other);
                }
            }
        }
    }

    // A revocation has no token in question, so its 404 is no answer about one.
    let server = MockServer::start_async().await;
    let _mock = answer(&server, Method::POST, 404, &[], ABOUT_THE_TOKEN).await;
    let github = github(&server.base_url());
    let error = github.revoke_credentials([old_token()]).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason, RefusalReason::Other);
}

#[tokio::test]
async fn a_deletion_with_another_success_says_which() {
    for (status, body, accepted) in [
        (200, "{}", Some(200)),
        (202, "", Some(202)),
        (200, "<!doctype html><p>Sign in to the network", None),
        (200, "Sign in to the network", None),
    ] {
        let server = MockServer::start_async().await;
        let _mock = answer(&server, Method::DELETE, status, &[], body).await;
        match github(&server.base_url()).delete_token(&old_token()).await {
            Ok(deletion) => {
                assert_eq!(*deletion, Deletion::Accepted);
                assert_eq!(Some(deletion.status), accepted);
            }
            Err(error) => {
                assert_eq!(accepted, None, "{error:?}");
                assert!(error.into_why().is_unknown());
            }
        }
    }
}

/// A success that the provider has not said changes nothing, and what may be the token is kept.
#[tokio::test]
async fn a_success_that_is_not_the_providers_is_unknown_with_candidates() {
    let request_id = ("x-github-request-id", "A:1");
    let html = ("content-type", "text/html; charset=utf-8");
    let page = r#"<!doctype html><script>x = {"token":"csrf-0123"}</script>"#;
    let without_hash = |token: &str| json!({ "id": 1, "token": token }).to_string();
    let same = seed_with(|seed| {
        seed["token"] = json!(OLD_TOKEN);
        seed["hashed_token"] = json!(old_token().fingerprint().to_string());
    });
    for (headers, body, candidates) in [
        (&[][..], page, &["csrf-0123"][..]),
        (&[html, request_id], page, &["csrf-0123"]),
        (&[html, request_id], r#"{"token":"gho_a"}"#, &["gho_a"]),
        (&[], r#"{"token":"gho_a","ttl":300}"#, &["gho_a"]),
        (&[request_id], r#"{"data":{"token":"gho_a"}}"#, &["gho_a"]),
        (&[request_id], r#"{"token":"csrf-0123"}"#, &["csrf-0123"]),
        (&[request_id], &same, &[]),
    ] {
        match reset(200, headers, body).await.unwrap_err() {
            RotateError::Unknown(unknown) => {
                let found = unknown.candidates().tokens().iter();
                let found: Vec<_> = found.map(|token| token.expose()).collect();
                assert_eq!(found, candidates, "{body}");
                assert!(unknown.may_hold_token());
                assert_eq!(unknown.body(), Some(body.as_bytes()));
                assert!(!format!("{unknown} {unknown:?}").contains("csrf"));
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    // What GitHub says is believed without a hash, and so is what vouches for itself.
    for (headers, body) in [
        (&[request_id][..], without_hash("gho_a")),
        (&[request_id], r#"{"id":1,"token":"gho_a","#.to_owned()),
        (&[], GITHUB_SEED.to_owned()),
        (&[html], GITHUB_SEED.to_owned()),
    ] {
        assert!(reset(200, headers, &body).await.is_ok(), "{body}");
    }

    for body in [
        json!({ "statusCode": 403, "errorType": "permission_error", "data": { "token": "sk-x" } }),
        json!({ "statusCode": 500, "data": { "token": "sk-x" } }),
        json!({ "token": "sk-x" }),
        json!({ "data": { "token": "csrf-x" } }),
    ] {
        match rotate(200, &body.to_string()).await.unwrap_err() {
            RotateError::Unknown(unknown) => assert!(!unknown.candidates().is_empty(), "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    let same = json!({ "statusCode": 200, "data": { "token": OAUTH_TOKEN } });
    let error = rotate(200, &same.to_string()).await.unwrap_err();
    assert!(error.is_unknown(), "{error:?}");
}

#[tokio::test]
async fn recover_asks_about_the_candidates() {
    use tokenturn::{Candidates, Recovery};

    let check = |token: &str, valid: bool, user: i64| {
        let token = token.to_owned();
        move |when: httpmock::When, then: httpmock::Then| {
            when.method(Method::POST)
                .body_includes(format!("\"{token}\""));
            let _ = match valid {
                true => then.json_body(json!({ "token": token, "user": { "id": user } })),
                false => then.status(404).body(ABOUT_THE_TOKEN),
            };
        }
    };
    let server = MockServer::start_async().await;
    server.mock_async(check(OLD_TOKEN, false, 0)).await;
    server.mock_async(check("csrf-1", false, 0)).await;
    server.mock_async(check("gho_new", true, 7)).await;
    let client = github(&server.base_url());
    let body = br#"{"token":"csrf-1"} {"token":"gho_new"}"#;
    let found = || Candidates::in_body(body);
    let recover = async |candidates: Candidates| {
        let recovered = client.recover_with(&old_token(), &candidates).await;
        recovered.unwrap()
    };
    for (candidates, token) in [
        (found(), Some("gho_new")),
        (found().of_user(7), Some("gho_new")),
        (found().of_user(8), None),
        (Candidates::default(), None),
    ] {
        match recover(candidates).await {
            Recovery::Rotated(new) => assert_eq!(Some(new.token.expose()), token),
            Recovery::Lost { .. } => assert_eq!(token, None),
            other => panic!("{other:?}"),
        }
    }

    // What stands before GitHub may dislike one, which hides no other and makes none dead.
    for (refused, is_githubs) in [(403, false), (422, false), (422, true)] {
        let id = if is_githubs { "1" } else { "" };
        let odd = move |when: httpmock::When, then: httpmock::Then| {
            when.method(Method::POST).body_includes("\"gho_odd\"");
            then.status(refused)
                .header("x-github-request-id", id)
                .body(r#"{"message":"no"}"#);
        };
        for is_there in [true, false] {
            let server = MockServer::start_async().await;
            server.mock_async(check(OLD_TOKEN, false, 0)).await;
            server.mock_async(odd).await;
            server.mock_async(check("gho_new", is_there, 7)).await;
            let client = github(&server.base_url());
            let candidates = Candidates::in_body(br#"["gho_odd", "gho_new"]"#);
            match client.recover_with(&old_token(), &candidates).await {
                Ok(Recovery::Rotated(_)) => assert!(is_there),
                Ok(Recovery::Lost { .. }) => assert!(is_githubs && !is_there),
                Err(_) => assert!(!is_githubs && !is_there),
                other => panic!("{other:?}"),
            }
        }
    }

    // As long as the old token works, nothing has replaced it.
    let server = MockServer::start_async().await;
    server.mock_async(check(OLD_TOKEN, true, 7)).await;
    let client = github(&server.base_url());
    let recovered = client.recover_with(&old_token(), &found()).await.unwrap();
    assert!(matches!(recovered, Recovery::NotReplaced));
}

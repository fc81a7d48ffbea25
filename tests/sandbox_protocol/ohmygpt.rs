//! OhMyGPT's OAuth API and its page.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokenturn_sandbox::Sandbox;

use super::{Answer, CALLBACK, FORM, call, encode, get, param};

#[tokio::test]
async fn ohmygpt_answers_in_its_envelope() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let line = "POST /api/v1/user/oauth/app/rotate-user-admin-token";
    for headers in ["", "authorization: Bearer omg-oat-v1-wrong\r\n"] {
        let answer = call(&sandbox, line, headers, "").await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.body["statusCode"], 401);
        assert_eq!(answer.body["errorType"], "oauth_invalid_token_error");
        assert!(answer.body["data"].is_null());
    }
    let bearer = format!("authorization: Bearer {}\r\n", user.oauth_token);
    let answer = call(&sandbox, line, &bearer, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["statusCode"], 200);
    assert_eq!(answer.body["message"], "Rotate User Admin Token success");
    assert_eq!(answer.body["data"]["user_id"], 2286);
    assert!(sandbox.is_alive(answer.body["data"]["token"].as_str().unwrap()));
    assert_eq!(sandbox.requests().len(), 3);
}

/// An authorization URL of OhMyGPT's.
fn ohmygpt_url(sandbox: &Sandbox, changes: &[(&str, &str)]) -> String {
    let id = sandbox.ohmygpt_client_id();
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", id.as_str()),
        ("redirect_uri", CALLBACK),
        ("scope", "trusted_full_access"),
    ];
    fields.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    fields.extend(changes);
    format!("{}/next/v1/oauth?{}", sandbox.url(), encode(&fields))
}

async fn issue(sandbox: &Sandbox, secret: &str, code: &str) -> Answer {
    let id = sandbox.ohmygpt_client_id();
    let body = encode(&[
        ("client_id", &id),
        ("client_secret", secret),
        ("code", code),
    ]);
    call(sandbox, "POST /api/v1/user/oauth/issue-token", FORM, &body).await
}

#[tokio::test]
async fn the_ohmygpt_page_sends_the_browser_back_only_with_a_code() {
    let sandbox = Sandbox::start(0).await.unwrap();
    assert_eq!(sandbox.ohmygpt_client_id().len(), 24);
    assert_eq!(sandbox.ohmygpt_client_secret().len(), 32);
    let template = STANDARD.encode("/x?c={code}&s={state}&tgid=1");
    let escape = STANDARD.encode(".example.com/{code}");
    let binary = STANDARD.encode([0xff]);
    let succeed = format!("{}/next/v1/oauth/succeed", sandbox.url());
    let existing = format!("{CALLBACK}?a=1");
    let probe = "<i>&\"{code}";
    let encoded = "%3Ci%3E%26%22%7Bcode%7D";
    for (changes, wanted) in [
        (
            vec![("state", probe)],
            Some(format!("{CALLBACK}?code=CODE&state={encoded}")),
        ),
        (
            vec![("scope", "trusted_full_access")],
            Some(format!("{CALLBACK}?code=CODE")),
        ),
        (
            vec![("redirect_uri", existing.as_str())],
            Some(format!("{CALLBACK}?a=1&code=CODE")),
        ),
        (
            vec![("redirect_uri", &succeed)],
            Some(format!("{succeed}?code=CODE")),
        ),
        (
            vec![("state", probe), ("redirect_template", &template)],
            Some(format!("{CALLBACK}/x?c=CODE&s={encoded}&tgid=1")),
        ),
        (
            vec![("redirect_template", &template)],
            Some(format!("{CALLBACK}/x?c=CODE&s=&tgid=1")),
        ),
        (vec![("redirect_template", "?")], None),
        (vec![("redirect_template", &binary)], None),
        (
            vec![
                ("redirect_template", &escape),
                ("redirect_uri", "http://127.0.0.1"),
            ],
            None,
        ),
        (vec![("redirect_uri", "http://example.com")], None),
        (vec![("response_type", "token")], None),
        (vec![("client_id", "x")], None),
        (vec![("scope", "general_api_access")], None),
    ] {
        let url = ohmygpt_url(&sandbox, &changes);
        let page = call(&sandbox, &get(&url), "", "").await;
        let (_, query) = url.split_once('?').unwrap();
        let body = format!("{query}&decision=authorize");
        let pressed = call(&sandbox, "POST /next/v1/oauth", FORM, &body).await;
        let Some(wanted) = wanted else {
            assert_eq!((page.status, pressed.status), (400, 400), "{changes:?}");
            assert_eq!(sandbox.approve(&url).unwrap_err().status(), 400);
            continue;
        };
        assert_eq!((page.status, pressed.status), (200, 302), "{changes:?}");
        for part in ["id=\"authorize\"", "id=\"cancel\"", "trusted_full_access"] {
            assert!(page.text.contains(part), "{part}\n{}", page.text);
        }
        assert!(!page.text.contains("<i>"));
        let (before, after) = wanted.split_once("CODE").unwrap();
        for location in [
            pressed.header("location").unwrap(),
            &sandbox.approve(&url).unwrap(),
        ] {
            let code = location
                .strip_prefix(before)
                .and_then(|l| l.strip_suffix(after));
            let code = code.unwrap_or_else(|| panic!("{location}"));
            assert_eq!(code.len(), 16);
            if location.starts_with(&succeed) {
                let page = call(&sandbox, &get(location), "", "").await;
                assert!(
                    page.text
                        .contains(&format!("<code id=\"code\">{code}</code>"))
                );
            }
        }
        let body = format!("{query}&decision=cancel");
        let cancelled = call(&sandbox, "POST /next/v1/oauth", FORM, &body).await;
        assert_eq!(
            (cancelled.status, cancelled.header("location")),
            (200, None)
        );
        assert!(cancelled.text.contains("You cancelled it"));
        assert_eq!(sandbox.deny(&url).unwrap_err().status(), 200);
    }
    sandbox.set_ohmygpt_scope("general_api_access");
    let url = ohmygpt_url(&sandbox, &[("scope", "general_api_access")]);
    assert!(sandbox.approve(&url).is_ok());
    let answer = call(&sandbox, "GET /next/v1/oauth/succeed?code=%3Ci%3E", "", "").await;
    assert!(answer.text.contains("&lt;i&gt;"));
}

#[tokio::test]
async fn ohmygpt_issues_a_token_for_a_code_once() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let secret = sandbox.ohmygpt_client_secret();
    let code = || {
        let url = sandbox.approve(&ohmygpt_url(&sandbox, &[])).unwrap();
        param(&url, "code").unwrap().to_owned()
    };
    let (first, late) = (code(), code());
    for (secret, code, status) in [
        ("wrong", first.as_str(), 400),
        (&secret, "wrong", 400),
        (&secret, &first, 200),
        (&secret, &first, 400),
    ] {
        let answer = issue(&sandbox, secret, code).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.body["statusCode"], status);
        if status == 400 {
            assert!(answer.body["data"].is_null() && answer.body.get("errorType").is_none());
            continue;
        }
        assert_eq!(answer.body["message"], "Issue OAuth Token success");
        let data = &answer.body["data"];
        assert_eq!(data["user_id"], "2286");
        assert_eq!(data["client_id"], sandbox.ohmygpt_client_id());
        let token = data["token"].as_str().unwrap();
        assert!(token.starts_with("omg-oat-v1-") && sandbox.is_alive(token));
        let line = "POST /api/v1/user/oauth/app/query-user-basic-info";
        for (token, status) in [(token, 200), (user.oauth_token.as_str(), 200), ("x", 401)] {
            let bearer = format!("authorization: Bearer {token}\r\n");
            let answer = call(&sandbox, line, &bearer, "").await;
            assert_eq!(answer.status, status);
            if status == 200 {
                assert_eq!(answer.body["message"], "success");
                let data = json!({ "userId": "2286", "userEmail": "user2286@example.com" });
                assert_eq!(answer.body["data"], data);
            } else {
                assert_eq!(answer.body["errorType"], "oauth_invalid_token_error");
            }
        }
    }
    sandbox.advance(Duration::from_secs(600));
    assert_eq!(issue(&sandbox, &secret, &late).await.status, 400);
}

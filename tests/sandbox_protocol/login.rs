//! GitHub's login host: the authorize page, codes and refreshes.

use std::time::Duration;

use serde_json::json;
use tokenturn_sandbox::Sandbox;

use super::{
    CALLBACK, CHALLENGE, EXCHANGE, FORM, FORM_FOR_JSON, JSON, VERIFIER, basic, call, check, encode,
    exchange, get, github_code, github_url, param,
};

#[tokio::test]
async fn the_github_page_shows_what_is_asked_and_sends_the_browser_back() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let probe = "\"><script>alert('&')</script>";
    for callback in [CALLBACK, "http://localhost/?a=1", "http://localhost:1/x?"] {
        let fields = [
            ("redirect_uri", callback),
            ("scope", probe),
            ("state", probe),
        ];
        let url = github_url(&sandbox, &fields);
        let answer = call(&sandbox, &get(&url), "", "").await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(!answer.text.contains("<script") && !answer.text.contains("='"));
        for part in [
            "&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;",
            "<form method=\"post\" action=\"/login/oauth/authorize\">",
            "<button id=\"authorize\" name=\"decision\" value=\"authorize\">",
            "<button id=\"cancel\" name=\"decision\" value=\"cancel\">",
            "<input type=\"hidden\" name=\"client_id\"",
        ] {
            assert!(answer.text.contains(part), "{part}\n{}", answer.text);
        }

        let (_, query) = url.split_once('?').unwrap();
        for decision in ["authorize", "cancel", "neither"] {
            let body = format!("{query}&decision={decision}");
            let answer = call(&sandbox, "POST /login/oauth/authorize", FORM, &body).await;
            if decision == "neither" {
                assert_eq!(answer.status, 400);
                continue;
            }
            assert_eq!(answer.status, 302);
            let location = answer.header("location").unwrap();
            let rest = location.strip_prefix(callback).unwrap();
            let mark = match callback.split_once('?') {
                None => "?",
                Some((_, "")) => "",
                Some(_) => "&",
            };
            let first = if decision == "authorize" {
                "code="
            } else {
                "error=access_denied&"
            };
            assert!(rest.starts_with(&format!("{mark}{first}")), "{location}");
            let state = param(location, "state").unwrap();
            assert_eq!(
                state,
                "%22%3E%3Cscript%3Ealert%28%27%26%27%29%3C%2Fscript%3E"
            );
            let has_code = param(location, "code").is_some();
            assert_eq!(has_code, decision == "authorize");
            assert_eq!(param(location, "error_description").is_some(), !has_code);
            assert_eq!(param(location, "error_uri").is_some(), !has_code);
        }
    }
    let url = github_url(&sandbox, &[("redirect_uri", CALLBACK)]);
    let denied = sandbox.deny(&url).unwrap();
    assert_eq!(param(&denied, "error"), Some("access_denied"));
    assert!(param(&denied, "state").is_none());
}

#[tokio::test]
async fn the_github_page_refuses() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let with = |more: &[(&str, &str)]| {
        let mut fields = vec![("redirect_uri", CALLBACK)];
        fields.extend(more);
        github_url(&sandbox, &fields)
    };
    let to = |uri| github_url(&sandbox, &[("redirect_uri", uri)]);
    let base = format!("{}/login/oauth/authorize", sandbox.url());
    for (url, status, message) in [
        (format!("{base}?state=1"), 404, "Not Found"),
        (format!("{base}?client_id=x"), 404, "Not Found"),
        (github_url(&sandbox, &[]), 400, "redirect_uri_mismatch"),
        (to("https://example.com/"), 400, "redirect_uri_mismatch"),
        (
            to("http://127.0.0.1.example.com/"),
            400,
            "redirect_uri_mismatch",
        ),
        (
            to("http://localhost@example.com/"),
            400,
            "redirect_uri_mismatch",
        ),
        (
            to("http://example.com@localhost/"),
            400,
            "redirect_uri_mismatch",
        ),
        (
            to("javascript://localhost/%0aalert(1)"),
            400,
            "redirect_uri_mismatch",
        ),
        (to("http://localhost/#x"), 400, "redirect_uri_mismatch"),
        (
            to("http://localhost/\r\nx: y"),
            400,
            "redirect_uri_mismatch",
        ),
        (to("//localhost/"), 400, "redirect_uri_mismatch"),
        (
            with(&[("code_challenge", CHALLENGE)]),
            400,
            "code_challenge",
        ),
        (
            with(&[("code_challenge_method", "S256")]),
            400,
            "code_challenge",
        ),
        (
            with(&[
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "plain"),
            ]),
            400,
            "code_challenge",
        ),
        (
            with(&[
                ("code_challenge", "short"),
                ("code_challenge_method", "S256"),
            ]),
            400,
            "code_challenge",
        ),
    ] {
        let answer = call(&sandbox, &get(&url), "", "").await;
        assert_eq!(answer.status, status, "{url}");
        assert!(answer.text.contains(message), "{}", answer.text);
        let page = sandbox.approve(&url).unwrap_err();
        assert_eq!(page.status(), status);
        assert!(page.to_string().contains(message));
    }
    for elsewhere in [
        "https://github.com/login/oauth/authorize?a",
        &sandbox.url(),
        &base,
    ] {
        assert_eq!(sandbox.approve(elsewhere).unwrap_err().status(), 400);
    }
}

#[tokio::test]
async fn github_exchanges_a_code_once() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    // As a form, as JSON, and in the query; answered as a form or as JSON.
    for (is_json, headers, is_query) in [
        (true, FORM_FOR_JSON, false),
        (true, JSON, false),
        (false, FORM, false),
        (false, "", true),
        (false, "accept: text/html\r\n", true),
    ] {
        let code = github_code(&sandbox, &[]);
        let fields = [
            ("client_id", id.as_str()),
            ("client_secret", &secret),
            ("code", &code),
        ];
        let (line, body) = match (is_query, headers) {
            (true, _) => (format!("{EXCHANGE}?{}", encode(&fields)), String::new()),
            (_, JSON) => {
                let body = json!({ "client_id": id, "client_secret": secret, "code": code });
                (EXCHANGE.to_owned(), body.to_string())
            }
            _ => (EXCHANGE.to_owned(), encode(&fields)),
        };
        let answer = call(&sandbox, &line, headers, &body).await;
        assert_eq!(answer.status, 200);
        let content_type = answer.header("content-type").unwrap();
        let token = if is_json {
            assert_eq!(content_type, "application/json; charset=utf-8");
            assert_eq!(answer.body["token_type"], "bearer");
            assert_eq!(answer.body["scope"], "repo,gist");
            assert_eq!(answer.body.as_object().unwrap().len(), 3);
            answer.text("access_token")
        } else {
            let wanted = "application/x-www-form-urlencoded; charset=utf-8";
            assert_eq!(content_type, wanted);
            let url = format!("?{}", answer.text);
            assert_eq!(param(&url, "scope"), Some("repo%2Cgist"));
            assert_eq!(param(&url, "token_type"), Some("bearer"));
            param(&url, "access_token").unwrap().to_owned()
        };
        assert!(token.starts_with("gho_") && sandbox.is_alive(&token));
        let checked = check(&sandbox, &token).await;
        assert_eq!(checked.body["scopes"], json!(["repo", "gist"]));
        // A second time it is worth nothing.
        let answer = exchange(&sandbox, Some(&secret), &[("code", &code)]).await;
        assert_eq!(answer.body["error"], "bad_verification_code");
    }
    // The query of none of them is in the log.
    assert!(
        sandbox
            .requests()
            .iter()
            .all(|request| !request.path.contains('?'))
    );

    // Without a scope there are those that were granted before.
    let url = github_url(&sandbox, &[("redirect_uri", CALLBACK)]);
    let url = sandbox.approve(&url).unwrap();
    let code = param(&url, "code").unwrap();
    let answer = exchange(&sandbox, Some(&secret), &[("code", code)]).await;
    assert_eq!(answer.body["scope"], "gist,repo");
}

#[tokio::test]
async fn github_refuses_a_code_in_the_documented_words() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let secret = sandbox.client_secret();
    let s256 = [
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let wrong = Some("wrong");
    let right = Some(secret.as_str());
    let good = ("redirect_uri", CALLBACK);
    let bad = ("redirect_uri", "http://127.0.0.1:7777/other");
    let right_verifier = ("code_verifier", VERIFIER);
    let wrong_verifier = ("code_verifier", CHALLENGE);
    for (challenge, secret, more, error) in [
        (&[][..], right, vec![], ""),
        (&[], right, vec![good], ""),
        (&[], right, vec![("grant_type", "authorization_code")], ""),
        (&[], None, vec![], "incorrect_client_credentials"),
        (&[], wrong, vec![], "incorrect_client_credentials"),
        (&[], right, vec![bad], "redirect_uri_mismatch"),
        (
            &[],
            right,
            vec![("grant_type", "password")],
            "unsupported_grant_type",
        ),
        (&s256, right, vec![right_verifier], ""),
        (&s256, right, vec![], "bad_verification_code"),
        (&s256, right, vec![wrong_verifier], "bad_verification_code"),
    ] {
        let code = github_code(&sandbox, challenge);
        let mut fields = vec![("code", code.as_str())];
        fields.extend(&more);
        let answer = exchange(&sandbox, secret, &fields).await;
        let found = answer.body["error"].as_str().unwrap_or_default();
        assert_eq!(found, error, "{more:?}");
        if error == "incorrect_client_credentials" {
            // Whoever does not know the secret cannot use up the code.
            let answer = exchange(&sandbox, right, &[("code", &code)]).await;
            assert!(answer.body["error"].is_null());
        }
    }
    let fields = encode(&[
        ("client_id", "x"),
        ("client_secret", &secret),
        ("code", "x"),
    ]);
    let answer = call(&sandbox, EXCHANGE, FORM, &fields).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .text
            .contains("error=incorrect_client_credentials&error_description=The+")
    );

    sandbox.set_email_verified(false);
    let code = github_code(&sandbox, &[]);
    let answer = exchange(&sandbox, right, &[("code", &code)]).await;
    assert_eq!(answer.body["error"], "unverified_user_email");
}

#[tokio::test]
async fn github_lets_everything_expire_by_the_clock() {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_expiring_tokens(true);
    let secret = sandbox.client_secret();
    let secret = Some(secret.as_str());
    let (in_time, late) = (github_code(&sandbox, &[]), github_code(&sandbox, &[]));
    sandbox.advance(Duration::from_secs(300));
    let pair = exchange(&sandbox, secret, &[("code", &in_time)]).await;
    sandbox.advance(Duration::from_secs(300));
    let answer = exchange(&sandbox, secret, &[("code", &late)]).await;
    assert_eq!(answer.body["error"], "bad_verification_code");

    assert_eq!(pair.body["expires_in"], 28_800);
    assert_eq!(pair.body["refresh_token_expires_in"], 15_897_600);
    let (token, refresh_token) = (pair.text("access_token"), pair.text("refresh_token"));
    assert!(token.starts_with("ghu_") && refresh_token.starts_with("ghr_"));
    let before = check(&sandbox, &token).await;
    assert!(before.text("expires_at").ends_with('Z'));
    sandbox.advance(Duration::from_secs(28_800));
    let after = check(&sandbox, &token).await;
    assert_eq!(after.status, 404);
    assert_ne!(
        before.header("date").unwrap()[..22],
        after.header("date").unwrap()[..22]
    );
    assert!(!sandbox.is_alive(&token) && sandbox.is_alive(&refresh_token));

    sandbox.advance(Duration::from_secs(15_897_600));
    assert!(!sandbox.is_alive(&refresh_token));
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &refresh_token),
    ];
    let answer = exchange(&sandbox, secret, &fields).await;
    assert_eq!(answer.body["error"], "bad_refresh_token");
    assert!(sandbox.is_alive(&sandbox.new_github_token()));
    sandbox.advance(Duration::MAX);
    assert_eq!(
        check(&sandbox, &sandbox.new_github_token()).await.status,
        200
    );
}

#[tokio::test]
async fn github_refreshes_a_pair_once() {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_expiring_tokens(true);
    let secret = sandbox.client_secret();
    let right = Some(secret.as_str());
    let code = github_code(&sandbox, &[]);
    let old = exchange(&sandbox, right, &[("code", &code)]).await;
    let refresh_token = old.text("refresh_token");
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.as_str()),
    ];
    for secret in [None, Some("wrong")] {
        let answer = exchange(&sandbox, secret, &fields).await;
        assert_eq!(answer.body["error"], "incorrect_client_credentials");
    }
    let new = exchange(&sandbox, right, &fields).await;
    for (name, alive, dead) in [("access_token", &new, &old), ("refresh_token", &new, &old)] {
        assert!(sandbox.is_alive(&alive.text(name)), "{name}");
        assert!(!sandbox.is_alive(&dead.text(name)), "{name}");
    }
    assert_eq!(new.body["scope"], "repo,gist");
    let answer = exchange(&sandbox, right, &fields).await;
    assert_eq!(answer.body["error"], "bad_refresh_token");

    // A reset takes the refresh token along, and leaves the expiry as it was.
    let line = format!("PATCH /applications/{}/token", sandbox.client_id());
    let token = new.text("access_token");
    let expires_at = check(&sandbox, &token).await.text("expires_at");
    let body = json!({ "access_token": token }).to_string();
    let reset = call(&sandbox, &line, &basic(&sandbox), &body).await;
    assert!(reset.text("token").starts_with("ghu_"));
    assert_eq!(reset.text("expires_at"), expires_at);
    assert!(!sandbox.is_alive(&new.text("refresh_token")));
}

//! The sandbox over plain sockets: what no client of ours would send, and what it answers with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;
use tokenturn_sandbox::{Fault, Sandbox, SecondaryLimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Answer {
    status: u16,
    head: String,
    text: String,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        Some(lines.find(|(found, _)| *found == name)?.1)
    }

    fn text(&self, field: &str) -> String {
        let value = self.body[field].as_str();
        value.unwrap_or_else(|| panic!("no {field}")).to_owned()
    }
}

async fn call(sandbox: &Sandbox, line: &str, headers: &str, body: &str) -> Answer {
    let host = sandbox.url().replace("http://", "");
    let mut stream = TcpStream::connect(&host).await.unwrap();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\
         {headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        text: body.to_owned(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}

fn basic(sandbox: &Sandbox) -> String {
    let pair = format!("{}:{}", sandbox.client_id(), sandbox.client_secret());
    format!("authorization: Basic {}\r\n", STANDARD.encode(pair))
}

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";
const JSON: &str = "content-type: application/json\r\naccept: application/json\r\n";
const FORM_FOR_JSON: &str =
    "content-type: application/x-www-form-urlencoded\r\naccept: application/json\r\n";

const EXCHANGE: &str = "POST /login/oauth/access_token";
const CALLBACK: &str = "http://127.0.0.1:7777/back";

/// The pair of RFC 7636.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn encode(fields: &[(&str, &str)]) -> String {
    let one = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}={}", one(name), one(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn param<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Some(pairs.find(|(found, _)| *found == name)?.1)
}

/// An authorization URL of GitHub's.
fn github_url(sandbox: &Sandbox, more: &[(&str, &str)]) -> String {
    let id = sandbox.client_id();
    let mut fields = vec![("client_id", id.as_str())];
    fields.extend(more);
    format!(
        "{}/login/oauth/authorize?{}",
        sandbox.url(),
        encode(&fields)
    )
}

/// A code of GitHub's for the scopes `repo` and `gist`.
fn github_code(sandbox: &Sandbox, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("redirect_uri", CALLBACK), ("scope", "repo gist")];
    fields.extend(more);
    let url = sandbox.approve(&github_url(sandbox, &fields)).unwrap();
    param(&url, "code").unwrap().to_owned()
}

/// What GitHub's login host says to the app, in JSON.
async fn exchange(sandbox: &Sandbox, secret: Option<&str>, more: &[(&str, &str)]) -> Answer {
    let id = sandbox.client_id();
    let mut fields = vec![("client_id", id.as_str())];
    fields.extend(secret.map(|secret| ("client_secret", secret)));
    fields.extend(more);
    let answer = call(sandbox, EXCHANGE, FORM_FOR_JSON, &encode(&fields)).await;
    assert_eq!(answer.status, 200);
    if answer.body.get("error").is_some() {
        assert!(
            answer
                .text("error_uri")
                .starts_with("https://docs.github.com")
        );
        assert!(!answer.text("error_description").is_empty());
    }
    answer
}

async fn check(sandbox: &Sandbox, token: &str) -> Answer {
    let line = format!("POST /applications/{}/token", sandbox.client_id());
    let body = json!({ "access_token": token }).to_string();
    call(sandbox, &line, &basic(sandbox), &body).await
}

/// The line of a call of a path without its host.
fn get(url: &str) -> String {
    format!("GET /{}", url.splitn(4, '/').nth(3).unwrap())
}

#[tokio::test]
async fn github_refuses_in_the_documented_words() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let good = basic(&sandbox);
    let wrong = "authorization: Basic d3Jvbmc6d3Jvbmc=\r\n";
    let token = json!({ "access_token": sandbox.new_github_token() }).to_string();
    for (method, path) in [
        ("POST", "token"),
        ("PATCH", "token"),
        ("DELETE", "token"),
        ("DELETE", "grant"),
        ("POST", "token/scoped"),
    ] {
        for prefix in ["", "/api/v3"] {
            for (headers, body, status, message) in [
                ("", token.as_str(), 401, "Requires authentication"),
                (wrong, &token, 401, "Bad credentials"),
                (&good, "{", 400, "Problems parsing JSON"),
                (&good, "", 400, "Problems parsing JSON"),
                (&good, "[]", 400, "Body should be a JSON object"),
                (&good, "{}", 422, "Invalid request"),
                (&good, r#"{"access_token":5}"#, 422, "Invalid request"),
                (&good, r#"{"access_token":"gho_x"}"#, 404, "Not Found"),
            ] {
                let client_id = sandbox.client_id();
                let line = format!("{method} {prefix}/applications/{client_id}/{path}");
                let answer = call(&sandbox, &line, headers, body).await;
                assert_eq!(answer.status, status, "{line} {body}");
                assert_eq!(answer.body["message"], message, "{line} {body}");
            }
            let line = format!("{method} {prefix}/applications/another/{path}");
            assert_eq!(call(&sandbox, &line, &good, &token).await.status, 404);
        }
    }
}

#[tokio::test]
async fn github_answers_with_the_recorded_headers_and_a_right_receipt() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let good = basic(&sandbox);
    let old = sandbox.new_github_token();
    let body = json!({ "access_token": old }).to_string();
    let line = format!("PATCH /applications/{}/token", sandbox.client_id());
    let answer = call(&sandbox, &line, &good, &body).await;
    assert_eq!(answer.status, 200);
    for header in [
        "x-ratelimit-limit: 5000",
        "x-ratelimit-remaining: 4999",
        "x-github-request-id: ",
        "content-type: application/json; charset=utf-8",
    ] {
        assert!(answer.head.contains(header), "{header}\n{}", answer.head);
    }
    let token = answer.body["token"].as_str().unwrap();
    let secret = tokenturn::Secret::new(token);
    assert_eq!(
        answer.body["hashed_token"],
        secret.fingerprint().to_string()
    );
    assert_eq!(answer.body["token_last_eight"], token[token.len() - 8..]);

    // The same fields as in the documented example, and the expiry that newer servers add.
    let seed: Value = serde_json::from_str(tokenturn_tests::GITHUB_SEED).unwrap();
    let mut found: Vec<_> = answer.body.as_object().unwrap().keys().collect();
    let mut wanted: Vec<_> = seed.as_object().unwrap().keys().collect();
    found.retain(|key| *key != "expires_at");
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    assert!(answer.body["expires_at"].is_null());

    // The old token is dead, and the limit counts down.
    let answer = call(&sandbox, &line, &good, &body).await;
    assert_eq!(answer.status, 404);
    assert!(answer.head.contains("x-ratelimit-remaining: 4998"));
    assert!(!sandbox.is_alive(&old));
}

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

#[tokio::test]
async fn github_deletes_a_token_or_all_of_them() {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_expiring_tokens(true);
    let secret = sandbox.client_secret();
    let code = github_code(&sandbox, &[]);
    let pair = exchange(&sandbox, Some(&secret), &[("code", &code)]).await;
    let refresh_token = pair.text("refresh_token");
    let [first, second, third] = [(); 3].map(|()| sandbox.new_github_token());
    for (path, token, alive) in [
        ("token", &first, vec![&second, &third, &refresh_token]),
        ("grant", &second, vec![]),
    ] {
        let line = format!("DELETE /applications/{}/{path}", sandbox.client_id());
        let body = json!({ "access_token": token }).to_string();
        let answer = call(&sandbox, &line, &basic(&sandbox), &body).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        assert!(answer.header("x-github-request-id").is_some());
        let mut left = vec![&first, &second, &third, &refresh_token];
        left.retain(|token| sandbox.is_alive(token));
        assert_eq!(left, alive, "{path}");
        let answer = call(&sandbox, &line, &basic(&sandbox), &body).await;
        assert_eq!(answer.status, 404);
    }
}

#[tokio::test]
async fn github_scopes_a_token() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let old = sandbox.new_github_token();
    let line = format!("POST /applications/{}/token/scoped", sandbox.client_id());
    for (body, status, selection) in [
        (json!({}), 422, ""),
        (json!({ "target": 5 }), 422, ""),
        (json!({ "target_id": "5" }), 422, ""),
        (json!({ "target": "o", "repositories": "r" }), 422, ""),
        (json!({ "target": "o", "repositories": [1] }), 422, ""),
        (json!({ "target": "o", "repository_ids": ["r"] }), 422, ""),
        (
            json!({ "target": "o", "repositories": [], "repository_ids": [] }),
            422,
            "",
        ),
        (json!({ "target": "o", "permissions": [] }), 422, ""),
        (json!({ "target": "o" }), 200, "all"),
        (
            json!({ "target_id": 5, "repository_ids": [1] }),
            200,
            "selected",
        ),
        (
            json!({ "target": "o", "repositories": ["r"], "permissions": { "issues": "write" } }),
            200,
            "selected",
        ),
    ] {
        let mut sent = body.clone();
        sent["access_token"] = old.as_str().into();
        let answer = call(&sandbox, &line, &basic(&sandbox), &sent.to_string()).await;
        assert_eq!(answer.status, status, "{body}");
        if status == 200 {
            let token = answer.text("token");
            assert!(token.starts_with("ghu_") && sandbox.is_alive(&token));
            let installation = &answer.body["installation"];
            assert_eq!(installation["repository_selection"], selection);
            assert_eq!(
                installation["permissions"],
                *body.get("permissions").unwrap_or(&json!({}))
            );
            assert!(installation["single_file_name"].is_null());
            assert!(installation["repositories_url"].is_string());
            let account = &installation["account"];
            assert_eq!(
                account["login"],
                *body.get("target").unwrap_or(&"octocat".into())
            );
            assert_eq!(account["id"], *body.get("target_id").unwrap_or(&1.into()));
        } else {
            assert_eq!(answer.body["message"], "Invalid request");
        }
    }
    assert!(sandbox.is_alive(&old));
}

#[tokio::test]
async fn github_revokes_what_anybody_names() {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_expiring_tokens(true);
    let secret = sandbox.client_secret();
    let code = github_code(&sandbox, &[]);
    let pair = exchange(&sandbox, Some(&secret), &[("code", &code)]).await;
    let tokens = [pair.text("access_token"), pair.text("refresh_token")];
    let good = json!({ "credentials": [tokens[0], "ghp_of_somebody", tokens[1]] }).to_string();
    let many = json!({ "credentials": vec!["x"; 1001] }).to_string();
    for (line, headers, body, status) in [
        ("POST /api/v3/credentials/revoke", "", good.as_str(), 404),
        ("POST /credentials/revoke", &basic(&sandbox), &good, 403),
        ("POST /credentials/revoke", "", "{}", 422),
        ("POST /credentials/revoke", "", r#"{"credentials":[]}"#, 422),
        (
            "POST /credentials/revoke",
            "",
            r#"{"credentials":[5]}"#,
            422,
        ),
        ("POST /credentials/revoke", "", &many, 422),
        ("POST /credentials/revoke", "", &good, 202),
        ("POST /credentials/revoke", "", &good, 202),
    ] {
        let answer = call(&sandbox, line, headers, body).await;
        assert_eq!(answer.status, status, "{line}");
        let alive = tokens.iter().all(|token| sandbox.is_alive(token));
        let dead = !tokens.iter().any(|token| sandbox.is_alive(token));
        match status {
            202 => assert!(dead && answer.body == json!({})),
            422 => assert!(alive && answer.body["errors"][0].is_string()),
            _ => assert!(alive && answer.body["message"].is_string()),
        }
    }
}

#[tokio::test]
async fn github_knows_no_other_path_or_method() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let id = sandbox.client_id();
    for line in [
        "GET /",
        "GET /api/v3",
        "GET /login/oauth/access_token",
        "POST /login/oauth/authorize/",
        &format!("GET /applications/{id}/token"),
        &format!("POST /applications/{id}/token/"),
        &format!("POST /api/v3/applications/{id}/token/"),
        &format!("PUT /api/v3/applications/{id}/token"),
        &format!("POST /api/v3/applications/{id}/grant"),
    ] {
        let answer = call(&sandbox, line, &basic(&sandbox), "{}").await;
        assert_eq!(answer.status, 404, "{line}");
        assert_eq!(answer.body["message"], "Not Found", "{line}");
        assert!(answer.header("x-ratelimit-remaining").is_some(), "{line}");
    }
}

#[tokio::test]
async fn github_limits_its_api_and_nothing_else() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let token = sandbox.new_github_token();
    for (status, retry_after) in [(403, None), (403, Some(7)), (429, None), (429, Some(60))] {
        sandbox.set_secondary_limit(SecondaryLimit {
            status,
            retry_after,
        });
        let answer = check(&sandbox, &token).await;
        assert_eq!(answer.status, status);
        assert!(answer.text("message").contains("secondary rate limit"));
        let header = answer.header("retry-after");
        assert_eq!(header, retry_after.map(|s| s.to_string()).as_deref());
        let answer = exchange(&sandbox, None, &[]).await;
        assert_eq!(answer.body["error"], "incorrect_client_credentials");
    }
    sandbox.set_secondary_limit(None);
    assert_eq!(check(&sandbox, &token).await.status, 200);
}

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
    sandbox.advance(Duration::from_secs(590));
    let pair = exchange(&sandbox, secret, &[("code", &in_time)]).await;
    sandbox.advance(Duration::from_secs(10));
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

/// Asks for a device code.
async fn start_device(sandbox: &Sandbox) -> (String, String) {
    let id = sandbox.client_id();
    let fields = encode(&[("client_id", &id), ("scope", "repo gist")]);
    let answer = call(sandbox, "POST /login/device/code", FORM_FOR_JSON, &fields).await;
    assert_eq!(answer.status, 200);
    (answer.text("device_code"), answer.text("user_code"))
}

async fn poll(sandbox: &Sandbox, secret: Option<&str>, device_code: &str) -> Answer {
    let grant_type = "urn:ietf:params:oauth:grant-type:device_code";
    let fields = [("grant_type", grant_type), ("device_code", device_code)];
    exchange(sandbox, secret, &fields).await
}

#[tokio::test]
async fn github_gives_a_device_its_codes() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let line = "POST /login/device/code";
    let body = json!({ "client_id": sandbox.client_id() }).to_string();
    let answer = call(&sandbox, line, JSON, &body).await;
    assert_eq!(answer.text("device_code").len(), 40);
    let user_code = answer.text("user_code");
    assert_eq!((user_code.len(), user_code.find('-')), (9, Some(4)));
    assert_eq!(user_code, user_code.to_ascii_uppercase());
    assert_eq!(
        answer.text("verification_uri"),
        format!("{}/login/device", sandbox.url())
    );
    assert_eq!(
        (&answer.body["expires_in"], &answer.body["interval"]),
        (&json!(900), &json!(5))
    );

    let fields = encode(&[("client_id", &sandbox.client_id())]);
    let answer = call(&sandbox, line, FORM, &fields).await;
    for field in ["device_code=", "user_code=", "interval=5"] {
        assert!(answer.text.contains(field), "{}", answer.text);
    }
    let answer = call(&sandbox, line, FORM_FOR_JSON, "client_id=x").await;
    assert_eq!(answer.body["error"], "incorrect_client_credentials");

    sandbox.set_device_interval(1);
    let answer = call(&sandbox, line, JSON, &body).await;
    assert_eq!(answer.body["interval"], 1);
    sandbox.set_device_flow(false);
    let answer = call(&sandbox, line, JSON, &body).await;
    assert_eq!(
        (answer.status, answer.text("error").as_str()),
        (200, "device_flow_disabled")
    );
    let answer = poll(&sandbox, None, "x").await;
    assert_eq!(answer.body["error"], "device_flow_disabled");
}

#[tokio::test]
async fn github_makes_a_device_wait() {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_expiring_tokens(true);
    let (device_code, user_code) = start_device(&sandbox).await;
    let answer = poll(&sandbox, Some("wrong"), &device_code).await;
    assert_eq!(answer.body["error"], "incorrect_client_credentials");
    for (wait, decide, error, interval) in [
        (0, false, "authorization_pending", json!(null)),
        (4, false, "slow_down", json!(10)),
        (5, false, "slow_down", json!(15)),
        (15, true, "authorization_pending", json!(null)),
        (5, false, "slow_down", json!(20)),
        (20, false, "", json!(null)),
        (20, false, "incorrect_device_code", json!(null)),
    ] {
        sandbox.advance(Duration::from_secs(wait));
        let answer = poll(&sandbox, None, &device_code).await;
        let found = answer.body["error"].as_str().unwrap_or_default();
        assert_eq!(found, error, "after {wait} s");
        assert_eq!(answer.body["interval"], interval);
        if decide {
            assert!(sandbox.approve_device(&user_code.to_ascii_lowercase()));
            assert!(!sandbox.approve_device(&user_code));
        }
        if error.is_empty() {
            assert_eq!(answer.body["scope"], "repo,gist");
            // What came by the device flow is refreshed without a secret.
            let refresh_token = answer.text("refresh_token");
            let fields = [
                ("grant_type", "refresh_token"),
                ("refresh_token", &refresh_token),
            ];
            let answer = exchange(&sandbox, Some("wrong"), &fields).await;
            assert_eq!(answer.body["error"], "incorrect_client_credentials");
            let answer = exchange(&sandbox, None, &fields).await;
            assert!(sandbox.is_alive(&answer.text("access_token")));
        }
    }

    let (device_code, user_code) = start_device(&sandbox).await;
    assert!(sandbox.deny_device(&user_code));
    let answer = poll(&sandbox, None, &device_code).await;
    assert_eq!(answer.body["error"], "access_denied");

    let (device_code, user_code) = start_device(&sandbox).await;
    sandbox.advance(Duration::from_secs(900));
    assert!(!sandbox.approve_device(&user_code));
    let answer = poll(&sandbox, None, &device_code).await;
    assert_eq!(answer.body["error"], "expired_token");
}

#[tokio::test]
async fn the_device_page_takes_a_decision() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let line = "GET /login/device?user_code=%22%3E%3Cscript%3E";
    let answer = call(&sandbox, line, "", "").await;
    assert_eq!(answer.status, 200);
    let field = "<input id=\"user_code\" name=\"user_code\" value=\"&quot;&gt;&lt;script&gt;\">";
    for part in [field, "id=\"authorize\"", "id=\"cancel\""] {
        assert!(answer.text.contains(part), "{part}\n{}", answer.text);
    }
    let (device_code, first) = start_device(&sandbox).await;
    let (_, second) = start_device(&sandbox).await;
    for (user_code, decision, status, message) in [
        (first.as_str(), "neither", 400, "Press one"),
        ("ABCD-EFGH", "authorize", 404, "There is no such code."),
        (&first, "authorize", 200, "is authorized"),
        (&first, "authorize", 404, "There is no such code."),
        (&second, "cancel", 200, "you cancelled it"),
    ] {
        let body = encode(&[("user_code", user_code), ("decision", decision)]);
        let answer = call(&sandbox, "POST /login/device", FORM, &body).await;
        assert_eq!(answer.status, status, "{decision}");
        assert!(answer.text.contains(message), "{}", answer.text);
    }
    let answer = poll(&sandbox, None, &device_code).await;
    assert!(sandbox.is_alive(&answer.text("access_token")));
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

/// A call with an admin token.
async fn admin(sandbox: &Sandbox, token: &str, name: &str, fields: &[(&str, &str)]) -> Answer {
    let line = format!("POST /api/v1/user/admin/{name}");
    let headers = format!("{FORM}authorization: Bearer {token}\r\n");
    let answer = call(sandbox, &line, &headers, &encode(fields)).await;
    assert_eq!(answer.body["statusCode"], answer.status);
    answer
}

#[tokio::test]
async fn ohmygpt_keeps_keys() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let token = user.admin_token.as_str();
    for (create, delete) in [
        ("new-api-token", "del-api-token"),
        ("create-api-token", "delete-api-token"),
    ] {
        let fields = [
            ("remark", "key 01"),
            ("expired_at", "2099-08-17T08:44:47.886Z"),
            ("max_fee", "3500000"),
            ("permissions", r#"["gpt-3.5-turbo","gpt-4"]"#),
        ];
        let answer = admin(&sandbox, token, create, &fields).await;
        assert_eq!(
            (answer.status, answer.text("message").as_str()),
            (200, "New api token success")
        );
        let key = answer.text("data");
        assert!(key.starts_with("sk-") && key.len() == 51 && sandbox.is_alive(&key));

        let answer = admin(&sandbox, token, "get-api-tokens", &[]).await;
        assert_eq!(
            answer.body["message"],
            "Get API keys success, total keys: 2"
        );
        let admins = &answer.body["data"][0];
        assert_eq!(
            (&admins["key"], &admins["is_admin"]),
            (&json!(token), &json!(true))
        );
        let mut listed = answer.body["data"][1].clone();
        let created_at = listed["created_at"].take();
        assert!(created_at.as_str().unwrap().ends_with('Z'));
        assert_eq!(
            created_at.as_str().unwrap().len(),
            "2023-08-17T10:12:53.000Z".len()
        );
        let mut wanted = json!({
            "key": key,
            "user_id": "2286",
            "remark": "key 01",
            "created_at": null,
            "used_at": null,
            "expired_at": "2099-08-17T08:44:47.886Z",
            "used_times": "0",
            "used_fee": "0.00",
            "max_fee": "3500000.00",
            "permissions": ["gpt-3.5-turbo", "gpt-4"],
            "is_admin": false,
            "is_disabled": false,
        });
        assert_eq!(listed, wanted);

        let fields = [
            ("key", key.as_str()),
            ("remark", ""),
            ("expired_at", "2098-12-31 23:59:59"),
            ("max_fee", "0.5"),
            ("permissions", "[]"),
            ("is_disabled", "true"),
        ];
        let answer = admin(&sandbox, token, "update-api-token", &fields).await;
        let body =
            json!({ "statusCode": 200, "message": "Update api token success", "data": null });
        assert_eq!(answer.body, body);
        assert!(!sandbox.is_alive(&key));
        let answer = admin(&sandbox, token, "get-api-tokens", &[]).await;
        wanted["remark"] = "".into();
        wanted["expired_at"] = "2098-12-31T15:59:59.000Z".into();
        wanted["max_fee"] = "0.50".into();
        wanted["permissions"] = json!([]);
        wanted["is_disabled"] = true.into();
        wanted["created_at"] = created_at;
        assert_eq!(answer.body["data"][1], wanted);

        for status in [200, 400] {
            let answer = admin(&sandbox, token, delete, &[("key", &key)]).await;
            assert_eq!(answer.status, status);
            assert!(answer.body["data"].is_null());
            if status == 200 {
                assert_eq!(answer.body["message"], "Delete api key success");
            }
        }
    }
    let answer = admin(&sandbox, token, "balance", &[]).await;
    assert_eq!(answer.body["message"], "get user balance success");
    assert_eq!(
        answer.body["data"],
        json!({ "balance": "8217.00", "free_balance": "0.00" })
    );

    // A key dies with its time.
    let fields = [("expired_at", "2000-01-01 00:00:00"), ("max_fee", "0")];
    let key = admin(&sandbox, token, "new-api-token", &fields)
        .await
        .text("data");
    assert!(!sandbox.is_alive(&key));
}

#[tokio::test]
async fn ohmygpt_refuses_keys() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let token = user.admin_token.as_str();
    let good = [
        ("key", ""),
        ("remark", "r"),
        ("expired_at", "2099-01-01T00:00:00Z"),
        ("max_fee", "0"),
        ("permissions", "[]"),
        ("is_disabled", "false"),
    ];
    let key = admin(&sandbox, token, "new-api-token", &good)
        .await
        .text("data");
    for (name, field, value, status) in [
        ("update-api-token", "key", Some(key.as_str()), 200),
        ("new-api-token", "expired_at", None, 400),
        ("new-api-token", "expired_at", Some("tomorrow"), 400),
        ("new-api-token", "max_fee", None, 400),
        ("new-api-token", "max_fee", Some("-1"), 400),
        ("new-api-token", "max_fee", Some("much"), 400),
        ("new-api-token", "max_fee", Some("inf"), 400),
        ("new-api-token", "permissions", Some("gpt-4"), 400),
        ("new-api-token", "permissions", Some("[4]"), 400),
        ("update-api-token", "key", None, 400),
        ("update-api-token", "key", Some("sk-x"), 400),
        ("update-api-token", "key", Some(token), 400),
        ("update-api-token", "remark", None, 400),
        ("update-api-token", "expired_at", None, 400),
        ("update-api-token", "max_fee", None, 400),
        ("update-api-token", "permissions", None, 400),
        ("update-api-token", "is_disabled", None, 400),
        ("update-api-token", "is_disabled", Some("1"), 400),
        ("delete-api-token", "key", None, 400),
        ("delete-api-token", "key", Some(token), 400),
    ] {
        let mut fields = good.to_vec();
        fields[0].1 = &key;
        fields.retain(|(name, _)| *name != field);
        fields.extend(value.map(|value| (field, value)));
        let answer = admin(&sandbox, token, name, &fields).await;
        assert_eq!(answer.status, status, "{name} {field} {value:?}");
        assert!(answer.body["data"].is_null());
    }
    for name in [
        "new-api-token",
        "create-api-token",
        "update-api-token",
        "get-api-tokens",
        "del-api-token",
        "delete-api-token",
        "balance",
    ] {
        for wrong in ["sk-x", &key, &user.oauth_token] {
            assert_eq!(
                admin(&sandbox, wrong, name, &good).await.status,
                401,
                "{name}"
            );
        }
        let line = format!("POST /api/v1/user/admin/{name}");
        assert_eq!(
            call(&sandbox, &line, FORM, &encode(&good)).await.status,
            401
        );
    }
    assert!(sandbox.is_alive(&key) && sandbox.is_alive(token));
    // There is the admin token, and one key.
    for _ in 2..5000 {
        assert_eq!(
            admin(&sandbox, token, "new-api-token", &good).await.status,
            200
        );
    }
    assert_eq!(
        admin(&sandbox, token, "new-api-token", &good).await.status,
        400
    );
}

#[tokio::test]
async fn only_calls_that_change_something_fail_on_demand() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let app = format!("/applications/{}", sandbox.client_id());
    for (line, is_change) in [
        (format!("POST {app}/token"), false),
        (format!("POST /api/v3{app}/token"), false),
        (format!("PATCH {app}/token"), true),
        (format!("DELETE {app}/token"), true),
        (format!("DELETE /api/v3{app}/grant"), true),
        (format!("POST {app}/token/scoped"), true),
        ("POST /credentials/revoke".into(), true),
        ("GET /login/oauth/authorize".into(), false),
        ("POST /login/oauth/authorize".into(), false),
        (EXCHANGE.into(), true),
        ("POST /login/device/code".into(), true),
        ("GET /login/device".into(), false),
        ("POST /login/device".into(), false),
        ("GET /next/v1/oauth".into(), false),
        ("POST /next/v1/oauth".into(), false),
        ("GET /next/v1/oauth/succeed".into(), false),
        ("POST /api/v1/user/oauth/issue-token".into(), true),
        (
            "POST /api/v1/user/oauth/app/query-user-basic-info".into(),
            false,
        ),
        (
            "POST /api/v1/user/oauth/app/rotate-user-admin-token".into(),
            true,
        ),
        ("POST /api/v1/user/admin/new-api-token".into(), true),
        ("POST /api/v1/user/admin/create-api-token".into(), true),
        ("POST /api/v1/user/admin/update-api-token".into(), true),
        ("POST /api/v1/user/admin/get-api-tokens".into(), false),
        ("POST /api/v1/user/admin/del-api-token".into(), true),
        ("POST /api/v1/user/admin/delete-api-token".into(), true),
        ("POST /api/v1/user/admin/balance".into(), false),
    ] {
        for fault in [Fault::BeforeChange, Fault::AfterChange] {
            sandbox.set_fault(fault);
            let answer = call(&sandbox, &line, "", "").await;
            assert_eq!(answer.status == 502, is_change, "{line}");
        }
        sandbox.set_fault(Fault::Outage);
        assert_eq!(call(&sandbox, &line, "", "").await.status, 503, "{line}");
    }
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let code = github_code(&sandbox, &[]);
    let secret = sandbox.client_secret();
    let answer = exchange(&sandbox, Some(&secret), &[("code", &code)]).await;
    let page = sandbox
        .approve(&github_url(&sandbox, &[("state", "canary")]))
        .unwrap_err();
    let text = format!("{sandbox:?} {user:?} {page:?} {:?}", sandbox.requests());
    for hidden in [
        secret,
        code,
        answer.text("access_token"),
        sandbox.ohmygpt_client_secret(),
        user.oauth_token,
        user.admin_token,
        "canary".to_owned(),
    ] {
        assert!(!text.contains(&hidden));
    }
}

//! GitHub's REST API.

use serde_json::{Value, json};
use tokenturn_sandbox::{Sandbox, SecondaryLimit};

use super::{basic, call, check, exchange, github_code};

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
        "x-ratelimit-used: 1",
        "x-ratelimit-reset: 1",
        "x-ratelimit-resource: core",
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

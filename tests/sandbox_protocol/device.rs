//! GitHub's device flow.

use std::time::Duration;

use serde_json::json;
use tokenturn_sandbox::Sandbox;

use super::{Answer, FORM, FORM_FOR_JSON, JSON, call, encode, exchange};

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
    // The sandbox's clock goes on meanwhile, so what comes too early does so by far.
    sandbox.set_device_interval(200);
    let (device_code, user_code) = start_device(&sandbox).await;
    let answer = poll(&sandbox, Some("wrong"), &device_code).await;
    assert_eq!(answer.body["error"], "incorrect_client_credentials");
    for (wait, decide, error, interval) in [
        (0, false, "authorization_pending", json!(null)),
        (100, false, "slow_down", json!(205)),
        // It counts from the last poll.
        (110, false, "slow_down", json!(210)),
        (210, true, "authorization_pending", json!(null)),
        (0, false, "slow_down", json!(215)),
        (215, false, "", json!(null)),
        (0, false, "incorrect_device_code", json!(null)),
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

//! OhMyGPT's API keys.

use serde_json::json;
use tokenturn_sandbox::Sandbox;

use super::{Answer, FORM, call, encode};

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
    let fields = [
        ("remark", "key 01"),
        ("expired_at", "2099-08-17T08:44:47.886Z"),
        ("max_fee", "3500000"),
        ("permissions", r#"["gpt-3.5-turbo","gpt-4"]"#),
    ];
    let answer = admin(&sandbox, token, "new-api-token", &fields).await;
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
    let body = json!({ "statusCode": 200, "message": "Update api token success", "data": null });
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
        let answer = admin(&sandbox, token, "del-api-token", &[("key", &key)]).await;
        assert_eq!(answer.status, status);
        assert!(answer.body["data"].is_null());
        if status == 200 {
            assert_eq!(answer.body["message"], "Delete api key success");
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
        ("del-api-token", "key", None, 400),
        ("del-api-token", "key", Some(token), 400),
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
        "update-api-token",
        "get-api-tokens",
        "del-api-token",
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

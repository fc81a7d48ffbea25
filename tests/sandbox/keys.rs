//! OhMyGPT's API keys.

use tokenturn::ohmygpt::{ApiKeyUpdate, NewApiKey};
use tokenturn::{OhMyGpt, RefusalReason, Secret};
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::{RawServer, json_answer};

use super::call_refused;

fn client(sandbox: &Sandbox) -> OhMyGpt {
    let builder = OhMyGpt::builder().base_url(sandbox.url());
    builder.build().unwrap()
}

fn new_key() -> NewApiKey {
    NewApiKey {
        remark: Some("key01".into()),
        expired_at: "2100-01-01T00:00:00Z".parse().unwrap(),
        max_fee: 3_500_000.into(),
        permissions: vec!["gpt-3.5-turbo".into(), "gpt-4".into()],
    }
}

#[tokio::test]
async fn a_key_is_created_listed_changed_and_deleted() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = client(&sandbox);
    let user = sandbox.new_ohmygpt_user();
    let admin = Secret::new(user.admin_token);

    let key = client.create_api_key(&admin, &new_key()).await.unwrap();
    assert!(sandbox.is_alive(key.expose()));
    let keys = client.api_keys(&admin).await.unwrap();
    let listed = keys.iter().find(|listed| listed.key == key).unwrap();
    assert_eq!(listed.remark.as_deref(), Some("key01"));
    assert_eq!(
        listed.permissions.as_deref().unwrap(),
        ["gpt-3.5-turbo", "gpt-4"]
    );
    // Exact, as it is written.
    assert_eq!(listed.max_fee.as_ref().unwrap().as_str(), "3500000.00");
    assert_eq!(listed.used_fee.as_ref().unwrap().as_str(), "0.00");
    assert_eq!(
        listed.expired_at.as_deref().unwrap(),
        "2100-01-01T00:00:00.000Z"
    );
    assert_eq!(listed.used_at, None);
    assert_eq!(listed.is_disabled, Some(false));
    assert!(
        keys.iter()
            .any(|key| key.is_admin == Some(true) && key.key == admin)
    );

    let update = ApiKeyUpdate {
        remark: "keyu02".into(),
        expired_at: "2100-01-01T00:00:00Z".parse().unwrap(),
        max_fee: "0.50".parse().unwrap(),
        permissions: vec![],
        is_disabled: true,
    };
    client.update_api_key(&admin, &key, &update).await.unwrap();
    let keys = client.api_keys(&admin).await.unwrap();
    let listed = keys.iter().find(|listed| listed.key == key).unwrap();
    assert_eq!(listed.remark.as_deref(), Some("keyu02"));
    assert_eq!(listed.max_fee.as_ref().unwrap().as_str(), "0.50");
    assert_eq!(listed.is_disabled, Some(true));

    client.delete_api_key(&admin, &key).await.unwrap();
    assert!(!sandbox.is_alive(key.expose()));
    let refusal = call_refused(client.delete_api_key(&admin, &key).await);
    assert_eq!(refusal.reason, RefusalReason::Invalid);
}

#[tokio::test]
async fn a_balance_is_exact() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = client(&sandbox);
    let admin = Secret::new(sandbox.new_ohmygpt_user().admin_token);
    let balance = client.balance(&admin).await.unwrap();
    assert_eq!(balance.balance.unwrap().as_str(), "8217.00");
    assert_eq!(balance.free_balance.unwrap().as_str(), "0.00");
}

#[tokio::test]
async fn a_wrong_admin_token_opens_nothing() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = client(&sandbox);
    let user = sandbox.new_ohmygpt_user();
    let key = Secret::new("sk-key");
    let update = ApiKeyUpdate {
        remark: String::new(),
        expired_at: new_key().expired_at,
        max_fee: 0.into(),
        permissions: vec![],
        is_disabled: false,
    };
    // An OAuth token is no admin token.
    for wrong in ["sk-wrong", &user.oauth_token] {
        let wrong = Secret::new(wrong);
        for refusal in [
            call_refused(client.create_api_key(&wrong, &new_key()).await),
            call_refused(client.update_api_key(&wrong, &key, &update).await),
            call_refused(client.api_keys(&wrong).await),
            call_refused(client.delete_api_key(&wrong, &key).await),
            call_refused(client.balance(&wrong).await),
        ] {
            assert_eq!(refusal.reason, RefusalReason::BadCredentials);
            assert_eq!(refusal.status, 401);
        }
    }
    let admin = Secret::new(user.admin_token);
    let refusal = call_refused(client.update_api_key(&admin, &key, &update).await);
    assert_eq!(refusal.reason, RefusalReason::Invalid);
}

#[tokio::test]
async fn keys_are_listed_whatever_form_their_moments_have() {
    // The page says that they are text, and has this form in one of its examples.
    let expired_at = "2024-12-31 23:59:59";
    let body = format!(
        r#"{{"statusCode":200,"message":"","data":[{{"key":"sk-a","user_id":"1","remark":"",
        "created_at":"2023-08-17T10:12:53.000Z","used_at":null,"expired_at":"{expired_at}",
        "used_times":"0","used_fee":"0.00","max_fee":"0.00","permissions":[],"is_admin":false,
        "is_disabled":false}}]}}"#
    );
    let server = RawServer::start([json_answer("200 OK", "", &body)]).await;
    let client = tokenturn::OhMyGpt::builder().base_url(server.url());
    let listed = client.build().unwrap().api_keys(&"sk-b".into()).await;
    let listed = listed.unwrap().remove(0);
    assert_eq!(listed.expired_at.as_deref(), Some(expired_at));
    assert_eq!(listed.key.expose(), "sk-a");
}

//! The wrapper against the sandbox: each thing that a provider can say.

use tokenturn::{GitHub, Receipt, RefusalReason, RotateError, Secret};
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::{ohmygpt, old_token};

async fn start() -> (Sandbox, GitHub) {
    let sandbox = Sandbox::start(0).await.unwrap();
    let github = client(&sandbox, &sandbox.client_secret());
    (sandbox, github)
}

fn client(sandbox: &Sandbox, secret: &str) -> GitHub {
    GitHub::builder(sandbox.client_id(), secret)
        .base_url(sandbox.url())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_reset_replaces_the_token_at_once() {
    let (sandbox, github) = start().await;
    let old = Secret::new(sandbox.new_github_token());
    let before = github.check_token(&old).await.unwrap();
    assert!(before.is_valid());

    let rotated = github.reset_token(&old).await.unwrap();
    assert_ne!(rotated.token, old);
    assert_eq!(rotated.receipt, Receipt::Verified);
    assert_eq!(rotated.status, 200);
    assert!(rotated.request_id.is_some());
    let details = rotated.details.unwrap();
    assert_eq!(details.token, rotated.token);
    assert_eq!(details.user.unwrap().login.as_deref(), Some("octocat"));
    assert_eq!(details.scopes.unwrap(), ["public_repo"]);
    assert!(details.expires_at.is_none());

    assert!(!github.check_token(&old).await.unwrap().is_valid());
    assert!(github.check_token(&rotated.token).await.unwrap().is_valid());
    assert!(!sandbox.is_alive(old.expose()));
    assert!(sandbox.is_alive(rotated.token.expose()));
}

#[tokio::test]
async fn a_dead_token_is_refused() {
    let (sandbox, github) = start().await;
    let old = Secret::new(sandbox.new_github_token());
    let first = github.reset_token(&old).await.unwrap();
    let refusal = refused(github.reset_token(&old).await);
    assert_eq!(refusal.reason, RefusalReason::InvalidToken);
    assert_eq!(refusal.status, 404);
    assert_eq!(refusal.message.as_deref(), Some("Not Found"));
    assert!(refusal.request_id.is_some());
    assert!(sandbox.is_alive(first.token.expose()));
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let (sandbox, _) = start().await;
    let token = Secret::new(sandbox.new_github_token());
    let github = client(&sandbox, "wrong");
    let refusal = refused(github.reset_token(&token).await);
    assert_eq!(refusal.reason, RefusalReason::BadCredentials);
    assert_eq!(refusal.message.as_deref(), Some("Bad credentials"));

    // A wrong secret says nothing about the token.
    let error = github.check_token(&token).await.unwrap_err();
    let reason = error.refusal().unwrap().reason;
    assert_eq!(reason, RefusalReason::BadCredentials);
    assert!(sandbox.is_alive(token.expose()));
}

#[tokio::test]
async fn another_apps_token_is_refused() {
    let (sandbox, github) = start().await;
    let refusal = refused(github.reset_token(&old_token()).await);
    assert_eq!(refusal.reason, RefusalReason::InvalidToken);
    assert!(!github.check_token(&old_token()).await.unwrap().is_valid());
    assert_eq!(sandbox.requests().len(), 2);
}

#[tokio::test]
async fn an_enterprise_server_answers_below_its_path() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let github = GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .enterprise_server("ghe.example.com", "2.20")
        .base_url(format!("{}/api/v3", sandbox.url()))
        .build()
        .unwrap();
    let old = Secret::new(sandbox.new_github_token());
    let rotated = github.reset_token(&old).await.unwrap();
    assert!(sandbox.is_alive(rotated.token.expose()));
}

#[tokio::test]
async fn an_admin_token_is_replaced() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let oauth_token = Secret::new(user.oauth_token);
    let rotated = ohmygpt(&sandbox.url())
        .rotate_admin_token(&oauth_token)
        .await
        .unwrap();
    assert_ne!(rotated.token.expose(), user.admin_token);
    assert_eq!(rotated.receipt, Receipt::Absent);
    assert_eq!(
        rotated.details.unwrap().user_id.unwrap().to_string(),
        user.id.to_string()
    );
    assert!(!sandbox.is_alive(&user.admin_token));
    assert!(sandbox.is_alive(rotated.token.expose()));
    assert!(sandbox.is_alive(oauth_token.expose()));
}

#[tokio::test]
async fn a_wrong_oauth_token_is_refused() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let refusal = refused(
        ohmygpt(&sandbox.url())
            .rotate_admin_token(&Secret::new("omg-oat-v1-wrong"))
            .await,
    );
    assert_eq!(refusal.reason, RefusalReason::InvalidToken);
    assert_eq!(refusal.status, 401);
    assert!(sandbox.is_alive(&user.admin_token));
}

#[track_caller]
fn refused<D: std::fmt::Debug>(
    result: Result<tokenturn::Rotated<D>, RotateError>,
) -> tokenturn::Refusal {
    match result.unwrap_err() {
        RotateError::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

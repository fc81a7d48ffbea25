//! OhMyGPT's OAuth API.

use std::time::Duration;

use tokenturn::{
    AuthorizationCode, AuthorizationRequest, Receipt, RefusalReason, RotateError, Secret,
};
use tokenturn_sandbox::Sandbox;

use super::{call_refused, ohmygpt, refused};

const REDIRECT_URI: &str = "http://127.0.0.1:1/callback";
const SCOPE: &str = "trusted_full_access";

/// The user says yes.
fn approved(sandbox: &Sandbox, request: &AuthorizationRequest) -> AuthorizationCode {
    let callback = sandbox.approve(&request.url).unwrap();
    request.pending.callback(&callback).unwrap()
}

#[tokio::test]
async fn a_code_becomes_an_oauth_token_once() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = ohmygpt(&sandbox, &sandbox.ohmygpt_client_secret());
    let request = client.authorize(REDIRECT_URI, SCOPE).build().unwrap();
    let code = approved(&sandbox, &request);
    let issued = client.issue_token(code.clone()).await.unwrap();
    assert!(sandbox.is_alive(issued.token.expose()));
    assert_eq!(issued.receipt, Receipt::Absent);
    assert!(issued.refresh_token.is_none());
    let details = issued.details.unwrap();
    assert_eq!(details.client_id, Some(sandbox.ohmygpt_client_id()));

    // The token is good for what OAuth tokens are for.
    let user = client.user_basic_info(&issued.token).await.unwrap();
    assert_eq!(
        user.user_id.unwrap().to_string(),
        details.user_id.unwrap().to_string()
    );
    assert!(user.user_email.unwrap().contains('@'));
    assert!(client.rotate_admin_token(&issued.token).await.is_ok());

    let refusal = refused(client.issue_token(code).await);
    assert_eq!(refusal.reason, RefusalReason::Invalid);
}

#[tokio::test]
async fn a_state_of_ones_own_goes_there_and_back() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = ohmygpt(&sandbox, &sandbox.ohmygpt_client_secret());
    let own = "session=7&nonce=8f14e45f+ceea/167a%5a#36dedd4bea2543";
    let authorize = client.authorize(REDIRECT_URI, SCOPE).state(own);
    for authorize in [
        authorize.clone(),
        authorize.redirect_template("/{code}?code={code}&state={state}"),
    ] {
        let request = authorize.build().unwrap();
        assert_eq!(request.pending.state.expose(), own);
        let code = approved(&sandbox, &request);
        assert!(client.issue_token(code).await.is_ok());
    }
    let guessable = client.authorize(REDIRECT_URI, SCOPE).state("session=7");
    assert!(guessable.build().is_err());
}

#[tokio::test]
async fn a_code_lives_for_ten_minutes() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = ohmygpt(&sandbox, &sandbox.ohmygpt_client_secret());
    let request = client.authorize(REDIRECT_URI, SCOPE).build().unwrap();
    let code = approved(&sandbox, &request);
    sandbox.advance(Duration::from_secs(601));
    let refusal = refused(client.issue_token(code).await);
    assert_eq!(refusal.reason, RefusalReason::Invalid);
}

#[tokio::test]
async fn a_template_of_ones_own_comes_back_filled() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = ohmygpt(&sandbox, &sandbox.ohmygpt_client_secret());
    let template = "?tgid=114514&code={code}&state={state}";
    let authorize = client.authorize(REDIRECT_URI, SCOPE);
    let request = authorize.redirect_template(template).build().unwrap();
    let callback = sandbox.approve(&request.url).unwrap();
    assert!(callback.starts_with(&format!("{REDIRECT_URI}?tgid=114514&code=")));
    let code = request.pending.callback(&callback).unwrap();
    assert!(client.issue_token(code).await.is_ok());

    for template in ["?code={code}", "?state={state}", "?code=code&state=state"] {
        let authorize = client.authorize(REDIRECT_URI, SCOPE);
        assert!(authorize.redirect_template(template).build().is_err());
    }
}

#[tokio::test]
async fn a_wrong_app_gets_no_token() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = ohmygpt(&sandbox, "wrong");
    let request = client.authorize(REDIRECT_URI, SCOPE).build().unwrap();
    let code = approved(&sandbox, &request);
    let refusal = refused(client.issue_token(code).await);
    assert_eq!(refusal.reason, RefusalReason::Invalid);
    assert!(
        sandbox
            .approve(&request.url.replace(SCOPE, "another"))
            .is_err()
    );

    // Without an app there is nobody to issue a token to.
    let before = sandbox.requests().len();
    let client = tokenturn::OhMyGpt::builder().base_url(sandbox.url());
    let client = client.build().unwrap();
    assert!(client.authorize(REDIRECT_URI, SCOPE).build().is_err());
    let error = client.issue_token(AuthorizationCode::new("code")).await;
    assert!(matches!(error.unwrap_err(), RotateError::NotSent(_)));
    assert_eq!(sandbox.requests().len(), before);
}

#[tokio::test]
async fn a_wrong_oauth_token_reads_no_user() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = ohmygpt(&sandbox, "unused");
    let refusal = call_refused(
        client
            .user_basic_info(&Secret::new("omg-oat-v1-wrong"))
            .await,
    );
    assert_eq!(refusal.reason, RefusalReason::InvalidToken);
    assert_eq!(refusal.code.as_deref(), Some("oauth_invalid_token_error"));
}

#[tokio::test]
async fn an_admin_token_is_replaced() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let oauth_token = Secret::new(user.oauth_token);
    let rotated = ohmygpt(&sandbox, "unused")
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
        ohmygpt(&sandbox, "unused")
            .rotate_admin_token(&Secret::new("omg-oat-v1-wrong"))
            .await,
    );
    assert_eq!(refusal.reason, RefusalReason::InvalidToken);
    assert_eq!(refusal.status, 401);
    assert!(sandbox.is_alive(&user.admin_token));
}

#[tokio::test]
async fn a_user_without_balance_is_refused() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let (client, oauth_token) = (ohmygpt(&sandbox, "unused"), Secret::new(user.oauth_token));
    sandbox.set_sufficient_balance(false);
    for refusal in [
        call_refused(client.user_basic_info(&oauth_token).await),
        refused(client.rotate_admin_token(&oauth_token).await),
    ] {
        assert_eq!(refusal.reason, RefusalReason::InsufficientBalance);
        assert_eq!(refusal.status, 402);
        assert_eq!(refusal.code.as_deref(), Some("insufficient_balance_error"));
    }
    assert!(sandbox.is_alive(&user.admin_token));
}

#[tokio::test]
async fn what_cannot_be_a_secret_is_not_sent() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = ohmygpt(&sandbox, &sandbox.ohmygpt_client_secret());
    let error = client.rotate_admin_token(&Secret::new("omg\u{200b}")).await;
    match error.unwrap_err() {
        RotateError::NotSent(why) => assert!(why.is_impossible(), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(sandbox.requests().is_empty());

    for (secret, advice) in [("", "is empty"), ("canary\u{feff}", "U+FEFF in it")] {
        let error = tokenturn::OhMyGpt::builder().app("id", secret).build();
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains(advice) && !error.contains("canary"),
            "{error}"
        );
    }
}

//! The wrapper against the typed mocks, as a program that uses it is tested.

use tokenturn::{GitHub, OhMyGpt, Receipt, RefusalReason, RotateError, Secret};
use tokenturn_httpmock::MockServer;
use tokenturn_httpmock::github::Mocks as _;
use tokenturn_httpmock::github_login::Mocks as _;
use tokenturn_httpmock::ohmygpt::Mocks as _;

const APP: &str = "Iv1.8a61f9b3a7aba766";
const NEW: &str = "gho_mocked0000000000000000000000000000";
const OLD: &str = "gho_composed00000000000000000000000000";

fn github(server: &MockServer) -> GitHub {
    let github = GitHub::builder(APP, "client-secret");
    let github = github
        .base_url(server.base_url())
        .login_url(server.base_url());
    github.build().unwrap()
}

#[tokio::test]
async fn a_reset_is_mocked_by_its_token() {
    let server = MockServer::start_async().await;
    let reset = server.reset_token(|when, then| {
        when.client_id(APP).body_field("access_token", OLD);
        then.ok_token(APP, NEW);
    });
    let rotated = github(&server).reset_token(&OLD.into()).await.unwrap();
    reset.assert();
    assert_eq!(rotated.token.expose(), NEW);
    assert_eq!(rotated.receipt, Receipt::Verified);
}

#[tokio::test]
async fn a_refusal_is_mocked_by_the_example_of_its_status() {
    let server = MockServer::start_async().await;
    server.reset_token(|_, then| {
        then.unauthorized_with(|_| {});
    });
    let error = github(&server).reset_token(&OLD.into()).await.unwrap_err();
    let RotateError::Refused(refusal) = error else {
        panic!("{error}")
    };
    assert_eq!(refusal.reason, RefusalReason::BadCredentials);
}

#[tokio::test]
async fn the_exchange_of_a_code_is_mocked_with_its_challenge() {
    let server = MockServer::start_async().await;
    let github = github(&server);
    let request = github.authorize().redirect_uri("https://app.example/cb");
    let request = request.build().unwrap();
    let exchange = server.create_access_token(|when, then| {
        when.exchange(&request.url, "the-code");
        then.ok_token(NEW);
    });
    let state = request.pending.state.expose();
    let callback = format!("https://app.example/cb?code=the-code&state={state}");
    let mut code = request.pending.callback(&callback).unwrap();
    let token = github.exchange_code(code.clone()).await.unwrap();
    exchange.assert();
    assert_eq!(token.token.expose(), NEW);

    code.code_verifier = Some(Secret::new("another verifier"));
    github.exchange_code(code).await.unwrap_err();
    let report = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| server.verify()));
    let report = report.unwrap_err().downcast::<String>().unwrap();
    assert!(
        report.ends_with("wants it: body at `code_verifier`"),
        "{report}"
    );
}

#[tokio::test]
async fn an_admin_token_is_mocked_by_its_value() {
    let server = MockServer::start_async().await;
    server.rotate_user_admin_token(|when, then| {
        when.bearer("omg-oat-v1-a");
        then.ok_token("sk-mocked");
    });
    let ohmygpt = OhMyGpt::builder()
        .base_url(server.base_url())
        .build()
        .unwrap();
    let rotated = ohmygpt.rotate_admin_token(&"omg-oat-v1-a".into()).await;
    assert_eq!(rotated.unwrap().token.expose(), "sk-mocked");
}

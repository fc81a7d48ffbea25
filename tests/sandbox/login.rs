//! GitHub's login host: the web flow and the refresh.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use tokenturn::sink::MemorySink;
use tokenturn::{
    AuthorizationCode, AuthorizationRequest, GitHub, PendingAuthorization, RefusalReason,
    Rotations, Secret,
};
use tokenturn_sandbox::Sandbox;

use super::{enterprise, github, refused, start};

const REDIRECT_URI: &str = "http://127.0.0.1:1/callback";

fn request(github: &GitHub) -> AuthorizationRequest {
    let authorize = github.authorize().redirect_uri(REDIRECT_URI);
    authorize.scope("repo").scope("gist").build().unwrap()
}

/// The user says yes.
fn approved(sandbox: &Sandbox, github: &GitHub) -> AuthorizationCode {
    let request = request(github);
    let callback = sandbox.approve(&request.url).unwrap();
    request.pending.callback(&callback).unwrap()
}

#[tokio::test]
async fn a_code_becomes_a_token_once() {
    let (sandbox, github) = start().await;
    let code = approved(&sandbox, &github);
    assert!(code.code_verifier.is_some());
    let token = github.exchange_code(code.clone()).await.unwrap();
    assert!(sandbox.is_alive(token.token.expose()));
    assert!(github.check_token(&token.token).await.unwrap().is_valid());
    assert_eq!((token.expires_at, &token.refresh_token), (None, &None));
    let details = token.details.unwrap();
    assert_eq!(details.scopes.unwrap(), ["repo", "gist"]);
    assert_eq!(details.token_type.as_deref(), Some("bearer"));

    let refusal = refused(github.exchange_code(code).await);
    assert_eq!(refusal.reason, RefusalReason::BadVerificationCode);
    assert_eq!(refusal.code.as_deref(), Some("bad_verification_code"));
    assert_eq!(refusal.status, 200);
}

#[tokio::test]
async fn the_page_is_asked_for_everything() {
    let (sandbox, github) = start().await;
    let authorize = github.authorize().redirect_uri(REDIRECT_URI).scope("repo");
    let authorize = authorize.login("octo cat&co").allow_signup(false);
    let request = authorize.select_account().build().unwrap();
    for parameter in [
        "&scope=repo&",
        "&login=octo+cat%26co&",
        "&allow_signup=false&",
        "&prompt=select_account&",
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback&",
        "&code_challenge=",
        "&code_challenge_method=S256",
    ] {
        assert!(request.url.contains(parameter), "{parameter}");
    }
    assert!(sandbox.approve(&request.url).is_ok());
}

#[tokio::test]
async fn an_enterprise_server_is_asked_without_a_challenge() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let github = enterprise(&sandbox, "3.14");
    let request = request(&github);
    assert!(request.url.starts_with(&sandbox.url()), "below /api/v3");
    assert!(!request.url.contains("/api/v3/login"));
    assert!(!request.url.contains("code_challenge"));
    assert!(request.pending.code_verifier.is_none());
    let code = approved(&sandbox, &github);
    assert!(github.exchange_code(code).await.is_ok());

    let url = github.authorize().pkce(true).build().unwrap().url;
    assert!(url.contains("code_challenge="));
}

#[tokio::test]
async fn a_session_may_lie_between_the_page_and_the_callback() {
    let (sandbox, github) = start().await;
    let request = request(&github);
    let callback = sandbox.approve(&request.url).unwrap();
    let kept = request.pending;
    let resumed = PendingAuthorization::new(kept.state, kept.code_verifier, kept.redirect_uri);
    let code = resumed.callback(&callback).unwrap();
    assert!(github.exchange_code(code).await.is_ok());
}

#[tokio::test]
async fn what_is_stored_for_each_tab_finds_its_callback() {
    let (sandbox, github) = start().await;
    let mut session = HashMap::new();
    let mut urls = Vec::new();
    for _ in 0..2 {
        let request = request(&github);
        let stored = serde_json::to_string(&request.pending).unwrap();
        session.insert(request.pending.state.fingerprint().to_string(), stored);
        urls.push(request.url);
    }
    // The later one comes back first, to another process.
    for url in urls.iter().rev() {
        let callback = sandbox.approve(url).unwrap();
        let callback = callback.split_once("127.0.0.1:1").unwrap().1;
        let state = PendingAuthorization::state_of(callback).unwrap();
        let stored = session.remove(&state.fingerprint().to_string()).unwrap();
        let pending: PendingAuthorization = serde_json::from_str(&stored).unwrap();
        assert_eq!(pending.redirect_uri.as_deref(), Some(REDIRECT_URI));
        let code = pending.callback(callback).unwrap();
        assert!(code.code_verifier.is_some());
        let token = github.exchange_code(code).await.unwrap();
        assert!(sandbox.is_alive(token.token.expose()));
    }
}

#[tokio::test]
async fn a_state_of_ones_own_goes_there_and_back() {
    let (sandbox, github) = start().await;
    let own = "session=7&nonce=8f14e45f+ceea/167a%5a#36dedd4bea2543";
    let authorize = github.authorize().redirect_uri(REDIRECT_URI);
    let request = authorize.state(own).build().unwrap();
    assert_eq!(request.pending.state.expose(), own);
    let callback = sandbox.approve(&request.url).unwrap();
    let code = request.pending.callback(&callback).unwrap();
    assert!(github.exchange_code(code).await.is_ok());

    for guessable in ["", "session=7"] {
        assert!(github.authorize().state(guessable).build().is_err());
    }
}

#[tokio::test]
async fn a_user_may_say_no() {
    let (sandbox, github) = start().await;
    let request = request(&github);
    let callback = sandbox.deny(&request.url).unwrap();
    let error = request.pending.callback(&callback).unwrap_err();
    assert_eq!(error.reason(), Some(RefusalReason::AccessDenied));

    let other = github.authorize().build().unwrap();
    let error = other.pending.callback(&callback).unwrap_err();
    assert!(error.is_state_mismatch());
}

#[tokio::test]
async fn an_app_may_be_suspended() {
    let (sandbox, github) = start().await;
    sandbox.set_suspended(true);
    let request = request(&github);
    let callback = sandbox.approve(&request.url).unwrap();
    let error = request.pending.callback(&callback).unwrap_err();
    assert_eq!(error.reason(), Some(RefusalReason::ApplicationSuspended));
}

#[tokio::test]
async fn a_code_lives_for_ten_minutes() {
    let (sandbox, github) = start().await;
    let code = approved(&sandbox, &github);
    sandbox.advance(Duration::from_secs(601));
    let refusal = refused(github.exchange_code(code).await);
    assert_eq!(refusal.reason, RefusalReason::BadVerificationCode);
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_the_code_still_works() {
    let (sandbox, good) = start().await;
    let code = approved(&sandbox, &good);
    let bad = github(&sandbox, "wrong");
    let refusal = refused(bad.exchange_code(code.clone()).await);
    assert_eq!(refusal.reason, RefusalReason::BadCredentials);
    assert!(good.exchange_code(code).await.is_ok());
}

#[tokio::test]
async fn a_stolen_code_is_worth_nothing_without_its_verifier() {
    let (sandbox, github) = start().await;
    for verifier in [None, Some(Secret::new("x".repeat(43)))] {
        let mut code = approved(&sandbox, &github);
        code.code_verifier = verifier;
        let refusal = refused(github.exchange_code(code).await);
        assert_eq!(refusal.reason, RefusalReason::BadVerificationCode);
    }
}

#[tokio::test]
async fn another_redirect_uri_is_refused() {
    let (sandbox, github) = start().await;
    let mut code = approved(&sandbox, &github);
    code.redirect_uri = Some("http://127.0.0.1:2/".into());
    let refusal = refused(github.exchange_code(code).await);
    assert_eq!(refusal.reason, RefusalReason::RedirectUriMismatch);
}

#[tokio::test]
async fn an_unverified_address_is_refused() {
    let (sandbox, github) = start().await;
    let code = approved(&sandbox, &github);
    sandbox.set_email_verified(false);
    let refusal = refused(github.exchange_code(code).await);
    assert_eq!(refusal.reason, RefusalReason::UnverifiedUserEmail);
}

#[tokio::test]
async fn a_refresh_replaces_both_tokens() {
    let (sandbox, github) = start().await;
    sandbox.set_expiring_tokens(true);
    // GitHub's clock counts, not ours.
    sandbox.advance(Duration::from_secs(7 * 24 * 3600));
    let old = github.exchange_code(approved(&sandbox, &github)).await;
    let old = old.unwrap();
    let old_refresh = old.refresh_token.clone().unwrap();
    let in_days = |time: Option<tokenturn::Timestamp>| {
        let left = SystemTime::from(time.unwrap()).duration_since(SystemTime::now());
        left.unwrap().as_secs_f64() / 86400.0
    };
    assert!((in_days(old.expires_at) - 7.0 - 1.0 / 3.0).abs() < 0.01);
    assert!((in_days(old.refresh_token_expires_at) - 7.0 - 184.0).abs() < 0.01);

    let new = github.refresh_token(&old_refresh).await.unwrap();
    let new_refresh = new.refresh_token.clone().unwrap();
    for (token, lives) in [
        (&old.token, false),
        (&old_refresh, false),
        (&new.token, true),
        (&new_refresh, true),
    ] {
        assert_eq!(sandbox.is_alive(token.expose()), lives);
    }
    let refusal = refused(github.refresh_token(&old_refresh).await);
    assert_eq!(refusal.reason, RefusalReason::InvalidToken);
    assert_eq!(refusal.code.as_deref(), Some("bad_refresh_token"));

    // The access token dies first, and a refresh helps.
    sandbox.advance(Duration::from_secs(28801));
    assert!(!github.check_token(&new.token).await.unwrap().is_valid());
    let newest = github.refresh_token(&new_refresh).await.unwrap();
    assert!(github.check_token(&newest.token).await.unwrap().is_valid());
}

#[tokio::test]
async fn a_refresh_with_a_wrong_secret_is_refused() {
    let (sandbox, good) = start().await;
    sandbox.set_expiring_tokens(true);
    let token = good.exchange_code(approved(&sandbox, &good)).await.unwrap();
    let refresh_token = token.refresh_token.unwrap();
    let refusal = refused(
        github(&sandbox, "wrong")
            .refresh_token(&refresh_token)
            .await,
    );
    assert_eq!(refusal.reason, RefusalReason::BadCredentials);
    assert!(good.refresh_token(&refresh_token).await.is_ok());
}

#[tokio::test]
async fn both_tokens_are_saved_together() {
    let (sandbox, github) = start().await;
    sandbox.set_expiring_tokens(true);
    let (rotations, sink) = (Rotations::new(), MemorySink::new());
    let code = approved(&sandbox, &github);
    let first = rotations
        .obtain(github.exchange_code(code), sink.clone())
        .await;
    let refresh_token = first.unwrap().refresh_token.unwrap();
    let call = github.refresh_token(&refresh_token);
    let _ = rotations.obtain(call, sink.clone()).await.unwrap();
    let saved = sink.saved();
    assert_eq!(saved.len(), 2);
    assert_eq!(saved[0].refresh_token.as_ref(), Some(&refresh_token));
    assert!(sandbox.is_alive(saved[1].refresh_token.as_ref().unwrap().expose()));
    assert!(saved[1].expires_at.is_some() && saved[1].refresh_token_expires_at.is_some());
}

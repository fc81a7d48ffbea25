//! The sandbox's clock, and the tokens that end by it.

use std::time::{Duration, SystemTime};

use tokenturn_sandbox::{ExpiringToken, Sandbox};

use super::{Answer, check, exchange, github_code};

const HOUR: Duration = Duration::from_secs(3600);

/// How many hours the sandbox is ahead of the host.
pub(super) fn hours_ahead(sandbox: &Sandbox) -> i64 {
    let (now, host) = (sandbox.now(), SystemTime::now());
    let hours = |time: Duration| (time.as_secs_f64() / 3600.0).round() as i64;
    match now.duration_since(host) {
        Ok(ahead) => hours(ahead),
        Err(behind) => -hours(behind.duration()),
    }
}

async fn refresh(sandbox: &Sandbox, new: &ExpiringToken, secret: Option<&str>) -> Answer {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &new.refresh_token),
    ];
    exchange(sandbox, secret, &fields).await
}

#[tokio::test]
async fn expiring_tokens_are_as_from_a_sign_in() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let new = sandbox.new_expiring_github_token();
    assert!(new.token.starts_with("ghu_") && new.refresh_token.starts_with("ghr_"));
    let checked = check(&sandbox, &new.token).await;
    assert_eq!(checked.text("expires_at"), new.expires_at);
    assert!(new.refresh_token_expires_at > new.expires_at);

    let refused = refresh(&sandbox, &new, None).await;
    assert_eq!(refused.body["error"], "incorrect_client_credentials");
    let refreshed = refresh(&sandbox, &new, Some(&sandbox.client_secret())).await;
    assert_eq!(refreshed.body["scope"], "public_repo");
    assert!(!sandbox.is_alive(&new.token) && !sandbox.is_alive(&new.refresh_token));
    assert!(sandbox.is_alive(&refreshed.text("access_token")));
    assert!(sandbox.is_alive(&refreshed.text("refresh_token")));
    assert!(sandbox.new_expiring_github_tokens(0).is_empty());
}

#[tokio::test]
async fn lifetimes_are_those_of_the_time_of_issue() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let secret = sandbox.client_secret();
    let usual = sandbox.new_expiring_github_token();
    sandbox.set_lifetimes(HOUR + Duration::from_millis(999), 3 * HOUR);
    let short = sandbox.new_expiring_github_token();
    let answer = refresh(&sandbox, &short, Some(&secret)).await;
    assert_eq!(answer.body["expires_in"], 3600);
    assert_eq!(answer.body["refresh_token_expires_in"], 10_800);
    let (token, refresh_token) = (answer.text("access_token"), answer.text("refresh_token"));
    for (token_lives, refresh_token_lives) in
        [(true, true), (false, true), (false, true), (false, false)]
    {
        assert_eq!(sandbox.is_alive(&token), token_lives);
        assert_eq!(sandbox.is_alive(&refresh_token), refresh_token_lives);
        assert!(sandbox.is_alive(&usual.token));
        sandbox.advance(HOUR);
    }

    sandbox.set_expiring_tokens(true);
    sandbox.set_lifetimes(Duration::ZERO, Duration::MAX);
    let code = github_code(&sandbox, &[]);
    let answer = exchange(&sandbox, Some(&secret), &[("code", &code)]).await;
    assert_eq!(answer.body["expires_in"], 0);
    assert!(!sandbox.is_alive(&answer.text("access_token")));
    sandbox.advance(Duration::from_secs(900 * 365 * 24 * 60 * 60));
    assert!(sandbox.is_alive(&answer.text("refresh_token")));
    sandbox.set_lifetimes(Duration::MAX, Duration::MAX);
    assert!(sandbox.is_alive(&sandbox.new_expiring_github_token().token));
}

#[tokio::test]
async fn the_clock_is_turned_both_ways() {
    let sandbox = Sandbox::start(0).await.unwrap();
    assert_eq!(hours_ahead(&sandbox), 0);
    let new = sandbox.new_expiring_github_token();
    sandbox.advance(9 * HOUR);
    assert!(!sandbox.is_alive(&new.token));
    sandbox.turn_back(2 * HOUR);
    assert!(sandbox.is_alive(&new.token));
    sandbox.turn_back(30 * HOUR);
    assert_eq!(hours_ahead(&sandbox), -23);
    assert_eq!(check(&sandbox, &new.token).await.status, 200);

    // There is an end of it in each direction.
    for _ in 0..2 {
        sandbox.turn_back(Duration::MAX);
        let seconds = sandbox.now().duration_since(SystemTime::UNIX_EPOCH);
        assert!(seconds.unwrap() < HOUR);
        let answer = check(&sandbox, &new.token).await;
        assert_eq!(answer.status, 200);
        assert!(
            answer
                .header("date")
                .unwrap()
                .starts_with("Thu, 01 Jan 1970 00:")
        );
    }
    for _ in 0..2 {
        sandbox.advance(Duration::MAX);
        assert_eq!(
            check(&sandbox, &sandbox.new_github_token()).await.status,
            200
        );
        assert!(!sandbox.is_alive(&new.refresh_token));
    }
}

#[tokio::test]
async fn a_rate_limit_is_not_longer_for_a_clock_that_was_turned_back() {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_rate_limit(1);
    let token = sandbox.new_github_token();
    for (back, status) in [(0, 200), (0, 403), (24, 200), (0, 403)] {
        sandbox.turn_back(back * HOUR);
        assert_eq!(check(&sandbox, &token).await.status, status);
    }
}

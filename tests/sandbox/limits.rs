//! GitHub's primary rate limit.

use std::time::{Duration, Instant};

use tokenturn::RefusalReason;

use super::{new_token, refused, start};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn an_exhausted_limit_refuses_until_the_hour_is_over() {
    let (sandbox, github) = start().await;
    // The client counts by the provider's clock.
    sandbox.advance(HOUR * 48);
    sandbox.set_rate_limit(3);
    let mut token = new_token(&sandbox);
    let begun = Instant::now();
    // The hour begins with the first call, and there are whole seconds in the headers.
    let is_rest_of_hour =
        |time| time <= HOUR && time + begun.elapsed() + Duration::from_secs(2) >= HOUR;
    for left in [2, 1, 0] {
        let rotated = github.reset_token(&token).await.unwrap();
        let limit = rotated.rate_limit.unwrap();
        assert_eq!((limit.limit, limit.remaining), (Some(3), left));
        assert!(is_rest_of_hour(limit.resets_in), "{:?}", limit.resets_in);
        token = rotated.token;
    }
    for _ in 0..2 {
        let refusal = refused(github.reset_token(&token).await);
        assert_eq!(refusal.status, 403);
        match refusal.reason {
            RefusalReason::RateLimited {
                retry_after: Some(wait),
            } => assert!(is_rest_of_hour(wait), "{wait:?}"),
            other => panic!("{other:?}"),
        }
        let message = refusal.message.unwrap();
        assert!(message.starts_with("API rate limit exceeded"), "{message}");
    }
    assert!(sandbox.is_alive(token.expose()));
    assert_eq!(sandbox.replacements().len(), 3);

    sandbox.advance(HOUR);
    let rotated = github.reset_token(&token).await.unwrap();
    assert_eq!(rotated.rate_limit.unwrap().remaining, 2);
}

#[tokio::test]
async fn a_new_limit_begins_a_new_hour_and_none_refuses_nothing() {
    let (sandbox, github) = start().await;
    let token = new_token(&sandbox);
    sandbox.set_rate_limit(0);
    refused(github.reset_token(&token).await);
    sandbox.set_rate_limit(1);
    let token = github.reset_token(&token).await.unwrap().token;
    refused(github.reset_token(&token).await);

    sandbox.set_rate_limit(None);
    let limit = github.reset_token(&token).await.unwrap().rate_limit;
    assert_eq!(limit, None);
}

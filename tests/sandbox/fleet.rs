//! Many tokens at once.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tokenturn::Secret;
use tokenturn_sandbox::Sandbox;

use super::{ohmygpt, start};

const MANY: usize = 100_000;

/// How long it takes to look for these tokens when nothing comes between: the same on a machine
/// that does something else most of the time.
fn quickest(sandbox: &Sandbox, tokens: &[String]) -> Duration {
    let look = |_| {
        let begin = Instant::now();
        assert!(tokens.iter().all(|token| sandbox.is_alive(token)));
        begin.elapsed()
    };
    (0..50).map(look).min().unwrap()
}

#[tokio::test]
async fn many_github_tokens_live_and_die_one_by_one() {
    let (sandbox, github) = start().await;
    let tokens = sandbox.new_github_tokens(MANY);
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), MANY);

    assert!(tokens.iter().all(|token| sandbox.is_alive(token)));
    // To look for one among all the others takes a thousand times as long as among a few.
    let (few, _) = start().await;
    let among_few = quickest(&few, &few.new_github_tokens(MANY / 1000));
    let among_all = quickest(&sandbox, &tokens[MANY - MANY / 1000..]);
    assert!(among_all < 100 * among_few, "{among_all:?}, {among_few:?}");

    let last = Secret::new(tokens[MANY - 1].clone());
    let rotated = github.reset_token(&last).await.unwrap();
    assert!(sandbox.is_alive(rotated.token.expose()));
    let dead = tokens.iter().filter(|token| !sandbox.is_alive(token));
    assert_eq!(dead.collect::<Vec<_>>(), [last.expose()]);
    assert!(sandbox.new_github_tokens(0).is_empty());
}

#[tokio::test]
async fn many_expiring_github_tokens_are_refreshed_one_by_one() {
    let (sandbox, github) = start().await;
    let all = sandbox.new_expiring_github_tokens(MANY);
    let tokens = || all.iter().flat_map(|new| [&new.token, &new.refresh_token]);
    assert_eq!(tokens().collect::<HashSet<_>>().len(), 2 * MANY);
    let one = &all[MANY / 2];
    let refresh_token = Secret::new(one.refresh_token.clone());
    assert!(github.refresh_token(&refresh_token).await.is_ok());
    let dead = tokens().filter(|token| !sandbox.is_alive(token));
    assert_eq!(dead.collect::<Vec<_>>(), [&one.token, &one.refresh_token]);
}

#[tokio::test]
async fn many_ohmygpt_users_keep_their_tokens_apart() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = ohmygpt(&sandbox, "secret");
    let users = sandbox.new_ohmygpt_users(MANY);
    let one = &users[MANY / 2];
    let oauth_token = Secret::new(one.oauth_token.clone());
    let info = client.user_basic_info(&oauth_token).await.unwrap();
    assert_eq!(info.user_id.unwrap().to_string(), one.id.to_string());

    let rotated = client.rotate_admin_token(&oauth_token).await.unwrap();
    let old = Secret::new(one.admin_token.clone());
    assert!(client.api_keys(&old).await.is_err());
    assert_eq!(client.api_keys(&rotated.token).await.unwrap().len(), 1);

    let tokens = users.iter().flat_map(|u| [&u.oauth_token, &u.admin_token]);
    let dead = tokens.filter(|token| !sandbox.is_alive(token));
    assert_eq!(dead.collect::<Vec<_>>(), [&one.admin_token]);
}

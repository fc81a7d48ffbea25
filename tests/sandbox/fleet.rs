//! Many tokens at once.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tokenturn::Secret;
use tokenturn_sandbox::Sandbox;

use crate::{ohmygpt, start};

const MANY: usize = 100_000;

#[tokio::test]
async fn many_github_tokens_live_and_die_one_by_one() {
    let (sandbox, github) = start().await;
    let tokens = sandbox.new_github_tokens(MANY);
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), MANY);

    let begin = Instant::now();
    assert!(tokens.iter().all(|token| sandbox.is_alive(token)));
    // To look for each among all the others takes minutes.
    assert!(begin.elapsed() < Duration::from_secs(20));

    let last = Secret::new(tokens[MANY - 1].clone());
    let rotated = github.reset_token(&last).await.unwrap();
    assert!(sandbox.is_alive(rotated.token.expose()));
    let dead = tokens.iter().filter(|token| !sandbox.is_alive(token));
    assert_eq!(dead.collect::<Vec<_>>(), [last.expose()]);
    assert!(sandbox.new_github_tokens(0).is_empty());
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

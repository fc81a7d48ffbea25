//! Whose clock counts.

use std::time::{Duration, SystemTime};

use tokenturn::Timestamp;
use tokenturn_vault::{Client, Entry, Filter, Tokens, Vault};

use super::{HOUR, provider, refreshes, row, sign_in};
use crate::vault::place::Place;
use crate::vault::{key, on_all};

on_all!(
    a_provider_whose_clock_is_days_ahead,
    the_end_is_by_the_providers_clock,
    so_is_the_end_of_a_refresh_token,
    tokens_from_elsewhere_without_an_end_are_refreshed_once,
);

async fn a_provider_whose_clock_is_days_ahead(place: Place) {
    let (sandbox, github, client) = provider().await;
    let ahead = 7 * 24 * HOUR;
    sandbox.advance(ahead);
    let vault = place.open(&key()).await;
    let first = sign_in(&sandbox, &github, &vault, "mona").await;
    let tokens = row(&vault, "mona").await.tokens;
    let known = Duration::from_millis(u64::try_from(tokens.clock_ahead).unwrap());
    // The date of an answer has whole seconds, and the answer takes a while.
    assert!(known.abs_diff(ahead) < Duration::from_secs(60), "{known:?}");
    assert_eq!(tokens.lifetime, Some(8 * 3600));
    assert_eq!(vault.token(&client, "mona").await.unwrap().token, first);
    assert_eq!(refreshes(&sandbox), 0);
    // Its end is days ahead by our clock, and is due within eight hours of its own.
    for (hours, due) in [(7, 0), (9, 1)] {
        let filter = Filter::new().due_within(hours * HOUR);
        assert_eq!(vault.count(&filter).await.unwrap(), due);
    }
}

async fn the_end_is_by_the_providers_clock(place: Place) {
    const TO_LIVE: i64 = 3_600_000;
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    // By how much the provider is ahead, how long the token lives, and whether it is refreshed.
    for (ahead, lives, is_refreshed) in [
        (0, TO_LIVE, false),
        (0, -TO_LIVE, true),
        (9 * TO_LIVE, TO_LIVE, false),
        (9 * TO_LIVE, -TO_LIVE, true),
        (-9 * TO_LIVE, TO_LIVE, false),
        (-9 * TO_LIVE, -TO_LIVE, true),
        (-9 * TO_LIVE, 4 * 60_000, true),
    ] {
        let before = refreshes(&sandbox);
        let mut tokens = row(&vault, "mona").await.tokens;
        tokens.clock_ahead = ahead;
        tokens.expires_at = Some(from_now(ahead + lives));
        put(&vault, &client, tokens).await;
        vault.token(&client, "mona").await.unwrap();
        let asked = refreshes(&sandbox) - before;
        assert_eq!(asked, usize::from(is_refreshed), "{ahead} {lives}");
    }
}

async fn so_is_the_end_of_a_refresh_token(place: Place) {
    let (sandbox, github, client) = provider().await;
    sandbox.advance(7 * 24 * HOUR);
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let first = row(&vault, "mona").await;
    sandbox.advance(HOUR);
    let second = vault.rotate(&client, &first).await.unwrap();
    let mut tokens = second.into_entry().tokens;
    // Each comes with an end of its own, in half a year.
    let end = |tokens: &Tokens| SystemTime::from(tokens.refresh_token_expires_at.unwrap());
    let by = SystemTime::from(first.tokens.expires_at.unwrap());
    assert!(end(&first.tokens) > by + 180 * 24 * HOUR);
    assert!(end(&tokens) > end(&first.tokens) + HOUR / 2);

    let end = SystemTime::from(tokens.expires_at.unwrap()) - 4 * HOUR;
    tokens.refresh_token_expires_at = Some(end.try_into().unwrap());
    put(&vault, &client, tokens).await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_millis()).unwrap();
    for (hours, due) in [(3, 0), (5, 1)] {
        let filter = Filter::new().due_within(hours * HOUR);
        assert_eq!(vault.count(&filter).await.unwrap(), due);
        let fits = filter.fits(&row(&vault, "mona").await, now);
        assert_eq!(fits, due == 1);
    }
}

async fn tokens_from_elsewhere_without_an_end_are_refreshed_once(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let known = row(&vault, "mona").await.tokens;
    let mut tokens = Tokens::github(known.token.unwrap());
    tokens.refresh_token = known.refresh_token;
    put(&vault, &client, tokens).await;
    for _ in 0..3 {
        let found = vault.token(&client, "mona").await.unwrap();
        assert!(found.expires_at.is_some());
        assert!(sandbox.is_alive(found.token.expose()));
    }
    assert_eq!(refreshes(&sandbox), 1);
}

async fn put(vault: &Vault, client: &Client, tokens: Tokens) {
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
}

fn from_now(millis: i64) -> Timestamp {
    let now = SystemTime::now();
    let distance = Duration::from_millis(millis.unsigned_abs());
    let then = match millis < 0 {
        true => now - distance,
        false => now + distance,
    };
    Timestamp::try_from(then).unwrap()
}

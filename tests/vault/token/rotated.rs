//! A rotation of a token that can be refreshed is a refresh.

use tokenturn::Secret;
use tokenturn_vault::{Entry, State};

use super::{HOUR, provider, refreshes, row, sign_in};
use crate::vault::place::Place;
use crate::vault::{key, on_all};

on_all!(
    a_rotation_replaces_both_tokens,
    an_expired_token_is_rotated,
    without_a_good_refresh_token_it_is_a_reset,
);

async fn a_rotation_replaces_both_tokens(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let old = row(&vault, "mona").await;
    let new = vault.rotate(&client, &old).await.unwrap().into_entry();
    let secrets = |entry: &Entry| {
        let tokens = &entry.tokens;
        [
            tokens.token.clone().unwrap(),
            tokens.refresh_token.clone().unwrap(),
        ]
    };
    for (secrets, lives) in [(secrets(&old), false), (secrets(&new), true)] {
        for secret in secrets {
            assert_eq!(sandbox.is_alive(secret.expose()), lives);
        }
    }
    assert_eq!(new.tokens.lifetime, Some(8 * 3600));
}

async fn an_expired_token_is_rotated(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    sandbox.advance(9 * HOUR);
    let held = row(&vault, "mona").await;
    let new = vault.rotate(&client, &held).await.unwrap().into_entry();
    assert!(sandbox.is_alive(new.tokens.token.unwrap().expose()));
}

async fn without_a_good_refresh_token_it_is_a_reset(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.refresh_token = Some(Secret::new("ghr_used"));
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    let held = row(&vault, "mona").await;
    let new = vault.rotate(&client, &held).await.unwrap().into_entry();
    assert_eq!((new.state(), refreshes(&sandbox)), (State::Active, 1));
    // The provider is not asked once more.
    let new = vault.rotate(&client, &new).await.unwrap().into_entry();
    assert_eq!(refreshes(&sandbox), 1);
    assert_eq!(new.tokens.refresh_token, None);
    assert!(sandbox.is_alive(new.tokens.token.unwrap().expose()));
}

//! Where a token cannot be refreshed, the row says since when and why.

use tokenturn::Secret;
use tokenturn_vault::{Entry, State, Vault, VaultError, Why};

use super::{HOUR, provider, refreshes, row, sign_in};
use crate::vault::place::Place;
use crate::vault::{key, on_all};

on_all!(
    without_a_refresh_token_it_ends,
    a_rotation_says_that_it_has_expired,
    a_refresh_token_that_is_refused_leaves_the_token_alone_while_it_lives,
    both_are_dead,
    a_new_sign_in_begins_anew,
    so_it_does_where_the_row_cannot_be_read,
    a_check_does_not_end_what_can_be_refreshed,
    the_store_keeps_since_when_and_why,
);

async fn without_a_refresh_token_it_ends(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.refresh_token = None;
    tokens.clock_ahead += 8 * 3_600_000 - 60_000;
    vault
        .put(Entry::new("mona", client.app(), tokens.clone()))
        .await
        .unwrap();
    let asked = sandbox.requests().len();
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Ended(_)), "{error:?}");
    assert!(
        error.needs_authorization() && error.to_string().contains("\"mona\""),
        "{error}"
    );
    assert_eq!(row(&vault, "mona").await.state(), State::Active);
    assert_eq!(sandbox.requests().len(), asked);

    // Past its end, the provider is asked, and what it says counts.
    tokens.clock_ahead += 120_000;
    vault
        .put(Entry::new("mona", client.app(), tokens.clone()))
        .await
        .unwrap();
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(Some(found.token), tokens.token);
    sandbox.advance(8 * HOUR);
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Revoked(_)), "{error:?}");
    assert!(error.to_string().contains("expired"), "{error}");
    assert!(ended(&vault, State::Revoked, Why::Expired).await);
    let asked = sandbox.requests().len();
    vault.token(&client, "mona").await.unwrap_err();
    assert_eq!(sandbox.requests().len(), asked, "once is enough");
}

async fn a_rotation_says_that_it_has_expired(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.refresh_token = None;
    tokens.clock_ahead += 9 * 3_600_000;
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    sandbox.advance(9 * HOUR);
    let held = row(&vault, "mona").await;
    let error = vault.rotate(&client, &held).await.unwrap_err();
    assert!(matches!(error, VaultError::Revoked(_)), "{error:?}");
    assert!(ended(&vault, State::Revoked, Why::Expired).await);
}

async fn a_refresh_token_that_is_refused_leaves_the_token_alone_while_it_lives(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    let token = sign_in(&sandbox, &github, &vault, "mona").await;
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.refresh_token = Some(Secret::new("ghr_used"));
    tokens.clock_ahead += 8 * 3_600_000 - 60_000;
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    for _ in 0..2 {
        let error = vault.token(&client, "mona").await.unwrap_err();
        assert!(matches!(error, VaultError::Ended(_)), "{error:?}");
        assert!(error.to_string().contains("refresh token"), "{error}");
    }
    assert_eq!(refreshes(&sandbox), 1, "it is not asked again");
    assert!(ended(&vault, State::Active, Why::InvalidRefreshToken).await);
    assert!(sandbox.is_alive(token.expose()));
    // By another clock it has ended, and the provider says that it lives.
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.clock_ahead += 120_000;
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    for _ in 0..2 {
        let found = vault.token(&client, "mona").await.unwrap();
        assert_eq!(found.token, token);
    }
    assert!(ended(&vault, State::Active, Why::InvalidRefreshToken).await);

    sandbox.advance(8 * HOUR);
    let mut entry = row(&vault, "mona").await;
    // A rotation of what lives with a refresh token that does not is a reset.
    let error = vault.rotate(&client, &entry).await.unwrap_err();
    assert!(matches!(error, VaultError::Revoked(_)), "{error:?}");
    entry = row(&vault, "mona").await;
    assert_eq!(entry.progress.ended.unwrap().why, Why::InvalidRefreshToken);
}

async fn both_are_dead(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    let token = sign_in(&sandbox, &github, &vault, "mona").await;
    github.delete_token(&token).await.unwrap();
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.refresh_token = Some(Secret::new("ghr_used"));
    tokens.clock_ahead += 9 * 3_600_000;
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Revoked(_)), "{error:?}");
    assert!(ended(&vault, State::Revoked, Why::InvalidRefreshToken).await);
    let mut history = vault.history(Some("mona"));
    let mut last = None;
    while let Some(event) = history.next().await {
        last = Some(event.unwrap());
    }
    assert_eq!(
        last.unwrap().reason.as_deref(),
        Some("invalid_refresh_token")
    );
}

async fn a_new_sign_in_begins_anew(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    let token = sign_in(&sandbox, &github, &vault, "mona").await;
    github.delete_token(&token).await.unwrap();
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.refresh_token = None;
    tokens.clock_ahead += 9 * 3_600_000;
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    vault.token(&client, "mona").await.unwrap_err();
    let token = sign_in(&sandbox, &github, &vault, "mona").await;
    let entry = row(&vault, "mona").await;
    assert_eq!((entry.state(), entry.progress.ended), (State::Active, None));
    assert_eq!(vault.token(&client, "mona").await.unwrap().token, token);
}

async fn so_it_does_where_the_row_cannot_be_read(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    for id in ["mona", "hubot"] {
        sign_in(&sandbox, &github, &vault, id).await;
    }
    place.sql(
        "UPDATE token SET sealed = (SELECT sealed FROM token WHERE id = 'hubot') WHERE id = 'mona'",
    );
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(&error, VaultError::Store(why) if why.is_damaged()));
    let token = sign_in(&sandbox, &github, &vault, "mona").await;
    assert_eq!(vault.token(&client, "mona").await.unwrap().token, token);
}

async fn a_check_does_not_end_what_can_be_refreshed(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    // It has expired, as everybody knows.
    sandbox.advance(8 * HOUR);
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.clock_ahead += 8 * 3_600_000;
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    assert!(!vault.check(&client, "mona").await.unwrap());
    assert_eq!(row(&vault, "mona").await.state(), State::Active);
    let token = vault.token(&client, "mona").await.unwrap().token;
    assert!(sandbox.is_alive(token.expose()));
    // It has died without the knowledge of the vault, and its refresh token may live.
    sandbox.advance(8 * HOUR);
    assert!(!vault.check(&client, "mona").await.unwrap());
    assert_eq!(row(&vault, "mona").await.state(), State::Unknown);
    let token = vault.token(&client, "mona").await.unwrap().token;
    assert!(sandbox.is_alive(token.expose()));
    assert_eq!(row(&vault, "mona").await.state(), State::Active);
}

async fn the_store_keeps_since_when_and_why(place: Place) {
    let (sandbox, github, client) = provider().await;
    let key = key();
    let vault = place.open(&key).await;
    sandbox.set_expiring_tokens(false);
    sign_in(&sandbox, &github, &vault, "mona").await;
    vault.revoke(&client, "mona").await.unwrap();
    assert!(ended(&vault, State::Revoked, Why::Revoked).await);
    let since = row(&vault, "mona").await.progress.ended;
    drop(vault);
    let vault = place.open(&key).await;
    assert_eq!(row(&vault, "mona").await.progress.ended, since);
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(
        error.to_string().contains(&since.unwrap().at.to_string()),
        "{error}"
    );
}

async fn ended(vault: &Vault, state: State, why: Why) -> bool {
    let entry = row(vault, "mona").await;
    let ended = entry.progress.ended.unwrap();
    let age = ended.at >= entry.created_at;
    entry.state() == state && ended.why == why && age
}

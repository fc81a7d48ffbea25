//! Rows that are revoked, or may be.

use tokenturn_sandbox::{Calls, Fault};
use tokenturn_vault::{State, VaultError, Why};

use super::{HOUR, provider, put, refreshes, row, sign_in};
use crate::vault::place::Place;
use crate::vault::{key, on_all};

on_all!(
    a_row_that_an_earlier_version_took_for_dead_is_refreshed,
    a_revocation_whose_answer_is_lost_stays_one,
);

/// It did not know of refresh tokens, and called a token revoked that had expired.
async fn a_row_that_an_earlier_version_took_for_dead_is_refreshed(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open_quick(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.clock_ahead += 9 * 3_600_000;
    put(&vault, &client, "mona", tokens).await;
    sandbox.advance(9 * HOUR);
    place.sql(
        "UPDATE token SET state = 'revoked', refresh_by = 0, ended_since = 0, ended_why = NULL",
    );
    let entry = row(&vault, "mona").await;
    assert_eq!(
        (entry.state(), entry.progress.ended),
        (State::Revoked, None)
    );
    let found = vault.token(&client, "mona").await.unwrap();
    assert!(sandbox.is_alive(found.token.expose()));
    assert_eq!(row(&vault, "mona").await.state(), State::Active);
    assert_eq!(refreshes(&sandbox), 1);
}

/// The token is dead, as was asked for, and nobody has said so: whoever comes next asks, and is not given it.
async fn a_revocation_whose_answer_is_lost_stays_one(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open_quick(&key()).await;
    let token = sign_in(&sandbox, &github, &vault, "mona").await;
    sandbox.add_fault(Fault::AfterChange, Calls::Every);
    let error = vault.revoke(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Call(_)), "{error:?}");
    assert!(!sandbox.is_alive(token.expose()));
    assert_eq!(row(&vault, "mona").await.state(), State::Active);
    sandbox.set_fault(None);
    for _ in 0..2 {
        let error = vault.token(&client, "mona").await.unwrap_err();
        assert!(matches!(error, VaultError::Revoked(_)), "{error:?}");
        assert!(error.needs_authorization(), "{error}");
    }
    let entry = row(&vault, "mona").await;
    assert_eq!(entry.state(), State::Revoked);
    assert_eq!(entry.progress.ended.unwrap().why, Why::Revoked);
}

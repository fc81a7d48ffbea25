//! Rows that are revoked, or may be.

use tokenturn::GitHub;
use tokenturn_sandbox::{Calls, Fault};
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, RawRequest, RawServer, json_answer};
use tokenturn_vault::{Client, Filter, State, VaultError, Why};

use super::{HOUR, provider, put, refreshes, row, sign_in, tokens};
use crate::vault::old::make;
use crate::vault::place::Place;
use crate::vault::provider::fast;
use crate::vault::{key, on_all};

on_all!(
    a_row_that_an_earlier_version_took_for_dead_is_refreshed,
    what_an_earlier_version_revoked_on_demand_stays_so,
    a_revocation_whose_answer_is_lost_stays_one,
    a_revocation_that_was_not_done_is_none,
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

/// It did not note why, and the history tells.
async fn what_an_earlier_version_revoked_on_demand_stays_so(place: Place) {
    let (sandbox, github, client) = provider().await;
    let key = key();
    let vault = place.open_quick(&key).await;
    sign_in(&sandbox, &github, &vault, "on demand").await;
    vault.revoke(&client, "on demand").await.unwrap();
    let token = sign_in(&sandbox, &github, &vault, "found").await;
    github.delete_token(&token).await.unwrap();
    assert!(!vault.check(&client, "found").await.unwrap());
    drop(vault);
    place.sql("UPDATE event SET what = 'invalid' WHERE what = 'unknown'");
    place.sql("UPDATE token SET state = 'revoked', until = 0, span = 0");
    make(&place, 2);
    let vault = place.open_quick(&key).await;
    let error = vault.token(&client, "on demand").await.unwrap_err();
    assert!(matches!(error, VaultError::Revoked(_)), "{error:?}");
    assert_eq!(refreshes(&sandbox), 0);
    let found = vault.token(&client, "found").await.unwrap();
    assert!(sandbox.is_alive(found.token.expose()));
}

/// The token is dead, as was asked for, and nobody has said so: whoever comes next asks, and is not given it.
async fn a_revocation_whose_answer_is_lost_stays_one(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open_quick(&key()).await;
    for (id, is_of_many) in [("mona", false), ("hubot", true)] {
        let token = sign_in(&sandbox, &github, &vault, id).await;
        sandbox.add_fault(Fault::AfterChange, Calls::Every);
        if is_of_many {
            let filter = Filter::new().id(id);
            let fleet = vault.revoke_all([client.clone()], filter, fast());
            let mut fleet = fleet.await.unwrap();
            while fleet.next().await.is_some() {}
        } else {
            let error = vault.revoke(&client, id).await.unwrap_err();
            assert!(matches!(error, VaultError::Call(_)), "{error:?}");
        }
        assert!(!sandbox.is_alive(token.expose()));
        assert_eq!(row(&vault, id).await.state(), State::Active);
        sandbox.set_fault(None);
        for _ in 0..2 {
            let error = vault.token(&client, id).await.unwrap_err();
            assert!(matches!(error, VaultError::Revoked(_)), "{error:?}");
            assert!(error.needs_authorization(), "{error}");
        }
        let entry = row(&vault, id).await;
        assert_eq!(entry.state(), State::Revoked);
        assert_eq!(entry.progress.ended.unwrap().why, Why::Revoked);
    }
}

/// Nobody has heard of it, or the provider has said no.
async fn a_revocation_that_was_not_done_is_none(place: Place) {
    let server = RawServer::start_with(|_: &RawRequest| {
        json_answer("403 Forbidden", "", r#"{"message":"not now"}"#).into()
    })
    .await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    let vault = place.open_quick(&key()).await;
    for (url, is_refused) in [(server.url(), true), (nobody, false)] {
        let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(url);
        let client = Client::from(github.build().unwrap());
        let id = if is_refused { "refused" } else { "unheard" };
        put(&vault, &client, id, tokens()).await;
        let error = vault.revoke(&client, id).await.unwrap_err();
        assert!(
            matches!(&error, VaultError::Call(error) if error.refusal().is_some() == is_refused)
        );
        let is_as_before = async || {
            let entry = row(&vault, id).await;
            entry.state() == State::Active && entry.progress.ended.is_none()
        };
        assert!(is_as_before().await);
        let fleet = vault.revoke_all([client], Filter::new(), fast()).await;
        let mut fleet = fleet.unwrap();
        while fleet.next().await.is_some() {}
        assert!(is_as_before().await);
    }
}

//! A row that somebody else changes, or takes, while a call about it is under way.

use std::time::Duration;

use tokenturn::{GitHub, Rotated, Sink};
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::crash::Point;
use tokenturn_vault::{Client, Filter, State, StoreError, Tokens, Vault, VaultError, VaultSink};

use super::{HOUR, REFRESH, ask, end, gated, provider, put, refreshes, row, sign_in};
use crate::vault::place::Place;
use crate::vault::provider::fast;
use crate::vault::{key, on_all};

on_all!(
    an_expired_token_that_is_put_in_meanwhile_is_refreshed,
    a_token_that_is_put_in_during_a_check_is_handed_out,
    a_check_says_that_a_token_is_being_replaced,
    a_late_owner_does_not_send_to_sign_in_while_its_successor_is_at_it,
    a_sign_in_that_is_saved_twice_does_not_undo_a_refresh,
    many_are_refused_at_once_and_one_refreshes,
    what_is_said_of_a_token_that_was_taken_out_is_not_noted_of_the_next_one,
    many_hear_of_a_refused_refresh_token_and_one_has_asked,
    what_was_read_of_one_app_does_not_count_for_the_next_one,
);

/// Tokens of a new user.
async fn issued(sandbox: &Sandbox, github: &GitHub, vault: &Vault) -> Tokens {
    sign_in(sandbox, github, vault, "another").await;
    let tokens = row(vault, "another").await.tokens;
    assert!(vault.remove("another").await.unwrap());
    tokens
}

/// Whoever refreshes comes back to a row with a token that is newer, and was dead when it was put in.
async fn an_expired_token_that_is_put_in_meanwhile_is_refreshed(place: Place) {
    let (sandbox, github, _) = provider().await;
    let (gate, client) = gated(&sandbox).await;
    let vault = place.open(&key()).await;
    let mut expired = issued(&sandbox, &github, &vault).await;
    expired.clock_ahead += 9 * 3_600_000;
    sandbox.advance(9 * HOUR);
    let tokens = issued(&sandbox, &github, &vault).await;
    put(&vault, &client, "mona", tokens).await;
    end(&vault, &client, "mona").await;

    let held = gate.hold(REFRESH, Point::Answer);
    let asking = ask(&vault, &client);
    held.is_there().await;
    put(&vault, &client, "mona", expired.clone()).await;
    held.release().await;
    let found = asking.await.unwrap().unwrap();
    assert_ne!(Some(&found.token), expired.token.as_ref());
    assert!(sandbox.is_alive(found.token.expose()));
    assert_eq!(row(&vault, "mona").await.tokens.token, Some(found.token));
    assert_eq!(refreshes(&sandbox), 2, "of each token once");
}

/// The provider has called the old one dead, and the new one is none of its answer's business.
async fn a_token_that_is_put_in_during_a_check_is_handed_out(place: Place) {
    let (sandbox, _, _) = provider().await;
    let (gate, client) = gated(&sandbox).await;
    let vault = place.open(&key()).await;
    let mut old = Tokens::github(sandbox.new_expiring_github_token().token);
    old.expires_at = Some("2020-01-01T00:00:00Z".parse().unwrap());
    sandbox.advance(9 * HOUR);
    put(&vault, &client, "mona", old).await;

    let held = gate.hold("POST", Point::Answer);
    let asking = ask(&vault, &client);
    held.is_there().await;
    let new = sandbox.new_github_token();
    put(&vault, &client, "mona", Tokens::github(new.clone())).await;
    held.release().await;
    assert_eq!(asking.await.unwrap().unwrap().token.expose(), new);
    assert_eq!(row(&vault, "mona").await.state(), State::Active);
}

/// That may be why it is not valid any more.
async fn a_check_says_that_a_token_is_being_replaced(place: Place) {
    let (sandbox, github, _) = provider().await;
    let (gate, client) = gated(&sandbox).await;
    let vault = place.open(&key()).await;
    let tokens = issued(&sandbox, &github, &vault).await;
    put(&vault, &client, "mona", tokens).await;
    let held = gate.hold("POST /applications/", Point::Answer);
    let (checking, of) = (vault.clone(), client.clone());
    let checking = tokio::spawn(async move { checking.check(&of, "mona").await });
    held.is_there().await;
    place.sql("UPDATE token SET state = 'rotating'");
    held.release().await;
    let error = checking.await.unwrap().unwrap_err();
    let is_busy = matches!(&error, VaultError::Store(error) if error.is_busy());
    assert!(is_busy, "{error:?}");
}

/// Its refresh token is used up by the successor, who has the next one, and has not stored it yet.
async fn a_late_owner_does_not_send_to_sign_in_while_its_successor_is_at_it(place: Place) {
    let (sandbox, github, _) = provider().await;
    let (gate, client) = gated(&sandbox).await;
    let key = key();
    let (late, successor) = (place.open(&key).await, place.open(&key).await);
    let tokens = issued(&sandbox, &github, &late).await;
    put(&late, &client, "mona", tokens).await;
    end(&late, &client, "mona").await;

    let request = gate.hold(REFRESH, Point::Request);
    let late = ask(&late, &client);
    request.is_there().await;
    // Its lease is over.
    place.sql("UPDATE token SET until = 0, span = 0");
    let answer = gate.hold(REFRESH, Point::Answer);
    let asking = ask(&successor, &client);
    answer.is_there().await;
    request.release().await;
    let error = late.await.unwrap().unwrap_err();
    assert_eq!(row(&successor, "mona").await.state(), State::Rotating);
    assert!(!error.needs_authorization(), "{error:?}");
    let is_busy = matches!(&error, VaultError::Store(error) if error.is_busy());
    assert!(is_busy, "{error:?}");
    answer.release().await;
    let found = asking.await.unwrap().unwrap();
    assert!(sandbox.is_alive(found.token.expose()));
}

/// It was stored, and the store seemed to be away: the sink is asked again, after a refresh.
async fn a_sign_in_that_is_saved_twice_does_not_undo_a_refresh(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let before = row(&vault, "mona").await.generation;
    let request = github.authorize().redirect_uri("http://127.0.0.1/");
    let request = request.build().unwrap();
    let callback = sandbox.approve(&request.url).unwrap();
    let code = request.pending.callback(&callback).unwrap();
    let sink = Twice {
        sink: vault.sink(&client, "mona"),
        vault: vault.clone(),
        client,
    };
    let new = tokenturn::obtain(github.exchange_code(code), sink).await;
    let new = new.unwrap().token;
    let entry = row(&vault, "mona").await;
    let token = entry.tokens.token.unwrap();
    assert_ne!(token, new, "it was refreshed since");
    assert!(sandbox.is_alive(token.expose()));
    let refresh_token = entry.tokens.refresh_token.unwrap();
    assert!(sandbox.is_alive(refresh_token.expose()));
    assert_eq!(entry.generation, before + 2, "a sign-in and a refresh");
}

struct Twice {
    sink: VaultSink,
    vault: Vault,
    client: Client,
}

impl<D: Sync> Sink<D> for Twice {
    type Error = StoreError;

    async fn prepare(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn save(&mut self, new: &Rotated<D>) -> Result<(), StoreError> {
        self.sink.save(new).await?;
        let held = row(&self.vault, "mona").await;
        self.vault.rotate(&self.client, &held).await.unwrap();
        self.sink.save(new).await
    }
}

/// Each of them asks about the token first, and one of them goes on.
async fn many_are_refused_at_once_and_one_refreshes(place: Place) {
    let (sandbox, github, client) = provider().await;
    let builder = Place::quick().cache_for(Duration::ZERO);
    let vault = place.built(builder, &key()).await.unwrap();
    sign_in(&sandbox, &github, &vault, "mona").await;
    let first = vault.token(&client, "mona").await.unwrap();
    github.delete_token(&first.token).await.unwrap();
    let asking: Vec<_> = (0..16)
        .map(|_| {
            let (vault, client, first) = (vault.clone(), client.clone(), first.clone());
            tokio::spawn(async move { vault.token_instead_of(&client, "mona", &first).await })
        })
        .collect();
    let mut found = Vec::new();
    for asking in asking {
        found.push(asking.await.unwrap().unwrap());
    }
    assert!(found.iter().all(|token| *token == found[0]));
    assert!(sandbox.is_alive(found[0].token.expose()));
    assert_eq!(refreshes(&sandbox), 1);
}

/// A run reads hundreds of rows ahead of its calls, so there may be minutes between the two.
async fn what_is_said_of_a_token_that_was_taken_out_is_not_noted_of_the_next_one(place: Place) {
    let (sandbox, github, _) = provider().await;
    let (gate, client) = gated(&sandbox).await;
    let vault = place.open(&key()).await;
    for is_run in [false, true] {
        let dead = Tokens::github(sandbox.new_github_token());
        github
            .delete_token(dead.token.as_ref().unwrap())
            .await
            .unwrap();
        put(&vault, &client, "mona", dead).await;
        let held = gate.hold("POST", Point::Answer);
        let checking = {
            let (vault, client) = (vault.clone(), client.clone());
            tokio::spawn(async move {
                if !is_run {
                    return vault.check(&client, "mona").await.unwrap();
                }
                let fleet = vault.check_all([client], Filter::new(), fast()).await;
                let mut fleet = fleet.unwrap();
                while fleet.next().await.is_some() {}
                fleet.summary().valid == 1
            })
        };
        held.is_there().await;
        assert!(vault.remove("mona").await.unwrap());
        let new = sandbox.new_github_token();
        put(&vault, &client, "mona", Tokens::github(new.clone())).await;
        held.release().await;
        assert!(checking.await.unwrap(), "it was asked about the new one");
        assert_eq!(row(&vault, "mona").await.state(), State::Active);
        let found = vault.token(&client, "mona").await.unwrap();
        assert_eq!(found.token.expose(), new);
        assert!(vault.remove("mona").await.unwrap());
    }
}

/// Whoever has waited for the one who asked is told the same, and asks nobody.
async fn many_hear_of_a_refused_refresh_token_and_one_has_asked(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.refresh_token = Some("ghr_used".into());
    for _ in 0..3 {
        put(&vault, &client, "mona", tokens.clone()).await;
        end(&vault, &client, "mona").await;
        let before = sandbox.requests().len();
        let asking: Vec<_> = (0..32).map(|_| ask(&vault, &client)).collect();
        for asking in asking {
            let error = asking.await.unwrap().unwrap_err();
            assert!(matches!(error, VaultError::Ended(_)), "{error:?}");
        }
        let calls = sandbox.requests().len() - before;
        assert_eq!(calls, 2, "a refresh, and a question about the token");
    }
}

/// Its token would be sent to the server of an app that it is not for, which would call it dead.
async fn what_was_read_of_one_app_does_not_count_for_the_next_one(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let held = row(&vault, "mona").await;
    assert!(vault.remove("mona").await.unwrap());
    let other = GitHub::builder("another", "secret").base_url(sandbox.url());
    let other = Client::from(other.build().unwrap());
    put(&vault, &other, "mona", Tokens::github("gho_another")).await;
    let asked = sandbox.requests().len();
    let error = vault.rotate(&client, &held).await.unwrap_err();
    assert!(matches!(error, VaultError::WrongClient { .. }), "{error:?}");
    assert_eq!(sandbox.requests().len(), asked);
    assert_eq!(row(&vault, "mona").await.state(), State::Active);
}

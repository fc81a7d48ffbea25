//! Many ask, and one refreshes.

use std::time::Duration;

use tokenturn::{GitHub, OhMyGpt, RefusalReason, Secret};
use tokenturn_tests::{CLIENT_ID, RawRequest, RawServer, json_answer};
use tokenturn_vault::{Client, Entry, Filter, State, Tokens, Vault, VaultError};

use super::{HOUR, ask, client_of, end, pair, provider, put, refreshes, row, sign_in, tokens};
use crate::vault::place::Place;
use crate::vault::provider::fast;
use crate::vault::{key, on_all};

on_all!(
    a_token_is_refreshed_when_it_is_about_to_end,
    one_of_many_refreshes,
    it_goes_on_without_its_caller,
    a_token_that_lives_shorter_than_asked_is_handed_out,
    tokens_without_an_end_are_returned_as_they_are,
    a_token_lives_for_as_long_as_it_is_needed,
    a_row_is_read_once_in_a_while,
    nothing_is_remembered_for_longer_than_it_is_fresh,
    what_this_process_does_to_a_row_is_not_missed,
    a_refused_token_is_not_remembered,
    without_a_client_secret_a_refused_token_is_refreshed,
    there_is_another_token_instead_of_a_refused_one,
    a_limit_is_met_once_by_many,
);

async fn a_token_is_refreshed_when_it_is_about_to_end(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    let first = sign_in(&sandbox, &github, &vault, "mona").await;
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!((&found.token, found.generation), (&first, 1));
    assert!(found.expires_at.is_some());
    assert_eq!(refreshes(&sandbox), 0);

    // By its clock alone: ours says that there are hours left.
    sandbox.advance(8 * HOUR);
    let mut tokens = row(&vault, "mona").await.tokens;
    let life = Duration::from_secs(tokens.lifetime.unwrap());
    assert_eq!(life, 8 * HOUR);
    tokens.clock_ahead += 8 * 3_600_000 - 4 * 60_000;
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    let second = vault.token(&client, "mona").await.unwrap();
    assert_ne!(second.token, first);
    assert_eq!(second.generation, 3);
    assert!(sandbox.is_alive(second.token.expose()));
    assert_eq!(refreshes(&sandbox), 1);
    let row = row(&vault, "mona").await;
    assert!(sandbox.is_alive(row.tokens.refresh_token.unwrap().expose()));
    assert_eq!(vault.token(&client, "mona").await.unwrap(), second);
    assert_eq!(refreshes(&sandbox), 1);
}

async fn one_of_many_refreshes(place: Place) {
    let (sandbox, github, client) = provider().await;
    let key = key();
    let mut vaults = Vec::new();
    for _ in 0..2 {
        let builder = Vault::builder().cache_for(Duration::ZERO);
        vaults.push(place.built(builder, &key).await.unwrap());
    }
    sign_in(&sandbox, &github, &vaults[0], "mona").await;
    for round in 1..4 {
        end(&vaults[0], &client, "mona").await;
        let ask = |number: usize| {
            let (vault, client) = (vaults[number % 2].clone(), client.clone());
            tokio::spawn(async move { vault.token(&client, "mona").await.unwrap() })
        };
        let asking: Vec<_> = (0..16).map(ask).collect();
        let mut found = Vec::new();
        for asking in asking {
            found.push(asking.await.unwrap());
        }
        assert_eq!(refreshes(&sandbox), round);
        assert!(found.iter().all(|token| *token == found[0]));
        assert!(sandbox.is_alive(found[0].token.expose()));
    }
}

async fn it_goes_on_without_its_caller(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    end(&vault, &client, "mona").await;
    let before = row(&vault, "mona").await.generation;
    {
        let mut asking = std::pin::pin!(vault.token(&client, "mona"));
        // Until the call is under way.
        while refreshes(&sandbox) == 0 {
            let wait = Duration::from_millis(1);
            let _ = tokio::time::timeout(wait, asking.as_mut()).await;
        }
    }
    vault.drain().await;
    let after = row(&vault, "mona").await;
    assert_eq!(after.generation, before + 1);
    assert!(sandbox.is_alive(after.tokens.token.unwrap().expose()));
}

async fn a_token_that_lives_shorter_than_asked_is_handed_out(place: Place) {
    let (sandbox, github, client) = provider().await;
    let builder = Vault::builder().fresh_for(10 * HOUR);
    let vault = place.built(builder, &key()).await.unwrap();
    let first = sign_in(&sandbox, &github, &vault, "mona").await;
    for _ in 0..3 {
        assert_eq!(vault.token(&client, "mona").await.unwrap().token, first);
    }
    assert_eq!(refreshes(&sandbox), 0);
}

async fn tokens_without_an_end_are_returned_as_they_are(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sandbox.set_expiring_tokens(false);
    let token = sign_in(&sandbox, &github, &vault, "mona").await;
    sandbox.advance(1000 * HOUR);
    assert_eq!(vault.token(&client, "mona").await.unwrap().token, token);

    let user = sandbox.new_ohmygpt_user();
    let ohmygpt = OhMyGpt::builder().base_url(sandbox.url()).build().unwrap();
    let ohmygpt = Client::from(ohmygpt);
    for (id, admin_token) in [
        ("omg", Some(Secret::new(&*user.admin_token))),
        ("new", None),
    ] {
        let tokens = Tokens::ohmygpt(&*user.oauth_token, admin_token);
        vault
            .put(Entry::new(id, ohmygpt.app(), tokens))
            .await
            .unwrap();
    }
    let found = vault.token(&ohmygpt, "omg").await.unwrap();
    assert_eq!(found.token.expose(), user.admin_token);
    let error = vault.token(&ohmygpt, "new").await.unwrap_err();
    assert!(matches!(error, VaultError::NoToken(_)), "{error:?}");
    let error = vault.token(&client, "omg").await.unwrap_err();
    assert!(matches!(error, VaultError::WrongClient { .. }), "{error:?}");
    let error = vault.token(&client, "nobody").await.unwrap_err();
    assert!(matches!(error, VaultError::NotFound(_)), "{error:?}");
    assert_eq!(refreshes(&sandbox), 0);
}

async fn a_token_lives_for_as_long_as_it_is_needed(place: Place) {
    let (sandbox, github, client) = provider().await;
    let key = key();
    // It lives for another hour.
    for (needed, refreshed) in [(HOUR / 2, 0), (2 * HOUR, 1)] {
        let builder = Vault::builder().fresh_for(needed);
        let vault = place.built(builder, &key).await.unwrap();
        sign_in(&sandbox, &github, &vault, "mona").await;
        let mut tokens = row(&vault, "mona").await.tokens;
        tokens.clock_ahead += 7 * 3_600_000;
        vault
            .put(Entry::new("mona", client.app(), tokens))
            .await
            .unwrap();
        vault.token(&client, "mona").await.unwrap();
        assert_eq!(refreshes(&sandbox), refreshed);
    }
}

/// However long that may be for.
async fn nothing_is_remembered_for_longer_than_it_is_fresh(place: Place) {
    let (sandbox, github, client) = provider().await;
    let builder = Vault::builder().cache_for(HOUR);
    let vault = place.built(builder, &key()).await.unwrap();
    sign_in(&sandbox, &github, &vault, "mona").await;
    let mut tokens = row(&vault, "mona").await.tokens;
    // For five minutes and a second.
    tokens.clock_ahead += 8 * 3_600_000 - 301_000;
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    vault.token(&client, "mona").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    vault.token(&client, "mona").await.unwrap();
    assert_eq!(refreshes(&sandbox), 1);
}

async fn what_this_process_does_to_a_row_is_not_missed(place: Place) {
    let (sandbox, github, client) = provider().await;
    let builder = Vault::builder().cache_for(HOUR);
    let vault = place.built(builder, &key()).await.unwrap();
    let first = sign_in(&sandbox, &github, &vault, "mona").await;
    let found = async || vault.token(&client, "mona").await.unwrap().token;
    assert_eq!(found().await, first);
    github.delete_token(&first).await.unwrap();
    assert!(!vault.check(&client, "mona").await.unwrap());
    let second = found().await;
    assert!(sandbox.is_alive(second.expose()));

    let all = Filter::new();
    let fleet = vault.rotate_all([client.clone()], all.clone(), fast());
    let mut fleet = fleet.await.unwrap();
    while fleet.next().await.is_some() {}
    let third = found().await;
    assert!(sandbox.is_alive(third.expose()));

    github.delete_token(&third).await.unwrap();
    let fleet = vault.check_all([client.clone()], all, fast());
    let mut fleet = fleet.await.unwrap();
    while fleet.next().await.is_some() {}
    assert!(sandbox.is_alive(found().await.expose()));
}

async fn a_refused_token_is_not_remembered(place: Place) {
    let (sandbox, github, client) = provider().await;
    let key = key();
    let builder = Vault::builder().cache_for(HOUR);
    let vault = place.built(builder, &key).await.unwrap();
    sign_in(&sandbox, &github, &vault, "mona").await;
    let first = vault.token(&client, "mona").await.unwrap();
    // Another process replaces it.
    let other = place.open(&key).await;
    let held = row(&other, "mona").await;
    other.rotate(&client, &held).await.unwrap();
    let asked = sandbox.requests().len();
    let found = vault.token_instead_of(&client, "mona", &first).await;
    let found = found.unwrap();
    assert_ne!(found, first);
    assert_eq!(sandbox.requests().len(), asked, "nobody refused this one");
    assert!(sandbox.is_alive(found.token.expose()));
    assert_eq!(vault.token(&client, "mona").await.unwrap(), found);
}

/// Nobody can be asked about it.
async fn without_a_client_secret_a_refused_token_is_refreshed(place: Place) {
    let server = RawServer::start([pair("200 OK", "new")]).await;
    let github = GitHub::public_client(CLIENT_ID).base_url(server.url());
    let client = Client::from(github.build().unwrap());
    let vault = place.open(&key()).await;
    let mut old = tokens();
    old.expires_at = Some("2099-01-01T00:00:00Z".parse().unwrap());
    put(&vault, &client, "mona", old).await;
    let first = vault.token(&client, "mona").await.unwrap();
    assert!(server.requests().is_empty());
    let found = vault.token_instead_of(&client, "mona", &first).await;
    assert_eq!(found.unwrap().token.expose(), "ghu_new0123456789");
    assert_eq!(server.requests().len(), 1);
}

async fn a_row_is_read_once_in_a_while(place: Place) {
    let (sandbox, github, client) = provider().await;
    let key = key();
    let builder = || Vault::builder().cache_for(HOUR);
    let vault = place.built(builder(), &key).await.unwrap();
    let other = place
        .built(builder().cache_for(Duration::ZERO), &key)
        .await
        .unwrap();
    let first = sign_in(&sandbox, &github, &vault, "mona").await;
    assert_eq!(vault.token(&client, "mona").await.unwrap().token, first);
    // What another process does is not seen before the time is up, and what this one does is.
    let held = row(&other, "mona").await;
    other.rotate(&client, &held).await.unwrap();
    let second = other.token(&client, "mona").await.unwrap();
    assert_ne!(second.token, first);
    assert_eq!(vault.token(&client, "mona").await.unwrap().token, first);
    let held = row(&vault, "mona").await;
    let third = vault.rotate(&client, &held).await.unwrap().into_entry();
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(
        (Some(found.token), found.generation),
        (third.tokens.token, 3)
    );
    assert!(vault.remove("mona").await.unwrap());
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::NotFound(_)), "{error:?}");
}

async fn there_is_another_token_instead_of_a_refused_one(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    let first = vault.token(&client, "mona").await.unwrap();
    let instead = async |client, token| vault.token_instead_of(client, "mona", token).await;
    // It is valid, so whatever refused it did so for another reason.
    assert_eq!(instead(&client, &first).await.unwrap(), first);
    assert_eq!(refreshes(&sandbox), 0);

    github.delete_token(&first.token).await.unwrap();
    let second = instead(&client, &first).await.unwrap();
    assert!(sandbox.is_alive(second.token.expose()));
    assert_eq!(instead(&client, &first).await.unwrap(), second);
    assert_eq!(refreshes(&sandbox), 1);

    // Its user has revoked the app.
    sign_in(&sandbox, &github, &vault, "hubot").await;
    let hubots = vault.token(&client, "hubot").await.unwrap();
    github.delete_authorization(&hubots.token).await.unwrap();
    let error = vault.token_instead_of(&client, "hubot", &hubots).await;
    assert!(matches!(error, Err(VaultError::Revoked(_))), "{error:?}");

    // There is nothing to refresh it with.
    sign_in(&sandbox, &github, &vault, "mona").await;
    let mut tokens = row(&vault, "mona").await.tokens;
    tokens.refresh_token = None;
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    let third = vault.token(&client, "mona").await.unwrap();
    github.delete_token(&third.token).await.unwrap();
    let error = instead(&client, &third).await.unwrap_err();
    assert!(error.needs_authorization(), "{error}");
}

async fn a_limit_is_met_once_by_many(place: Place) {
    let limited = json_answer("429 Too Many Requests", "retry-after: 60\r\n", "{}");
    let server = RawServer::start_with(move |_: &RawRequest| limited.clone().into()).await;
    let client = client_of(&server);
    let vault = place.open(&key()).await;
    put(&vault, &client, "mona", tokens()).await;
    let asking: Vec<_> = (0..16).map(|_| ask(&vault, &client)).collect();
    for asking in asking {
        let error = asking.await.unwrap().unwrap_err();
        let VaultError::Refused(refusal) = error else {
            panic!("{error}");
        };
        let RefusalReason::RateLimited { retry_after } = refusal.reason else {
            panic!("{refusal}");
        };
        assert!(retry_after.unwrap() > Duration::from_secs(50), "{refusal}");
    }
    let held = row(&vault, "mona").await;
    vault.rotate(&client, &held).await.unwrap_err();
    assert_eq!((server.requests().len(), held.state()), (1, State::Active));

    // It is about the calls for one row: those for others may have another limit.
    put(
        &vault,
        &client,
        "lisa",
        Tokens::github("ghu_lisa0123456789"),
    )
    .await;
    let lisa = row(&vault, "lisa").await;
    vault.rotate(&client, &lisa).await.unwrap_err();
    assert_eq!(server.requests().len(), 2);
}

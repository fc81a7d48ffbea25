//! Many tokens, before they end.

use tokenturn::{GitHub, Secret};
use tokenturn_sandbox::Sandbox;
use tokenturn_vault::{Client, Entry, Filter, Fleet, State, Stop, Vault};

use super::{HOUR, provider, refreshes, row, sign_in};
use crate::vault::place::Place;
use crate::vault::provider::fast;
use crate::vault::{key, on_all};

on_all!(
    those_that_are_due_are_refreshed,
    a_run_over_expired_tokens_refreshes_them,
    what_ends_first_is_refreshed_first,
    a_run_of_an_hour_ago_is_not_gone_on_with,
    what_cannot_be_refreshed_is_told_of,
    refreshes_that_are_refused_stop_a_run,
    a_check_tells_what_has_expired,
    a_check_tells_what_may_be_refreshed_yet,
);

/// Nine rows: of three each the token ends in an hour, the refresh token does, and neither.
async fn rows(vault: &Vault, sandbox: &Sandbox, github: &GitHub) -> Client {
    let client = Client::from(github.clone());
    for number in 0..9 {
        let id = format!("{number:02}");
        sign_in(sandbox, github, vault, &id).await;
        let mut tokens = row(vault, &id).await.tokens;
        match number / 3 {
            0 => tokens.clock_ahead += 7 * 3_600_000 + 60_000,
            1 => tokens.refresh_token_expires_at = tokens.expires_at,
            _ => {}
        }
        vault
            .put(Entry::new(id, client.app(), tokens))
            .await
            .unwrap();
    }
    client
}

async fn those_that_are_due_are_refreshed(place: Place) {
    let (sandbox, github, _) = provider().await;
    let vault = place.open(&key()).await;
    let client = rows(&vault, &sandbox, &github).await;
    let refresh = async |time| {
        let filter = Filter::new().due_within(time);
        let plan = vault
            .plan([client.clone()], &filter, &fast())
            .await
            .unwrap();
        let fleet = vault.refresh_all([client.clone()], filter, fast()).await;
        let mut fleet = fleet.unwrap();
        assert_eq!(
            (fleet.expected().left, plan.apps[0].tokens),
            (fleet.expected().left, fleet.expected().left)
        );
        run(&mut fleet).await;
        assert!(fleet.summary().stopped.is_none());
        assert_eq!(fleet.summary().not_attempted, 0);
        fleet.summary().replaced
    };
    assert_eq!(refresh(HOUR).await, 3);
    assert_eq!(refresh(HOUR).await, 0, "they are not due any more");
    assert_eq!(refreshes(&sandbox), 3);
    assert_eq!(refresh(7 * HOUR).await, 0);
    // All that are left by then, the new ones among them.
    assert_eq!(refresh(9 * HOUR).await, 9);
    let fleet = vault
        .refresh_all([client.clone()], Filter::new(), fast())
        .await;
    let mut fleet = fleet.unwrap();
    run(&mut fleet).await;
    assert_eq!(fleet.summary().replaced, 9, "all that can be");
    assert_eq!(refreshes(&sandbox), 21);
    for number in 0..9 {
        let token = row(&vault, &format!("{number:02}")).await.tokens.token;
        assert!(sandbox.is_alive(token.unwrap().expose()));
    }
}

async fn a_run_over_expired_tokens_refreshes_them(place: Place) {
    let (sandbox, github, _) = provider().await;
    let vault = place.open(&key()).await;
    let client = rows(&vault, &sandbox, &github).await;
    sandbox.advance(9 * HOUR);
    let fleet = vault.rotate_all([client], Filter::new(), fast()).await;
    let mut fleet = fleet.unwrap();
    run(&mut fleet).await;
    assert_eq!(fleet.summary().replaced, 9, "{:?}", fleet.summary());
    assert_eq!(refreshes(&sandbox), 9);
}

async fn what_ends_first_is_refreshed_first(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    for (id, hours) in [("a", 2), ("b", 5), ("c", 7)] {
        sign_in(&sandbox, &github, &vault, id).await;
        let mut tokens = row(&vault, id).await.tokens;
        tokens.clock_ahead += hours * 3_600_000;
        vault
            .put(Entry::new(id, client.app(), tokens))
            .await
            .unwrap();
    }
    let (soon, options) = (Filter::new().due_within(7 * HOUR), fast().concurrency(1));
    let mut fleet = vault.refresh_all([client], soon, options).await.unwrap();
    let mut order = Vec::new();
    while let Some(settled) = fleet.next().await {
        order.push(settled.id);
    }
    assert_eq!(order, ["c", "b", "a"]);
}

/// What it is through with may be due once more.
async fn a_run_of_an_hour_ago_is_not_gone_on_with(place: Place) {
    let (sandbox, github, _) = provider().await;
    let vault = place.open(&key()).await;
    let client = rows(&vault, &sandbox, &github).await;
    // They have not changed for a day.
    place.sql("UPDATE token SET changed_at = changed_at - 86400000");
    for (minutes, is_resumed) in [(0, false), (59, true), (2, false)] {
        let age = minutes * 60_000;
        place.sql(&format!("UPDATE run SET began_at = began_at - {age}"));
        let options = fast().concurrency(1);
        let fleet = vault.refresh_all([client.clone()], Filter::new(), options);
        let mut fleet = fleet.await.unwrap();
        assert_eq!(fleet.runs()[0].is_resumed, is_resumed, "{minutes}");
        fleet.stopper().stop();
        run(&mut fleet).await;
        assert!(fleet.summary().not_attempted > 0, "it is not over");
    }
}

async fn what_cannot_be_refreshed_is_told_of(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    for (id, is_alive) in [("alive", true), ("dead", false)] {
        let token = sign_in(&sandbox, &github, &vault, id).await;
        if !is_alive {
            github.delete_token(&token).await.unwrap();
        }
        let mut tokens = row(&vault, id).await.tokens;
        tokens.refresh_token = Some(Secret::new("ghr_used"));
        vault
            .put(Entry::new(id, client.app(), tokens))
            .await
            .unwrap();
    }
    sandbox.set_expiring_tokens(false);
    sign_in(&sandbox, &github, &vault, "endless").await;
    for round in [1, 0] {
        let fleet = vault
            .refresh_all([client.clone()], Filter::new(), fast())
            .await;
        let mut fleet = fleet.unwrap();
        run(&mut fleet).await;
        let summary = fleet.summary();
        assert!(summary.stopped.is_none(), "{summary:?}");
        let refused: u64 = summary.refused.values().sum();
        assert_eq!(
            (refused, summary.invalid, summary.replaced),
            (round, round, 0)
        );
    }
    let states = [
        ("alive", State::Active),
        ("dead", State::Revoked),
        ("endless", State::Active),
    ];
    for (id, state) in states {
        assert_eq!(row(&vault, id).await.state(), state, "{id}");
    }
}

/// Something is wrong with all of them, perhaps.
async fn refreshes_that_are_refused_stop_a_run(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open(&key()).await;
    for number in 0..5 {
        let id = number.to_string();
        sign_in(&sandbox, &github, &vault, &id).await;
        let mut tokens = row(&vault, &id).await.tokens;
        tokens.refresh_token = Some(Secret::new("ghr_used"));
        vault
            .put(Entry::new(id, client.app(), tokens))
            .await
            .unwrap();
    }
    let options = fast().concurrency(1).max_same_refusal(3);
    let fleet = vault.refresh_all([client], Filter::new(), options).await;
    let mut fleet = fleet.unwrap();
    run(&mut fleet).await;
    let stopped = &fleet.summary().stopped;
    assert!(matches!(stopped, Some(Stop::SameRefusal(_))), "{stopped:?}");
    assert!(refreshes(&sandbox) < 5);
}

async fn a_check_tells_what_has_expired(place: Place) {
    let (sandbox, github, _) = provider().await;
    let vault = place.open(&key()).await;
    let client = rows(&vault, &sandbox, &github).await;
    sandbox.advance(HOUR);
    for number in 0..3 {
        let id = format!("{number:02}");
        let mut tokens = row(&vault, &id).await.tokens;
        github
            .delete_token(tokens.token.as_ref().unwrap())
            .await
            .unwrap();
        tokens.clock_ahead += 3_600_000;
        vault
            .put(Entry::new(id, client.app(), tokens))
            .await
            .unwrap();
    }
    let mut fleet = vault
        .check_all([client], Filter::new(), fast())
        .await
        .unwrap();
    run(&mut fleet).await;
    let summary = fleet.summary();
    assert_eq!(
        (summary.expired, summary.valid, summary.invalid),
        (3, 6, 0),
        "{summary:?}"
    );
    assert_eq!(
        vault
            .count(&Filter::new().state(State::Active))
            .await
            .unwrap(),
        9
    );
}

/// Nobody knows why it is dead before its end.
async fn a_check_tells_what_may_be_refreshed_yet(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open_quick(&key()).await;
    let token = sign_in(&sandbox, &github, &vault, "mona").await;
    github.delete_token(&token).await.unwrap();
    let fleet = vault.check_all([client.clone()], Filter::new(), fast());
    let mut fleet = fleet.await.unwrap();
    run(&mut fleet).await;
    let summary = fleet.summary();
    assert_eq!((summary.unknown, summary.invalid), (1, 0), "{summary:?}");
    assert_eq!(row(&vault, "mona").await.state(), State::Unknown);
    let found = vault.token(&client, "mona").await.unwrap();
    assert!(sandbox.is_alive(found.token.expose()));
}

async fn run(fleet: &mut Fleet) {
    while fleet.next().await.is_some() {}
}

//! Over a store of one's own, where it is known who has come how far.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokenturn_sandbox::{Fault, Sandbox};
use tokenturn_tests::crash::{PATIENCE, Point};
use tokenturn_tests::{seats, until};
use tokenturn_vault::{Client, Entry, Filter, State, Tokens, Vault, VaultError};

use super::memory::{Memory, Rows};
use super::{HOUR, REFRESH, ask, gated, provider, refreshes};
use crate::vault::provider::fast;

/// In an outage each call takes as long as somebody has patience: in a row they would take that for each.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_wait_in_an_outage_one_tries_again() {
    let _seat = seats(1).await;
    let (sandbox, _, client) = provider().await;
    let rows = Rows::default();
    rows.put(ending(&sandbox, &client));
    let vault = || {
        let store = Memory::of(&rows);
        let looks = Arc::clone(&store.looks);
        (Vault::builder().leave_alone(HOUR).store(store), looks)
    };
    sandbox.set_fault(Fault::Outage);
    let error = vault().0.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Unknown(_)), "{error:?}");
    let before = sandbox.requests().len();
    let (mut asking, mut looks) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let (vault, look) = vault();
        asking.push(ask(&vault, &client));
        looks.push(look);
    }
    let count = |look: &Arc<AtomicUsize>| look.load(Ordering::SeqCst);
    until("each has looked", || {
        looks.iter().all(|look| count(look) > 0)
    })
    .await;
    assert_eq!(sandbox.requests().len(), before, "it is left alone");
    rows.lock().get_mut("mona").unwrap().progress.until = 0;
    let (mut tried, mut waited) = (0, 0);
    for asking in asking {
        let answered = tokio::time::timeout(PATIENCE, asking).await;
        let answered = answered.expect("nobody waits for the next one to try");
        match answered.unwrap().unwrap_err() {
            VaultError::Unknown(_) => tried += 1,
            VaultError::Store(error) if error.is_busy() => waited += 1,
            error => panic!("{error:?}"),
        }
    }
    assert_eq!((tried, waited), (1, 9));
    assert_eq!(rows.mona().progress.fence, 2, "claimed twice in all");
}

/// It has asked about the old token, and is told that it is dead when another one is on its way.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_refused_waits_for_who_refreshes() {
    let _seat = seats(1).await;
    let (sandbox, github, _) = provider().await;
    let (gate, client) = gated(&sandbox).await;
    let rows = Rows::default();
    let mut entry = ending(&sandbox, &client);
    entry.tokens.clock_ahead = 0;
    rows.put(entry);
    let store = Memory::of(&rows);
    let looks = Arc::clone(&store.looks);
    let vault = Vault::builder().cache_for(Duration::ZERO).store(store);
    let first = vault.token(&client, "mona").await.unwrap();
    github.delete_token(&first.token).await.unwrap();
    let refused = || {
        let (vault, client, first) = (vault.clone(), client.clone(), first.clone());
        tokio::spawn(async move { vault.token_instead_of(&client, "mona", &first).await })
    };
    let check = gate.hold("POST /applications/", Point::Answer);
    let slow = refused();
    check.is_there().await;
    let refresh = gate.hold(REFRESH, Point::Answer);
    let quick = refused();
    refresh.is_there().await;
    let before = looks.load(Ordering::SeqCst);
    check.release().await;
    until("it notes the check", || {
        looks.load(Ordering::SeqCst) > before
    })
    .await;
    refresh.release().await;
    let new = quick.await.unwrap().unwrap();
    assert!(sandbox.is_alive(new.token.expose()));
    assert_eq!(slow.await.unwrap().unwrap(), new);
    assert_eq!(refreshes(&sandbox), 1);
}

/// As in a `select!`: the row is claimed, and nobody is there for the answer that says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_during_the_claim_leaves_no_claim() {
    let _seat = seats(1).await;
    let (sandbox, _, client) = provider().await;
    let rows = Rows::default();
    rows.put(ending(&sandbox, &client));
    let store = Memory::of(&rows);
    let (looks, answer) = (Arc::clone(&store.looks), store.hold());
    let vault = Vault::new(store);
    {
        let mut asking = std::pin::pin!(vault.token(&client, "mona"));
        // Until the claim is under way.
        while looks.load(Ordering::SeqCst) == 0 {
            let wait = Duration::from_millis(1);
            let _ = tokio::time::timeout(wait, asking.as_mut()).await;
        }
    }
    assert_eq!(rows.mona().state(), State::Rotating);
    assert_eq!(refreshes(&sandbox), 0);
    // Without a task that goes on, nobody listens.
    let _ = answer.send(());
    vault.drain().await;
    let entry = rows.mona();
    assert_eq!(entry.state(), State::Active);
    assert!(sandbox.is_alive(entry.tokens.token.unwrap().expose()));
    assert_eq!(refreshes(&sandbox), 1);
}

/// What was read before a row was changed here is handed out to who has read it, and to nobody after.
#[tokio::test(flavor = "multi_thread")]
async fn the_cache_does_not_keep_what_was_read_before_a_change() {
    let _seat = seats(1).await;
    let (_sandbox, _, client) = provider().await;
    let entry = |token| Entry::new("mona", client.app(), Tokens::github(token));
    let rows = Rows::default();
    rows.put(entry("gho_old"));
    let store = Memory::of(&rows);
    // Its first reader sees a doubt that somebody else has resolved since.
    let mut doubtful = entry("gho_old");
    doubtful.progress.state = State::Unknown;
    *store.seen_first.lock().unwrap() = Some(doubtful);
    let (looks, answer) = (Arc::clone(&store.looks), store.hold());
    let vault = Vault::builder().cache_for(HOUR).store(store);
    let asking = ask(&vault, &client);
    until("it has looked", || looks.load(Ordering::SeqCst) == 1).await;
    vault.put(entry("gho_new")).await.unwrap();
    answer.send(()).unwrap();
    assert_eq!(asking.await.unwrap().unwrap().token.expose(), "gho_old");
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(found.token.expose(), "gho_new");
}

/// That of the host is hours behind it, and nobody looks at that.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_end_by_the_clock_of_the_store() {
    let _seat = seats(1).await;
    let (sandbox, _, client) = provider().await;
    let rows = Rows::default();
    let mut entry = ending(&sandbox, &client);
    entry.tokens.clock_ahead = 0;
    rows.put(entry);
    let mut store = Memory::of(&rows);
    store.ahead = 9 * HOUR;
    let vault = Vault::builder().cache_for(Duration::ZERO).store(store);
    for _ in 0..3 {
        let found = vault.token(&client, "mona").await.unwrap();
        assert!(sandbox.is_alive(found.token.expose()));
        assert_eq!(refreshes(&sandbox), 1);
    }
}

/// The one that is being replaced is dead when the answer is there.
#[tokio::test(flavor = "multi_thread")]
async fn the_cache_does_not_hand_out_what_is_being_replaced() {
    let _seat = seats(1).await;
    let (sandbox, _, _) = provider().await;
    let (gate, client) = gated(&sandbox).await;
    let rows = Rows::default();
    let mut entry = ending(&sandbox, &client);
    entry.tokens.clock_ahead = 0;
    rows.put(entry);
    let store = Memory::of(&rows);
    let looks = Arc::clone(&store.looks);
    let vault = Vault::builder().cache_for(HOUR).store(store);
    let old = vault.token(&client, "mona").await.unwrap();
    assert_eq!(vault.token(&client, "mona").await.unwrap(), old);
    let held = gate.hold(REFRESH, Point::Answer);
    let (rotating, mona) = ((vault.clone(), client.clone()), rows.mona());
    let rotating = tokio::spawn(async move { rotating.0.rotate(&rotating.1, &mona).await });
    held.is_there().await;
    assert!(!sandbox.is_alive(old.token.expose()));
    let before = looks.load(Ordering::SeqCst);
    let asking = ask(&vault, &client);
    until("it waits, or has its answer", || {
        asking.is_finished() || looks.load(Ordering::SeqCst) > before
    })
    .await;
    held.release().await;
    rotating.await.unwrap().unwrap();
    let found = asking.await.unwrap().unwrap();
    assert!(sandbox.is_alive(found.token.expose()));
}

/// By another clock the first one has ended, and lives. The provider was not asked about the second one.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_put_in_after_a_check_was_not_asked_about() {
    let _seat = seats(1).await;
    let (sandbox, github, client) = provider().await;
    let ended = || {
        let mut entry = ending(&sandbox, &client);
        entry.tokens.clock_ahead = 9 * 3_600_000;
        entry
    };
    let rows = Rows::default();
    let mut first = ended();
    first.tokens.refresh_token = None;
    rows.put(first);
    let store = Memory::of(&rows);
    let (looks, answer) = (Arc::clone(&store.looks), store.hold());
    let vault = Vault::builder().store(store);
    let asking = ask(&vault, &client);
    until("it is noted", || looks.load(Ordering::SeqCst) == 1).await;
    let mut second = ended();
    second.generation += 1;
    let dead = second.tokens.token.clone().unwrap();
    github.delete_token(&dead).await.unwrap();
    rows.put(second);
    answer.send(()).unwrap();
    let found = asking.await.unwrap().unwrap();
    assert!(sandbox.is_alive(found.token.expose()));
    assert_eq!(refreshes(&sandbox), 1);
}

/// It means all rows by any filter: those that cannot be refreshed are claimed, and are not claimed for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_over_a_store_that_knows_no_due_within() {
    let _seat = seats(1).await;
    let (sandbox, _, client) = provider().await;
    let rows = Rows::default();
    rows.put(Entry::new("mona", client.app(), Tokens::github("gho_1")));
    let store = Memory::of(&rows);
    let runs = Arc::clone(&store.runs);
    let vault = Vault::new(store);
    let filter = Filter::new().due_within(HOUR);
    let mut fleet = vault.refresh_all([client], filter, fast()).await.unwrap();
    while fleet.next().await.is_some() {}
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(rows.mona().state(), State::Active);
    assert_eq!(refreshes(&sandbox), 0);
}

/// Its token lives for four minutes.
fn ending(sandbox: &Sandbox, client: &Client) -> Entry {
    let new = sandbox.new_expiring_github_token();
    let mut tokens = Tokens::github(new.token);
    tokens.refresh_token = Some(new.refresh_token.into());
    tokens.expires_at = Some(new.expires_at.parse().unwrap());
    tokens.lifetime = Some(8 * 3600);
    tokens.clock_ahead = 8 * 3_600_000 - 4 * 60_000;
    Entry::new("mona", client.app(), tokens)
}

//! Answers that contradict each other, or what the vault knows.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokenturn_vault::{Entry, Filter, Fleet, FleetOptions, Kept, State, Stop, Vault};

use super::liar::{Liar, authorization};
use super::{all, unpaced, words};
use crate::vault::place::Place;
use crate::vault::{key, on_all};

on_all!(
    a_check_that_calls_old_tokens_valid_does_not_lift_the_limit,
    a_token_that_does_not_fit_its_receipt_is_asked_about,
    a_wrong_receipt_of_a_valid_token_does_no_harm,
    a_token_of_another_user_is_not_stored,
    a_check_that_tells_of_another_user_settles_nothing,
    a_row_gets_no_token_that_it_has_had,
    what_was_not_proven_was_not_replaced,
    a_kept_answer_of_a_lost_row_is_asked_about,
    a_kept_answer_outlives_a_check,
    the_right_one_of_several_candidates_is_found,
    a_limit_of_no_time_is_kept_to_and_has_an_end,
    a_no_to_every_check_stops_it,
);

async fn rotate(vault: &Vault, liar: &Liar, options: FleetOptions) -> Fleet {
    let fleet = vault.rotate_all([liar.client()], Filter::new(), options);
    fleet.await.unwrap()
}

async fn check(vault: &Vault, liar: &Liar, options: FleetOptions) -> Fleet {
    let fleet = vault.check_all([liar.client()], Filter::new(), options);
    fleet.await.unwrap()
}

async fn rows(vault: &Vault) -> Vec<Entry> {
    let mut listing = vault.list(Filter::new());
    let mut rows = Vec::new();
    while let Some(row) = listing.next().await {
        rows.push(row.unwrap());
    }
    rows
}

fn text(kept: &[Kept]) -> String {
    let bodies = kept.iter().map(|kept| String::from_utf8_lossy(kept.body()));
    bodies.collect()
}

/// A server that lags behind answers the questions, and every third answer is eaten.
async fn a_check_that_calls_old_tokens_valid_does_not_lift_the_limit(place: Place) {
    let mut old = HashMap::new();
    let liar = Liar::start(move |truth, call| {
        if let Some(new) = call.new_token() {
            let user = truth.living[&new];
            old.insert(call.token.clone(), user);
            if truth.resets % 3 == 0 {
                call.be_eaten();
            }
        } else if let Some(user) = old.get(&call.token).filter(|_| !call.is_reset) {
            call.status = "200 OK";
            call.body = authorization(&call.token, *user);
        }
    });
    let liar = liar.await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 60).await;
    let mut fleet = rotate(&vault, &liar, unpaced(1)).await;
    all(&mut fleet).await;
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::Lost(3))),
        "{summary:?}"
    );
    assert_eq!(summary.lost, 3);
    let rows = rows(&vault).await;
    let dead = rows.iter().filter(|row| !liar.is_alive(row)).count();
    assert_eq!(dead, 3);
}

/// After the canaries, something on the way garbles the tokens.
async fn a_token_that_does_not_fit_its_receipt_is_asked_about(place: Place) {
    let liar = Liar::start(|truth, call| {
        if let (Some(new), true) = (call.new_token(), truth.resets > 2) {
            call.body["token"] = json!(new.replace("gho_0", "gho_1"));
        }
    });
    let liar = liar.await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 20).await;
    let mut fleet = rotate(&vault, &liar, unpaced(1)).await;
    assert_eq!(words(&all(&mut fleet).await), ["lost", "replaced"]);
    let summary = fleet.summary();
    assert!(
        matches!(&summary.stopped, Some(Stop::Unproven(why)) if why.contains("not valid")),
        "{summary:?}"
    );
    assert_eq!((summary.replaced, summary.lost), (2, 1));
    assert_eq!((summary.not_attempted, liar.calls().0), (17, 3));
}

async fn a_wrong_receipt_of_a_valid_token_does_no_harm(place: Place) {
    let liar = Liar::start(|truth, call| {
        if call.is_reset && truth.resets == 5 {
            call.body["hashed_token"] = json!("0");
        }
    });
    let liar = liar.await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 10).await;
    let mut fleet = rotate(&vault, &liar, unpaced(2)).await;
    assert_eq!(words(&all(&mut fleet).await), ["replaced"]);
    assert_eq!(liar.calls(), (10, 3));
}

/// After the canaries, two answers are exchanged.
async fn a_token_of_another_user_is_not_stored(place: Place) {
    let liar = Liar::start(|truth, call| {
        if let (Some(new), 3) = (call.new_token(), truth.resets) {
            call.body = authorization(&new, 1);
        }
    });
    let liar = liar.await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 20).await;
    let mut fleet = rotate(&vault, &liar, unpaced(1)).await;
    assert_eq!(words(&all(&mut fleet).await), ["not_saved", "replaced"]);
    let summary = fleet.summary();
    let Some(Stop::Duplicate(id)) = &summary.stopped else {
        panic!("{summary:?}")
    };
    assert_eq!((summary.replaced, summary.not_attempted), (2, 17));
    let row = vault.get(id).await.unwrap().unwrap();
    assert_eq!((row.state(), row.generation), (State::Unknown, 1));
    assert_ne!(row.tokens.user_id, Some(1));
    assert!(text(&row.tokens.kept).contains("gho_"));

    // It was this row's token after all, as the provider says.
    let row = vault.recover(&liar.client(), id).await.unwrap();
    assert_eq!(row.state(), State::Active);
    assert!(liar.is_alive(&row));
}

async fn a_check_that_tells_of_another_user_settles_nothing(place: Place) {
    let liar = Liar::start(|_, call| call.body = authorization(&call.token, 1)).await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 2).await;
    place.sql("UPDATE token SET state = 'revoked' WHERE id = '0001'");
    let mut fleet = check(&vault, &liar, unpaced(2)).await;
    let settled = all(&mut fleet).await;
    assert_eq!(words(&settled), ["unknown"]);
    let why = settled[0].outcome.to_string();
    assert!(why.contains("another user"), "{why}");
    let states: Vec<_> = rows(&vault).await.iter().map(Entry::state).collect();
    assert_eq!(states, [State::Active, State::Revoked]);
    let error = vault.check(&liar.client(), "0000").await.unwrap_err();
    assert!(error.to_string().contains("another user"), "{error}");
}

/// From the third rotation on, a cache has the first answers for all.
async fn a_row_gets_no_token_that_it_has_had(place: Place) {
    let mut first = HashMap::new();
    let liar = Liar::start(move |truth, call| {
        let Some(new) = call.new_token() else { return };
        let before = first
            .entry(truth.living[&new])
            .or_insert_with(|| call.body.clone());
        if truth.resets > 22 {
            call.body = before.clone();
        }
    });
    let liar = liar.await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 10).await;
    for _ in 0..2 {
        let mut fleet = rotate(&vault, &liar, unpaced(1)).await;
        assert_eq!(words(&all(&mut fleet).await), ["replaced"]);
    }
    let mut fleet = rotate(&vault, &liar, unpaced(1)).await;
    assert_eq!(words(&all(&mut fleet).await), ["not_saved", "replaced"]);
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::Duplicate(_))),
        "{summary:?}"
    );
    assert_eq!((summary.replaced, summary.not_saved), (2, 1));
}

/// The provider says that the first new token is none, and is not believed to have replaced it later
/// either.
async fn what_was_not_proven_was_not_replaced(place: Place) {
    let is_bad = Arc::new(AtomicBool::new(true));
    let bad = Arc::clone(&is_bad);
    let liar = Liar::start(move |_, call| {
        if call.is_reset && bad.load(SeqCst) {
            call.body = authorization(&format!("gho_{}", "z".repeat(36)), 1000);
        }
    });
    let liar = liar.await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 4).await;
    let handed_on = Arc::new(Mutex::new(HashSet::new()));
    let options = || unpaced(1).deliver(Handed(Arc::clone(&handed_on)));
    let mut fleet = rotate(&vault, &liar, options()).await;
    let settled = all(&mut fleet).await;
    assert_eq!(words(&settled), ["lost"]);
    let id = settled[0].id.clone();
    assert_eq!((fleet.summary().replaced, fleet.summary().lost), (0, 1));
    is_bad.store(false, SeqCst);
    let mut fleet = rotate(&vault, &liar, options()).await;
    assert_eq!(words(&all(&mut fleet).await), ["delivered", "replaced"]);
    assert_eq!((fleet.summary().replaced, fleet.summary().dead), (3, 1));
    assert!(!handed_on.lock().unwrap().contains(&id));
    let row = vault.get(&id).await.unwrap().unwrap();
    assert_eq!(row.state(), State::Lost);
}

struct Handed(Arc<Mutex<HashSet<String>>>);

impl tokenturn_vault::Deliver for Handed {
    fn deliver<'a>(
        &'a self,
        entry: &'a Entry,
    ) -> std::pin::Pin<
        Box<dyn Future<Output = Result<(), Box<dyn std::error::Error + Send + Sync>>> + Send + 'a>,
    > {
        self.0.lock().unwrap().insert(entry.id.clone());
        Box::pin(async { Ok(()) })
    }
}

/// A server that lags behind did not know the candidate, once.
async fn a_kept_answer_of_a_lost_row_is_asked_about(place: Place) {
    let lags = Arc::new(AtomicBool::new(false));
    let is_behind = Arc::clone(&lags);
    let liar = Liar::start(move |_, call| match call.is_reset {
        true => call.be_repacked(),
        false if is_behind.load(SeqCst) => call.be_not_found(),
        false => {}
    });
    let liar = liar.await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 3).await;
    for row in rows(&vault).await {
        vault.rotate(&liar.client(), &row).await.unwrap_err();
        lags.store(true, SeqCst);
        let row = vault.recover(&liar.client(), &row.id).await.unwrap();
        assert_eq!((row.state(), row.tokens.kept.len()), (State::Lost, 1));
        lags.store(false, SeqCst);
    }
    let row = vault.recover(&liar.client(), "0000").await.unwrap();
    assert_eq!(row.state(), State::Active);
    place.sql("UPDATE token SET state = 'revoked' WHERE id = '0001'");
    let mut fleet = check(&vault, &liar, unpaced(2)).await;
    assert_eq!(words(&all(&mut fleet).await), ["restored", "valid"]);
    assert_eq!(fleet.summary().restored, 2);
    for row in rows(&vault).await {
        assert!(liar.is_alive(&row) && row.state() == State::Active);
        assert!(row.tokens.kept.is_empty());
    }
}

/// Somebody says that the old token is valid, and it is not.
async fn a_kept_answer_outlives_a_check(place: Place) {
    let lies = Arc::new(AtomicBool::new(true));
    let is_lie = Arc::clone(&lies);
    let liar = Liar::start(move |_, call| match call.is_reset {
        true if call.status == "200 OK" => call.be_repacked(),
        false if is_lie.load(SeqCst) => {
            (call.status, call.body) = ("200 OK", json!({ "token": call.token }));
        }
        _ => {}
    });
    let liar = liar.await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 1).await;
    let held = vault.get("0000").await.unwrap().unwrap();
    vault.rotate(&liar.client(), &held).await.unwrap_err();
    let row = vault.recover(&liar.client(), "0000").await.unwrap();
    assert_eq!((row.state(), row.tokens.kept.len()), (State::Active, 1));

    lies.store(false, SeqCst);
    vault.rotate(&liar.client(), &row).await.unwrap_err();
    let mut fleet = check(&vault, &liar, unpaced(1)).await;
    assert_eq!(words(&all(&mut fleet).await), ["restored"]);
    let row = vault.get("0000").await.unwrap().unwrap();
    assert!(liar.is_alive(&row) && row.tokens.kept.is_empty());
}

/// The first one is another row's, and lives.
async fn the_right_one_of_several_candidates_is_found(place: Place) {
    let liar = Liar::start(|truth, call| {
        let Some(new) = call.new_token() else { return };
        let other = truth.living.keys().find(|token| **token != new).unwrap();
        call.body = json!({ "items": [{ "token": other }, { "token": new }] });
    });
    let liar = liar.await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 2).await;
    for mut row in rows(&vault).await {
        // It is not known whose it is.
        row.tokens.user_id = None;
        vault.put(row).await.unwrap();
    }
    let held = vault.get("0000").await.unwrap().unwrap();
    vault.rotate(&liar.client(), &held).await.unwrap_err();
    let row = vault.recover(&liar.client(), "0000").await.unwrap();
    assert_eq!(row.state(), State::Active);
    assert!(liar.is_alive(&row));

    let held = vault.get("0001").await.unwrap().unwrap();
    vault.rotate(&liar.client(), &held).await.unwrap_err();
    let clients = [liar.client()];
    let fleet = vault.recover_all(clients, Filter::new(), unpaced(1));
    let mut fleet = fleet.await.unwrap();
    assert_eq!(words(&all(&mut fleet).await), ["resolved"]);
}

/// Such an answer may come for ever. The waits of its own are 100, 200, 400 and 800 ms, and each
/// question is sent up to three times.
async fn a_limit_of_no_time_is_kept_to_and_has_an_end(place: Place) {
    let liar = Liar::start(|_, call| {
        if !call.is_reset {
            call.status = "429 Too Many Requests";
            call.headers.push_str("retry-after: 0\r\n");
            call.body = json!({ "message": "API rate limit exceeded" });
        }
    });
    let liar = liar.await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 10).await;
    let options = || unpaced(1).patience(Duration::from_secs(1));
    for resets in [0, 1] {
        let before = liar.calls().1;
        let mut fleet = match resets {
            0 => check(&vault, &liar, options()).await,
            _ => rotate(&vault, &liar, options()).await,
        };
        all(&mut fleet).await;
        let summary = fleet.summary();
        assert!(
            matches!(summary.stopped, Some(Stop::ProviderUnavailable(_))),
            "{summary:?}"
        );
        let (made, asked) = liar.calls();
        assert_eq!(made, resets);
        assert!((2..=4 * 3).contains(&(asked - before)), "{asked}");
    }
}

/// Those that were called dead before do not count.
async fn a_no_to_every_check_stops_it(place: Place) {
    let liar = Liar::start(|_, call| call.be_not_found()).await;
    let vault = place.open_quick(&key()).await;
    liar.put(&vault, 40).await;
    place.sql("UPDATE token SET state = 'revoked' WHERE id < '0015'");
    let mut fleet = check(&vault, &liar, unpaced(1)).await;
    all(&mut fleet).await;
    let summary = fleet.summary();
    let stop = summary.stopped.as_ref().map(Stop::to_string);
    assert!(
        stop.as_ref().is_some_and(|stop| stop.contains("in a row")),
        "{summary:?}"
    );
    assert_eq!((summary.invalid, summary.not_attempted), (25, 15));
    let revoked = Filter::new().state(State::Revoked);
    assert_eq!(vault.count(&revoked).await.unwrap(), 25);
}

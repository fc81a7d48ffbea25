//! Vaults that somebody else has written to.

use tokenturn_vault::{Filter, Key, Tokens, What};

use crate::vault::place::Place;
use crate::vault::provider::{assert_alive, fast, provider};
use crate::vault::{entry, key, on_all, tokens};

on_all!(
    secrets_of_another_row_are_refused,
    damage_stays_where_it_is,
    what_says_where_a_token_goes_is_bound_to_it,
    secrets_of_the_past_are_refused,
    one_row_keeps_nobody_from_counting,
    a_newer_version_is_refused,
    a_vault_without_its_probe_is_refused,
    a_vault_without_its_version_is_refused,
    what_is_put_over_damage_is_newer_than_all_before,
    nonsense_keeps_nobody_from_the_others,
    a_run_of_nonsense_takes_no_row_along,
    an_event_that_makes_no_sense_stays_where_it_is,
);

async fn secrets_of_another_row_are_refused(place: Place) {
    let vault = place.open(&key()).await;
    for name in ["a", "b", "c"] {
        vault.put(entry(name)).await.unwrap();
    }
    place.sql("CREATE TABLE kept AS SELECT id, sealed FROM token");
    place.sql("UPDATE token SET sealed = (SELECT sealed FROM kept WHERE id = 'b') WHERE id = 'a'");
    place.sql("UPDATE token SET sealed = (SELECT sealed FROM kept WHERE id = 'a') WHERE id = 'b'");
    for name in ["a", "b"] {
        let error = vault.get(name).await.unwrap_err();
        assert!(error.is_damaged(), "{error}");
        assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
        assert!(!error.to_string().contains(crate::vault::CANARY), "{error}");
    }
    assert_eq!(vault.get("c").await.unwrap().unwrap().tokens, tokens("c"));
}

/// Each is a result, and the others come after it.
async fn damage_stays_where_it_is(place: Place) {
    let key = key();
    let vault = place.open(&key).await;
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
    for name in names {
        vault.put(entry(name)).await.unwrap();
    }
    for (name, damage) in [
        ("b", "generation = 7"),
        ("c", "state = 'asleep'"),
        ("d", "provider = 'nobody'"),
        ("e", "fence = -1"),
        ("f", "label = 'other'"),
        ("h", "generation = 9223372036854775807"),
        ("i", "run = 9223372036854775807"),
        ("j", "doubts = 4294967295"),
        (
            "k",
            match place {
                Place::Sqlite(_) => "label = CAST(x'ff41' AS TEXT)",
                // It takes no such text.
                Place::Postgres(..) => "deliver_fence = 9223372036854775807",
            },
        ),
    ] {
        place.sql(&format!("UPDATE token SET {damage} WHERE id = '{name}'"));
    }
    let mut rows = vault.list(Filter::new());
    let (mut read, mut damaged) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().await {
        match row {
            Ok(row) => read.push(row.id),
            Err(error) => {
                assert!(error.is_damaged(), "{error}");
                damaged.push(error.id().unwrap().to_owned());
            }
        }
    }
    assert_eq!(read, ["a", "g"]);
    let all_damaged = ["b", "c", "d", "e", "f", "h", "i", "j", "k"];
    assert_eq!(damaged, all_damaged);

    let new = Key::generate().unwrap();
    let rekeyed = vault.rekey(&new).await.unwrap();
    assert_eq!(rekeyed.rows, 2);
    assert_eq!(rekeyed.damaged, all_damaged);
    let vault = place.open(&new).await;
    for name in ["b", "c", "d"] {
        assert!(vault.remove(name).await.unwrap());
    }
    for name in ["e", "f", "h", "i", "j", "k"] {
        vault.put(entry(name)).await.unwrap();
        let row = vault.get(name).await.unwrap().unwrap();
        assert_eq!(row.tokens, tokens(name));
    }
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 8);
}

/// Numbers that are nonsense keep no run from the other rows, are told of, and stay until the row is put in
/// again.
async fn nonsense_keeps_nobody_from_the_others(place: Place) {
    let vault = place.open(&key()).await;
    for (damage, is_damage) in [
        (
            "state = 'rotating', owner = 'x', until = 9223372036854775807, span = 9223372036854775807",
            false,
        ),
        (
            "undelivered = 1, deliver_until = 9223372036854775807, deliver_span = 9223372036854775807",
            false,
        ),
        ("run = 1099511627777", true),
        ("run = 9223372036854775807", true),
        ("fence = -1", true),
        ("fence = 4611686018427387903", true),
        ("state = 'asleep'", true),
        ("undelivered = 2", true),
        ("deliver = -1", true),
        ("created_at = 4611686018427387904", false),
    ] {
        let (sandbox, client, entries) = provider(3).await;
        for entry in &entries {
            vault.put(entry.clone()).await.unwrap();
        }
        let id = &entries[1].id;
        place.sql(&format!("UPDATE token SET {damage} WHERE id = '{id}'"));
        let is_told = async || {
            let verified = vault.verify().await.unwrap();
            let mut faults = verified.faults.iter();
            faults.any(|fault| fault.id.as_ref() == Some(id))
        };
        assert!(is_told().await, "{damage}");
        let fleet = vault.rotate_all([client], Filter::new(), fast().afresh());
        let mut fleet = fleet.await.unwrap();
        while fleet.next().await.is_some() {}
        let (damaged, replaced) = (fleet.summary().damaged, sandbox.replacements().len());
        assert_eq!(damaged, u64::from(is_damage), "{damage}");
        assert_eq!(replaced, 3 - usize::from(is_damage), "{damage}");
        if is_damage {
            assert!(is_told().await, "{damage}");
        }
        let mut again = entries[1].clone();
        again.tokens = Tokens::github(sandbox.new_github_token());
        vault.put(again).await.unwrap();
        assert!(!is_told().await, "{damage}");
        for entry in &entries {
            assert!(vault.get(&entry.id).await.is_ok(), "{damage}");
            vault.remove(&entry.id).await.unwrap();
        }
    }
}

/// Runs are counted on from those that make sense.
async fn a_run_of_nonsense_takes_no_row_along(place: Place) {
    let (sandbox, client, entries) = provider(2).await;
    let vault = place.open(&key()).await;
    for entry in &entries {
        vault.put(entry.clone()).await.unwrap();
    }
    for number in ["9223372036854775806", "4611686018427387904", "0", "-7"] {
        place.sql(&format!(
            "INSERT INTO run (number, filter, began_at) VALUES ({number}, '{{}}', 0)"
        ));
        let fleet = vault.rotate_all([client.clone()], Filter::new(), fast().afresh());
        let mut fleet = fleet.await.unwrap();
        while fleet.next().await.is_some() {}
        assert_eq!(fleet.summary().replaced, 2);
        assert_alive(&vault, &sandbox, 2).await;
    }
}

/// Whoever was handed the last token on takes no older one.
async fn what_is_put_over_damage_is_newer_than_all_before(place: Place) {
    let vault = place.open(&key()).await;
    for at in 0..3 {
        let mut again = entry("a");
        again.tokens = tokens(&format!("a{at}"));
        vault.put(again).await.unwrap();
    }
    place.sql("UPDATE token SET generation = 1");
    let mut held = entry("a");
    held.tokens = tokens("held");
    vault.put(held).await.unwrap();
    assert_eq!(vault.get("a").await.unwrap().unwrap().generation, 4);
}

/// It is told of as far as it can be, and holds nothing else up.
async fn an_event_that_makes_no_sense_stays_where_it_is(place: Place) {
    let vault = place.open(&key()).await;
    for name in ["a", "b", "c"] {
        vault.put(entry(name)).await.unwrap();
    }
    place.sql("UPDATE event SET what = 'nonsense' WHERE id = 'a'");
    place.sql("UPDATE event SET generation = -1 WHERE id = 'b'");
    place.sql("INSERT INTO run (number, filter, began_at) VALUES (-4, '{}', 0)");
    let mut history = vault.history(None);
    for what in [What::Unreadable, What::Unreadable, What::Put] {
        assert_eq!(history.next().await.unwrap().unwrap().what, what);
    }
    let verified = vault.verify().await.unwrap();
    assert_eq!(verified.rows, 3);
    assert_eq!(verified.faults.len(), 2, "{:?}", verified.faults);
    assert!(vault.overview().await.unwrap().runs.is_empty());
}

/// Whoever can write to the database, and has not the key, sends no token elsewhere.
async fn what_says_where_a_token_goes_is_bound_to_it(place: Place) {
    let vault = place.open(&key()).await;
    for change in [
        "server = 'https://api.example.com'",
        "client_id = 'Iv1.other'",
        "provider = 'ohmygpt'",
        "label = 'other'",
        "label = NULL",
    ] {
        vault.put(entry("a").with_label("mine")).await.unwrap();
        assert!(vault.get("a").await.is_ok());
        place.sql(&format!("UPDATE token SET {change}"));
        let error = vault.get("a").await.unwrap_err();
        assert!(error.is_damaged(), "{change}: {error}");
    }
}

async fn secrets_of_the_past_are_refused(place: Place) {
    let vault = place.open(&key()).await;
    vault.put(entry("a")).await.unwrap();
    place.sql("CREATE TABLE kept AS SELECT id, sealed FROM token");
    let mut again = entry("a");
    again.tokens = tokens("again");
    vault.put(again).await.unwrap();
    place.sql("UPDATE token SET sealed = (SELECT sealed FROM kept)");
    let error = vault.get("a").await.unwrap_err();
    assert!(error.is_damaged(), "{error}");
}

/// Whoever counts rows counts it, and it is named by whoever reads it.
async fn one_row_keeps_nobody_from_counting(place: Place) {
    let vault = place.open(&key()).await;
    for name in ["a", "b"] {
        vault.put(entry(name)).await.unwrap();
    }
    place.sql(
        "UPDATE token SET undelivered = 1, deliver_error = 'x', deliver_attempts = -1 WHERE id = 'a'",
    );
    assert_eq!(vault.overview().await.unwrap().apps[0].undelivered, 1);
    let faults = vault.verify().await.unwrap().faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
}

async fn a_newer_version_is_refused(place: Place) {
    let key = key();
    drop(place.open(&key).await);
    place.sql(match place {
        Place::Sqlite(_) => "PRAGMA user_version = 99",
        Place::Postgres(..) => "UPDATE version SET number = 99",
    });
    let error = place.try_open(&key).await.unwrap_err();
    assert!(error.is_newer_version(), "{error}");
    assert!(error.to_string().contains("99"), "{error}");
}

/// Nobody could tell a wrong key any more.
async fn a_vault_without_its_probe_is_refused(place: Place) {
    let vault = place.open(&key()).await;
    vault.put(entry("a")).await.unwrap();
    place.sql("DELETE FROM vault");
    let error = vault.put(entry("a")).await.unwrap_err();
    assert!(error.is_wrong_key(), "{error}");
    drop(vault);
    for key in [key(), Key::generate().unwrap()] {
        let error = place.try_open(&key).await.unwrap_err();
        assert!(error.is_wrong_key(), "{error}");
    }
}

async fn a_vault_without_its_version_is_refused(place: Place) {
    drop(place.open(&key()).await);
    if let Place::Postgres(..) = place {
        place.sql("DELETE FROM version");
        let error = place.try_open(&key()).await.unwrap_err();
        assert!(error.is_damaged(), "{error}");
    }
}

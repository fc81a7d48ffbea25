//! A vault in SQLite whose file is damaged.

use std::fs;
use std::time::Duration;

use tokenturn_vault::{Fault, Filter, Key, Outcome, Vault};

use crate::vault::place::Place;
use crate::vault::provider::{fast, provider};
use crate::vault::{entry, key};

#[tokio::test]
async fn a_name_that_is_no_text_is_a_name() {
    let place = Place::sqlite();
    let vault = place.open(&key()).await;
    let (sandbox, client, entries) = provider(3).await;
    for entry in &entries {
        vault.put(entry.clone()).await.unwrap();
    }
    let damaged = &entries[1].id;
    for table in ["event", "token"] {
        place.sql(&format!(
            "UPDATE {table} SET id = CAST(x'E1FF' || CAST(id AS BLOB) AS TEXT) WHERE id = '{damaged}'"
        ));
    }
    let named = format!("\u{FFFD}<E1>\u{FFFD}<FF>{damaged}");
    let fleet = vault.rotate_all([client], Filter::new(), fast()).await;
    let mut fleet = fleet.unwrap();
    let mut told = Vec::new();
    while let Some(settled) = fleet.next().await {
        told.extend(matches!(settled.outcome, Outcome::Damaged).then_some(settled.id));
    }
    assert_eq!(told, [&*named]);
    assert_eq!(sandbox.replacements().len(), 2);
    assert!(vault.get(&named).await.unwrap_err().is_damaged());
    assert!(vault.get(damaged).await.unwrap().is_none());
    let mut rows = vault.list(Filter::new());
    let mut listed = Vec::new();
    while let Some(row) = rows.next().await {
        listed.push(row.map_or_else(|why| why.id().unwrap().to_owned(), |row| row.id));
    }
    listed.sort();
    let mut expected = vec![entries[0].id.clone(), entries[2].id.clone(), named.clone()];
    expected.sort();
    assert_eq!(listed, expected);
    let faults = vault.verify().await.unwrap().faults;
    assert!(faults.iter().any(|fault| fault.id.as_ref() == Some(&named)));
    let mut events = vault.history(Some(&named));
    assert_eq!(events.next().await.unwrap().unwrap().id, named);
    let new = Key::generate().unwrap();
    let rekeyed = vault.rekey(&new).await.unwrap();
    assert_eq!(rekeyed.damaged, [&*named]);
    let vault = place.open(&new).await;
    assert!(vault.remove(&named).await.unwrap());
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 2);
}

/// What a run, say, has to go through.
async fn listed(vault: &Vault) -> (Vec<String>, Vec<String>) {
    let (mut read, mut damaged) = (Vec::new(), Vec::new());
    let mut rows = vault.list(Filter::new());
    while let Some(row) = rows.next().await {
        match row {
            Ok(row) => read.push(row.id),
            Err(why) => damaged.push(why.id().unwrap().to_owned()),
        }
    }
    (read, damaged)
}

const PAGE: usize = 4096;

/// A vault with sixty rows, closed, and the bytes of its file.
async fn sixty(place: &Place, key: &Key) -> (Vec<String>, Vec<u8>) {
    let vault = place.open(key).await;
    let names: Vec<_> = (0..60).map(|n| format!("row-{n:02}")).collect();
    for name in &names {
        vault.put(entry(name)).await.unwrap();
    }
    drop(vault);
    place.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    (names, fs::read(place.file()).unwrap())
}

fn holds(page: &[u8], text: &str) -> bool {
    page.windows(text.len()).any(|part| part == text.as_bytes())
}

/// One page of the tokens is none any more.
#[tokio::test]
async fn what_is_on_other_pages_is_read() {
    let (place, key) = (Place::sqlite(), key());
    let (names, mut bytes) = sixty(&place, &key).await;
    let server = entry("a").app.server;
    let leaf = bytes.chunks_mut(PAGE).find(|page| {
        // A leaf of a table.
        page[0] == 13 && holds(page, &server) && holds(page, "row-30")
    });
    let leaf = leaf.unwrap();
    let lost: Vec<_> = names.iter().filter(|name| holds(leaf, name)).collect();
    leaf[0] = 12;
    assert!((1..30).contains(&lost.len()), "{lost:?}");
    fs::write(place.file(), &bytes).unwrap();

    let vault = place.open(&key).await;
    let (read, damaged) = listed(&vault).await;
    assert_eq!(damaged.iter().collect::<Vec<_>>(), lost);
    assert_eq!(read.len(), 60 - lost.len());
    let verified = vault.verify().await.unwrap();
    assert_eq!(verified.rows, 60);
    let is_named = |id: &String| verified.faults.iter().any(|f| f.id.as_ref() == Some(id));
    assert!(lost.into_iter().all(is_named), "{:?}", verified.faults);
}

/// The rows are whole.
#[tokio::test]
async fn rows_are_read_without_the_index_of_their_names() {
    let (place, key) = (Place::sqlite(), key());
    let (names, mut bytes) = sixty(&place, &key).await;
    let server = entry("a").app.server;
    let leaves = bytes.chunks_mut(PAGE).filter(|page| {
        // Leaves of an index, which have names and nothing else.
        page[0] == 10 && holds(page, "row-30") && !holds(page, &server)
    });
    assert!(leaves.map(|leaf| leaf[0] = 12).count() > 0);
    fs::write(place.file(), &bytes).unwrap();

    let vault = place.open(&key).await;
    assert_eq!(listed(&vault).await, (names, Vec::new()));
    let verified = vault.verify().await.unwrap();
    assert_eq!(verified.rows, 60);
    assert!(verified.faults.iter().any(|fault| fault.id.is_none()));
}

/// Nothing waits, so that no command but those that hand tokens on reads it.
#[tokio::test]
async fn a_damaged_index_of_what_waits_is_told_of() {
    let (place, key) = (Place::sqlite(), key());
    sixty(&place, &key).await;
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'token_undelivered'";
    let root = usize::try_from(place.number(root)).unwrap();
    let mut bytes = fs::read(place.file()).unwrap();
    bytes[(root - 1) * PAGE] ^= 8;
    fs::write(place.file(), &bytes).unwrap();
    let verified = place.open(&key).await.verify().await.unwrap();
    assert!(verified.faults.iter().any(|fault| fault.id.is_none()));
}

/// Others are not numbered after it.
#[tokio::test]
async fn a_name_may_look_like_one_that_is_no_text() {
    let place = Place::sqlite();
    let vault = place.open(&key()).await;
    let names = [
        "x\u{fc}",
        "x\u{FFFD}<C3>\u{FFFD}<BC>",
        "\u{FFFD}<e9>",
        "\u{FFFD}<E9>",
    ];
    for name in names {
        vault.put(entry(name)).await.unwrap();
    }
    for name in names {
        let row = vault.get(name).await.unwrap().unwrap();
        assert_eq!(row.tokens, crate::vault::tokens(name));
    }
    assert!(vault.verify().await.unwrap().faults.is_empty());
}

/// Neither one that counts on from it nor one that is hidden by it.
#[tokio::test]
async fn after_a_number_of_nonsense_the_history_goes_on() {
    for number in [-1000, (1_i64 << 48) - 2, (1 << 61) - 3] {
        let place = Place::sqlite();
        let vault = place.open(&key()).await;
        vault.put(entry("a")).await.unwrap();
        place.sql(&format!("UPDATE event SET number = {number}"));
        for name in ["b", "c", "d", "e"] {
            vault.put(entry(name)).await.unwrap();
            let mut history = vault.history(Some(name));
            assert_eq!(history.next().await.unwrap().unwrap().id, name, "{number}");
        }
        let mut last = vault.history(None).last(9);
        assert!(last.next().await.unwrap().is_ok(), "{number}");
    }
}

#[tokio::test]
async fn a_run_of_nonsense_ends_no_other() {
    let place = Place::sqlite();
    let vault = place.open(&key()).await;
    let (_sandbox, client, entries) = provider(3).await;
    for entry in &entries {
        vault.put(entry.clone()).await.unwrap();
    }
    let begin = async || {
        let clients = [client.clone()];
        vault
            .rotate_all(clients, Filter::new(), fast())
            .await
            .unwrap()
    };
    begin().await.stopper().stop();
    vault.drain().await;
    place.sql("INSERT INTO run (number, filter, began_at) VALUES (9, CAST(x'ff' AS TEXT), 1)");
    let mut fleet = begin().await;
    while fleet.next().await.is_some() {}
    assert!(fleet.summary().stopped.is_none());
}

#[tokio::test]
async fn a_number_of_nonsense_in_the_history_stays_where_it_is() {
    let place = Place::sqlite();
    let vault = place.open(&key()).await;
    vault.put(entry("a")).await.unwrap();
    place.sql("UPDATE event SET number = 9223372036854775807");
    for name in ["b", "c", "d", "b"] {
        let mut entry = entry(name);
        let count = vault.count(&Filter::new()).await.unwrap();
        entry.tokens = crate::vault::tokens(&format!("{name}{count}"));
        vault.put(entry).await.unwrap();
    }
    let what = "an event of its history cannot be read".to_owned();
    let faults = vault.verify().await.unwrap().faults;
    let told: Vec<_> = faults.iter().map(Fault::to_string).collect();
    assert_eq!(told, [format!("\"a\": {what}")]);

    // It is not the last one that a row has.
    let mut again = entry("a");
    again.tokens = crate::vault::tokens("again");
    vault.put(again).await.unwrap();
    place.sql("UPDATE event SET at = 0");
    let day = Duration::from_secs(24 * 60 * 60);
    assert_ne!(vault.prune_history(day).await.unwrap(), 0);
    assert!(vault.verify().await.unwrap().faults.is_empty());
}

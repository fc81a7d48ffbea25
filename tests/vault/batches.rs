//! Changes that share a transaction: none is held up, or taken down, by another.

use std::future::poll_fn;
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures_util::future::join_all;
use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{Entry, StoreError, Vault, VaultError};
use tokio::runtime::Runtime;

use crate::vault::place::Place;
use crate::vault::provider::provider;
use crate::vault::{entry, key, on_all, stream};

on_all!(a_damaged_row_takes_no_other_down);

const ROWS: usize = 60;

async fn a_damaged_row_takes_no_other_down(place: Place) {
    let (_sandbox, client, entries) = provider(ROWS).await;
    let vault = place.open(&key()).await;
    let rows = entries.iter().cloned().map(Ok);
    vault.import(stream(rows)).await.unwrap();
    let damaged = &entries[7].id;
    place.sql(&format!(
        "UPDATE token SET generation = 99 WHERE id = '{damaged}'"
    ));
    let rotations = entries.iter().map(|held| vault.rotate(&client, held));
    for (held, rotated) in entries.iter().zip(join_all(rotations).await) {
        match (rotated, held.id == *damaged) {
            (Ok(_), false) => {}
            (Err(VaultError::Store(error)), true) => assert!(error.is_damaged(), "{error}"),
            (rotated, _) => panic!("{}: {rotated:?}", held.id),
        }
    }
    for put in change_all(&vault, &entries).await {
        put.unwrap();
    }
}

/// By somebody who takes their time, and more of them than there are connections.
#[tokio::test(flavor = "multi_thread")]
async fn locked_rows_hold_no_other_up() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let vault = filled(&place).await;
    let lock = Lock::of(
        &place,
        "SELECT id FROM token WHERE id LIKE 'row 1%' FOR UPDATE",
    );
    let put = |row: &String| {
        let (vault, entry) = (vault.clone(), entry(row));
        tokio::spawn(async move { vault.put(entry).await.unwrap() })
    };
    let all: Vec<String> = (0..ROWS).map(name).collect();
    let (locked, free): (Vec<_>, Vec<_>) = all
        .iter()
        .map(|row| (row, put(row)))
        .partition(|(row, _)| row.starts_with("row 1"));
    let mut rows = Vec::new();
    for (row, put) in free {
        put.await.unwrap();
        rows.push(row);
    }
    // And those that come when the others wait.
    lock.until_others_wait(1);
    for row in rows {
        put(row).await.unwrap();
    }
    assert!(locked.iter().all(|(_, put)| !put.is_finished()));
    drop(lock);
    for (_, put) in locked {
        put.await.unwrap();
    }
}

/// The changes of one runtime may wait for what is done on another one.
#[test]
fn the_end_of_a_runtime_leaves_no_caller_of_another_waiting() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let [ending, staying] = [(); 2].map(|()| Runtime::new().unwrap());
    let vault = staying.block_on(filled(&place));
    let lock = Lock::of(&place, "LOCK TABLE token IN ACCESS EXCLUSIVE MODE");
    let put = |row| {
        let vault = vault.clone();
        async move { vault.put(entry(&name(row))).await }
    };
    // Both that are under way, and one that waits for them.
    for row in [0, 1] {
        ending.spawn(put(row));
        lock.until_others_wait(row + 1);
    }
    let ended = staying.block_on(async {
        let mut waiting = Box::pin(put(2));
        poll_fn(|context| {
            assert!(waiting.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        ending.shutdown_background();
        waiting.await
    });
    // The table is still locked, and it is not the store's patience that has come to its end.
    let error = ended.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    assert!(error.to_string().contains("has ended"), "{error}");
    drop(lock);
    let again = staying.block_on(put(2));
    again.unwrap();
}

/// Somebody has locked what no change can do without, until this is dropped.
struct Lock<'p> {
    cluster: &'static Cluster,
    url: &'p str,
    session: Option<JoinHandle<String>>,
}

impl<'p> Lock<'p> {
    fn of(place: &'p Place, what: &str) -> Self {
        let Place::Postgres(cluster, url) = place else {
            panic!("SQLite locks no rows");
        };
        let sql = format!(
            "SET search_path = tokenturn; BEGIN; {what}; DO $$ BEGIN PERFORM pg_sleep(3600); \
             EXCEPTION WHEN query_canceled THEN END $$; ROLLBACK"
        );
        let session = thread::spawn({
            let (cluster, url) = (*cluster, url.clone());
            move || cluster.sql(&url, &sql)
        });
        let lock = Self {
            cluster,
            url,
            session: Some(session),
        };
        lock.until(1, "wait_event = 'PgSleep'");
        lock
    }

    /// Until so many transactions wait for it.
    fn until_others_wait(&self, count: usize) {
        self.until(count, "wait_event_type = 'Lock'");
    }

    fn until(&self, count: usize, how: &str) {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE {how} AND datname = current_database()"
        );
        while self.cluster.sql(self.url, &sql).parse::<usize>().unwrap() < count {
            let is_there = self.session.as_ref().is_some_and(|s| !s.is_finished());
            assert!(is_there, "nothing is locked");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
            WHERE wait_event = 'PgSleep' AND datname = current_database()";
        self.cluster.sql(self.url, cancel);
        if let Some(session) = self.session.take() {
            // A session that has failed has said why.
            let _ = session.join();
        }
    }
}

async fn filled(place: &Place) -> Vault {
    let vault = place.open(&key()).await;
    let rows = (0..ROWS).map(|row| Ok(entry(&name(row))));
    vault.import(stream(rows)).await.unwrap();
    vault
}

async fn change_all(vault: &Vault, entries: &[Entry]) -> Vec<Result<(), StoreError>> {
    join_all(entries.iter().map(|row| vault.put(row.clone()))).await
}

fn name(row: usize) -> String {
    format!("row {row}")
}

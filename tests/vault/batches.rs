//! Changes that share a transaction: none is held up, or taken down, by another.

use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokenturn_vault::{StoreError, Vault};
use tokio::runtime::{Handle, Runtime};

use crate::place::Place;
use crate::{entry, key, on_both, stream};

on_both!(a_damaged_row_takes_no_other_down);

const ROWS: usize = 60;

async fn a_damaged_row_takes_no_other_down(place: Place) {
    let vault = filled(&place).await;
    place.sql("UPDATE token SET generation = 99 WHERE id = 'row 7'");
    for (row, changed) in change_all(&vault).await.into_iter().enumerate() {
        match row {
            7 => assert!(changed.unwrap_err().is_damaged()),
            _ => changed.unwrap(),
        }
    }
}

/// By somebody who takes their time, and more of them than there are connections.
#[tokio::test(flavor = "multi_thread")]
async fn locked_rows_hold_no_other_up() {
    const LOCKED: Duration = Duration::from_secs(3);
    let Some(place) = Place::postgres() else {
        return;
    };
    let vault = filled(&place).await;
    thread::scope(|scope| {
        let rows = "SELECT id FROM token WHERE id LIKE 'row 1%' FOR UPDATE";
        lock(scope, &place, rows, LOCKED);
        let put = |row| {
            let vault = vault.clone();
            async move {
                let began = Instant::now();
                vault.put(entry(&name(row))).await.unwrap();
                began.elapsed()
            }
        };
        let (locked, free): (Vec<_>, Vec<_>) =
            (0..ROWS).partition(|row| name(*row).starts_with("row 1"));
        let changes = async {
            let locked = tokio::spawn(join_all(locked.into_iter().map(put)));
            tokio::time::sleep(LOCKED / 6).await;
            let free = join_all(free.into_iter().map(put)).await;
            (locked.await.unwrap(), free)
        };
        let handle = Handle::current();
        let (locked, free) = tokio::task::block_in_place(|| handle.block_on(changes));
        assert!(locked.iter().all(|time| *time > LOCKED / 3), "{locked:?}");
        assert!(free.iter().all(|time| *time < LOCKED / 2), "{free:?}");
    });
}

/// The changes of one runtime may wait for what is done on another one.
#[test]
fn the_end_of_a_runtime_leaves_no_caller_of_another_waiting() {
    const LOCKED: Duration = Duration::from_secs(6);
    let Some(place) = Place::postgres() else {
        return;
    };
    let [ending, staying] = [(); 2].map(|()| Runtime::new().unwrap());
    let vault = staying.block_on(filled(&place));
    thread::scope(|scope| {
        let table = "LOCK TABLE token IN ACCESS EXCLUSIVE MODE";
        lock(scope, &place, table, LOCKED);
        let put = |row| {
            let vault = vault.clone();
            async move { vault.put(entry(&name(row))).await }
        };
        // Both that are under way, and one that waits for them.
        for row in [0, 1] {
            ending.spawn(put(row));
            thread::sleep(LOCKED / 12);
        }
        let began = Instant::now();
        let waiting = staying.spawn(put(2));
        thread::sleep(LOCKED / 12);
        ending.shutdown_background();
        let error = staying.block_on(waiting).unwrap().unwrap_err();
        assert!(error.is_unavailable(), "{error}");
        assert!(began.elapsed() < LOCKED / 2, "{:?}", began.elapsed());
    });
    let again = staying.block_on(async { vault.put(entry(&name(2))).await });
    again.unwrap();
}

/// Somebody has locked what no change can do without, and takes their time.
fn lock<'scope>(
    scope: &'scope Scope<'scope, '_>,
    place: &'scope Place,
    what: &str,
    time: Duration,
) {
    let sql = format!("BEGIN; {what}; SELECT pg_sleep({})", time.as_secs());
    scope.spawn(move || place.sql(&sql));
    let Place::Postgres(cluster, url) = place else {
        panic!("SQLite locks no rows");
    };
    let asleep = "SELECT count(*) FROM pg_stat_activity \
        WHERE wait_event = 'PgSleep' AND datname = current_database()";
    let began = Instant::now();
    while cluster.sql(url, asleep).trim() != "1" {
        assert!(began.elapsed() < time, "nothing was locked");
    }
}

async fn filled(place: &Place) -> Vault {
    let vault = place.open(&key()).await;
    let rows = (0..ROWS).map(|row| Ok(entry(&name(row))));
    vault.import(stream(rows)).await.unwrap();
    vault
}

async fn change_all(vault: &Vault) -> Vec<Result<(), StoreError>> {
    join_all((0..ROWS).map(|row| async move { vault.put(entry(&name(row))).await })).await
}

fn name(row: usize) -> String {
    format!("row {row}")
}

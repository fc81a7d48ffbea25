//! Changes that share a transaction: none is held up, or taken down, by another.

use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokenturn_vault::{StoreError, Vault};

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

/// By somebody who takes their time.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_row_holds_no_other_up() {
    const LOCKED: Duration = Duration::from_secs(3);
    let Some(place) = Place::postgres() else {
        return;
    };
    let vault = filled(&place).await;
    thread::scope(|scope| {
        scope.spawn(|| {
            let lock = "BEGIN; SELECT id FROM token WHERE id = 'row 7' FOR UPDATE";
            place.sql(&format!("{lock}; SELECT pg_sleep({})", LOCKED.as_secs()));
        });
        thread::sleep(LOCKED / 3);
        let changes = async {
            let began = Instant::now();
            let changes = (0..ROWS).map(|row| {
                let vault = &vault;
                async move {
                    vault.put(entry(&name(row))).await.unwrap();
                    began.elapsed()
                }
            });
            join_all(changes).await
        };
        let times =
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(changes));
        for (row, time) in times.into_iter().enumerate() {
            assert_eq!(row == 7, time > LOCKED / 3, "{row}: {time:?}");
        }
    });
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

//! All that is in a vault, out of it and into another one.

use std::sync::Arc;

use tokio::join;
use tokio::task::spawn_blocking;

use super::Opened;
use super::columns::get;
use super::error::store_error;
use super::insert::{columns, count_anew};
use super::lease::Lease;
use crate::error::StoreError;
use crate::sql::{self, Dump, Table, Value};
use crate::vault::Copied;

/// How many rows are read or written at once.
const CHUNK: usize = 500;

/// Everything is seen as it is at one moment, also on a standby.
const BEGIN_TO_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// [`CHUNK`] of them.
const FETCH: &str = "FETCH 500 FROM dump";

/// Nobody else writes until the end.
const LOCK: &str = "SET LOCAL lock_timeout = '5s'; LOCK TABLE tokenturn.token IN EXCLUSIVE MODE";

pub(super) async fn dump(lease: &Lease, vault: &Opened) -> Result<Dump, StoreError> {
    let run = async |sql: &str| lease.batch_execute(sql).await.map_err(store_error);
    run(BEGIN_TO_READ).await?;
    lease.checked(lease.check().await, vault)?;
    let probe = get(&lease.row("SELECT probe FROM tokenturn.vault").await?, 0)?;
    let mut dumping = Dump::begin();
    for table in Table::ALL {
        let select = table.select("tokenturn.", vault.columns);
        run(&format!("DECLARE dump NO SCROLL CURSOR FOR {select}")).await?;
        loop {
            let rows = lease.rows(FETCH, &[] as &[Value]).await?;
            if rows.is_empty() {
                break;
            }
            let added = spawn_blocking(move || {
                rows.iter().try_for_each(|row| dumping.add(table, row))?;
                Ok::<_, StoreError>(dumping)
            });
            let ended = added.await;
            dumping = ended.map_err(|e| StoreError::other("the vault's thread ended", e))??;
        }
        run("CLOSE dump").await?;
    }
    run("COMMIT").await?;
    dumping.finish(&vault.sealer, probe)
}

pub(super) async fn load(
    lease: &Lease,
    vault: &Opened,
    mut dump: Dump,
) -> Result<Copied, StoreError> {
    let (begun, locked, check) =
        join!(lease.begin(vault), lease.batch_execute(LOCK), lease.check());
    begun.and(locked).map_err(store_error)?;
    lease.checked(check, vault)?;
    for table in Table::ALL {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM tokenturn.{})", table.name());
        if get(&lease.row(&sql).await?, 0)? {
            return Err(StoreError::not_empty());
        }
    }
    dump.rewind()?;
    let mut copied = Copied::default();
    let (mut chunk, mut of) = (Vec::new(), Table::Token);
    let sealer = Arc::clone(&vault.sealer);
    while let Some((table, values)) = dump.next(Some(&sealer), &mut copied)? {
        if table != of || chunk.len() == CHUNK {
            write(lease, of, std::mem::take(&mut chunk)).await?;
            of = table;
        }
        chunk.push(values);
    }
    write(lease, of, chunk).await?;
    lease.batch_execute("COMMIT").await.map_err(store_error)?;
    count_anew(lease, copied.rows).await;
    Ok(copied)
}

async fn write(lease: &Lease, table: Table, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    match rows.is_empty() {
        true => Ok(()),
        false => lease.rows(&insert(table), &columns(rows)).await.map(drop),
    }
}

/// Takes one array for each column.
fn insert(table: Table) -> String {
    let all = table.columns();
    let arrays = all.split(", ").zip(1..);
    let arrays = arrays.map(|(column, number)| format!("${number}::{}[]", sql::type_of(column)));
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    let values = all.split(", ").map(|column| Table::put(column, column));
    let values = values.collect::<Vec<_>>().join(", ");
    let name = table.name();
    format!(
        "INSERT INTO tokenturn.{name} ({all}) SELECT {values} FROM unnest({arrays}) AS given ({all})"
    )
}

//! What a vault holds, in numbers, and whether its file is sound.

use std::collections::HashSet;

use rusqlite::Row;

use super::open::Opened;
use super::run::count as count_run;
use super::store_error;
use crate::error::StoreError;
use crate::overview::{OpenRun, Overview};
use crate::sql;
use crate::time;

pub(super) fn read(opened: &Opened) -> Result<Overview, StoreError> {
    let mut overview = Overview::default();
    let by_state = sql::by_state("token", opened.columns, time::now_millis());
    each(opened, &by_state, |row| sql::add_up(&mut overview, row))?;
    if let Some(sql) = sql::not_delivered("token", opened.columns) {
        each(opened, &sql, |row| {
            overview.not_delivered = Some(sql::read_not_delivered(row)?);
            Ok(())
        })?;
    }
    let (mut runs, mut seen) = (Vec::new(), HashSet::new());
    each(opened, &sql::open_runs("run"), |row| {
        runs.extend(sql::read_open_run(row, &mut seen)?);
        Ok(())
    })?;
    for (filter, run) in runs {
        let count = count_run(opened, &filter, &run)?;
        if count.left > 0 {
            overview.runs.push(OpenRun { filter, run, count });
        }
    }
    Ok(overview)
}

/// What SQLite finds wrong with the file.
pub(super) fn faults(opened: &Opened) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    each(opened, "PRAGMA integrity_check", |row| {
        faults.push(row.get(0).map_err(store_error)?);
        Ok(())
    })?;
    faults.retain(|fault| fault != "ok");
    Ok(faults)
}

fn each(
    opened: &Opened,
    sql: &str,
    mut read: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = opened.connection.prepare(sql).map_err(store_error)?;
    let mut rows = statement.query([]).map_err(store_error)?;
    while let Some(row) = rows.next().map_err(store_error)? {
        read(row)?;
    }
    Ok(())
}

//! What a vault holds, in numbers.

use std::collections::HashSet;

use super::lease::Lease;
use super::{NOW, Opened, read};
use crate::error::StoreError;
use crate::overview::{OpenRun, Overview};
use crate::sql::{self, Value};

const NONE: &[Value] = &[];

pub(super) async fn all(lease: &Lease, vault: &Opened) -> Result<Overview, StoreError> {
    let mut overview = Overview::default();
    let by_state = sql::by_state("tokenturn.token", vault.columns, NOW);
    for row in lease.rows(&by_state, NONE).await? {
        sql::add_up(&mut overview, &row)?;
    }
    if let Some(sql) = sql::not_delivered("tokenturn.token", vault.columns) {
        let rows = lease.rows(&sql, NONE).await?;
        let first = rows.first().map(sql::read_not_delivered);
        overview.not_delivered = first.transpose()?;
    }
    let mut seen = HashSet::new();
    for row in lease.rows(&sql::open_runs("tokenturn.run"), NONE).await? {
        let Some((filter, run)) = sql::read_open_run(&row, &mut seen)? else {
            continue;
        };
        let count = read::count_run(lease, &filter, &run).await?;
        if count.left > 0 {
            overview.runs.push(OpenRun { filter, run, count });
        }
    }
    Ok(overview)
}

//! One product with one setting: every row, with every call.

use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::call::Call;
use crate::cell::Cell;
use crate::does::Does;
use crate::instance::Instance;
use crate::product::{Product, Setting};
use crate::row::Row;
use crate::seats::SEATS;
use crate::trial::{Made, NOTICE, one, provided};

pub(crate) struct Table {
    pub(crate) setting: &'static Setting,
    /// What becomes of the headers.
    pub(crate) headers: String,
    pub(crate) rows: Vec<(Row, Vec<Cell>)>,
    /// What is not right.
    pub(crate) wrong: Vec<String>,
}

/// Runs all rows. What is slow waits beside the others, on an instance of its own.
pub(crate) async fn run(
    product: &'static Product,
    setting: &'static Setting,
    folder: &Path,
) -> Table {
    let seat = SEATS.acquire().await;
    let all = Row::all(product, setting);
    let start = || Instance::start(product, setting, folder);
    let mut instance = start().await;
    let beside = Arc::new(start().await);
    let mut slow = JoinSet::new();
    for (at, row) in all.iter().copied().enumerate() {
        for call in Call::ALL {
            if row.is_slow() {
                let instance = Arc::clone(&beside);
                // One after another, since a gateway that is busy may give up.
                let turn = NOTICE * slow.len() as u32;
                slow.spawn(async move {
                    sleep(turn).await;
                    (at, provided(&instance, row, call).await)
                });
            }
        }
    }
    let mut made: Vec<Vec<Made>> = all.iter().map(|_| Vec::new()).collect();
    for (row, made) in all.iter().copied().zip(&mut made) {
        for call in Call::ALL.into_iter().filter(|_| !row.is_slow()) {
            made.push(one(&mut instance, row, call).await);
        }
        if row == Row::ProviderIsAway {
            // Some gateways do not ask a provider again for a while.
            instance.restart(|| {}).await;
        }
    }
    // What only waits leaves its seat to others.
    drop(seat);
    while let Some(done) = slow.join_next().await {
        let (at, done) = done.expect("no row panics");
        made[at].push(done);
    }
    // Told to end, they end their workers, too.
    instance.stop(|| {}).await;
    if let Some(mut beside) = Arc::into_inner(beside) {
        beside.stop(|| {}).await;
    }
    let name = |row: Row, call: Call| {
        format!(
            "{}, {}, {}, {}",
            product.name,
            setting.name,
            row.name(),
            call.name()
        )
    };
    let mut table = Table {
        setting,
        headers: String::new(),
        rows: Vec::new(),
        wrong: Vec::new(),
    };
    for (row, mut made) in all.into_iter().zip(made) {
        made.sort_by_key(|made| Call::ALL.iter().position(|call| *call == made.cell.call));
        // There, the clocks of provider and gateway can be told apart.
        if row == Row::Provider(Does::IsBehind) {
            table.headers.clone_from(&made[0].headers);
        }
        let wrong = made.iter().filter_map(|made| {
            let wrong = made.wrong.as_ref()?;
            Some(format!("{}: {wrong}", name(row, made.cell.call)))
        });
        table.wrong.extend(wrong);
        table
            .rows
            .push((row, made.into_iter().map(|made| made.cell).collect()));
    }
    table
}

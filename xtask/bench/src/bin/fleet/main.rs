//! `fleet [--quick] [--json FILE] [--token]`: how fast a fleet is, what memory it takes, and where the time
//! goes, every token durable.

mod bare;
mod cost;
mod crypto;
mod home;
mod memory_store;
mod provider;
mod run;
mod size;
mod table;
mod token;

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use tokenturn_bench::{Fleet, Store};

use home::{Disk, Homes};

/// How much more memory the most tokens may take than the fewest.
const LIMIT_MIB: f64 = 64.0;

#[tokio::main]
async fn main() -> Result<()> {
    if run::is_meant() {
        return run::child().await;
    }
    if std::env::args().nth(1).as_deref() == Some("--token") {
        return token::measure(&Homes::new()).await;
    }
    let (quick, json) = arguments()?;
    // Fails when there is one already, and that is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (sizes, cost_tokens, rounds): (&[usize], usize, usize) = match quick {
        true => (&[1_000, 10_000], 5_000, 1),
        false => (&[1_000, 10_000, 100_000, 1_000_000], 20_000, 3),
    };
    let homes = Homes::new();
    let mut fleet = Fleet {
        quick,
        concurrency: size::CONCURRENCY,
        sizes: Vec::new(),
        costs: Vec::new(),
        skipped: homes.missing(),
    };
    table::begin_sizes(fleet.concurrency);
    for store in [Store::Sqlite, Store::Postgres] {
        for tokens in sizes {
            if let Some(home) = homes.new_home(store, Disk::Real)? {
                let size = size::measure(&home, store, *tokens, rounds).await?;
                table::size(&size);
                fleet.sizes.push(size);
            }
        }
    }
    for concurrency in [64, 256] {
        let costs = cost::measure(&homes, cost_tokens, concurrency, rounds).await?;
        table::costs(&costs);
        fleet.costs.extend(costs);
    }
    for why in &fleet.skipped {
        println!("skipped: {why}");
    }
    if let Some(file) = json {
        fs::write(file, serde_json::to_vec_pretty(&fleet)?)?;
    }
    check_memory(&fleet)
}

fn arguments() -> Result<(bool, Option<PathBuf>)> {
    let (mut quick, mut json) = (false, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.len()) {
            ("--quick", _) => quick = true,
            ("--json", 1..) => json = arguments.next().map(PathBuf::from),
            _ => bail!("usage: fleet [--quick] [--json FILE]"),
        }
    }
    Ok((quick, json))
}

fn check_memory(fleet: &Fleet) -> Result<()> {
    for store in [Store::Sqlite, Store::Postgres] {
        let of_store = fleet.sizes.iter().filter(|size| size.store == store);
        let peaks: Vec<f64> = of_store.map(|size| size.peak_mib).collect();
        if let (Some(fewest), Some(most)) = (peaks.first(), peaks.last()) {
            let more = most - fewest;
            println!("{store:?}: the most tokens take {more:.1} MiB more than the fewest");
            ensure!(more <= LIMIT_MIB, "more than {LIMIT_MIB} MiB");
        }
    }
    Ok(())
}

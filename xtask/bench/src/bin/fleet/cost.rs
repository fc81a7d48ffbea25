//! Where the time goes: stages, each with one thing more than the one before it, in turn.

use std::time::Duration;

use anyhow::Result;
use tokenturn_bench::{Cost, Part, PartName, Store};
use tokenturn_vault::{Client, Vault};

use crate::bare::bare;
use crate::home::{Disk, Homes};
use crate::memory_store::MemoryStore;
use crate::provider::{fill, github, sandbox_apart};
use crate::{crypto, run};

/// Seconds in each round. A store that is missing has none.
#[derive(Default)]
struct Stages {
    bare: Vec<f64>,
    engine: Vec<f64>,
    in_memory: Vec<f64>,
    on_disk: Vec<f64>,
}

pub(crate) async fn measure(
    homes: &Homes,
    tokens: usize,
    concurrency: usize,
    rounds: usize,
) -> Result<Vec<Cost>> {
    let stores = [Store::Sqlite, Store::Postgres];
    let (mut shared, mut of_stores) = (Stages::default(), stores.map(|_| Stages::default()));
    for _ in 0..rounds {
        let took = bare(&sandbox_apart()?, tokens, concurrency).await?;
        shared.bare.push(took.as_secs_f64());
        let vault = Vault::new(MemoryStore::default());
        let took = fleet(&vault, tokens, concurrency).await?;
        shared.engine.push(took.as_secs_f64());
        for (store, stages) in stores.into_iter().zip(&mut of_stores) {
            for (disk, seconds) in [
                (Disk::Memory, &mut stages.in_memory),
                (Disk::Real, &mut stages.on_disk),
            ] {
                if let Some(home) = homes.new_home(store, disk)? {
                    let took = fleet(&home.vault().await?, tokens, concurrency).await?;
                    seconds.push(took.as_secs_f64());
                }
            }
        }
    }
    let (mut costs, crypto) = (Vec::new(), crypto::micros()?);
    for (store, mut stages) in stores.into_iter().zip(of_stores) {
        if stages.in_memory.is_empty() || stages.on_disk.is_empty() {
            continue;
        }
        stages.bare.clone_from(&shared.bare);
        stages.engine.clone_from(&shared.engine);
        let ratios = stages.bare.iter().zip(&stages.on_disk);
        costs.push(Cost {
            store,
            concurrency,
            tokens,
            rounds,
            bare_per_second: tokens as f64 / middle(stages.bare.clone()),
            fleet_per_second: tokens as f64 / middle(stages.on_disk.clone()),
            ratio: middle(ratios.map(|(bare, fleet)| bare / fleet).collect()),
            parts: stages.parts(tokens, crypto),
        });
    }
    Ok(costs)
}

async fn fleet(vault: &Vault, tokens: usize, concurrency: usize) -> Result<Duration> {
    let sandbox = sandbox_apart()?;
    let client = github(
        &sandbox.url(),
        &sandbox.client_id(),
        &sandbox.client_secret(),
    )?;
    let client = Client::from(client);
    fill(vault, &client, sandbox.new_github_tokens(tokens)).await?;
    run::fleet(vault, client, concurrency).await
}

impl Stages {
    fn parts(self, tokens: usize, crypto: f64) -> Vec<Part> {
        let [bare, engine, in_memory, on_disk] =
            [self.bare, self.engine, self.in_memory, self.on_disk]
                .map(|seconds| middle(seconds) * 1e6 / tokens as f64);
        let parts = [
            (PartName::Network, bare),
            (PartName::Engine, engine - bare),
            (PartName::Crypto, crypto),
            (PartName::Sql, in_memory - engine - crypto),
            (PartName::Commit, on_disk - in_memory),
        ];
        let part = |(name, micros)| Part {
            name,
            micros,
            share: micros / on_disk,
        };
        parts.map(part).to_vec()
    }
}

/// The one in the middle of them.
pub(crate) fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

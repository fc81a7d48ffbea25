//! `fleet --token`: what it costs to ask a vault for a token that lives.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rusqlite::Connection;
use tokenturn::GitHub;
use tokenturn_bench::Store;
use tokenturn_vault::{Client, Entry, Tokens, Vault};
use tokio_postgres::{NoTls, Statement};

use super::home::{Disk, Home, Homes, open_with};

const ROUNDS: usize = 15;
const CALLS: usize = 1_000;
/// Calls from the cache are so short that more of them are timed together.
const CACHED: usize = 100_000;
const SELECT: &str = "SELECT sealed FROM token WHERE id = $1";

/// Prints a row for each store: microseconds of each, and what a token costs next to the row's read.
pub(crate) async fn measure(homes: &Homes) -> Result<()> {
    println!(
        "| one call, µs | plain SELECT | Vault::get | Vault::token | token / get | from the cache |"
    );
    println!("|---|--:|--:|--:|--:|--:|");
    for store in [Store::Sqlite, Store::Postgres] {
        match homes.new_home(store, Disk::Real)? {
            Some(home) => of(&home, store).await?,
            None => println!("| {store:?} | skipped: it is not there |"),
        }
    }
    Ok(())
}

async fn of(home: &Home<'_>, store: Store) -> Result<()> {
    let github = GitHub::builder("abcde12345fghij67890", "secret").build()?;
    let client = Client::from(github);
    let address = home.address()?;
    let asked = |cache: Duration| open_with(&address, &home.key, Vault::builder().cache_for(cache));
    let (vault, cached) = (
        asked(Duration::ZERO).await?,
        asked(Duration::MAX / 4).await?,
    );
    let mut tokens = Tokens::github("ghu_e72e16c7e42f292c6912e7710c838347ae17");
    tokens.expires_at = Some("2099-01-01T00:00:00Z".parse()?);
    tokens.refresh_token = Some("ghr_e72e16c7e42f292c6912e7710c838347ae17".into());
    vault.put(Entry::new("mona", client.app(), tokens)).await?;
    let plain = Plain::open(&address).await?;

    let mut times: [Vec<f64>; 4] = Default::default();
    // In turn, so that whatever else the machine does hits all of them.
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for _ in 0..CALLS {
            plain.select().await?;
        }
        times[0].push(each(begun, CALLS));
        let begun = Instant::now();
        for _ in 0..CALLS {
            black_box(vault.get("mona").await?.context("nobody")?);
        }
        times[1].push(each(begun, CALLS));
        let begun = Instant::now();
        for _ in 0..CALLS {
            black_box(vault.token(&client, "mona").await?);
        }
        times[2].push(each(begun, CALLS));
        let begun = Instant::now();
        for _ in 0..CACHED {
            black_box(cached.token(&client, "mona").await?);
        }
        times[3].push(each(begun, CACHED));
    }
    let ratios = times[2]
        .iter()
        .zip(&times[1])
        .map(|(token, get)| token / get);
    let ratio = median(ratios.collect());
    let [select, get, token, cached] = times.map(median);
    println!("| {store:?} | {select:.1} | {get:.1} | {token:.1} | {ratio:.2} | {cached:.3} |");
    Ok(())
}

/// Microseconds.
fn each(begun: Instant, calls: usize) -> f64 {
    begun.elapsed().as_secs_f64() * 1e6 / calls as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What somebody writes who reads a column of a table by hand, and has nothing to decrypt.
enum Plain {
    Sqlite(Connection),
    Postgres(tokio_postgres::Client, Statement),
}

impl Plain {
    async fn open(address: &str) -> Result<Self> {
        if !address.starts_with("postgres://") {
            return Ok(Self::Sqlite(Connection::open(address)?));
        }
        let (client, connection) = tokio_postgres::connect(address, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute("SET search_path = tokenturn").await?;
        let statement = client.prepare(SELECT).await?;
        Ok(Self::Postgres(client, statement))
    }

    async fn select(&self) -> Result<()> {
        let sealed: Vec<u8> = match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(SELECT)?;
                statement.query_row(["mona"], |row| row.get(0))?
            }
            Self::Postgres(client, statement) => {
                client.query_one(statement, &[&"mona"]).await?.get(0)
            }
        };
        match sealed.is_empty() {
            true => bail!("nothing is there"),
            false => Ok(()),
        }
    }
}

//! The peak memory of a fleet run, by the number of its rows.
//!
//! The run is a process of its own; the sandbox and the filling of the vault are in another one.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use tokenturn_bench::{fill, github, sandbox_apart};
use tokenturn_vault::{Client, Filter, FleetOptions, Key, Vault};

/// How much more memory the most rows may take than the fewest.
const LIMIT_MIB: f64 = 64.0;
const CONCURRENCY: usize = 64;
const SECRET: &str = "TOKENTURN_TRIAL_SECRET";
const KEY: &str = "TOKENTURN_TRIAL_KEY";

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [run, vault, url, client_id] = &arguments[..]
        && run == "run"
    {
        return run_fleet(Path::new(vault), url, client_id).await;
    }
    let sizes: Vec<usize> = match arguments.is_empty() {
        true => vec![1_000, 1_000_000],
        false => arguments
            .iter()
            .map(|size| size.parse())
            .collect::<Result<_, _>>()?,
    };
    println!("{:>10} {:>10} {:>10}", "rows", "peak MiB", "rows/s");
    let mut peaks = Vec::new();
    for rows in sizes {
        let (peak, rate) = measure(rows).await?;
        println!("{rows:>10} {peak:>10.1} {rate:>10.0}");
        peaks.push(peak);
    }
    let spread = peaks.iter().copied().fold(f64::MIN, f64::max)
        - peaks.iter().copied().fold(f64::MAX, f64::min);
    println!("the largest takes {spread:.1} MiB more than the smallest (limit {LIMIT_MIB})");
    ensure!(spread <= LIMIT_MIB, "memory grows with the number of rows");
    Ok(())
}

async fn measure(rows: usize) -> Result<(f64, f64)> {
    let sandbox = sandbox_apart()?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("vault.db");
    let key = Key::generate()?;
    let client = github(
        &sandbox.url(),
        &sandbox.client_id(),
        &sandbox.client_secret(),
    )?;
    let vault = Vault::builder().sqlite(&path, &key).await?;
    fill(&vault, &client.into(), sandbox.new_github_tokens(rows)).await?;
    drop(vault);
    let output = Command::new(std::env::current_exe()?)
        .arg("run")
        .arg(&path)
        .args([sandbox.url(), sandbox.client_id()])
        .env(SECRET, sandbox.client_secret())
        .env(KEY, key.to_digits().expose())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next(), output.status.success()) {
        (Some(Ok(peak)), Some(Ok(rate)), true) => Ok((peak, rate)),
        _ => bail!(
            "the run failed: {}",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

/// Prints the peak of the resident memory in MiB and the rows per second.
async fn run_fleet(vault: &Path, url: &str, client_id: &str) -> Result<()> {
    let key = Key::from_env(KEY)?.context("no key")?;
    let client = Client::from(github(url, client_id, &std::env::var(SECRET)?)?);
    let vault = Vault::builder().sqlite(vault, &key).await?;
    let options = FleetOptions::new().concurrency(CONCURRENCY);
    let begun = std::time::Instant::now();
    let mut fleet = vault.rotate_all([client], Filter::new(), options).await?;
    let rows = fleet.expected().left;
    while fleet.next().await.is_some() {}
    ensure!(fleet.summary().replaced == rows, "{:?}", fleet.summary());
    println!(
        "{} {}",
        peak_mib()?,
        rows as f64 / begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// As the kernel has it.
fn peak_mib() -> Result<f64> {
    let status =
        std::fs::read_to_string("/proc/self/status").context("it is known on Linux only")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = line
        .context("no VmHWM")?
        .trim()
        .trim_end_matches(" kB")
        .parse()?;
    Ok(kib / 1024.0)
}

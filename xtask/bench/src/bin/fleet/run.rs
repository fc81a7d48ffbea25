//! A fleet, in this process or in one of its own.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokenturn_sandbox::Sandbox;
use tokenturn_vault::{Client, Filter, FleetOptions, Key, Vault};

use crate::home::{Home, open};
use crate::provider::github;

const CHILD: &str = "run";
const SECRET: &str = "TOKENTURN_BENCH_SECRET";
const KEY: &str = "TOKENTURN_BENCH_KEY";

/// Replaces all tokens, and says how long that took.
pub(crate) async fn fleet(vault: &Vault, client: Client, concurrency: usize) -> Result<Duration> {
    let options = FleetOptions::new().concurrency(concurrency);
    let begun = Instant::now();
    let mut fleet = vault.rotate_all([client], Filter::new(), options).await?;
    let tokens = fleet.expected().left;
    // On the threads that everything else is on, too.
    let told = tokio::spawn(async move {
        while let Some(settled) = fleet.next().await {
            ensure!(settled.new.is_some(), "{}: {}", settled.id, settled.outcome);
        }
        Ok(fleet)
    });
    let fleet = told.await??;
    let took = begun.elapsed();
    ensure!(fleet.summary().replaced == tokens, "{:?}", fleet.summary());
    Ok(took)
}

/// The same in a process that does nothing else: the seconds that it took, and the MiB.
pub(crate) fn apart(home: &Home<'_>, sandbox: &Sandbox, concurrency: usize) -> Result<(f64, f64)> {
    let output = Command::new(std::env::current_exe()?)
        .args([CHILD, &home.address()?, &concurrency.to_string()])
        .args([sandbox.url(), sandbox.client_id()])
        .env(SECRET, sandbox.client_secret())
        .env(KEY, home.key.to_digits().expose())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the run failed: {said}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Whether this is the process of [`apart`].
pub(crate) fn is_meant() -> bool {
    std::env::args().nth(1).is_some_and(|word| word == CHILD)
}

pub(crate) async fn child() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(2).collect();
    let [address, concurrency, url, client_id] = &arguments[..] else {
        anyhow::bail!("this is for the program itself");
    };
    let key = Key::from_env(KEY)?.context("no key")?;
    let client = Client::from(github(url, client_id, &std::env::var(SECRET)?)?);
    let vault = open(address, &key).await?;
    let took = fleet(&vault, client, concurrency.parse()?).await?;
    println!(
        "{}",
        serde_json::to_string(&(took.as_secs_f64(), peak_mib()?))?
    );
    Ok(())
}

/// As the kernel has it.
fn peak_mib() -> Result<f64> {
    let status =
        std::fs::read_to_string("/proc/self/status").context("it is known on Linux only")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.context("no VmHWM")?.trim().trim_end_matches(" kB");
    Ok(kib.parse::<f64>()? / 1024.0)
}

//! `rotate --all` and `deliver`

use std::fs::File;
use std::io::Write;
use std::process::ExitCode;

use serde_json::json;
use tokenturn_vault::{Filter, Fleet, FleetOptions, Settled, StoreError};

use crate::arguments::Arguments;
use crate::deliver::Shell;

/// Replaces every token, and says how it went.
pub(crate) async fn rotate(arguments: &Arguments) -> ExitCode {
    let vault = match arguments.open().await {
        Ok(vault) => vault,
        Err(error) => return failed(&error),
    };
    let fleet = vault.rotate_all(arguments.clients(), Filter::new(), options(arguments));
    watch(fleet.await, arguments).await
}

/// Hands on what waits for it, and says how it went.
pub(crate) async fn deliver(arguments: &Arguments) -> ExitCode {
    let vault = match arguments.open().await {
        Ok(vault) => vault,
        Err(error) => return failed(&error),
    };
    let fleet = vault.deliver_all(Filter::new(), options(arguments));
    watch(fleet.await, arguments).await
}

fn options(arguments: &Arguments) -> FleetOptions {
    let mut options = FleetOptions::new().concurrency(arguments.number("concurrency"));
    if let Some(line) = arguments.find("deliver") {
        options = options.deliver(Shell::new(line));
    }
    if let Some(time) = arguments.time("deliver-within") {
        options = options.deliver_within(time);
    }
    match arguments.find("new-run") {
        None => options,
        Some(_) => options.afresh(),
    }
}

async fn watch(fleet: Result<Fleet, StoreError>, arguments: &Arguments) -> ExitCode {
    let mut fleet = match fleet {
        Ok(fleet) => fleet,
        Err(error) => return failed(&error),
    };
    let mut report = report(arguments.option("report"));
    while let Some(settled) = fleet.next().await {
        let Settled { id, new, .. } = settled;
        let outcome = settled.outcome.as_str();
        let line = json!({ "id": id, "outcome": outcome, "new_fingerprint": new });
        // In one piece and at once: what is told is known outside.
        report.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    }
    let summary = fleet.summary();
    println!("{summary:?}");
    if let Some(stop) = &summary.stopped {
        return failed(stop);
    }
    ExitCode::SUCCESS
}

fn report(path: &str) -> File {
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap()
}

fn failed(why: &dyn std::fmt::Display) -> ExitCode {
    println!("stopped: {why}");
    ExitCode::FAILURE
}

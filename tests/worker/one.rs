//! `rotate one ID` and `recover one ID`

use std::fmt::Display;
use std::process::ExitCode;

use tokenturn_vault::{Client, Entry, Provider, Rotation, StoreError, Vault};

use crate::arguments::Arguments;

pub(crate) async fn rotate(arguments: &Arguments, id: &str) -> ExitCode {
    let (vault, held, client) = match open(arguments, id).await {
        Ok(opened) => opened,
        Err(error) => return failed(&error),
    };
    match vault.rotate(&client, &held).await {
        Ok(Rotation::Rotated(entry)) => say("rotated", &entry),
        Ok(rotation) => say("adopted", rotation.entry()),
        Err(error) => failed(&error),
    }
}

pub(crate) async fn recover(arguments: &Arguments, id: &str) -> ExitCode {
    let (vault, _, client) = match open(arguments, id).await {
        Ok(opened) => opened,
        Err(error) => return failed(&error),
    };
    match vault.recover(&client, id).await {
        Ok(entry) => say("recovered", &entry),
        Err(error) => failed(&error),
    }
}

async fn open(arguments: &Arguments, id: &str) -> Result<(Vault, Entry, Client), StoreError> {
    let vault = arguments.open().await?;
    let entry = vault.get(id).await?.unwrap();
    let [github, ohmygpt] = arguments.clients();
    let client = match entry.app.provider == Provider::GITHUB {
        true => github,
        false => ohmygpt,
    };
    Ok((vault, entry, client))
}

fn say(what: &str, entry: &Entry) -> ExitCode {
    let name = entry.tokens.fingerprint().unwrap();
    println!("{what} {} {} {name}", entry.state(), entry.generation);
    ExitCode::SUCCESS
}

fn failed(error: &dyn Display) -> ExitCode {
    println!("error: {error}");
    ExitCode::FAILURE
}

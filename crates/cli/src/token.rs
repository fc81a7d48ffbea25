//! `tokenturn token`

use std::pin::pin;
use std::time::Duration;

use anyhow::{Error, Result};
use tokenturn::{RefusalReason, RotateError};
use tokenturn_vault::{AccessToken, Client, Entry, Vault, VaultError};
use tokio::time::timeout;

use crate::args::Token;
use crate::client::{GITHUB_SECRET, no_secret};
use crate::exit::Exit;
use crate::fleet::{builder, client_of, is_public};
use crate::rescue::{self, Rescue};
use crate::vault::{self, Access, may_show, no_token, open_with, print};
use crate::{patience, token_file};

/// How long somebody who waits for a call takes to hear that it is over.
const MOMENT: Duration = Duration::from_secs(1);

/// Prints a token of the vault that lives.
pub(crate) async fn run(args: &Token, json: bool) -> Result<()> {
    may_show(args.to_terminal)?;
    let mut builder = builder(&args.claims);
    if let Some(time) = args.fresh_for {
        builder = builder.fresh_for(time);
    }
    let vault = open_with(&args.place, Access::Write, builder).await?;
    let id = &args.id;
    let entry = vault.get(id).await?.ok_or_else(|| no_token(id))?;
    let client = client_of(&entry.app, &args.providers)?;
    let found = found(&vault, &client, id).await?;
    let token = found.map_err(|error| {
        let why = told(error, entry, args);
        match is_public(&client) && why.needs_secret {
            true => why.error.context(no_secret(GITHUB_SECRET)),
            false => why.error,
        }
    })?;
    let line = match json {
        true => token_file::line_to_use(&token.token, token.expires_at)?,
        false => token_file::word(&token.token),
    };
    print(&line)
}

/// The token, or why there is none. Whoever asks the program to stop waits for what is under way alone.
async fn found(
    vault: &Vault,
    client: &Client,
    id: &str,
) -> Result<Result<AccessToken, VaultError>> {
    let mut call = pin!(vault.token(client, id));
    tokio::select! {
        biased;
        result = &mut call => return Ok(result),
        () = patience::asked_to_stop() => {}
    }
    patience::say("stopping: waiting for the answer to what was sent first");
    tokio::select! {
        biased;
        result = &mut call => Ok(result),
        () = vault.drain() => {
            // What came of it has to be heard: it may be a token that is nowhere else.
            let heard = timeout(MOMENT, &mut call).await;
            heard.map_err(|_| Exit::NotDone.because("stopped before there was a token"))
        }
    }
}

/// An error, in the program's terms.
struct Why {
    error: Error,
    /// Whether it may come of calling without a client secret.
    needs_secret: bool,
}

fn told(error: VaultError, entry: Entry, args: &Token) -> Why {
    let id = &args.id;
    let needs_secret = match &error {
        VaultError::Refused(no) => no.reason == RefusalReason::BadCredentials,
        VaultError::NotSent(why) => is_impossible(why),
        _ => false,
    };
    let text = whole(&error);
    let error = match error {
        VaultError::Store(why) => why.into(),
        VaultError::NotFound(_) => no_token(id),
        VaultError::Lost(_) | VaultError::Revoked(_) => Exit::Dead.because(format!(
            "{text}, unless tokenturn check --all finds that it lives"
        )),
        VaultError::Ended(_) => Exit::Dead.because(text),
        VaultError::Refused(_) => Exit::Refused.because(text),
        VaultError::NotSent(why) if is_impossible(&why) => Exit::BadInput.because(text),
        VaultError::NotSent(_) | VaultError::Call(_) => Exit::NotDone.because(text),
        VaultError::Unknown(_) | VaultError::Abandoned => Exit::Unknown.because(format!(
            "{text}; ask again later, or run tokenturn recover, which finds out"
        )),
        VaultError::NoToken(_) => Exit::BadInput.because(vault::not_known(id)),
        VaultError::NotSaved { tokens, .. } => {
            let mut row = Entry::new(id, entry.app, *tokens);
            row.label = entry.label;
            let file = Rescue::new(vault::file(&args.place)).add(&row);
            Exit::Rescued.because(format!("{text}: {}", rescue::told(id, file.as_deref())))
        }
        _ => Exit::BadInput.because(text),
    };
    Why {
        error,
        needs_secret,
    }
}

/// Whether no such call can be made by this client.
fn is_impossible(error: &RotateError) -> bool {
    matches!(error, RotateError::NotSent(why) if why.is_impossible())
}

/// What an error says, and what its causes say.
fn whole(error: &VaultError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

//! `tokenturn vault import`

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use anyhow::{Context as _, Result};
use futures_core::Stream;
use tokenturn_vault::{Entry, StoreError};
use tokio::sync::mpsc;

use super::open::{Missing, open};
use super::rows;
use super::shown::tokens;
use crate::args::{Defaults, Format, VaultPlace};

/// How many tokens wait to be stored.
const AHEAD: usize = 256;

pub(super) async fn run(
    path: &Path,
    format: Option<Format>,
    place: &VaultPlace,
    defaults: Defaults,
) -> Result<()> {
    let is_stdin = path == Path::new("-");
    let (name, source): (_, Box<dyn Read + Send>) = match is_stdin {
        true => ("standard input".to_owned(), Box::new(io::stdin())),
        false => {
            let name = path.display().to_string();
            let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
            (name, Box::new(file))
        }
    };
    let format = rows::format(format, path)?;
    let vault = open(place, Missing::Make).await?;
    let count = vault.import(read(name, source, format, defaults)?).await?;
    writeln!(io::stdout(), "{} put in", tokens(count))?;
    Ok(())
}

/// Reads on a thread of its own. Not on one of the runtime's, which would be waited for when
/// standard input never ends and the vault has said no.
fn read(
    name: String,
    source: Box<dyn Read + Send>,
    format: Format,
    defaults: Defaults,
) -> Result<Incoming> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let thread = thread::Builder::new();
    thread.spawn(move || {
        for entry in rows::read(format, source, &defaults) {
            let entry = entry.map_err(|error| StoreError::other(name.as_str(), error));
            if sender.blocking_send(entry).is_err() {
                return;
            }
        }
    })?;
    Ok(Incoming(receiver))
}

/// The tokens that the thread has read.
struct Incoming(mpsc::Receiver<Result<Entry, StoreError>>);

impl Stream for Incoming {
    type Item = Result<Entry, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

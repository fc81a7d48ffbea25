//! `tokenturn vault import`

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;

use anyhow::{Context as _, Error, Result};
use futures_core::Stream;
use serde_json::json;
use tokenturn_vault::{Entry, StoreError, Vault};
use tokio::sync::mpsc;

use super::init;
use super::open::{Access, open};
use super::put::put;
use super::rows;
use super::shown::tokens;
use crate::args::{Defaults, Format, VaultPlace};
use crate::output::output;
use crate::progress::{Counter, watch};

/// How many tokens wait to be stored.
const AHEAD: usize = 256;
/// Of how many the line is known: of those that are not stored yet, and more.
const KNOWN: usize = 16 * AHEAD;

/// What is done with what is there, and with what is not.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    /// Tokens that are there get these secrets.
    pub(super) replace: bool,
    /// A vault is made where there is none.
    pub(super) init: bool,
}

pub(super) async fn run(
    path: &Path,
    format: Option<Format>,
    place: &VaultPlace,
    defaults: Defaults,
    how: How,
    json: bool,
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
    let vault = match how.init && init::is_missing(place).await? {
        true => init::make_and_tell(place).await?.vault,
        false => open(place, Access::Write).await?,
    };
    let lines = Arc::new(Lines::default());
    let incoming = read(&name, source, format, defaults, Arc::clone(&lines))?;
    let stored = Counter::default();
    let counted = match how.replace {
        true => &stored,
        false => &lines.read,
    };
    let put = async {
        match how.replace {
            true => put_all(&vault, incoming, &name, &stored).await,
            false => {
                let count = vault.import(incoming).await;
                count.map_err(|error| lines.locate(&name, error))
            }
        }
    };
    let count = watch("importing", counted, None, put).await?;
    let mut out = output();
    match json {
        true => writeln!(out, "{}", json!({ "tokens": count }))?,
        false => writeln!(out, "{} put in", tokens(count))?,
    }
    Ok(())
}

/// Puts each row in by itself.
async fn put_all(vault: &Vault, incoming: Incoming, name: &str, stored: &Counter) -> Result<u64> {
    let mut rows = incoming.0;
    let mut count = 0;
    while let Some(row) = rows.recv().await {
        let put = async {
            let (line, entry) = row?;
            let put = put(vault, entry).await;
            put.with_context(|| format!("{name}: line {line}"))
        };
        put.await.with_context(|| match count {
            0 => "nothing is put in".to_owned(),
            _ => format!("{} put in, and no more", tokens(count)),
        })?;
        count += 1;
        stored.add();
    }
    Ok(count)
}

/// Reads on a thread of its own. Not on one of the runtime's, which would be waited for when
/// standard input never ends and the vault has said no.
fn read(
    name: &str,
    source: Box<dyn Read + Send>,
    format: Format,
    defaults: Defaults,
    lines: Arc<Lines>,
) -> Result<Incoming> {
    let name = name.to_owned();
    let (sender, receiver) = mpsc::channel(AHEAD);
    let thread = thread::Builder::new();
    thread.spawn(move || {
        for entry in rows::read(format, source, &defaults) {
            let entry = match entry {
                Ok((line, entry)) => {
                    lines.add(line, &entry.id);
                    Ok((line, entry))
                }
                Err(error) => Err(StoreError::other(name.as_str(), error)),
            };
            if sender.blocking_send(entry).is_err() {
                return;
            }
        }
        // What has come together is put in at once.
        lines.read.end("storing");
    })?;
    Ok(Incoming(receiver))
}

/// The lines of the tokens that were read last.
#[derive(Default)]
struct Lines {
    read: Counter,
    last: Mutex<VecDeque<(u64, String)>>,
}

impl Lines {
    fn add(&self, line: u64, id: &str) {
        self.read.add();
        let mut lines = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KNOWN {
            lines.pop_front();
        }
        lines.push_back((line, id.to_owned()));
    }

    /// Says in which line the token is that the vault does not take.
    fn locate(&self, name: &str, error: StoreError) -> Error {
        let lines = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let found = error
            .id()
            .and_then(|id| lines.iter().rev().find(|(_, known)| known == id));
        match found {
            Some((line, _)) => StoreError::other(format!("{name}: line {line}"), error).into(),
            None => error.into(),
        }
    }
}

/// The tokens that the thread has read, each with its line.
struct Incoming(mpsc::Receiver<Result<(u64, Entry), StoreError>>);

impl Stream for Incoming {
    type Item = Result<Entry, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.poll_recv(context);
        next.map(|row| row.map(|row| row.map(|(_, entry)| entry)))
    }
}

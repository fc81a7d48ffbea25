//! Writing tokens down.

use std::io::{self, Write};

use serde::Serialize;
use tokenturn::{Secret, Timestamp};
use tokenturn_vault::{Entry, Kept, Provider, State};
use zeroize::Zeroizing;

use crate::args::Format;

pub(crate) enum Writer<W: Write> {
    Jsonl(W),
    Csv(Box<csv::Writer<W>>),
}

/// The row as one line of JSON, for import: without what it does not look at.
pub(crate) fn line(entry: &Entry) -> io::Result<Zeroizing<Vec<u8>>> {
    // In one piece: a buffer that grows leaves its old content behind in freed memory.
    let length = 2 * entry.tokens.to_json().len() + 4096;
    let mut text = Zeroizing::new(Vec::with_capacity(length));
    let kept = kept(&entry.tokens.kept);
    let line = Line {
        kept: kept.as_ref().map(|kept| kept.as_str()),
        state: None,
        generation: None,
        created_at: None,
        changed_at: None,
        ..Line::of(entry)
    };
    serde_json::to_writer(&mut *text, &line)?;
    text.push(b'\n');
    Ok(text)
}

/// What import reads, and what it does not look at.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    provider: Provider,
    server: &'a str,
    client_id: Option<&'a str>,
    label: Option<&'a str>,
    token: Option<&'a str>,
    oauth_token: Option<&'a str>,
    expires_at: Option<Timestamp>,
    refresh_token: Option<&'a str>,
    refresh_token_expires_at: Option<Timestamp>,
    user_id: Option<i64>,
    /// Answers that may have the new token in them, in base64 with spaces between.
    kept: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_at: Option<Timestamp>,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(format: Format, to: W) -> Self {
        match format {
            Format::Jsonl => Self::Jsonl(to),
            Format::Csv => Self::Csv(Box::new(csv::Writer::from_writer(to))),
        }
    }

    pub(crate) fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let kept = kept(&entry.tokens.kept);
        let mut line = Line::of(entry);
        line.kept = kept.as_ref().map(|kept| kept.as_str());
        match self {
            Self::Jsonl(to) => {
                serde_json::to_writer(&mut *to, &line)?;
                to.write_all(b"\n")
            }
            Self::Csv(to) => Ok(to.serialize(line)?),
        }
    }

    /// What it was made of, with everything written to it.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Self::Jsonl(mut to) => {
                to.flush()?;
                Ok(to)
            }
            Self::Csv(to) => to.into_inner().map_err(csv::IntoInnerError::into_error),
        }
    }
}

impl<'a> Line<'a> {
    fn of(entry: &'a Entry) -> Self {
        fn shown(secret: &Option<Secret>) -> Option<&str> {
            secret.as_ref().map(Secret::expose)
        }
        let tokens = &entry.tokens;
        let client_id = Some(entry.app.client_id.as_str());
        Self {
            id: &entry.id,
            provider: entry.app.provider.clone(),
            server: &entry.app.server,
            client_id: client_id.filter(|id| !id.is_empty()),
            label: entry.label.as_deref(),
            token: shown(&tokens.token),
            oauth_token: shown(&tokens.oauth_token),
            expires_at: tokens.expires_at,
            refresh_token: shown(&tokens.refresh_token),
            refresh_token_expires_at: tokens.refresh_token_expires_at,
            user_id: tokens.user_id,
            kept: None,
            state: Some(entry.state()),
            generation: Some(entry.generation),
            created_at: Some(entry.created_at),
            changed_at: Some(entry.changed_at),
        }
    }
}

fn kept(kept: &[Kept]) -> Option<Zeroizing<String>> {
    let mut words = kept.iter().map(Kept::to_base64);
    let first = words.next()?;
    Some(words.fold(first, |mut all, word| {
        all.push(' ');
        all.push_str(&word);
        all
    }))
}

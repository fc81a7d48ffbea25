//! Tokens as lines of text: what import reads and export writes.

mod bounded;
mod comma;
mod entry;
mod fields;
mod json;
mod write;

use std::ffi::OsStr;
use std::fmt;
use std::io::Read;
use std::path::Path;

use anyhow::{Error, Result, bail, ensure};
use tokenturn::{Secret, Timestamp};
use tokenturn_vault::{Entry, Provider};

use crate::args::{Defaults, Format};
use crate::input::Stored;
use fields::{Field, Fields};

pub(super) use write::Writer;
pub(crate) use write::line;

/// The most bytes that a line may have.
const LONGEST: usize = 256 * 1024;
/// The same where there may be answers in it, of 1 MiB at most each.
const LONGEST_WITH_ANSWERS: usize = 16 * 1024 * 1024;

/// What is said of bytes that are no text.
const NOT_UTF_8: &str = "not UTF-8; save the file as UTF-8";

/// What is wrong with a line. There is nothing in it that the line holds.
#[derive(Debug)]
pub(super) struct RowError {
    line: u64,
    why: String,
}

impl RowError {
    fn new(line: u64, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { line, why }
    }

    fn too_long(line: u64) -> Self {
        Self::new(line, "too long to be one token")
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for RowError {}

/// The fields of each line, with its number.
type Lines = Box<dyn Iterator<Item = Result<(u64, Fields), RowError>>>;

/// The tokens in a text, each with the number of its line. After an error there are none.
pub(super) fn read(
    format: Format,
    source: impl Read + 'static,
    defaults: &Defaults,
) -> impl Iterator<Item = Result<(u64, Entry), RowError>> {
    let lines: Lines = match format {
        Format::Jsonl => Box::new(json::Lines::of(source)),
        Format::Csv => Box::new(comma::Lines::of(source)),
    };
    lines.map(|line| {
        let (number, fields) = line?;
        let entry = entry::entry(fields, defaults);
        let entry = entry.map_err(|why| RowError::new(number, why))?;
        Ok((number, entry))
    })
}

/// Refuses a name or a label that a vault should not have.
pub(crate) fn check_name(what: &str, text: &str) -> Result<()> {
    ensure!(!text.is_empty(), "{what} is empty");
    entry::check(what, text).map_err(Error::msg)
}

/// The row of this name with what is in a token file, or what is wrong with that.
pub(super) fn of_token_file(
    id: &str,
    stored: Stored,
    defaults: &Defaults,
) -> Result<Entry, String> {
    let lasting = match defaults.provider == Some(Provider::OHMYGPT) {
        true => Field::OauthToken,
        false => Field::Token,
    };
    let mut fields = Fields::default();
    fields.set(Field::Id, Some(Secret::new(id)));
    let saved = stored.into_rotated();
    let time = |time: Option<Timestamp>| time.map(|time| Secret::new(time.to_string()));
    for (field, value) in [
        (lasting, Some(saved.token)),
        (Field::RefreshToken, saved.refresh_token),
        (Field::ExpiresAt, time(saved.expires_at)),
        (
            Field::RefreshTokenExpiresAt,
            time(saved.refresh_token_expires_at),
        ),
    ] {
        fields.set(field, value);
    }
    entry::entry(fields, defaults)
}

/// How a file is written: as is asked for, or else as its name says.
pub(super) fn format(asked: Option<Format>, path: &Path) -> Result<Format> {
    if let Some(format) = asked {
        return Ok(format);
    }
    match path.extension().and_then(OsStr::to_str) {
        Some("jsonl" | "ndjson" | "json") => Ok(Format::Jsonl),
        Some("csv") => Ok(Format::Csv),
        _ => bail!("say how it is written: --format jsonl or --format csv"),
    }
}

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

use anyhow::{Result, bail};
use tokenturn_vault::Entry;

use crate::args::{Defaults, Format};
use fields::Fields;

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

//! Comma-separated values.

use std::io::Read;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use tokenturn::Secret;

use super::bounded::{Allowance, Bounded};
use super::fields::{Field, Fields, Name};
use super::{LONGEST, LONGEST_WITH_ANSWERS, NOT_UTF_8, RowError};

pub(super) struct Lines<R> {
    source: Reader<Bounded<R>>,
    allowance: Allowance,
    columns: Option<Vec<Name>>,
    record: StringRecord,
    has_ended: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn of(source: R) -> Self {
        let (source, allowance) = Bounded::new(source, LONGEST);
        Self {
            source: ReaderBuilder::new().from_reader(source),
            allowance,
            columns: None,
            record: StringRecord::new(),
            has_ended: false,
        }
    }

    fn advance(&mut self) -> Result<Option<(u64, Fields)>, RowError> {
        let columns = match &self.columns {
            Some(columns) => columns,
            None => {
                let header = self.source.headers().map_err(|e| problem(&e, 1))?;
                self.columns.insert(columns(header)?)
            }
        };
        let has_answers = columns.contains(&Name::Of(Field::Kept));
        self.allowance.renew(match has_answers {
            true => LONGEST_WITH_ANSWERS,
            false => LONGEST,
        });
        let line = self.source.position().line();
        let is_there = self.source.read_record(&mut self.record).map_err(|e| {
            match self.allowance.is_used_up() {
                true => RowError::too_long(line),
                false => problem(&e, line),
            }
        })?;
        if !is_there {
            return Ok(None);
        }
        let line = self.record.position().map_or(line, csv::Position::line);
        let mut fields = Fields::default();
        for (name, value) in columns.iter().zip(&self.record) {
            if let Name::Of(field) = name {
                fields.set(*field, Some(Secret::new(value)));
            }
        }
        Ok(Some((line, fields)))
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<(u64, Fields), RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let next = self.advance();
        self.has_ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

fn columns(header: &StringRecord) -> Result<Vec<Name>, RowError> {
    let mut columns = Vec::with_capacity(header.len());
    for (at, name) in header.iter().enumerate() {
        let number = at + 1;
        // What has no header has tokens where the names should be, so they are not repeated.
        let name = Name::parse(name.trim()).ok_or_else(|| {
            let known = Name::all();
            RowError::new(
                1,
                format!("the name of column {number} is not known; it can be {known}"),
            )
        })?;
        if matches!(name, Name::Of(_)) && columns.contains(&name) {
            return Err(RowError::new(
                1,
                format!("column {number} is there already"),
            ));
        }
        columns.push(name);
    }
    Ok(columns)
}

fn problem(error: &csv::Error, line: u64) -> RowError {
    let line = error.position().map_or(line, csv::Position::line);
    let why = match error.kind() {
        ErrorKind::Io(error) => format!("cannot be read: {error}"),
        ErrorKind::Utf8 { .. } => NOT_UTF_8.to_owned(),
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} values, and {expected_len} columns"),
        _ => "not comma-separated values".to_owned(),
    };
    RowError::new(line, why)
}

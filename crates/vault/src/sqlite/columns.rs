//! Values on their way into SQLite and out of it.

use std::borrow::Cow;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Error, Params, Row, ToSql, params_from_iter};

use super::{id, store_error};
use crate::error::StoreError;
use crate::sql::{Columns, Value};

pub(super) fn bound(values: &[Value]) -> impl Params {
    params_from_iter(values.iter().map(Bound::of))
}

/// A number that is never negative: of 64 bits, not every rusqlite that this builds with reads others
/// than `i64`.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number = row.get(column)?;
    u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(column, number))
}

/// What is bound to a placeholder.
enum Bound<'v> {
    As(ValueRef<'v>),
    Id(Cow<'v, [u8]>),
}

impl<'v> Bound<'v> {
    fn of(value: &'v Value) -> Self {
        Self::As(match value {
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Value::Text(None) => ValueRef::Null,
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Id(text) => return Self::Id(id::write(text)),
        })
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::As(value) => *value,
            Self::Id(id) => ValueRef::Text(id),
        }))
    }
}

impl Columns for Row<'_> {
    fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.get(column).map_err(store_error)
    }

    fn id(&self, column: usize) -> Result<String, StoreError> {
        match self.get_ref(column).map_err(store_error)? {
            ValueRef::Text(text) => Ok(id::read(text)),
            _ => self.get(column).map_err(store_error),
        }
    }

    /// What is no UTF-8 is shown as far as it is: the seal knows that it is damaged.
    fn text(&self, column: usize) -> Result<Option<String>, StoreError> {
        match self.get_ref(column).map_err(store_error)? {
            ValueRef::Text(text) => Ok(Some(match str::from_utf8(text) {
                Ok(text) => text.to_owned(),
                Err(_) => String::from_utf8_lossy(text).into_owned(),
            })),
            _ => self.get(column).map_err(store_error),
        }
    }

    fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        self.get(column).map_err(store_error)
    }
}

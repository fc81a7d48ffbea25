//! Values on their way into SQLite and out of it.

use rusqlite::ToSql;
use rusqlite::types::{Null, ToSqlOutput, ValueRef};

use super::store_error;
use crate::error::{StoreError, StoreErrorKind};
use crate::sql::{Columns, Value};

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Int(number) => number.to_sql(),
            Self::Text(Some(text)) => text.to_sql(),
            Self::Text(None) => Null.to_sql(),
            Self::Bytes(bytes) => Ok(ToSqlOutput::Borrowed(ValueRef::Blob(bytes))),
        }
    }
}

impl Columns for rusqlite::Row<'_> {
    fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.get(column).map_err(store_error)
    }

    fn id(&self, column: usize) -> Result<String, StoreError> {
        self.get(column).map_err(|e| {
            let message = "the vault is damaged: the name of a row is no text. Take the vault from a \
                           backup, or the other rows out of it by SQLite, and put them into a new one";
            StoreError::new(StoreErrorKind::Damaged, message).because(e.to_string())
        })
    }

    /// What is no UTF-8 is shown as far as it is: the seal knows that it is damaged.
    fn text(&self, column: usize) -> Result<Option<String>, StoreError> {
        match self.get_ref(column).map_err(store_error)? {
            ValueRef::Text(text) => Ok(Some(String::from_utf8_lossy(text).into_owned())),
            _ => self.get(column).map_err(store_error),
        }
    }

    fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        self.get(column).map_err(store_error)
    }
}

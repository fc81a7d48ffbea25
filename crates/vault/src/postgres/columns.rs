//! Values on their way into PostgreSQL and out of it.

use std::error::Error;

use tokio_postgres::Row;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::error::store_error;
use crate::error::StoreError;
use crate::sql::{Columns, Value};

impl ToSql for Value {
    fn to_sql(
        &self,
        to: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Int(number) => number.to_sql_checked(to, out),
            Self::Text(text) => text.to_sql_checked(to, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(to, out),
        }
    }

    fn accepts(to: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(to)
    }

    to_sql_checked!();
}

impl Columns for Row {
    fn int(&self, column: usize) -> Result<i64, StoreError> {
        get(self, column)
    }

    fn text(&self, column: usize) -> Result<Option<String>, StoreError> {
        get(self, column)
    }

    fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        get(self, column)
    }
}

pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, StoreError> {
    row.try_get(column).map_err(store_error)
}

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
            Self::Id(id) => id.to_sql_checked(to, out),
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

    fn id(&self, column: usize) -> Result<String, StoreError> {
        get(self, column)
    }

    fn text(&self, column: usize) -> Result<Option<String>, StoreError> {
        Ok(get::<Option<Lossy>>(self, column)?.map(|text| text.0))
    }

    fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        get(self, column)
    }
}

/// What is no UTF-8, which a database of another encoding may hold, is shown as far as it is: the seal knows
/// that it is damaged.
struct Lossy(String);

impl FromSql<'_> for Lossy {
    fn from_sql(_: &Type, text: &[u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(String::from_utf8_lossy(text).into_owned()))
    }

    fn accepts(of: &Type) -> bool {
        <&str as FromSql>::accepts(of)
    }
}

/// A value, or an array of values, whose type is known: a statement that is not prepared needs it.
pub(super) trait Bound: ToSql + Sync {
    fn of_type(&self) -> Type;
}

impl Bound for Value {
    fn of_type(&self) -> Type {
        match self {
            Self::Int(_) => Type::INT8,
            Self::Text(_) | Self::Id(_) => Type::TEXT,
            Self::Bytes(_) => Type::BYTEA,
        }
    }
}

/// All of one kind.
impl Bound for Vec<Value> {
    fn of_type(&self) -> Type {
        match self.first() {
            Some(Value::Int(_)) => Type::INT8_ARRAY,
            Some(Value::Bytes(_)) => Type::BYTEA_ARRAY,
            Some(Value::Text(_) | Value::Id(_)) | None => Type::TEXT_ARRAY,
        }
    }
}

impl Bound for &[String] {
    fn of_type(&self) -> Type {
        Type::TEXT_ARRAY
    }
}

pub(super) fn typed<V: Bound>(values: &[V]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    let typed = values.iter().map(|value| (value as _, value.of_type()));
    typed.collect()
}

pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, StoreError> {
    row.try_get(column).map_err(store_error)
}

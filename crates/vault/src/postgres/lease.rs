//! A connection in use.

use std::ops::Deref;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::error::{pool_error, store_error};
use crate::error::StoreError;
use crate::sql::Value;

/// A connection that goes back to the pool by [`end`](Self::end) alone. When a job is given up
/// before, the connection is closed, and the server takes back what was not committed.
pub(super) struct Lease(Option<Object>);

impl Lease {
    pub(super) async fn of(pool: &Pool) -> Result<Self, StoreError> {
        let connection = pool.get().await.map_err(pool_error)?;
        Ok(Self(Some(connection)))
    }

    /// Gives the connection back, without the transaction that a job has failed in.
    pub(super) async fn end<T>(mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        let is_usable = match &result {
            Ok(_) => true,
            Err(error) if error.is_unavailable() => false,
            Err(_) => self.batch_execute("ROLLBACK").await.is_ok(),
        };
        if is_usable {
            drop(self.0.take());
        }
        result
    }

    pub(super) async fn prepared(&self, sql: &str) -> Result<Statement, StoreError> {
        self.prepare_cached(sql).await.map_err(store_error)
    }

    pub(super) async fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepared(sql).await?;
        let rows = self.query(&statement, &bound(values)).await;
        rows.map_err(store_error)
    }
}

impl Deref for Lease {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        match &self.0 {
            Some(connection) => connection,
            None => unreachable!("only what consumes the lease takes it out"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

pub(super) fn bound<V: ToSql + Sync>(values: &[V]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

//! A connection in use.

use std::ops::Deref;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use tokio_postgres::{Error, Row};

use super::columns::{Bound, typed};
use super::error::{pool_error, store_error};
use crate::error::StoreError;

/// A connection that goes back to the pool by [`end`](Self::end) alone. When a job is given up
/// before, the connection is closed, and the server takes back what was not committed.
///
/// Its statements have no names: between here and the server there may be a pooler, which gives each
/// transaction another session.
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

    /// What a statement returns, in one round trip.
    pub(super) async fn ask(&self, sql: &str, values: &[impl Bound]) -> Result<Vec<Row>, Error> {
        self.query_typed(sql, &typed(values)).await
    }

    /// The same of a statement that is sent by itself.
    pub(super) async fn rows(
        &self,
        sql: &str,
        values: &[impl Bound],
    ) -> Result<Vec<Row>, StoreError> {
        self.ask(sql, values).await.map_err(store_error)
    }

    /// The one row that a statement without values returns.
    pub(super) async fn row(&self, sql: &str) -> Result<Row, Error> {
        let mut rows = self.query_typed(sql, &[]).await?;
        match rows.pop() {
            Some(row) => Ok(row),
            None => unreachable!("it selects one row"),
        }
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

//! A connection in use.

use std::mem;
use std::ops::Deref;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row, Statement};

use super::columns::{Bound, get, typed};
use super::connect::{Pool, PooledSession, Session};
use super::error::{MOVED, is_about_names, pool_error, store_error, unavailable};
use super::{CHECK, Opened};
use crate::error::{StoreError, StoreErrorKind};
use crate::sql::Value;
use crate::time;

/// In milliseconds: clocks that differ by less are the same, since an answer may take as long.
const ANSWERED: i64 = 5_000;

/// A connection that goes back to the pool by [`end`](Self::end) alone. When a job is given up
/// before, the connection is closed, and the server takes back what was not committed.
pub(super) struct Lease {
    connection: Option<PooledSession>,
    names: Mutex<Names>,
}

/// What the transaction under way may do with names, and what it has done.
#[derive(Default)]
struct Names {
    /// Whether names are used: it ends with a check of where it is.
    are_used: bool,
    /// What was sent without one.
    missing: Vec<(String, Vec<Type>)>,
    /// Whether it is in the session of the connection.
    is_own: bool,
    has_named: bool,
}

impl Lease {
    pub(super) async fn of(pool: &Pool) -> Result<Self, StoreError> {
        let connection = pool.get().await.map_err(pool_error)?;
        Ok(Self {
            connection: Some(connection),
            names: Mutex::default(),
        })
    }

    /// Gives the connection back, without the transaction that a job has failed in.
    pub(super) async fn end<T>(mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        let is_usable = match &result {
            Ok(_) => true,
            Err(error) if error.is_unavailable() => false,
            Err(_) => self.batch_execute("ROLLBACK").await.is_ok(),
        };
        if is_usable {
            drop(self.connection.take());
        }
        result
    }

    /// Begins a transaction that writes. What is asked in it is planned once for each connection with a
    /// session of its own, so it has to be [`checked`](Self::checked).
    pub(super) async fn begin(&self, vault: &Opened) -> Result<(), Error> {
        self.names().are_used = true;
        self.batch_execute(&vault.begin).await
    }

    /// What a statement returns, in one round trip.
    pub(super) async fn ask(&self, sql: &str, values: &[impl Bound]) -> Result<Vec<Row>, Error> {
        let typed = typed(values);
        let Some(statement) = self.named(sql, &typed) else {
            return self.query_typed(sql, &typed).await;
        };
        let values: Vec<_> = typed.iter().map(|(value, _)| *value).collect();
        let answer = self.query(&statement, &values).await;
        answer.map_err(|error| self.noted(error))
    }

    /// The same of a statement that is sent by itself, and has no name.
    pub(super) async fn rows(
        &self,
        sql: &str,
        values: &[impl Bound],
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.query_typed(sql, &typed(values)).await;
        rows.map_err(store_error)
    }

    /// The one row that a statement without values returns.
    pub(super) async fn row(&self, sql: &str) -> Result<Row, StoreError> {
        let mut rows = self.rows(sql, &[] as &[Value]).await?;
        rows.pop().ok_or_else(|| {
            let message = "the vault is damaged: one of its tables is empty, which never is";
            StoreError::new(StoreErrorKind::Damaged, message)
        })
    }

    /// For [`checked`](Self::checked).
    pub(super) async fn check(&self) -> Result<Vec<Row>, Error> {
        self.query_typed(CHECK, &[]).await
    }

    /// Refuses to go on when the vault has another key, or has got another one, and when names were used
    /// in a session that is not that of the connection. Returns the time.
    pub(super) fn checked(
        &self,
        check: Result<Vec<Row>, Error>,
        vault: &Opened,
    ) -> Result<i64, StoreError> {
        let check = check.map_err(store_error)?;
        let (probe, now, process) = match check.first() {
            Some(row) => (get(row, 0)?, get(row, 1)?, get(row, 2)?),
            None => (&[][..], SystemTime::UNIX_EPOCH, 0),
        };
        vault.sealer.try_on(probe)?;
        let mut names = self.names();
        names.is_own = self.session().is_served_by(process);
        if names.has_named && !names.is_own {
            self.session().has_moved();
            return Err(unavailable(MOVED));
        }
        // Nor is anything named from here on.
        names.are_used &= names.is_own;
        let since = now.duration_since(SystemTime::UNIX_EPOCH);
        let now = time::millis(since.unwrap_or_default());
        let ahead = now.saturating_sub(time::now_millis());
        let is_much = ahead.abs() > ANSWERED;
        vault.clock_ahead.store(i64::from(is_much) * ahead, Relaxed);
        Ok(now)
    }

    /// Gives names to what was sent without one in this transaction, and to what is sent next. The session
    /// keeps them for whoever sends the same again.
    pub(super) async fn name<V: Bound>(
        &self,
        next: &[(impl AsRef<str>, Vec<V>)],
    ) -> Result<(), StoreError> {
        for (sql, values) in next {
            // It is noted when it has none.
            self.named(sql.as_ref(), &typed(values));
        }
        let missing = mem::take(&mut self.names().missing);
        if self.names().is_own {
            for (sql, types) in missing {
                let named = self.session().name(sql, &types).await;
                named.map_err(|error| store_error(self.noted(error)))?;
            }
        }
        Ok(())
    }

    fn named(&self, sql: &str, values: &[(&(dyn ToSql + Sync), Type)]) -> Option<Statement> {
        let mut names = self.names();
        if !names.are_used {
            return None;
        }
        let types: Vec<Type> = values.iter().map(|(_, kind)| kind.clone()).collect();
        let statement = self.session().named(sql, &types);
        match statement {
            Some(_) => names.has_named = true,
            None => names.missing.push((sql.to_owned(), types)),
        }
        statement
    }

    /// An error that says that this is another session is noted.
    fn noted(&self, error: Error) -> Error {
        if is_about_names(&error) {
            self.session().has_moved();
        }
        error
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> &Session {
        match &self.connection {
            Some(session) => session,
            None => unreachable!("only what consumes the lease takes it out"),
        }
    }
}

impl Deref for Lease {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.session()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.connection.take().map(PooledSession::take));
    }
}

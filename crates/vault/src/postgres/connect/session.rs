//! A connection, and what is planned once in its session.
//!
//! Between here and the server there may be a pooler, which gives each transaction another session. A
//! statement that has a name is there in one session alone, and it stays for whoever comes next. So a
//! connection names statements only when its session is its own, and that each transaction has to see:
//! see [`Lease::checked`](super::super::lease::Lease::checked).

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Statement};

use super::process;

/// A fleet sends fewer.
const MOST: usize = 64;

pub(in super::super) struct Session {
    client: Client,
    connection: JoinHandle<()>,
    /// What serves it, as it was told when it was made. A pooler makes a number up.
    process: Option<i32>,
    named: Mutex<HashMap<String, Statement>>,
    /// Whether what stands between here and the server has moved a connection after all.
    moves: Arc<AtomicBool>,
}

impl Session {
    pub(super) async fn new(
        client: Client,
        connection: JoinHandle<()>,
        moves: Arc<AtomicBool>,
    ) -> Self {
        Self {
            process: process::told(&client).await,
            client,
            connection,
            named: Mutex::default(),
            moves,
        }
    }

    /// Whether the process that serves a transaction is that of the session.
    pub(in super::super) fn is_served_by(&self, process: i32) -> bool {
        self.process == Some(process) && !self.moves.load(Ordering::Relaxed)
    }

    /// From now on nothing is named, on no connection.
    pub(in super::super) fn has_moved(&self) {
        self.moves.store(true, Ordering::Relaxed);
    }

    /// What a statement is called, if it is.
    pub(in super::super) fn named(&self, sql: &str, types: &[Type]) -> Option<Statement> {
        if self.moves.load(Ordering::Relaxed) {
            return None;
        }
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let statement = named.get(sql)?;
        (statement.params() == types).then(|| statement.clone())
    }

    /// Names a statement in the session that serves the transaction under way.
    pub(in super::super) async fn name(&self, sql: String, types: &[Type]) -> Result<(), Error> {
        let statement = self.client.prepare_typed(&sql, types).await?;
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if named.len() >= MOST {
            named.clear();
        }
        named.insert(sql, statement);
        Ok(())
    }
}

impl Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

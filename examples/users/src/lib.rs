//! Rotates tokens where they are: in the table `users` of an application, in its own form.
//!
//! `store.rs` is the store, `rows.rs` says how a user is a row of a vault, and `schema.sql` is what
//! the protocol adds to the table. `main.rs` shows it at work.

mod error;
mod rows;
mod store;

use deadpool_postgres::{Object, Pool};
use tokenturn_vault::{App, StoreError};

use error::{pool_error, store_error};

/// The table as the application has it.
pub const APPLICATION_SCHEMA: &str = include_str!("application.sql");

/// The users that have a token of one app: the rows of a [`Vault`](tokenturn_vault::Vault).
///
/// A row is named by the user's `id`, which stays when they are renamed, and labelled by `login`.
#[derive(Clone, Debug)]
pub struct Users {
    pool: Pool,
    app: App,
}

impl Users {
    /// The users in the application's database, whose tokens are of this app.
    pub fn new(pool: Pool, app: App) -> Self {
        Self { pool, app }
    }

    /// Adds to the table what rotations need. An application has its own place for migrations.
    ///
    /// # Errors
    ///
    /// When the database cannot do it.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let schema = include_str!("schema.sql");
        let connection = self.connection().await?;
        connection.batch_execute(schema).await.map_err(store_error)
    }

    async fn connection(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(pool_error)
    }
}

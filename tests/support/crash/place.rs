//! Where a vault is.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tokenturn_vault::{Key, StoreError, Vault, VaultBuilder};

use super::process::PATIENCE;
use crate::postgres;

/// Where a vault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this file.
    Sqlite(PathBuf),
    /// In the database with this URL.
    Postgres(String),
}

impl Place {
    /// Opens the vault, or makes it.
    ///
    /// # Errors
    ///
    /// Those of the vault.
    pub async fn open(&self, builder: VaultBuilder, key: &Key) -> Result<Vault, StoreError> {
        match self {
            Self::Sqlite(path) => builder.sqlite(path, key).await,
            Self::Postgres(url) => builder.postgres(url, key).await,
        }
    }

    /// Turns what is stored of deliveries as if so much time had passed that nobody is at one, nor waits
    /// before the next.
    ///
    /// # Panics
    ///
    /// When that cannot be said.
    pub fn wait_for_deliveries(&self) {
        let turn = "deliver_until = 0, deliver_unproven_until = 0";
        self.execute(&format!("UPDATE token SET {turn}"));
    }

    /// Executes a statement on the tables of the vault.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn execute(&self, statement: &str) {
        match self {
            Self::Sqlite(path) => {
                let database = rusqlite::Connection::open(path).unwrap();
                database.busy_timeout(PATIENCE).unwrap();
                database.execute_batch(statement).unwrap();
            }
            Self::Postgres(url) => {
                let statement = format!("SET LOCAL search_path = tokenturn; {statement}");
                postgres::sql(url, &statement);
            }
        }
    }

    /// Opens what was durable when a user of the vault died, and keeps it as it is: a file is
    /// copied, so that whoever comes next is the one who has to put it in order.
    ///
    /// # Panics
    ///
    /// When the vault cannot be used.
    pub async fn look(&self, key: &Key) -> (Vault, TempDir) {
        let folder = TempDir::new().unwrap();
        let place = match self {
            Self::Postgres(_) => self.clone(),
            Self::Sqlite(path) => {
                let copy = folder.path().join("copy.db");
                for suffix in ["", "-wal"] {
                    let with = |path: &PathBuf| {
                        let mut name = path.clone().into_os_string();
                        name.push(suffix);
                        name
                    };
                    // A vault that was closed in good order has no log.
                    if fs::exists(with(path)).unwrap() {
                        fs::copy(with(path), with(&copy)).unwrap();
                    }
                }
                Self::Sqlite(copy)
            }
        };
        let vault = place.open(Vault::builder(), key).await.unwrap();
        (vault, folder)
    }
}

impl From<&str> for Place {
    fn from(text: &str) -> Self {
        match text.starts_with("postgres://") {
            true => Self::Postgres(text.to_owned()),
            false => Self::Sqlite(text.into()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => f.write_str(url),
        }
    }
}

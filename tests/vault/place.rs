//! Where a test's vault is.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokenturn_tests::crash::PATIENCE;
use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{Key, StoreError, Vault, VaultBuilder};

/// A folder or a database, empty at first.
pub(crate) enum Place {
    Sqlite(TempDir),
    Postgres(&'static Cluster, String),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(TempDir::new().unwrap())
    }

    /// `None` where there is no PostgreSQL.
    pub(crate) fn postgres() -> Option<Self> {
        let cluster = Cluster::shared()?;
        Some(Self::Postgres(cluster, cluster.new_database()))
    }

    /// The same, behind PgBouncer in transaction mode. `None` where either is missing.
    pub(crate) fn pooled() -> Option<Self> {
        let cluster = Cluster::shared_pooled()?;
        Some(Self::Postgres(cluster, cluster.new_database()))
    }

    /// One of the same kind, empty.
    pub(crate) fn another(&self) -> Self {
        match self {
            Self::Sqlite(_) => Self::sqlite(),
            Self::Postgres(cluster, _) => Self::Postgres(cluster, cluster.new_database()),
        }
    }

    pub(crate) async fn open(&self, key: &Key) -> Vault {
        self.try_open(key).await.unwrap()
    }

    pub(crate) async fn try_open(&self, key: &Key) -> Result<Vault, StoreError> {
        self.built(Vault::builder(), key).await
    }

    /// Unknown outcomes are resolved soon.
    pub(crate) async fn open_quick(&self, key: &Key) -> Vault {
        self.built(Self::quick(), key).await.unwrap()
    }

    pub(crate) fn quick() -> VaultBuilder {
        Vault::builder().leave_alone(Duration::from_millis(100))
    }

    pub(crate) async fn built(
        &self,
        builder: VaultBuilder,
        key: &Key,
    ) -> Result<Vault, StoreError> {
        // Nobody who is slow is taken for dead.
        let lease = Duration::from_secs(60 * 60);
        let builder = builder.actor("the test").lease(lease);
        match self {
            Self::Sqlite(_) => builder.sqlite(self.file(), key).await,
            Self::Postgres(_, url) => builder.postgres(url, key).await,
        }
    }

    /// The file of a vault in SQLite.
    pub(crate) fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().join("vault"),
            Self::Postgres(..) => panic!("a database has no file"),
        }
    }

    /// Does by hand what the vault does not offer.
    pub(crate) fn sql(&self, statements: &str) {
        match self {
            Self::Sqlite(_) => {
                let connection = rusqlite::Connection::open(self.file()).unwrap();
                // The vault may be at work.
                connection.busy_timeout(PATIENCE).unwrap();
                connection.execute_batch(statements).unwrap();
            }
            Self::Postgres(cluster, url) => {
                let statements = format!("SET search_path = tokenturn; {statements}");
                cluster.sql(url, &statements);
            }
        }
    }

    /// What a statement returns.
    pub(crate) fn number(&self, statement: &str) -> i64 {
        match self {
            Self::Sqlite(_) => {
                let connection = rusqlite::Connection::open(self.file()).unwrap();
                connection.busy_timeout(PATIENCE).unwrap();
                let number = connection.query_row(statement, [], |row| row.get(0));
                number.unwrap()
            }
            Self::Postgres(cluster, url) => cluster.sql(url, statement).parse().unwrap(),
        }
    }

    /// Everything that is stored.
    pub(crate) fn content(&self) -> Vec<u8> {
        match self {
            Self::Sqlite(folder) => {
                let files = fs::read_dir(folder).unwrap();
                let files = files.map(|file| fs::read(file.unwrap().path()).unwrap());
                files.flatten().collect()
            }
            Self::Postgres(cluster, url) => {
                // The dump has binary columns in hexadecimal digits.
                let sealed = "SELECT encode(sealed, 'escape') FROM tokenturn.token";
                let content = cluster.dump(url) + &cluster.sql(url, sealed);
                content.into_bytes()
            }
        }
    }

    pub(crate) fn holds(&self, text: &str) -> bool {
        let content = self.content();
        content
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    }
}

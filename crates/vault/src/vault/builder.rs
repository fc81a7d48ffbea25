//! Opening a vault.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::cache::Cache;
use super::limits::Limits;
use super::{Own, SetUp, Vault};
use crate::store::Store;

/// Longer than a call may take: 30 seconds unless the client is told otherwise.
const LEASE: Duration = Duration::from_secs(60);
/// After so long, GitHub gives up on a call.
const LEAVE_ALONE: Duration = Duration::from_secs(10);
/// Longer than whatever is done with a token takes, as a rule.
const FRESH_FOR: Duration = Duration::from_secs(300);
/// A process asks no more often than that for a token that others may replace.
const CACHE_FOR: Duration = Duration::from_secs(1);
/// What makes sense for the first two.
const LEAST: Duration = Duration::from_millis(10);
const MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// What may be done where a vault is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It is made where there is none.
    Make,
    Write,
    Read,
}

/// Begins with [`Vault::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing before the vault is opened"]
pub struct VaultBuilder {
    access: Access,
    actor: Option<String>,
    lease: Duration,
    leave_alone: Duration,
    fresh_for: Duration,
    cache_for: Duration,
}

impl Default for VaultBuilder {
    fn default() -> Self {
        Self {
            access: Access::Make,
            actor: None,
            lease: LEASE,
            leave_alone: LEAVE_ALONE,
            fresh_for: FRESH_FOR,
            cache_for: CACHE_FOR,
        }
    }
}

impl VaultBuilder {
    /// Makes no vault: where there is none, that is an [error](crate::StoreError::is_no_vault).
    pub fn existing(mut self) -> Self {
        self.access = Access::Write;
        self
    }

    /// Reads a vault that is there, and changes nothing, not even beside it: also one on a full disk,
    /// on read-only media, on a standby, or with a role that may do no more. Its version stays.
    pub fn read_only(mut self) -> Self {
        self.access = Access::Read;
        self
    }

    /// Who does what is done with this vault, for the history: `process 4711` unless given.
    pub fn actor(mut self, name: impl Into<String>) -> Self {
        self.actor = Some(name.into());
        self
    }

    /// How long a rotation keeps its row to itself, 60 seconds at first. When it runs out, others
    /// take the owner for dead, and find out what became of its call. It should be longer than the
    /// client's timeout; nothing is lost when it is not. A day is the most.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.clamp(LEAST, MOST);
        self
    }

    /// How long an unknown outcome is left alone before it is resolved, 10 seconds at first: so long
    /// GitHub may take over a call, and before that a check says nothing. A day is the most.
    pub fn leave_alone(mut self, time: Duration) -> Self {
        self.leave_alone = time.min(MOST);
        self
    }

    /// How long a token is to live that [`Vault::token`](crate::Vault::token) hands out, 5 minutes at first. A
    /// token whose whole life is not longer is handed out in the first half of it. A day is the most.
    pub fn fresh_for(mut self, time: Duration) -> Self {
        self.fresh_for = time.min(MOST);
        self
    }

    /// How long [`Vault::token`](crate::Vault::token) hands a token out again without a look at the store, a
    /// second at first; never for longer than it is fresh, nor when this vault has changed it. What others do
    /// to it is noticed when this is over: until then, a token may be handed out that a rotation elsewhere has
    /// killed. Zero is never.
    pub fn cache_for(mut self, time: Duration) -> Self {
        self.cache_for = time;
        self
    }

    /// Opens the vault in the file at `path`, or makes it, for its owner alone.
    ///
    /// # Errors
    ///
    /// When it is encrypted with another key, when other users can read it, when a newer tokenturn
    /// has written it, or when the file cannot be used.
    #[cfg(feature = "sqlite")]
    pub async fn sqlite(
        self,
        path: impl AsRef<std::path::Path>,
        key: &crate::Key,
    ) -> Result<Vault, crate::StoreError> {
        let store = crate::sqlite::Sqlite::open(path.as_ref(), key, self.access).await?;
        Ok(self.engine(store))
    }

    /// Opens the vault in the PostgreSQL database at `url`, such as `postgres://user@host/database`, or
    /// makes it there: in a schema of its own, `tokenturn`. Each clone of the vault shares its
    /// connections, which are eight at most.
    ///
    /// PostgreSQL 12 and newer will do, also behind a pooler in transaction or session mode, such as
    /// PgBouncer; one in statement mode is refused. Nothing of `url` appears in errors or logs.
    ///
    /// # TLS
    ///
    /// `url` has the words of [libpq](https://www.postgresql.org/docs/current/libpq-connect.html), some
    /// of them stricter: wherever TLS is spoken, the server's certificate is checked.
    ///
    /// | `sslmode` | |
    /// |---|---|
    /// | `disable` | no TLS; so it is on this host (loopback) unless `sslmode`, `sslrootcert` or `sslcert` is given |
    /// | `allow`, `prefer` | TLS where the server offers it |
    /// | `require`, `verify-full` | TLS, with a certificate for the name of the host; so it is elsewhere |
    /// | `verify-ca` | TLS, with a certificate of an authority in `sslrootcert`, for any name |
    ///
    /// `sslrootcert` names a file with the certificates (PEM) of the authorities that are trusted, for
    /// this vault alone, or that of the server itself; without it, or with `system`, those of the
    /// platform are. On Linux, the environment variable `SSL_CERT_FILE` names others for all
    /// connections. `sslcert` and `sslkey` name a client's certificate and its key (PEM, without a
    /// passphrase), which nobody but its owner may read, and a group if it is root's. Files are read when
    /// the vault is opened, and none that is not named. Unix sockets have no TLS, whatever is said. A
    /// certificate for a name that leads elsewhere: `host=NAME` and `hostaddr=IP`.
    ///
    /// # Passwords
    ///
    /// One that is not in `url` is looked for in the environment variable `PGPASSWORD`, then in the file
    /// that `passfile` in `url` or `PGPASSFILE` names, or else in `~/.pgpass`
    /// (`%APPDATA%\postgresql\pgpass.conf` on Windows), whose lines are
    /// [libpq's](https://www.postgresql.org/docs/current/libpq-pgpass.html); a socket is `localhost`, or
    /// its folder. Where other users can read the file, and the password is in it, that is an error,
    /// while libpq does as if it were not there. `PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT` and
    /// `PGSSLKEY` stand for words that `url` does not have.
    ///
    /// # Errors
    ///
    /// When it is encrypted with another key, when a newer tokenturn has written it, or when the
    /// database cannot be used. What to do about a certificate that is not trusted, a password that is
    /// missing or a file that others can read ([`StoreError::is_exposed`](crate::StoreError::is_exposed))
    /// is in the error.
    #[cfg(feature = "postgres")]
    pub async fn postgres(self, url: &str, key: &crate::Key) -> Result<Vault, crate::StoreError> {
        let store = crate::postgres::Postgres::open(url, key, self.access).await?;
        Ok(self.engine(store))
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn engine(self, engine: impl Store + super::Engine) -> Vault {
        let engine = Arc::new(engine);
        Vault {
            engine: Some(Arc::clone(&engine) as _),
            ..self.vault(engine)
        }
    }

    /// A vault in a store of one's own.
    pub fn store(self, store: impl Store) -> Vault {
        self.vault(Arc::new(store))
    }

    fn vault(self, store: Arc<dyn Store>) -> Vault {
        let process = || format!("process {}", std::process::id());
        Vault {
            store,
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            engine: None,
            set_up: Arc::new(SetUp {
                actor: self.actor.unwrap_or_else(process),
                lease: self.lease,
                leave_alone: self.leave_alone,
                fresh_for: self.fresh_for,
                cache: Cache::new(self.cache_for),
                limits: Limits::default(),
                running: watch::Sender::new(0),
                own: Own::default(),
            }),
        }
    }
}

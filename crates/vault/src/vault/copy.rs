//! Whole vaults, elsewhere.

use super::Vault;
use crate::error::StoreError;
use crate::sql::Dump;
use crate::store::Answer;

/// A store whose tables are known.
pub(crate) trait Engine: Send + Sync {
    /// Reads everything as it is at one moment.
    fn dump(&self) -> Answer<'_, Dump>;

    /// Puts everything in where there is nothing, encrypted with the key of this vault, in one
    /// transaction.
    fn load(&self, dump: Dump) -> Answer<'_, Copied>;
}

/// What was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// So many rows.
    pub rows: u64,
    /// So many of them were being replaced at that moment: in the copy they are in doubt, and when the
    /// new token was stored in the vault afterwards, it is lost in the copy.
    pub rotating: u64,
    /// The names of the rows that cannot be read, and were not copied.
    pub damaged: Vec<String>,
}

impl Vault {
    /// Copies everything into a vault that has nothing: tokens with their states, generations, marks
    /// of runs and deliveries, kept answers and times, the history, and the runs. All of it as it is
    /// at one moment, whoever uses this vault meanwhile, and in one transaction there: all or nothing.
    /// It is encrypted with the key of that vault. Rows that cannot be read are left out. Both may be
    /// in SQLite or PostgreSQL.
    ///
    /// On the way it is in a temporary file, encrypted: memory does not grow with the number of rows.
    ///
    /// Use one of the two from then on: a token that is replaced in one of them is dead in the other.
    ///
    /// # Errors
    ///
    /// When `target` has had tokens, when one of the two is a store of one's own or cannot be used, or
    /// when `target` was opened to read it alone. Nothing was copied then.
    pub async fn copy_to(&self, target: &Vault) -> Result<Copied, StoreError> {
        let (from, to) = (self.engine()?, target.engine()?);
        to.load(from.dump().await?).await
    }

    /// Copies everything into a new file, as it is at one moment, whoever uses the vault meanwhile: a
    /// vault in SQLite of mode 0600, with the same key. Rows that cannot be read are in it as they are.
    /// It has its name when it is whole and on the disk.
    ///
    /// A backup is as old as its tokens: after a restore, whatever was replaced since is dead.
    ///
    /// # Errors
    ///
    /// When there is such a file, when it cannot be written, when the vault is a store of one's own, or
    /// when it cannot be used.
    #[cfg(feature = "sqlite")]
    pub async fn backup(&self, path: impl AsRef<std::path::Path>) -> Result<Copied, StoreError> {
        let path = path.as_ref().to_owned();
        let dump = self.engine()?.dump().await?;
        crate::sqlite::blocking(move || crate::sqlite::backup(dump, &path)).await
    }

    fn engine(&self) -> Result<&dyn Engine, StoreError> {
        let own = || StoreError::unsupported("a store of one's own cannot be copied");
        self.engine.as_deref().ok_or_else(own)
    }
}

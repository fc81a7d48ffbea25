//! Where the vaults are that are measured.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokenturn_bench::Store;
use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{Key, Vault, VaultBuilder};

/// What is under the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    Real,
    Memory,
}

impl Disk {
    /// The temporary folder itself is in memory on many systems; this one outlives a reboot.
    fn folder(self) -> &'static Path {
        Path::new(match self {
            Self::Real => "/var/tmp",
            Self::Memory => "/dev/shm",
        })
    }
}

/// Servers that last for the whole measurement.
pub(crate) struct Homes {
    real: Option<Cluster>,
    memory: Option<Cluster>,
}

/// A place for one vault, empty at first.
pub(crate) struct Home<'a> {
    pub(crate) key: Key,
    place: Place<'a>,
}

enum Place<'a> {
    File(TempDir),
    Database(&'a Cluster, String),
}

impl Homes {
    pub(crate) fn new() -> Self {
        let [real, memory] = [Disk::Real, Disk::Memory].map(|disk| {
            let is_there = disk.folder().is_dir();
            is_there.then(|| Cluster::as_installed(disk.folder()))?
        });
        Self { real, memory }
    }

    /// What cannot be measured here.
    pub(crate) fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        if self.real.is_none() {
            missing.push("PostgreSQL is not installed; it is Debian's postgresql".into());
        }
        if !Disk::Memory.folder().is_dir() {
            let folder = Disk::Memory.folder().display();
            missing.push(format!("there is no file system in memory at {folder}"));
        }
        missing
    }

    /// `None` where it is missing.
    pub(crate) fn new_home(&self, store: Store, disk: Disk) -> Result<Option<Home<'_>>> {
        let place = match (store, disk) {
            (Store::Sqlite, disk) if !disk.folder().is_dir() => return Ok(None),
            (Store::Sqlite, disk) => Place::File(tempfile::tempdir_in(disk.folder())?),
            (Store::Postgres, disk) => {
                let cluster = match disk {
                    Disk::Real => &self.real,
                    Disk::Memory => &self.memory,
                };
                let Some(cluster) = cluster else {
                    return Ok(None);
                };
                Place::Database(cluster, cluster.new_database())
            }
        };
        let key = Key::generate()?;
        Ok(Some(Home { key, place }))
    }
}

impl Home<'_> {
    pub(crate) async fn vault(&self) -> Result<Vault> {
        open(&self.address()?, &self.key).await
    }

    /// What [`open`] takes.
    pub(crate) fn address(&self) -> Result<String> {
        match &self.place {
            Place::File(folder) => {
                let path: PathBuf = folder.path().join("vault.db");
                Ok(path.to_str().context("a path in UTF-8")?.to_owned())
            }
            Place::Database(_, url) => Ok(url.clone()),
        }
    }

    /// Writes what waits to be, so that a measurement does not have to. SQLite does so when a vault
    /// is closed.
    pub(crate) fn settle(&self) {
        if let Place::Database(cluster, url) = &self.place {
            cluster.sql(url, "CHECKPOINT");
        }
    }

    /// What the vault takes on the disk.
    pub(crate) fn bytes(&self) -> Result<f64> {
        match &self.place {
            Place::File(_) => Ok(std::fs::metadata(self.address()?)?.len() as f64),
            Place::Database(cluster, url) => {
                let size = "SELECT pg_database_size(current_database())";
                Ok(cluster.sql(url, size).parse()?)
            }
        }
    }
}

impl Drop for Place<'_> {
    /// A folder goes by itself.
    fn drop(&mut self) {
        if let Self::Database(cluster, url) = self
            && let Some((_, name)) = url.rsplit_once('/')
        {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            cluster.sql(&cluster.url(), &drop);
        }
    }
}

pub(crate) async fn open(address: &str, key: &Key) -> Result<Vault> {
    open_with(address, key, Vault::builder()).await
}

pub(crate) async fn open_with(address: &str, key: &Key, builder: VaultBuilder) -> Result<Vault> {
    Ok(match address.starts_with("postgres://") {
        true => builder.postgres(address, key).await?,
        false => builder.sqlite(address, key).await?,
    })
}

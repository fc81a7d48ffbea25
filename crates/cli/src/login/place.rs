//! Where the tokens of a sign-in go: a file, or a vault.

use std::error::Error;
use std::path::PathBuf;

use anyhow::Result;
use tokenturn::sink::FileSink;
use tokenturn::{RotateError, Rotated, Sink};
use tokenturn_vault::{Client, Vault, VaultSink};

use crate::args::{Common, Login};
use crate::report::{Details, Report, Subject, obtained, put_in, saved, stored};
use crate::token_file;
use crate::vault::{self, Access, check_name, open_with};

/// Where the tokens of a sign-in go.
#[derive(Clone)]
pub(super) enum Place {
    File(PathBuf),
    Vault {
        vault: VaultSink,
        id: String,
        /// Where the vault is, if it is a file.
        file: Option<PathBuf>,
    },
}

impl Place {
    /// The one that the arguments mean. It is asked now whether it takes tokens of this client, so that no
    /// user says yes in vain. What this leaves on the disk goes away again.
    pub(super) async fn of(
        how: &Login,
        client: impl Into<Client>,
        common: &Common,
        client_secret: Option<&PathBuf>,
    ) -> Result<Self> {
        let place = match (&how.id, &how.out) {
            (Some(id), _) => Self::in_vault(how, id, &client.into()).await?,
            (None, out) => {
                let out = out.clone().unwrap_or_default();
                token_file::replaced(&out, common, client_secret)?;
                Self::File(out)
            }
        };
        let asked = Sink::<()>::prepare(&mut place.sink()).await;
        asked.map_err(anyhow::Error::from_boxed)?;
        Ok(place)
    }

    async fn in_vault(how: &Login, id: &str, client: &Client) -> Result<Self> {
        check_name("--id", id)?;
        let vault = open_with(&how.place, Access::Write, Vault::builder()).await?;
        let mut sink = vault.sink(client, id);
        if let Some(label) = &how.label {
            check_name("--label", label)?;
            sink = sink.with_label(label);
        }
        Ok(Self::Vault {
            vault: sink,
            id: id.to_owned(),
            file: vault::file(&how.place),
        })
    }

    /// What saves them there.
    pub(super) fn sink(&self) -> PlaceSink {
        match self {
            Self::File(path) => PlaceSink::File(FileSink::new(path)),
            Self::Vault { vault, .. } => PlaceSink::Vault(vault.clone()),
        }
    }

    /// The report of what came of the sign-in.
    pub(super) async fn told<D: Details>(
        &self,
        subject: Subject,
        result: Result<Rotated<D>, RotateError>,
    ) -> Report {
        match self {
            Self::File(path) => obtained(subject, result, path).await,
            Self::Vault { id, file, .. } => put_in(subject, result, id, file.as_deref()).await,
        }
    }

    /// The report of a token that is there.
    pub(super) fn saved<D: Details>(&self, subject: Subject, new: &Rotated<D>) -> Report {
        match self {
            Self::File(path) => saved(subject, new, path),
            Self::Vault { id, .. } => stored(subject, new, id),
        }
    }
}

/// Saves tokens in one of both.
pub(super) enum PlaceSink {
    File(FileSink),
    Vault(VaultSink),
}

impl<D: Send + Sync> Sink<D> for PlaceSink {
    type Error = Box<dyn Error + Send + Sync>;

    async fn prepare(&mut self) -> Result<(), Self::Error> {
        match self {
            Self::File(file) => Ok(Sink::<D>::prepare(file).await?),
            Self::Vault(vault) => Ok(Sink::<D>::prepare(vault).await?),
        }
    }

    async fn save(&mut self, new: &Rotated<D>) -> Result<(), Self::Error> {
        match self {
            Self::File(file) => Ok(file.save(new).await?),
            Self::Vault(vault) => Ok(vault.save(new).await?),
        }
    }
}

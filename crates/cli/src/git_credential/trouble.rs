//! What git's user is told when there is no token.

use anyhow::Error;
use tokenturn_vault::{App, Entry, VaultError};

use crate::args::GitCredential;
use crate::exit::Exit;
use crate::rescue::Rescue;
use crate::vault;

/// Why the vault has not done it, and what to do about it.
pub(super) fn told(why: VaultError, args: &GitCredential, entry: &Entry) -> Error {
    let why = match why {
        VaultError::Store(why) => return why.into(),
        why => why,
    };
    let exit = match &why {
        VaultError::Lost(_) | VaultError::Revoked(_) | VaultError::Ended(_) => {
            let command = sign_in(&entry.id, &entry.app);
            return Exit::Dead.because(format!("{why}; sign in with: {command}"));
        }
        VaultError::NotSaved { tokens, .. } => {
            let mut new = Entry::new(&entry.id, entry.app.clone(), (**tokens).clone());
            new.label.clone_from(&entry.label);
            return rescued(&why, args, &new);
        }
        VaultError::NotFound(_) => Exit::NoToken,
        VaultError::Refused(_) => Exit::Refused,
        VaultError::Unknown(_) => Exit::Unknown,
        VaultError::NotSent(_) | VaultError::Call(_) | VaultError::Abandoned => Exit::NotDone,
        _ => Exit::BadInput,
    };
    let next = match exit {
        Exit::Unknown => "; the next one that asks for it finds out",
        _ => "",
    };
    exit.because(format!("{:?}: {:#}{next}", entry.id, Error::new(why)))
}

/// The command that brings a new token.
pub(super) fn sign_in(id: &str, app: &App) -> String {
    let server = match app.server.as_str() {
        "https://api.github.com" => String::new(),
        server => format!(" --base-url {server}"),
    };
    format!(
        "tokenturn login github --client-id {}{server} --id {}",
        app.client_id,
        vault::word_of(id)
    )
}

fn rescued(why: &VaultError, args: &GitCredential, new: &Entry) -> Error {
    let path = Rescue::new(vault::file(&args.place)).add(new);
    match path {
        Some(path) => Exit::Rescued.because(format!(
            "{:?}: {why}: it is in {path}; when the vault is well: tokenturn vault import --replace {path}",
            new.id,
            path = path.display()
        )),
        None => Exit::Dead.because(format!(
            "{:?}: {why}, and no file could be written, so it is lost; sign in with: {}",
            new.id,
            sign_in(&new.id, &new.app)
        )),
    }
}

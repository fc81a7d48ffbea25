//! What git is given from a vault.

use clap::Args;

use super::{Claims, Providers, VaultPlace};

/// `tokenturn git-credential`
#[derive(Debug, Args)]
#[command(after_help = SET_UP)]
pub(crate) struct GitCredential {
    /// What git wants: get, store or erase. git adds it itself; anything else is ignored.
    pub(crate) operation: String,
    /// The name of the token; needed where the vault has several for the host.
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The git host that this token is for, instead of the one that its API belongs to, such as a
    /// proxy of GitHub's.
    #[arg(long, value_name = "HOST[:PORT]", requires = "id", value_parser = host)]
    pub(crate) host: Option<String>,
    /// The client ID of the app, to let `store` put a token in under a name that is not there yet.
    #[arg(long, value_name = "ID", requires = "id")]
    pub(crate) client_id: Option<String>,
    #[command(flatten)]
    pub(crate) claims: Claims,
    #[command(flatten)]
    pub(crate) place: VaultPlace,
    #[command(flatten)]
    pub(crate) providers: Providers,
}

fn host(text: &str) -> Result<String, String> {
    match text.is_empty() || text.contains(['/', '@']) {
        true => Err(
            "it is a host and, where it is not the usual one, a port, such as \
                     git.example.com:8443"
                .to_owned(),
        ),
        false => Ok(text.to_owned()),
    }
}

const SET_UP: &str = "\
The first line keeps other helpers from storing the token, the second asks this one:
  git config --global credential.https://github.com.helper ''
  git config --global --add credential.https://github.com.helper '!tokenturn git-credential --id mona'

The vault has to be named: by --vault with an absolute path, TOKENTURN_VAULT or the config file.";

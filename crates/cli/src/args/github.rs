//! What commands at GitHub ask for.

use std::path::PathBuf;

use clap::Args;

use super::common::place_without_out;
use super::{Common, Login, Out, TokenFile};

#[derive(Debug, Args)]
pub(crate) struct GitHubApp {
    /// The client ID of the app.
    #[arg(
        long,
        value_name = "ID",
        required_unless_present = "sandbox",
        conflicts_with = "sandbox"
    )]
    pub(crate) client_id: Option<String>,
    /// A file that holds the client secret, instead of TOKENTURN_GITHUB_CLIENT_SECRET.
    #[arg(long, value_name = "FILE", conflicts_with = "sandbox")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The host of an Enterprise Server.
    #[arg(
        long,
        value_name = "HOST",
        requires = "enterprise_version",
        conflicts_with = "sandbox"
    )]
    pub(crate) enterprise: Option<String>,
    /// The version of that server, such as 3.14. GitHub does not support 2.20, whose calls are a preview,
    /// for production.
    #[arg(long, value_name = "X.Y", requires = "enterprise")]
    pub(crate) enterprise_version: Option<String>,
    /// The version of the REST API to speak, instead of 2022-11-28.
    #[arg(long, value_name = "DATE", conflicts_with = "sandbox")]
    pub(crate) api_version: Option<String>,
    /// Another base URL than https://api.github.com, for a server that speaks like it.
    #[arg(long, value_name = "URL", conflicts_with_all = ["enterprise", "sandbox"])]
    pub(crate) base_url: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct GitHubToken {
    #[command(flatten)]
    pub(crate) app: GitHubApp,
    #[command(flatten)]
    pub(crate) token_file: TokenFile,
}

#[derive(Debug, Args)]
pub(crate) struct GitHubRecover {
    #[command(flatten)]
    pub(crate) github: GitHubToken,
    /// The file in which `rotate` has kept an answer that may have the new token in it. When the old
    /// token is dead, GitHub is asked about what is in it. The file is removed when the new token was in
    /// it and is saved, and stays otherwise.
    #[arg(
        long,
        value_name = "FILE",
        requires = "out",
        conflicts_with = "sandbox"
    )]
    pub(crate) kept: Option<PathBuf>,
    /// Where to save the new token, if it is found. The file is replaced as a whole; a new one has mode
    /// 0600, and an old one keeps its mode.
    #[arg(id = "out", long = "out", value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(mut_args(place_without_out))]
pub(crate) struct GitHubLogin {
    #[command(flatten)]
    pub(crate) app: GitHubApp,
    /// A scope to ask for; may be given again. Without any, the user is asked for what they have
    /// given before.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// The account to suggest to the user.
    #[arg(long, value_name = "NAME", conflicts_with = "device")]
    pub(crate) login: Option<String>,
    /// Let the user type a code in, on any device. It needs no client secret.
    #[arg(long)]
    pub(crate) device: bool,
    #[command(flatten)]
    pub(crate) how: Login,
}

#[derive(Debug, Args)]
pub(crate) struct GitHubScope {
    #[command(flatten)]
    pub(crate) github: GitHubToken,
    /// The user or organization whose resources the new token is for.
    #[arg(long = "target", value_name = "NAME")]
    pub(crate) account: String,
    /// A repository to which it is limited; may be given again.
    #[arg(long = "repository", value_name = "NAME")]
    pub(crate) repositories: Vec<String>,
    /// A permission to which it is limited, such as `contents=read`; may be given again.
    #[arg(long = "permission", value_name = "NAME=LEVEL", value_parser = permission)]
    pub(crate) permissions: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) out: Out,
}

/// A client ID is not needed for credentials that leaked, whoever's they are.
#[derive(Debug, Args)]
#[command(mut_arg("client_id", |id| id.required_unless_present_any(["sandbox", "leaked"])))]
pub(crate) struct GitHubRevoke {
    #[command(flatten)]
    pub(crate) github: GitHubToken,
    /// Revoke all that the token's user has allowed the app, and every token with it.
    #[arg(long)]
    pub(crate) grant: bool,
    /// Revoke credentials of any app or user, one in each line of the token file. It needs neither
    /// client ID nor client secret; GitHub tells the owners, and not which of them were valid.
    #[arg(long, conflicts_with = "grant")]
    pub(crate) leaked: bool,
}

fn permission(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, level)) if !name.is_empty() && !level.is_empty() => {
            Ok((name.to_owned(), level.to_owned()))
        }
        _ => Err("write it as NAME=LEVEL, such as contents=read".to_owned()),
    }
}

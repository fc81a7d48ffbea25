//! What commands at OhMyGPT ask for.

use std::path::PathBuf;

use clap::Args;

use super::common::place_without_out;
use super::{Common, Login, TokenFile};

#[derive(Debug, Args)]
pub(crate) struct OhMyGptServer {
    /// Another base URL than https://cn2us02.opapi.win.
    #[arg(long, value_name = "URL", conflicts_with = "sandbox")]
    pub(crate) base_url: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct OhMyGptToken {
    #[command(flatten)]
    pub(crate) server: OhMyGptServer,
    #[command(flatten)]
    pub(crate) token_file: TokenFile,
}

#[derive(Debug, Args)]
#[command(mut_args(place_without_out))]
pub(crate) struct OhMyGptLogin {
    /// The client ID of the app.
    #[arg(
        long,
        value_name = "ID",
        required_unless_present = "sandbox",
        conflicts_with = "sandbox"
    )]
    pub(crate) client_id: Option<String>,
    /// A file that holds the client secret, instead of TOKENTURN_OHMYGPT_CLIENT_SECRET.
    #[arg(long, value_name = "FILE", conflicts_with = "sandbox")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The permission that the app is set up for, such as general_api_access or
    /// trusted_full_access.
    #[arg(long, required_unless_present = "sandbox")]
    pub(crate) scope: Option<String>,
    /// Another site of the authorize page than https://next.ohmygpt.com.
    #[arg(long, value_name = "URL", conflicts_with = "sandbox")]
    pub(crate) pages_url: Option<String>,
    /// Show the code to the user, who pastes it here: for an app whose settings name another domain
    /// than this host.
    #[arg(long)]
    pub(crate) paste: bool,
    #[command(flatten)]
    pub(crate) server: OhMyGptServer,
    #[command(flatten)]
    pub(crate) how: Login,
}

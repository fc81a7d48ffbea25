//! What commands at both providers have in common.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// A PEM file of certificates to trust beside those of the platform.
    #[arg(long, value_name = "FILE", conflicts_with = "sandbox")]
    pub(crate) ca_file: Option<PathBuf>,
    #[arg(from_global)]
    pub(crate) json: bool,
    /// Do it on a sandbox inside this program, which brings an app and a token of its own.
    #[arg(long)]
    pub(crate) sandbox: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TokenFile {
    /// A file that holds the token, or `-` for standard input.
    #[arg(
        id = "token_file",
        long = "token-file",
        value_name = "FILE",
        required_unless_present = "sandbox",
        conflicts_with = "sandbox"
    )]
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Out {
    /// Where to save the new token. The file is replaced as a whole, unless something else than a token
    /// is in it; a new one has mode 0600, and an old one keeps its mode.
    #[arg(id = "out", long = "out", value_name = "FILE")]
    pub(crate) path: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    #[command(flatten)]
    pub(crate) out: Out,
    /// Only print the URL to open.
    #[arg(long)]
    pub(crate) no_browser: bool,
}

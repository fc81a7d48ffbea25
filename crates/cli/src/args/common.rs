//! What commands at both providers have in common.

use std::path::PathBuf;

use clap::{Arg, ArgGroup, Args};

use super::VaultPlace;

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// A PEM file of certificates to trust beside those of the platform.
    #[arg(long, value_name = "FILE", conflicts_with = "sandbox")]
    pub(crate) ca_file: Option<PathBuf>,
    #[arg(from_global)]
    pub(crate) json: bool,
    /// Do it on a sandbox inside this program, which brings an app and a token of its own. A file that holds
    /// another token than a sandbox's is not replaced.
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
#[command(group = ArgGroup::new("into").args(["out", "id"]).required(true))]
pub(crate) struct Login {
    /// Where to save the new token. The file is replaced as a whole, unless something else than a token
    /// is in it; a new one has mode 0600, and an old one keeps its mode.
    #[arg(id = "out", long = "out", value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Put the tokens into a vault under this name instead. A token of this name is given them, also one
    /// that is lost or revoked; one of another app is not.
    #[arg(long, value_name = "NAME", conflicts_with = "sandbox")]
    pub(crate) id: Option<String>,
    /// A word to find it by in the vault, where the name is new there.
    #[arg(long, value_name = "WORD", conflicts_with = "out")]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) place: VaultPlace,
    /// Only print the URL to open.
    #[arg(long)]
    pub(crate) no_browser: bool,
}

/// Which vault it is means nothing where the token goes into a file.
pub(crate) fn place_without_out(option: Arg) -> Arg {
    match option.get_id().as_str() {
        "vault" | "vault_file" | "key_file" | "keyring" => option.conflicts_with("out"),
        _ => option,
    }
}

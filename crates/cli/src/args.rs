//! The command line. No secret is ever an argument: other users can read those.

#![allow(rustdoc::bare_urls, reason = "the comments are help texts")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit codes of rotate and check:
  0  rotated (check: valid)
  1  check says that the token is not valid
  2  bad usage or input; nothing was sent
  3  refused by the provider; the token is as it was
  4  not sent; try again
  5  outcome unknown: check the old token before sending again
  6  rotated, but not saved where asked: the token is in a file of mode 0600 whose path is printed

Secrets:
  The client secret is read from TOKENTURN_GITHUB_CLIENT_SECRET or from --client-secret-file, the
  token from --token-file.";

/// Replaces OAuth tokens at GitHub and OhMyGPT, and does not lose the new one.
#[derive(Debug, Parser)]
#[command(version, after_long_help = EXIT_CODES, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replace a token at each provider, on a sandbox inside this program.
    Demo,
    /// Serve both providers from memory until Ctrl-C.
    Sandbox {
        /// The port on this host; a free one unless given.
        #[arg(long, default_value_t = 0, value_name = "N", hide_default_value = true)]
        port: u16,
    },
    /// Replace a token and save the new one.
    #[command(after_help = EXIT_CODES)]
    Rotate {
        #[command(subcommand)]
        target: Target,
    },
    /// Ask whether a token is valid.
    #[command(after_help = EXIT_CODES)]
    Check {
        #[command(subcommand)]
        target: CheckTarget,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Target {
    /// Reset a token of an OAuth app.
    #[command(after_help = EXIT_CODES)]
    Github(RotateGitHub),
    /// Issue a new admin token of the user whose OAuth token is in the token file.
    #[command(after_help = EXIT_CODES)]
    Ohmygpt(RotateOhMyGpt),
}

#[derive(Debug, Subcommand)]
pub(crate) enum CheckTarget {
    /// Check a token of an OAuth app.
    #[command(after_help = EXIT_CODES)]
    Github(GitHubArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RotateGitHub {
    #[command(flatten)]
    pub(crate) github: GitHubArgs,
    #[command(flatten)]
    pub(crate) out: Out,
}

#[derive(Debug, Args)]
pub(crate) struct RotateOhMyGpt {
    /// Another base URL than https://cn2us02.opapi.win.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) out: Out,
}

#[derive(Debug, Args)]
pub(crate) struct GitHubArgs {
    /// The client ID of the app.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// A file that holds the client secret, instead of TOKENTURN_GITHUB_CLIENT_SECRET.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The host of an Enterprise Server.
    #[arg(long, value_name = "HOST", requires = "enterprise_version")]
    pub(crate) enterprise: Option<String>,
    /// The version of that server, such as 3.14.
    #[arg(long, value_name = "X.Y", requires = "enterprise")]
    pub(crate) enterprise_version: Option<String>,
    /// Another base URL than https://api.github.com, for a server that speaks like it.
    #[arg(long, value_name = "URL", conflicts_with = "enterprise")]
    pub(crate) base_url: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// A file that holds the token, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: PathBuf,
    /// Print one line of JSON about the result.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Out {
    /// Where to save the new token. The file is replaced as a whole, with mode 0600.
    #[arg(long = "out", value_name = "FILE")]
    pub(crate) path: PathBuf,
}

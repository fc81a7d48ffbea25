//! The command line. No secret is ever an argument: other users can read those.

#![allow(rustdoc::bare_urls, reason = "the comments are help texts")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXIT_CODES: &str = "\
Exit codes of rotate, recover and check:
  0  rotated (check: valid; recover: not replaced, so rotate again)
  1  the token is not valid (recover: it was replaced, and the new one is lost)
  2  bad usage or input; nothing was sent
  3  refused by the provider; the token is as it was
  4  not sent; try again
  5  outcome unknown: keep the old token, and run recover
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
        /// Answer every change with 502, before it is made or after; or every call with 503.
        #[arg(long, value_name = "WHEN")]
        fault: Option<Fault>,
    },
    /// Replace a token and save the new one.
    #[command(after_help = EXIT_CODES)]
    Rotate {
        #[command(subcommand)]
        target: Target,
    },
    /// Find out what became of a rotation whose outcome is unknown.
    #[command(after_help = EXIT_CODES)]
    Recover {
        #[command(subcommand)]
        target: RecoverTarget,
    },
    /// Ask whether a token is valid.
    #[command(after_help = EXIT_CODES)]
    Check {
        #[command(subcommand)]
        target: CheckTarget,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Fault {
    Before,
    After,
    Outage,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Target {
    /// Reset a token of an OAuth app.
    #[command(after_help = EXIT_CODES)]
    Github {
        #[command(flatten)]
        github: GitHubArgs,
        #[command(flatten)]
        out: Out,
    },
    /// Issue a new admin token of the user whose OAuth token is in the token file.
    #[command(after_help = EXIT_CODES)]
    Ohmygpt {
        #[command(flatten)]
        ohmygpt: OhMyGptArgs,
        #[command(flatten)]
        out: Out,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecoverTarget {
    /// Check the old token, and say what that means for the new one.
    #[command(after_help = EXIT_CODES)]
    Github(GitHubArgs),
    /// Issue another admin token: the OAuth token in the token file still works.
    #[command(after_help = EXIT_CODES)]
    Ohmygpt {
        #[command(flatten)]
        ohmygpt: OhMyGptArgs,
        #[command(flatten)]
        out: Out,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CheckTarget {
    /// Check a token of an OAuth app.
    #[command(after_help = EXIT_CODES)]
    Github(GitHubArgs),
}

#[derive(Debug, Args)]
pub(crate) struct OhMyGptArgs {
    /// Another base URL than https://cn2us02.opapi.win.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
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
    /// A PEM file of certificates to trust beside those of the platform.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
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

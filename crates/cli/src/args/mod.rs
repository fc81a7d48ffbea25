//! The command line. No secret is ever an argument: other users can read those.

#![allow(rustdoc::bare_urls, reason = "the comments are help texts")]

mod common;
mod fleet;
mod git_credential;
mod github;
mod ohmygpt;
mod sandbox;
mod token;
mod vault;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};
use clap_complete::Shell;

use crate::exit::Exit;

pub(crate) use common::{Common, Login, Out, TokenFile};
pub(crate) use fleet::{
    CheckAll, Claims, DeliverAll, HandOn, Keep, Many, Providers, RecoverAll, RefreshAll, Renewal,
    RevokeAll, RotateAll,
};
pub(crate) use git_credential::GitCredential;
pub(crate) use github::{
    GitHubApp, GitHubLogin, GitHubRecover, GitHubRevoke, GitHubScope, GitHubToken,
};
pub(crate) use ohmygpt::{OhMyGptLogin, OhMyGptServer, OhMyGptToken};
pub(crate) use sandbox::{Fault, SandboxOptions};
pub(crate) use token::Token;
pub(crate) use vault::{
    CopyTo, Defaults, Filters, Format, History, HistoryTarget, VaultPlace, VaultTarget, provider,
};

/// Where secrets come from.
pub(crate) const SECRETS: &str = "\
The client secret is read from TOKENTURN_GITHUB_CLIENT_SECRET, TOKENTURN_OHMYGPT_CLIENT_SECRET or \
--client-secret-file. A token file holds a token alone, or the line of JSON in which a token is saved \
that comes with a refresh token.";

const EVERYWHERE: &str = "With every command";

/// What stands below the help of the program, and only there.
fn after_help() -> String {
    let mut text =
        "Exit codes, of which a run over many tokens has the most urgent one:\n".to_owned();
    for exit in Exit::ALL {
        text.push_str(&format!("  {}  {}\n", exit.code(), exit.meaning()));
    }
    format!("{text}\nSecrets:\n  {SECRETS}")
}

/// Gets, replaces and revokes OAuth tokens at GitHub and OhMyGPT, and does not lose the new one.
#[derive(Debug, Parser)]
#[command(name = "tokenturn", version, after_help = after_help())]
pub(crate) struct Arguments {
    /// Print results and errors as JSON, one object in each line.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) json: bool,
    /// Tell what is done, on standard error; -vv and -vvv tell more. TOKENTURN_LOG does the same, by
    /// levels and targets such as debug or tokenturn_vault=trace.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = EVERYWHERE)]
    pub(crate) verbose: u8,
    /// The config file of commands on a vault. Else TOKENTURN_CONFIG names it, and else it is
    /// tokenturn/config.toml in $XDG_CONFIG_HOME or ~/.config.
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replace a token at each provider, on a sandbox inside this program.
    Demo,
    /// Serve both providers from memory until Ctrl-C.
    Sandbox(SandboxOptions),
    /// Ask a user for a token in the browser, and save it in a file or a vault.
    Login {
        #[command(subcommand)]
        target: LoginTarget,
    },
    /// Replace a token and save the new one, or all tokens of a vault.
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Rotate {
        #[command(flatten)]
        all: Box<RotateAll>,
        #[command(subcommand)]
        target: Option<RotateTarget>,
    },
    /// Replace a token that expires, by its refresh token, and save both new ones; or all tokens of a
    /// vault that can be refreshed.
    ///
    /// A refresh token works once. Of a vault, each is used once, whoever else refreshes. Several refreshes
    /// of one token file wait for each other (not on Windows, nor on file systems without locks), and when
    /// somebody else has put another pair into the token file or into --out meanwhile, it is taken over
    /// instead.
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Refresh {
        #[command(flatten)]
        all: Box<RefreshAll>,
        #[command(subcommand)]
        target: Option<RefreshTarget>,
    },
    /// Find out what became of a rotation whose outcome is unknown, or of all those in a vault.
    #[command(args_conflicts_with_subcommands = true)]
    Recover {
        #[command(flatten)]
        all: Box<RecoverAll>,
        #[command(subcommand)]
        target: Option<RecoverTarget>,
    },
    /// Ask whether a token is valid, or whether all tokens of a vault are.
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Check {
        #[command(flatten)]
        all: Box<CheckAll>,
        #[command(subcommand)]
        target: Option<CheckTarget>,
    },
    /// Make a token that can do less, and save it.
    Scope {
        #[command(subcommand)]
        target: ScopeTarget,
    },
    /// Make a token invalid, or the tokens of a vault.
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Revoke {
        #[command(flatten)]
        all: Box<RevokeAll>,
        #[command(subcommand)]
        target: Option<RevokeTarget>,
    },
    /// Hand on what earlier runs have replaced and nobody has taken over yet.
    Deliver(Box<DeliverAll>),
    /// Print a token of a vault that lives, to a program or a file: the one that is there, or a new one, for
    /// which its refresh token is used.
    ///
    /// Of many that ask, one refreshes, and all get the new token, which is in the vault before. With --json
    /// it is one line with access_token and, where it is known, expires_at.
    Token(Box<Token>),
    /// Keep many tokens, encrypted.
    Vault {
        #[command(subcommand)]
        target: VaultTarget,
    },
    /// Give git a valid token of a vault, as its credential helper.
    GitCredential(Box<GitCredential>),
    /// Tell what has happened to the tokens of a vault.
    #[command(args_conflicts_with_subcommands = true)]
    History(History),
    /// Show what the config file and the environment set for commands on a vault.
    Config,
    /// Print what a shell reads to complete commands and options.
    Completions { shell: Shell },
    /// Print the manual, or write a page for each command.
    Man {
        /// The folder for the pages, such as ~/.local/share/man/man1.
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum LoginTarget {
    /// Sign a user in to an OAuth app or a GitHub App.
    Github(GitHubLogin),
    /// Sign a user in to an OAuth app.
    Ohmygpt(OhMyGptLogin),
}

#[derive(Debug, Subcommand)]
pub(crate) enum RotateTarget {
    /// Reset a token of an OAuth app.
    Github {
        #[command(flatten)]
        github: GitHubToken,
        #[command(flatten)]
        out: Out,
    },
    /// Issue a new admin token of the user whose OAuth token is in the token file.
    Ohmygpt {
        #[command(flatten)]
        ohmygpt: OhMyGptToken,
        #[command(flatten)]
        out: Out,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RefreshTarget {
    /// Refresh a user token. One that came by the device flow needs no client secret.
    Github {
        #[command(flatten)]
        github: GitHubToken,
        #[command(flatten)]
        out: Out,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecoverTarget {
    /// Check the old token, and say what that means for the new one.
    Github(GitHubRecover),
    /// Issue another admin token: the OAuth token in the token file still works.
    Ohmygpt {
        #[command(flatten)]
        ohmygpt: OhMyGptToken,
        #[command(flatten)]
        out: Out,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CheckTarget {
    /// Check a token of an app.
    Github(GitHubToken),
    /// Check an OAuth token, by asking who its user is.
    Ohmygpt(OhMyGptToken),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScopeTarget {
    /// Scope a user token of a GitHub App. The token itself lives on.
    Github(GitHubScope),
}

#[derive(Debug, Subcommand)]
pub(crate) enum RevokeTarget {
    /// Revoke a token of an app, everything its user has allowed the app, or whatever leaked.
    Github(GitHubRevoke),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_are_sound() {
        Arguments::command().debug_assert();
    }
}

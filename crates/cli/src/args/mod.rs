//! The command line. No secret is ever an argument: other users can read those.

#![allow(rustdoc::bare_urls, reason = "the comments are help texts")]

mod common;
mod fleet;
mod github;
mod ohmygpt;
mod vault;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use common::{Common, Login, Out, TokenFile};
pub(crate) use fleet::{
    CheckAll, Claims, DeliverAll, HandOn, Many, Providers, RecoverAll, RotateAll,
};
pub(crate) use github::{
    GitHubApp, GitHubLogin, GitHubRecover, GitHubRevoke, GitHubScope, GitHubToken,
};
pub(crate) use ohmygpt::{OhMyGptLogin, OhMyGptServer, OhMyGptToken};
pub(crate) use vault::{Defaults, Filters, Format, History, VaultPlace, VaultTarget};

const EXIT_CODES: &str = "\
Exit codes of all commands but demo and sandbox:
  0  done: a new token is saved, or the answer is yes, or what was to go is gone
     (recover: not replaced, so rotate again)
  1  the token is not valid (recover: it was replaced, and the new one is lost)
  2  bad usage or input; nothing was sent
  3  refused by the provider or its user; the token is as it was
  4  not sent; try again
  5  outcome unknown: keep the old token, and run what is printed
  6  there is a new token, but not where asked: it is in a file of mode 0600 whose path is printed
Of rotate --all, check --all and recover without a provider, the last of these that holds:
  0  all tokens are replaced (recover: nothing is in doubt any more; check: all are valid)
  1  some are not valid, or lost: their users have to authorize the app again
  2  no token in the vault is of what is named; nothing was sent
  3  some were refused
  4  some were not tried, or not handed on; run it again, and it goes on there
  3  the client's own credentials are wrong, or the same no came to every token, and the rest was
     not tried
  5  of some the outcome is unknown: run tokenturn recover later (check: run it again)
  6  the vault did not take some; they are in files of mode 0600 whose paths are printed

Secrets:
  The client secret is read from TOKENTURN_GITHUB_CLIENT_SECRET, TOKENTURN_OHMYGPT_CLIENT_SECRET
  or --client-secret-file. A token file holds a token alone, or the line of JSON in which a token
  is saved that comes with a refresh token.";

/// Gets, replaces and revokes OAuth tokens at GitHub and OhMyGPT, and does not lose the new one.
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
    /// Ask a user for a token in the browser, and save it.
    #[command(after_help = EXIT_CODES)]
    Login {
        #[command(subcommand)]
        target: LoginTarget,
    },
    /// Replace a token and save the new one, or all tokens of a vault.
    #[command(
        after_help = EXIT_CODES,
        args_conflicts_with_subcommands = true,
        subcommand_negates_reqs = true
    )]
    Rotate {
        #[command(flatten)]
        all: Box<RotateAll>,
        #[command(subcommand)]
        target: Option<RotateTarget>,
    },
    /// Replace a token that expires, by its refresh token, and save both new ones.
    ///
    /// A refresh token works once. Several refreshes of one token file wait for each other (not on
    /// Windows, nor on file systems without locks), and when somebody else has put another pair
    /// into the token file or into --out meanwhile, it is taken over instead.
    #[command(after_help = EXIT_CODES)]
    Refresh {
        #[command(subcommand)]
        target: RefreshTarget,
    },
    /// Find out what became of a rotation whose outcome is unknown, or of all those in a vault.
    #[command(after_help = EXIT_CODES, args_conflicts_with_subcommands = true)]
    Recover {
        #[command(flatten)]
        all: Box<RecoverAll>,
        #[command(subcommand)]
        target: Option<RecoverTarget>,
    },
    /// Ask whether a token is valid, or whether all tokens of a vault are.
    #[command(
        after_help = EXIT_CODES,
        args_conflicts_with_subcommands = true,
        subcommand_negates_reqs = true
    )]
    Check {
        #[command(flatten)]
        all: Box<CheckAll>,
        #[command(subcommand)]
        target: Option<CheckTarget>,
    },
    /// Make a token that can do less, and save it.
    #[command(after_help = EXIT_CODES)]
    Scope {
        #[command(subcommand)]
        target: ScopeTarget,
    },
    /// Make a token invalid.
    #[command(after_help = EXIT_CODES)]
    Revoke {
        #[command(subcommand)]
        target: RevokeTarget,
    },
    /// Hand on what earlier runs have replaced and nobody has taken over yet.
    #[command(after_help = EXIT_CODES)]
    Deliver(Box<DeliverAll>),
    /// Keep many tokens, encrypted.
    Vault {
        #[command(subcommand)]
        target: VaultTarget,
    },
    /// Tell what has happened to the tokens of a vault.
    History(History),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Fault {
    Before,
    After,
    Outage,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LoginTarget {
    /// Sign a user in to an OAuth app or a GitHub App.
    #[command(after_help = EXIT_CODES)]
    Github(GitHubLogin),
    /// Sign a user in to an OAuth app.
    #[command(after_help = EXIT_CODES)]
    Ohmygpt(OhMyGptLogin),
}

#[derive(Debug, Subcommand)]
pub(crate) enum RotateTarget {
    /// Reset a token of an OAuth app.
    #[command(after_help = EXIT_CODES)]
    Github {
        #[command(flatten)]
        github: GitHubToken,
        #[command(flatten)]
        out: Out,
    },
    /// Issue a new admin token of the user whose OAuth token is in the token file.
    #[command(after_help = EXIT_CODES)]
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
    #[command(after_help = EXIT_CODES)]
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
    #[command(after_help = EXIT_CODES)]
    Github(GitHubRecover),
    /// Issue another admin token: the OAuth token in the token file still works.
    #[command(after_help = EXIT_CODES)]
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
    #[command(after_help = EXIT_CODES)]
    Github(GitHubToken),
    /// Check an OAuth token, by asking who its user is.
    #[command(after_help = EXIT_CODES)]
    Ohmygpt(OhMyGptToken),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScopeTarget {
    /// Scope a user token of a GitHub App. The token itself lives on.
    #[command(after_help = EXIT_CODES)]
    Github(GitHubScope),
}

#[derive(Debug, Subcommand)]
pub(crate) enum RevokeTarget {
    /// Revoke a token of an app, everything its user has allowed the app, or whatever leaked.
    #[command(after_help = EXIT_CODES)]
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

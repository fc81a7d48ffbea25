//! The first line of a report for people.

use super::{Command, Outcome, Provider, Subject};

pub(super) fn headline(
    Subject { provider, command }: Subject,
    outcome: Outcome,
    is_kept: bool,
    is_other: bool,
) -> &'static str {
    match outcome {
        Outcome::Issued if command == Command::Scope => {
            "a scoped token is issued; the token it was made from is as it was"
        }
        Outcome::Issued => "signed in",
        Outcome::Rotated if command == Command::Refresh => "refreshed",
        Outcome::Rotated => "rotated",
        Outcome::Recovered => "recovered: the new token was in the answer that was kept",
        Outcome::Adopted => "refreshed by somebody else, whose tokens are taken over",
        Outcome::Valid => "the token is valid",
        Outcome::Invalid => "the token is not valid; its user has to authorize the app again",
        Outcome::Deleted => "deleted",
        Outcome::AlreadyGone => "already gone: there was nothing to delete",
        Outcome::Accepted => "accepted: those of the credentials that are valid get revoked",
        Outcome::NotReplaced if is_kept => {
            "not replaced: the token works, so rotate it again. The kept answer stays: what says so may \
             be older than that, so remove it when there is a new token"
        }
        Outcome::NotReplaced => "not replaced: the token works, so rotate it again",
        Outcome::Lost if is_kept => {
            "not found: the token was replaced, and no token that can be read in the kept answer is one \
             that GitHub calls valid. The answer stays, as the new one may be in it in a form that is \
             not known; otherwise its user has to authorize the app again"
        }
        Outcome::Lost => {
            "lost: the token was replaced and the new one is gone; its user has to authorize the \
             app again"
        }
        Outcome::Unchanged => {
            "not rotated, and nothing is saved; take the admin token for alive, and rotate it again \
             until another one comes"
        }
        Outcome::BadInput => "error, nothing was sent",
        Outcome::Refused => match command {
            Command::Login => "refused; nobody is signed in",
            _ if is_other => {
                "refused, perhaps by something on the way; nothing follows for the token, so check it"
            }
            _ => "refused; the token is as it was",
        },
        Outcome::NotSent => match command {
            Command::Login => "not signed in; try again",
            _ => "not sent; the token is as it was, try again",
        },
        Outcome::Unknown
            if is_kept && command == Command::Rotate && provider == Provider::Github =>
        {
            "outcome unknown; the answer may have the new token in it, and is kept. Keep the token, \
             don't rotate it again, and run `tokenturn recover github` with the same options and \
             --kept FILE: it finds out which token works"
        }
        Outcome::Unknown if is_kept && command == Command::Refresh => {
            "outcome unknown; the answer may have the new tokens in it, and is kept. Keep the token \
             file, too, and run `tokenturn refresh github` again with the same options: either it \
             works, or `the token is not valid` says that this call did, and then the tokens in the \
             kept answer are the ones to try before its user has to sign in again"
        }
        Outcome::Unknown if is_kept && command == Command::Login => {
            "outcome unknown; the answer may have the token in it, and is kept. Try that, or sign in \
             again"
        }
        Outcome::Unknown => unknown(provider, command),
        Outcome::StillUnknown => "still unknown; keep the token, and ask again later",
        Outcome::NotSaved => match command {
            Command::Login | Command::Scope => {
                "issued, but the token is not where you asked for it"
            }
            Command::Refresh => "refreshed, but the new tokens are not where you asked for them",
            _ => "rotated, but the new token is not where you asked for it",
        },
    }
}

/// What to do about a call whose outcome did not arrive.
fn unknown(provider: Provider, command: Command) -> &'static str {
    match command {
        Command::Rotate | Command::Recover if provider == Provider::Ohmygpt => {
            "outcome unknown; run `tokenturn recover ohmygpt` with the same options: it issues \
             another admin token"
        }
        Command::Rotate | Command::Recover => {
            "outcome unknown; keep the token, don't rotate it again, and run `tokenturn recover \
             github` with the same options but --out: it tells whether the token was replaced"
        }
        Command::Refresh => {
            "outcome unknown; keep the token file, and run `tokenturn refresh github` again with \
             the same options: either it works, or `the token is not valid` says that this call \
             did, and then its user has to sign in again"
        }
        Command::Login => "outcome unknown; sign in again",
        Command::Scope => {
            "outcome unknown; the token is as it was, so scope it again: a scoped token that got \
             lost dies with it"
        }
        Command::Revoke => "outcome unknown; take the token for alive, and revoke it again",
        Command::Check => "outcome unknown; keep the token, and ask again later",
    }
}

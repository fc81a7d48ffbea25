//! git wants a credential.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Error, Result};
use tokenturn_vault::{AccessToken, Client, Entry, Vault};
use zeroize::Zeroizing;

use super::request::Request;
use super::row::{Row, find};
use super::trouble;
use crate::args::GitCredential;
use crate::exit::Exit;
use crate::fleet::github_of;
use crate::patience;

/// GitHub looks at the token alone.
const USER: &str = "x-access-token";

pub(super) async fn run(args: &GitCredential, request: &Request) -> Result<()> {
    let (vault, entry) = match find(args, request).await? {
        Row::NotOurs => return Ok(()),
        Row::Missing(..) => {
            let id = args.id.as_deref().unwrap_or_default();
            return Err(Exit::NoToken.because(format!("there is no token named {id:?}")));
        }
        Row::Found(vault, entry) => (vault, entry),
    };
    let client: Client = match github_of(&entry.app, &args.providers) {
        Ok(github) => github.into(),
        Err(error) => return quit(error),
    };
    // The answer to a refresh is there once.
    match patience::to_the_end(vault.token(&client, &entry.id)).await {
        Ok(token) => answer(&answered(request, &vault, &entry, &token).await),
        // Another helper may be one that signs its user in, or there is a person to ask.
        Err(why) if why.needs_authorization() => Err(trouble::told(why, args, &entry)),
        Err(why) => quit(trouble::told(why, args, &entry)),
    }
}

/// Keeps git from asking for a password: the token lives, and cannot be had just now.
fn quit(error: Error) -> Result<()> {
    answer("quit=1\n")?;
    Err(error)
}

/// The credential. Its refresh token is not in it: git would hand that on to all other helpers, and whoever
/// uses it kills the token of the vault.
async fn answered(
    request: &Request,
    vault: &Vault,
    entry: &Entry,
    token: &AccessToken,
) -> Zeroizing<String> {
    let user = request.username.as_deref().unwrap_or(USER);
    let secret = token.token.expose();
    // In one piece: a text that grows leaves its old content behind in freed memory.
    let mut text = Zeroizing::new(String::with_capacity(user.len() + secret.len() + 128));
    for part in ["username=", user, "\npassword=", secret, "\n"] {
        text.push_str(part);
    }
    if let Some(end) = ends_at(vault, &entry.id, token).await {
        text.push_str(&format!("password_expiry_utc={end}\n"));
    }
    text
}

/// When the token ends, in seconds since 1970 by the clock of this host, which is the one that git looks at;
/// the provider's may be ahead. git takes no token that has ended by it.
async fn ends_at(vault: &Vault, id: &str, token: &AccessToken) -> Option<u64> {
    let end = SystemTime::from(token.expires_at?);
    let entry = vault.get(id).await.ok()??;
    // It is of the answer that this token came with.
    let ahead = Some(entry.tokens.clock_ahead).filter(|_| entry.generation == token.generation)?;
    let by = Duration::from_millis(ahead.unsigned_abs());
    let end = match ahead > 0 {
        true => end.checked_sub(by)?,
        false => end.checked_add(by)?,
    };
    let is_ahead = end > SystemTime::now();
    let since = end.duration_since(SystemTime::UNIX_EPOCH).ok();
    since.filter(|_| is_ahead).map(|since| since.as_secs())
}

fn answer(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    // Without a reader nobody has the token.
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.context("cannot write to standard output")
}

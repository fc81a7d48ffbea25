//! A server has taken a credential, which may be one of another helper's, or one that somebody has typed.

use anyhow::{Error, Result};
use tokenturn::github::TokenCheck;
use tokenturn::{GitHub, Secret};
use tokenturn_vault::{App, Client, Entry, Provider, Tokens, Vault};

use super::host::Takes;
use super::request::Request;
use super::row::{Row, find};
use super::trouble;
use crate::args::GitCredential;
use crate::exit::Exit;
use crate::fleet::github_of;
use crate::{input, patience};

/// What tokens of GitHub's begin with that no user has allowed an app: people make them, or an app has them for
/// itself.
const OTHERS: [&str; 4] = ["ghp_", "github_pat_", "ghs_", "ghr_"];

/// Puts a token in where the vault has none that lives. git says `store` when its command is over: the token
/// that it began with may be dead by then, and the one in the vault newer.
pub(super) async fn run(args: &GitCredential, request: &Request) -> Result<()> {
    let (Some(id), Some(taken)) = (&args.id, &request.password) else {
        return Ok(());
    };
    if input::bare_for_github(taken.expose()).is_err() {
        return Ok(());
    }
    match find(args, request).await? {
        Row::NotOurs => Ok(()),
        Row::Missing(vault, takes) => {
            let Some((app, github)) = new_app(args, &takes)? else {
                return Ok(());
            };
            put(
                &vault,
                &github,
                Entry::new(id, app, tokens(taken, request)),
                None,
            )
            .await
        }
        Row::Found(vault, entry) => {
            if has_had(&vault, &entry, taken).await? {
                return Ok(());
            }
            let github = github_of(&entry.app, &args.providers)?;
            let client = Client::from(github.clone());
            match patience::to_the_end(vault.token(&client, id)).await {
                Ok(_) => Ok(()),
                Err(why) if why.needs_authorization() => {
                    let new = Entry::new(id, entry.app.clone(), tokens(taken, request));
                    put(&vault, &github, new, Some(&entry)).await
                }
                Err(why) => Err(trouble::told(why, args, &entry)),
            }
        }
    }
}

/// The app of a row that is not there, where it is named.
fn new_app(args: &GitCredential, takes: &Takes) -> Result<Option<(App, GitHub)>> {
    let (Some(client_id), Takes::Servers(servers)) = (&args.client_id, takes) else {
        return Ok(None);
    };
    let mut refused = None;
    for server in servers {
        let app = App {
            provider: Provider::GITHUB,
            server: server.clone(),
            client_id: client_id.clone(),
        };
        match github_of(&app, &args.providers) {
            Ok(github) => return Ok(Some((app, github))),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    refused.map_or(Ok(None), Err)
}

/// Whether the row has this token, or has had it: then it was replaced, or is known to be dead.
async fn has_had(vault: &Vault, entry: &Entry, token: &Secret) -> Result<bool> {
    if entry.tokens.token.as_ref() == Some(token) {
        return Ok(true);
    }
    let name = Some(token.fingerprint().to_string());
    let mut history = vault.history(Some(&entry.id));
    while let Some(event) = history.next().await {
        let event = event?;
        if event.old == name || event.new == name {
            return Ok(true);
        }
    }
    Ok(false)
}

fn tokens(token: &Secret, request: &Request) -> Tokens {
    let mut tokens = Tokens::github(token.clone());
    tokens.expires_at = request.password_expires_at;
    tokens.refresh_token.clone_from(&request.refresh_token);
    tokens
}

/// Puts a token in that is one of the app, and of the row's user.
async fn put(vault: &Vault, github: &GitHub, mut new: Entry, old: Option<&Entry>) -> Result<()> {
    let (id, app) = (new.id.clone(), new.app.to_string());
    let not_kept = |exit: Exit, why: String| {
        let what = format!("the token that git has used is not kept as {id:?}");
        exit.because(format!("{what}: {why}"))
    };
    let token = new.tokens.token.clone().unwrap_or_else(|| Secret::new(""));
    if OTHERS.iter().any(|start| token.expose().starts_with(start)) {
        return Err(not_kept(Exit::Refused, format!("it is none of the {app}")));
    }
    if !github.is_public() {
        new.tokens.user_id = match github.check_token(&token).await.map(|check| check.value) {
            Ok(TokenCheck::Valid(found)) => found.and_then(|found| found.user?.id),
            Ok(_) => return Err(not_kept(Exit::Refused, format!("it is none of the {app}"))),
            Err(why) => return Err(not_kept(Exit::NotDone, format!("{:#}", Error::new(why)))),
        };
    } else if new.tokens.refresh_token.is_none() {
        // A sign-in brings one; whatever else there is, somebody may have typed.
        let why =
            format!("without the client secret, nobody can say whether it is one of the {app}");
        return Err(not_kept(Exit::BadInput, why));
    }
    let known = old.and_then(|old| old.tokens.user_id);
    if known.is_some() && new.tokens.user_id.is_some() && known != new.tokens.user_id {
        return Err(not_kept(Exit::Refused, "it is another user's".to_owned()));
    }
    // Somebody may have signed in meanwhile.
    let generation = vault.get(&id).await?.map(|entry| entry.generation);
    if generation != old.map(|old| old.generation) {
        return Ok(());
    }
    Ok(vault.put(new).await?)
}

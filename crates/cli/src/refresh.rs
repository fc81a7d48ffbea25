//! `tokenturn refresh`

use std::path::Path;

use anyhow::{Context, Result};
use tokenturn::github::UserToken;
use tokenturn::sink::FileSink;
use tokenturn::{GitHub, RefusalReason, RotateError, Rotated, Secret, Sink, Timestamp, obtain};
use tokenturn_sandbox::Sandbox;

use crate::args::{GitHubToken, RefreshTarget};
use crate::client::{self, ClientSecret};
use crate::exit::Exit;
use crate::input::Pair;
use crate::meanwhile::{self, Files};
use crate::report::{self, Command, Report, Subject, adopted, obtained};
use crate::{patience, token_file};

/// `tokenturn refresh`
pub(crate) async fn run(target: RefreshTarget) -> Exit {
    let RefreshTarget::Github { github, out } = target;
    let subject = Subject::github(Command::Refresh);
    let result = refresh(subject, &github, &out.path).await;
    report::finish(subject, result, github.app.common.json)
}

async fn refresh(subject: Subject, args: &GitHubToken, out: &Path) -> Result<Report> {
    let sandbox = client::sandbox(&args.app.common).await?;
    let github = client::github(&args.app, ClientSecret::Optional, sandbox.as_ref())?;
    token_file::replaced(out, &args.app.common, args.app.client_secret_file.as_ref())?;
    if let Some(sandbox) = &sandbox {
        let old = refresh_token(&github, sandbox).await?;
        let result = call(&github, &old, None, out).await;
        return Ok(told(subject, result, &old, out).await);
    }
    let files = Files::read(token_file::path(&args.token_file)?, out)?;
    if let Some(newer) = files.newer() {
        return Ok(adopt(subject, newer, out).await?.about(&files.old));
    }
    let result = call(&github, &files.old, files.old_expires_at, out).await;
    let refusal = result.as_ref().err().and_then(RotateError::refusal);
    if refusal.is_some_and(|refusal| refusal.reason == RefusalReason::InvalidToken)
        && let Some(newer) = files.newer_soon().await
    {
        return Ok(adopt(subject, newer, out).await?.about(&files.old));
    }
    Ok(told(subject, result, &files.old, out).await)
}

async fn call(
    github: &GitHub,
    old: &Secret,
    old_expires_at: Option<Timestamp>,
    out: &Path,
) -> Result<Rotated<UserToken>, RotateError> {
    let (refresh, old) = (github.refresh_token(old), old.clone());
    let call = async move {
        let mut new = refresh.await?;
        // By RFC 6749, section 6, an answer may come without, and then the old one goes on. GitHub
        // always sends one; if the old one is dead, the next refresh says so.
        if new.refresh_token.is_none() {
            new.refresh_token = Some(old);
            new.refresh_token_expires_at = old_expires_at;
        }
        Ok(new)
    };
    patience::to_the_end(obtain(call, FileSink::new(out))).await
}

async fn told(
    subject: Subject,
    result: Result<Rotated<UserToken>, RotateError>,
    old: &Secret,
    out: &Path,
) -> Report {
    let saved = match &result {
        Ok(new) => new.refresh_token.as_ref(),
        Err(RotateError::NotSaved(unsaved)) => unsaved.refresh_token(),
        Err(_) => None,
    };
    let is_old = saved == Some(old);
    let report = obtained(subject, result, out).await.about(old);
    if !is_old {
        return report;
    }
    report.warning(
        "the answer has no refresh token, so the old one is saved with the new token; if the next \
         refresh says that it is not valid, its user has to sign in again",
    )
}

/// Takes the pair for which somebody else has used the refresh token, and saves it where it is not.
async fn adopt(subject: Subject, newer: Pair, out: &Path) -> Result<Report> {
    let is_there = meanwhile::pair(out).is_some_and(|there| there.is_same(&newer));
    let new = newer.into_rotated();
    if !is_there {
        let saved = FileSink::new(out).save(&new).await;
        saved.context("somebody else has refreshed the token file; it holds the valid pair")?;
    }
    Ok(adopted(subject, &new, out))
}

/// One of the sandbox's, which comes with a token that expires, by a login.
async fn refresh_token(github: &GitHub, sandbox: &Sandbox) -> Result<Secret> {
    sandbox.set_expiring_tokens(true);
    let request = github.authorize().redirect_uri("http://127.0.0.1/");
    let request = request.build()?;
    let callback = sandbox.approve(&request.url)?;
    let code = request.pending.callback(&callback)?;
    let new = github.exchange_code(code).await?;
    new.refresh_token
        .context("the sandbox gave no refresh token")
}

//! `tokenturn refresh`

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use tokenturn::sink::FileSink;
use tokenturn::{GitHub, Secret, obtain};
use tokenturn_sandbox::Sandbox;

use crate::args::{GitHubToken, RefreshTarget};
use crate::client::{self, ClientSecret};
use crate::report::{self, Command, Report, Subject, obtained};
use crate::{input, patience, token_file};

/// `tokenturn refresh`
pub(crate) async fn run(target: RefreshTarget) -> ExitCode {
    let RefreshTarget::Github { github, out } = target;
    let subject = Subject::github(Command::Refresh);
    let result = refresh(subject, &github, &out.path).await;
    report::finish(subject, result, github.app.common.json)
}

async fn refresh(subject: Subject, args: &GitHubToken, out: &Path) -> Result<Report> {
    let sandbox = client::sandbox(&args.app.common).await?;
    let github = client::github(&args.app, ClientSecret::Optional, sandbox.as_ref())?;
    let old = match &sandbox {
        Some(sandbox) => refresh_token(&github, sandbox).await?,
        None => {
            let stored = input::stored(token_file::path(&args.token_file)?)?;
            stored.into_refresh_token().context(
                "the token file holds no refresh token: its token does not expire, or came without",
            )?
        }
    };
    let call = obtain(github.refresh_token(&old), FileSink::new(out));
    let result = patience::to_the_end(call).await;
    Ok(obtained(subject, result, out).await.about(&old))
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

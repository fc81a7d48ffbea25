//! `tokenturn scope`

use anyhow::Result;
use tokenturn::github::Scoping;
use tokenturn::obtain;
use tokenturn::sink::FileSink;

use crate::args::{GitHubScope, ScopeTarget};
use crate::exit::Exit;
use crate::report::{self, Command, Report, Subject, obtained};
use crate::{client, patience, token_file};

/// `tokenturn scope`
pub(crate) async fn run(target: ScopeTarget) -> Exit {
    let ScopeTarget::Github(args) = target;
    let subject = Subject::github(Command::Scope);
    let result = scope(subject, &args).await;
    report::finish(subject, result, args.github.app.common.json)
}

async fn scope(subject: Subject, args: &GitHubScope) -> Result<Report> {
    let sandbox = client::sandbox(&args.github.app.common).await?;
    let (github, token) = client::ready_github(&args.github, sandbox.as_ref())?;
    let out = &args.out.path;
    let app = &args.github.app;
    let before = token_file::replaced(out, &app.common, app.client_secret_file.as_ref())?;
    token_file::keep(&token, before.as_ref(), out)?;
    token_file::keep_refresh_token(before.as_ref(), out)?;

    let mut scoping = Scoping::new(args.account.as_str());
    if !args.repositories.is_empty() {
        scoping = scoping.repositories(&args.repositories);
    }
    for (name, level) in &args.permissions {
        scoping = scoping.permission(name, level);
    }
    let call = obtain(github.scope_token(&token, scoping), FileSink::new(out));
    let result = patience::to_the_end(call).await;
    Ok(obtained(subject, result, out).await.about(&token))
}

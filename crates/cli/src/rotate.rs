//! `tokenturn rotate` and `tokenturn recover`.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Result;
use tokenturn::sink::FileSink;
use tokenturn::{Candidates, Recovery, RotateError, Rotated, Secret, Sink};

use crate::args::{Common, GitHubRecover, GitHubToken, OhMyGptToken, RecoverTarget, RotateTarget};
use crate::exit::Exit;
use crate::input::Stored;
use crate::report::{
    self, Command, Details, Outcome, Report, Subject, obtained, still_unknown, unchanged,
};
use crate::{client, input, patience, token_file};

/// `tokenturn rotate`
pub(crate) async fn rotate(target: RotateTarget) -> Exit {
    match target {
        RotateTarget::Github { github, out } => {
            let subject = Subject::github(Command::Rotate);
            let result = rotate_github(subject, &github, &out.path).await;
            report::finish(subject, result, github.app.common.json)
        }
        RotateTarget::Ohmygpt { ohmygpt, out } => {
            let subject = Subject::ohmygpt(Command::Rotate);
            let result = rotate_ohmygpt(subject, &ohmygpt, &out.path).await;
            report::finish(subject, result, ohmygpt.server.common.json)
        }
    }
}

/// `tokenturn recover`
pub(crate) async fn recover(target: RecoverTarget) -> Exit {
    match target {
        RecoverTarget::Github(args) => {
            let subject = Subject::github(Command::Recover);
            let result = recover_github(subject, &args).await;
            report::finish(subject, result, args.github.app.common.json)
        }
        RecoverTarget::Ohmygpt { ohmygpt, out } => {
            let subject = Subject::ohmygpt(Command::Recover);
            let result = recover_ohmygpt(subject, &ohmygpt, &out.path).await;
            report::finish(subject, result, ohmygpt.server.common.json)
        }
    }
}

async fn rotate_github(subject: Subject, args: &GitHubToken, out: &Path) -> Result<Report> {
    let sandbox = client::sandbox(&args.app.common).await?;
    let (github, old) = client::ready_github(args, sandbox.as_ref())?;
    let before = token_file::replaced(out, &args.app.common, args.app.client_secret_file.as_ref())?;
    // Whether it outlives the reset is not documented.
    token_file::keep_refresh_token(before.as_ref(), out)?;
    let call = tokenturn::rotate(&github, &old, FileSink::new(out));
    let result = patience::to_the_end(call).await;
    Ok(obtained(subject, result, out).await.about(&old))
}

async fn rotate_ohmygpt(subject: Subject, args: &OhMyGptToken, out: &Path) -> Result<Report> {
    let sandbox = client::sandbox(&args.server.common).await?;
    let (ohmygpt, token) = client::ready_ohmygpt(args, sandbox.as_ref())?;
    let before = admin_token(&token, &args.server.common, out)?;
    let call = tokenturn::rotate(&ohmygpt, &token, NewOnly::new(before.clone(), out));
    let result = patience::to_the_end(call).await;
    Ok(told(subject, result, before, out).await.about(&token))
}

async fn recover_github(subject: Subject, args: &GitHubRecover) -> Result<Report> {
    let sandbox = client::sandbox(&args.github.app.common).await?;
    let (github, old) = client::ready_github(&args.github, sandbox.as_ref())?;
    token_file::keep_answer(args)?;
    let out = args.out.as_deref();
    let kept = args.kept.as_deref().zip(out);
    let recovery = match kept {
        Some((kept, out)) => {
            let client_secret = args.github.app.client_secret_file.as_ref();
            let before = token_file::replaced(out, &args.github.app.common, client_secret)?;
            // Whether the new token has one is not known.
            token_file::keep_refresh_token(before.as_ref(), out)?;
            let candidates = Candidates::in_body(&input::kept(kept)?);
            let sink = FileSink::new(out);
            let call = tokenturn::recover_with(&github, &old, &candidates, sink);
            patience::to_the_end(call).await
        }
        None => github.recover(&old).await,
    };
    let report = match (recovery, kept) {
        (Ok(Recovery::Rotated(new)), Some((kept, out))) => {
            // The token is saved. Nothing else ends the need for the answer that it was in: a check
            // that says that the old token lives may be older than the answer.
            let _ = fs::remove_file(kept);
            return Ok(obtained(subject, Ok(new), out).await.about(&old));
        }
        (Ok(Recovery::Lost { request_id }), _) => {
            Report::new(subject, Outcome::Lost).answered(Some(404), request_id)
        }
        (Ok(_), _) => Report::new(subject, Outcome::NotReplaced),
        (Err(error), _) => still_unknown(subject, error, out).await,
    };
    let report = report.about(&old);
    Ok(match kept {
        Some((kept, _)) => report.keeping(kept),
        None => report,
    })
}

async fn recover_ohmygpt(subject: Subject, args: &OhMyGptToken, out: &Path) -> Result<Report> {
    let sandbox = client::sandbox(&args.server.common).await?;
    let (ohmygpt, token) = client::ready_ohmygpt(args, sandbox.as_ref())?;
    let before = admin_token(&token, &args.server.common, out)?;
    let call = tokenturn::recover(&ohmygpt, &token, NewOnly::new(before.clone(), out));
    let report = match patience::to_the_end(call).await {
        Ok(Recovery::Rotated(new)) => told(subject, Ok(new), before, out).await,
        Ok(_) => Report::new(subject, Outcome::NotReplaced),
        Err(error) => still_unknown(subject, error, Some(out)).await,
    };
    Ok(report.about(&token))
}

/// The admin token that is in `out` by now. The OAuth token, which stays in use, must not be.
fn admin_token(oauth_token: &Secret, common: &Common, out: &Path) -> Result<Option<Secret>> {
    let before = token_file::replaced(out, common, None)?;
    token_file::keep(oauth_token, before.as_ref(), out)?;
    Ok(before.map(Stored::into_token))
}

/// Whoever replaces a token that leaked would believe it dead if the answer with that very token
/// were a success.
async fn told<D: Details>(
    subject: Subject,
    result: Result<Rotated<D>, RotateError>,
    before: Option<Secret>,
    out: &Path,
) -> Report {
    match result {
        Ok(same) if before.as_ref() == Some(&same.token) => unchanged(subject, &same, out),
        result => obtained(subject, result, out).await,
    }
}

/// A file in which the token that is there already is not saved again.
struct NewOnly {
    before: Option<Secret>,
    file: FileSink,
}

impl NewOnly {
    fn new(before: Option<Secret>, out: &Path) -> Self {
        let file = FileSink::new(out);
        Self { before, file }
    }
}

impl<D: Send + Sync> Sink<D> for NewOnly {
    type Error = io::Error;

    async fn prepare(&mut self) -> io::Result<()> {
        Sink::<D>::prepare(&mut self.file).await
    }

    async fn save(&mut self, new: &Rotated<D>) -> io::Result<()> {
        match self.before.as_ref() == Some(&new.token) {
            true => Ok(()),
            false => self.file.save(new).await,
        }
    }
}

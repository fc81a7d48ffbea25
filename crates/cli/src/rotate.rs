//! `tokenturn rotate` and `tokenturn recover`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use tokenturn::sink::FileSink;
use tokenturn::{Candidates, Recovery};

use crate::args::{GitHubRecover, GitHubToken, OhMyGptToken, RecoverTarget, RotateTarget};
use crate::report::{self, Command, Outcome, Report, Subject, obtained, still_unknown};
use crate::{client, input, patience, token_file};

/// `tokenturn rotate`
pub(crate) async fn rotate(target: RotateTarget) -> ExitCode {
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
pub(crate) async fn recover(target: RecoverTarget) -> ExitCode {
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
    // Whether it outlives the reset is not documented.
    token_file::keep_refresh_token(out)?;
    let call = tokenturn::rotate(&github, &old, FileSink::new(out));
    let result = patience::to_the_end(call).await;
    Ok(obtained(subject, result, out).await.about(&old))
}

async fn rotate_ohmygpt(subject: Subject, args: &OhMyGptToken, out: &Path) -> Result<Report> {
    let sandbox = client::sandbox(&args.server.common).await?;
    let (ohmygpt, token) = client::ready_ohmygpt(args, sandbox.as_ref())?;
    token_file::keep(&token, out)?;
    let call = tokenturn::rotate(&ohmygpt, &token, FileSink::new(out));
    let result = patience::to_the_end(call).await;
    Ok(obtained(subject, result, out).await.about(&token))
}

async fn recover_github(subject: Subject, args: &GitHubRecover) -> Result<Report> {
    let sandbox = client::sandbox(&args.github.app.common).await?;
    let (github, old) = client::ready_github(&args.github, sandbox.as_ref())?;
    let kept = args.kept.as_deref().zip(args.out.as_deref());
    let recovery = match kept {
        Some((kept, out)) => {
            // Whether the new token has one is not known.
            token_file::keep_refresh_token(out)?;
            let candidates = Candidates::in_body(&input::kept(kept)?);
            let sink = FileSink::new(out);
            let call = tokenturn::recover_with(&github, &old, &candidates, sink);
            patience::to_the_end(call).await
        }
        None => github.recover(&old).await,
    };
    let is_resolved = matches!(recovery, Ok(Recovery::NotReplaced | Recovery::Rotated(_)));
    if let Some((kept, _)) = kept.filter(|_| is_resolved) {
        let _ = fs::remove_file(kept);
    }
    let report = match (recovery, kept) {
        (Ok(Recovery::Lost { request_id }), kept) => {
            let report = Report::new(subject, Outcome::Lost).answered(Some(404), request_id);
            match kept {
                Some((kept, _)) => report.saying(format!(
                    "no token that can be read in {} is valid; it stays there, as it may be in a \
                     coding that is not known",
                    kept.display()
                )),
                None => report,
            }
        }
        (Ok(Recovery::Rotated(new)), Some((_, out))) => obtained(subject, Ok(new), out).await,
        (Ok(_), _) => Report::new(subject, Outcome::NotReplaced).answered(Some(200), None),
        (Err(error), _) => still_unknown(subject, error).await,
    };
    Ok(report.about(&old))
}

async fn recover_ohmygpt(subject: Subject, args: &OhMyGptToken, out: &Path) -> Result<Report> {
    let sandbox = client::sandbox(&args.server.common).await?;
    let (ohmygpt, token) = client::ready_ohmygpt(args, sandbox.as_ref())?;
    token_file::keep(&token, out)?;
    let call = tokenturn::recover(&ohmygpt, &token, FileSink::new(out));
    let report = match patience::to_the_end(call).await {
        Ok(Recovery::Rotated(new)) => obtained(subject, Ok(new), out).await,
        Ok(_) => Report::new(subject, Outcome::NotReplaced),
        Err(error) => still_unknown(subject, error).await,
    };
    Ok(report.about(&token))
}

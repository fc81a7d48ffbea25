//! `tokenturn check`

use anyhow::Result;
use tokenturn::RefusalReason;
use tokenturn::github::TokenCheck;

use crate::args::{CheckTarget, GitHubToken, OhMyGptToken};
use crate::client;
use crate::exit::Exit;
use crate::report::{self, Command, Outcome, Report, Subject, call_failed};

/// `tokenturn check`
pub(crate) async fn run(target: CheckTarget) -> Exit {
    match target {
        CheckTarget::Github(args) => {
            let subject = Subject::github(Command::Check);
            report::finish(subject, github(subject, &args).await, args.app.common.json)
        }
        CheckTarget::Ohmygpt(args) => {
            let subject = Subject::ohmygpt(Command::Check);
            let result = ohmygpt(subject, &args).await;
            report::finish(subject, result, args.server.common.json)
        }
    }
}

async fn github(subject: Subject, args: &GitHubToken) -> Result<Report> {
    let sandbox = client::sandbox(&args.app.common).await?;
    let (github, token) = client::ready_github(args, sandbox.as_ref())?;
    let report = match github.check_token(&token).await {
        Ok(TokenCheck::Invalid { request_id }) => {
            Report::new(subject, Outcome::Invalid).answered(Some(404), request_id)
        }
        Ok(_) => Report::new(subject, Outcome::Valid),
        Err(error) => call_failed(subject, error),
    };
    Ok(report.about(&token))
}

/// A call that needs the token tells whether it works.
async fn ohmygpt(subject: Subject, args: &OhMyGptToken) -> Result<Report> {
    let sandbox = client::sandbox(&args.server.common).await?;
    let (ohmygpt, token) = client::ready_ohmygpt(args, sandbox.as_ref())?;
    let report = match ohmygpt.user_basic_info(&token).await {
        Ok(_) => Report::new(subject, Outcome::Valid),
        Err(error) => match error.refusal() {
            Some(refusal) if refusal.reason == RefusalReason::InvalidToken => {
                let (status, request_id) = (Some(refusal.status), refusal.request_id.clone());
                Report::new(subject, Outcome::Invalid).answered(status, request_id)
            }
            _ => call_failed(subject, error),
        },
    };
    Ok(report.about(&token))
}

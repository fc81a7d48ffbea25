//! `tokenturn check`

use anyhow::Result;
use tokenturn::github::TokenCheck;
use tokenturn::{Answered, RefusalReason};

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
        Ok(check) => checked(subject, check),
        Err(error) => call_failed(subject, error),
    };
    Ok(report.about(&token))
}

fn checked(subject: Subject, check: Answered<TokenCheck>) -> Report {
    let (outcome, details) = match &check.value {
        TokenCheck::Valid(details) => (Outcome::Valid, details.as_deref()),
        _ => (Outcome::Invalid, None),
    };
    Report::new(subject, outcome)
        .answered(Some(check.status), check.request_id.clone())
        .learning(details)
        .expiring(details.and_then(|details| details.expires_at))
        .ending(check.deprecation.as_deref())
}

/// A call that needs the token tells whether it works.
async fn ohmygpt(subject: Subject, args: &OhMyGptToken) -> Result<Report> {
    let sandbox = client::sandbox(&args.server.common).await?;
    let (ohmygpt, token) = client::ready_ohmygpt(args, sandbox.as_ref())?;
    let report = match ohmygpt.user_basic_info(&token).await {
        Ok(user) => Report::new(subject, Outcome::Valid).learning(Some(&user)),
        Err(error) => match error.refusal() {
            Some(refusal) if refusal.reason == RefusalReason::InvalidToken => {
                let (status, request_id) = (Some(refusal.status), refusal.request_id.clone());
                Report::new(subject, Outcome::Invalid).answered(status, request_id)
            }
            _ => call_failed(subject, error),
        },
    };
    Ok(report.ending(ohmygpt.deprecation()).about(&token))
}

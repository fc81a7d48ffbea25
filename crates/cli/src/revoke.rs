//! `tokenturn revoke`

use anyhow::Result;
use tokenturn::Secret;
use tokenturn::github::Deletion;

use crate::args::{GitHubRevoke, RevokeTarget};
use crate::client::{self, ClientSecret};
use crate::exit::Exit;
use crate::report::{self, Command, Outcome, Report, Subject, call_failed};
use crate::{input, token_file};

/// `tokenturn revoke`
pub(crate) async fn run(target: RevokeTarget) -> Exit {
    let RevokeTarget::Github(args) = target;
    let subject = Subject::github(Command::Revoke);
    let result = if args.leaked {
        leaked(subject, &args).await
    } else {
        deleted(subject, &args).await
    };
    report::finish(subject, result, args.github.app.common.json)
}

async fn deleted(subject: Subject, args: &GitHubRevoke) -> Result<Report> {
    let sandbox = client::sandbox(&args.github.app.common).await?;
    let (github, token) = client::ready_github(&args.github, sandbox.as_ref())?;
    let result = if args.grant {
        github.delete_authorization(&token).await
    } else {
        github.delete_token(&token).await
    };
    let report = match result {
        Ok(deletion) => {
            let status = deletion.status;
            let report = match *deletion {
                Deletion::AlreadyGone => Report::new(subject, Outcome::AlreadyGone),
                Deletion::Accepted => Report::new(subject, Outcome::Deleted).saying(format!(
                    "the answer has HTTP status {status}, where 204 is documented"
                )),
                _ => Report::new(subject, Outcome::Deleted),
            };
            report
                .answered(Some(status), deletion.request_id.clone())
                .ending(deletion.deprecation.as_deref())
        }
        Err(error) => call_failed(subject, error),
    };
    Ok(report.about(&token))
}

async fn leaked(subject: Subject, args: &GitHubRevoke) -> Result<Report> {
    let sandbox = client::sandbox(&args.github.app.common).await?;
    let github = client::github(&args.github.app, ClientSecret::Unused, sandbox.as_ref())?;
    let credentials = match &sandbox {
        Some(sandbox) => vec![Secret::new(sandbox.new_github_token())],
        None => input::lines(token_file::path(&args.github.token_file)?)?,
    };
    Ok(match github.revoke_credentials(credentials).await {
        Ok(revoked) => Report::new(subject, Outcome::Accepted)
            .answered(Some(revoked.status), revoked.request_id.clone())
            .ending(revoked.deprecation.as_deref()),
        Err(error) => call_failed(subject, error),
    })
}

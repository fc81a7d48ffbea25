//! `tokenturn rotate`, `tokenturn recover` and `tokenturn check`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use tokenturn::github::TokenCheck;
use tokenturn::sink::FileSink;
use tokenturn::{
    CallError, NotSaved, Provider, RecoverError, Recovery, RotateError, Rotated, Secret,
};

use crate::args::{CheckTarget, GitHubArgs, RecoverTarget, Target};
use crate::report::{GITHUB, OHMYGPT, Outcome, Report};
use crate::{client, patience, rescue};

/// `tokenturn rotate`
pub(crate) async fn rotate(target: Target) -> ExitCode {
    let (report, json) = match &target {
        Target::Github { github, out } => {
            let client = client::github(github);
            (rotated(GITHUB, client, &out.path).await, github.common.json)
        }
        Target::Ohmygpt { ohmygpt, out } => {
            let client = client::ohmygpt(ohmygpt, &out.path);
            let report = rotated(OHMYGPT, client, &out.path).await;
            (report, ohmygpt.common.json)
        }
    };
    report.finish(json)
}

/// `tokenturn recover`
pub(crate) async fn recover(target: RecoverTarget) -> ExitCode {
    let (report, json) = match &target {
        RecoverTarget::Github(github) => (recovered_github(github).await, github.common.json),
        RecoverTarget::Ohmygpt { ohmygpt, out } => {
            let client = client::ohmygpt(ohmygpt, &out.path);
            let report = recovered_ohmygpt(client, &out.path).await;
            (report, ohmygpt.common.json)
        }
    };
    report.finish(json)
}

/// `tokenturn check`
pub(crate) async fn check(target: CheckTarget) -> ExitCode {
    let CheckTarget::Github(github) = target;
    let report = match client::github(&github) {
        Ok((client, token)) => checked(client.check_token(&token).await).about(&token),
        Err(error) => Report::bad_input(GITHUB, &error),
    };
    report.finish(github.common.json)
}

async fn rotated<P: Provider>(
    provider: &'static str,
    client: Result<(P, Secret)>,
    out: &Path,
) -> Report {
    let (client, old) = match client {
        Ok(ready) => ready,
        Err(error) => return Report::bad_input(provider, &error),
    };
    let call = tokenturn::rotate(&client, &old, FileSink::new(out));
    match patience::to_the_end(call).await {
        Ok(rotated) => saved(provider, &rotated, out),
        Err(error) => failed(provider, error),
    }
    .about(&old)
}

async fn recovered_github(args: &GitHubArgs) -> Report {
    let (client, old) = match client::github(args) {
        Ok(ready) => ready,
        Err(error) => return Report::bad_input(GITHUB, &error),
    };
    match client.recover(&old).await {
        Ok(Recovery::Lost { request_id }) => {
            Report::new(GITHUB, Outcome::Lost).answered(Some(404), request_id)
        }
        Ok(_) => Report::new(GITHUB, Outcome::NotReplaced).answered(Some(200), None),
        Err(error) => still_unknown(GITHUB, error),
    }
    .about(&old)
}

async fn recovered_ohmygpt<P: Provider>(client: Result<(P, Secret)>, out: &Path) -> Report {
    let (client, token) = match client {
        Ok(ready) => ready,
        Err(error) => return Report::bad_input(OHMYGPT, &error),
    };
    let call = tokenturn::recover(&client, &token, FileSink::new(out));
    match patience::to_the_end(call).await {
        Ok(Recovery::Rotated(rotated)) => saved(OHMYGPT, &rotated, out),
        Ok(_) => Report::new(OHMYGPT, Outcome::NotReplaced),
        Err(error) => still_unknown(OHMYGPT, error),
    }
    .about(&token)
}

fn saved<D>(provider: &'static str, rotated: &Rotated<D>, out: &Path) -> Report {
    let mut report = Report::new(provider, Outcome::Rotated)
        .answered(Some(rotated.status), rotated.request_id.clone())
        .with_new(rotated.token.fingerprint(), Some(rotated.receipt));
    // A path need not be text; what is not shows as the replacement character.
    report.out = Some(out.display().to_string());
    report
}

fn failed(provider: &'static str, error: RotateError) -> Report {
    let outcome = match &error {
        RotateError::NotSent(why) if why.is_sink() => Outcome::BadInput,
        RotateError::NotSent(_) => Outcome::NotSent,
        RotateError::Refused(_) => Outcome::Refused,
        RotateError::NotSaved(unsaved) => return rescued(provider, unsaved),
        _ => Outcome::Unknown,
    };
    explained(provider, outcome, error)
}

fn still_unknown(provider: &'static str, RecoverError(why): RecoverError) -> Report {
    match &why {
        RotateError::NotSent(reason) if reason.is_sink() => failed(provider, why),
        RotateError::NotSaved(_) => failed(provider, why),
        _ => explained(provider, Outcome::StillUnknown, why),
    }
}

fn explained(provider: &'static str, outcome: Outcome, error: RotateError) -> Report {
    let refusal = error.refusal().cloned();
    let (status, request_id) = (error.status(), error.request_id().map(str::to_owned));
    Report::failure(provider, outcome, error, refusal.as_ref()).answered(status, request_id)
}

fn rescued(provider: &'static str, unsaved: &NotSaved) -> Report {
    let place: Option<PathBuf> = rescue::rescue(unsaved.token());
    let message = match &place {
        Some(_) => unsaved.to_string(),
        None => format!("{unsaved}, and no other file could be written: the token is lost"),
    };
    let mut report =
        Report::new(provider, Outcome::NotSaved).with_new(unsaved.token().fingerprint(), None);
    report.out = place.map(|place| place.display().to_string());
    report.message = Some(message);
    report
}

fn checked(result: Result<TokenCheck, CallError>) -> Report {
    match result {
        Ok(TokenCheck::Invalid { request_id }) => {
            Report::new(GITHUB, Outcome::Invalid).answered(Some(404), request_id)
        }
        Ok(_) => Report::new(GITHUB, Outcome::Valid).answered(Some(200), None),
        Err(error) => {
            let refusal = error.refusal().cloned();
            let (status, request_id) = (error.status(), error.request_id().map(str::to_owned));
            let outcome = match &refusal {
                Some(_) => Outcome::Refused,
                None if error.is_not_sent() => Outcome::NotSent,
                None => Outcome::Unknown,
            };
            Report::failure(GITHUB, outcome, error, refusal.as_ref()).answered(status, request_id)
        }
    }
}

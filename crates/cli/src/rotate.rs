//! `tokenturn rotate` and `tokenturn check`.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use tokenturn::github::TokenCheck;
use tokenturn::{CheckError, GitHub, OhMyGpt, RotateError, Rotated, Secret};

use crate::args::{GitHubArgs, RotateGitHub, RotateOhMyGpt};
use crate::out::{NotSaved, OutFile};
use crate::report::{GITHUB, OHMYGPT, Outcome, Report};
use crate::{input, patience};

/// `tokenturn rotate github`
pub(crate) async fn github(args: RotateGitHub) -> ExitCode {
    let json = args.github.common.json;
    let ready = github_client(&args.github).and_then(|(client, old)| {
        let out = OutFile::prepare(&args.out.path)?;
        Ok((client, old, out))
    });
    let report = match ready {
        Ok((client, old, out)) => {
            let result = patience::to_the_end(client.reset_token(&old)).await;
            rotated(GITHUB, &old, result, out)
        }
        Err(error) => Report::bad_input(GITHUB, &error),
    };
    report.finish(json)
}

/// `tokenturn rotate ohmygpt`
pub(crate) async fn ohmygpt(args: RotateOhMyGpt) -> ExitCode {
    let json = args.common.json;
    let report = match ohmygpt_client(&args) {
        Ok((client, token, out)) => {
            let result = patience::to_the_end(client.rotate_admin_token(&token)).await;
            rotated(OHMYGPT, &token, result, out)
        }
        Err(error) => Report::bad_input(OHMYGPT, &error),
    };
    report.finish(json)
}

/// `tokenturn check github`
pub(crate) async fn check(args: GitHubArgs) -> ExitCode {
    let report = match github_client(&args) {
        Ok((client, token)) => checked(&token, client.check_token(&token).await),
        Err(error) => Report::bad_input(GITHUB, &error),
    };
    report.finish(args.common.json)
}

fn github_client(args: &GitHubArgs) -> Result<(GitHub, Secret)> {
    let secret = input::client_secret(args.client_secret_file.as_deref())?;
    let mut builder = GitHub::builder(&args.client_id, secret);
    if let (Some(host), Some(version)) = (&args.enterprise, &args.enterprise_version) {
        builder = builder.enterprise_server(host, version);
    }
    if let Some(url) = &args.base_url {
        builder = builder.base_url(url);
    }
    let client = builder.build()?;
    Ok((client, input::token(&args.common.token_file)?))
}

fn ohmygpt_client(args: &RotateOhMyGpt) -> Result<(OhMyGpt, Secret, OutFile)> {
    let mut builder = OhMyGpt::builder();
    if let Some(url) = &args.base_url {
        builder = builder.base_url(url);
    }
    let client = builder.build()?;
    let token = input::token(&args.common.token_file)?;
    let same = std::fs::canonicalize(&args.common.token_file)
        .is_ok_and(|token| std::fs::canonicalize(&args.out.path).is_ok_and(|out| out == token));
    ensure!(
        !same,
        "--out would replace the OAuth token in {}, which stays in use; name another file",
        args.out.path.display()
    );
    let out = OutFile::prepare(&args.out.path)?;
    Ok((client, token, out))
}

fn rotated<D>(
    provider: &'static str,
    token: &Secret,
    result: Result<Rotated<D>, RotateError>,
    out: OutFile,
) -> Report {
    match result {
        Ok(rotated) => saved(provider, rotated, out),
        Err(error) => {
            let refusal = error.refusal().cloned();
            let (status, request_id) = (error.status(), error.request_id().map(str::to_owned));
            let outcome = failed(refusal.is_some(), error.is_not_sent());
            Report::failure(provider, outcome, error, refusal.as_ref()).answered(status, request_id)
        }
    }
    .about(token)
}

fn saved<D>(provider: &'static str, rotated: Rotated<D>, out: OutFile) -> Report {
    let (outcome, message, place) = match out.save(&rotated.token) {
        Ok(path) => (Outcome::Rotated, None, Some(path)),
        Err(NotSaved { why, rescued }) => {
            let message = match rescued {
                Some(_) => format!("{why:#}"),
                None => format!("{why:#}, and no other file could be written: the token is lost"),
            };
            (Outcome::NotSaved, Some(message), rescued)
        }
    };
    let mut report = Report::new(provider, outcome)
        .answered(Some(rotated.status), rotated.request_id)
        .with_new(rotated.token.fingerprint(), rotated.receipt);
    // A path need not be text; what is not shows as the replacement character.
    report.out = place.map(|place| place.display().to_string());
    report.message = message;
    report
}

fn checked(token: &Secret, result: Result<TokenCheck, CheckError>) -> Report {
    match result {
        Ok(TokenCheck::Invalid { request_id }) => {
            Report::new(GITHUB, Outcome::Invalid).answered(Some(404), request_id)
        }
        Ok(_) => Report::new(GITHUB, Outcome::Valid).answered(Some(200), None),
        Err(error) => {
            let refusal = error.refusal().cloned();
            let (status, request_id) = (error.status(), error.request_id().map(str::to_owned));
            let outcome = failed(refusal.is_some(), error.is_not_sent());
            Report::failure(GITHUB, outcome, error, refusal.as_ref()).answered(status, request_id)
        }
    }
    .about(token)
}

fn failed(refused: bool, not_sent: bool) -> Outcome {
    match (refused, not_sent) {
        (true, _) => Outcome::Refused,
        (_, true) => Outcome::NotSent,
        _ => Outcome::Unknown,
    }
}

//! What came of a call to a provider.

use std::error::Error;
use std::path::Path;

use tokenturn::{CallError, NotSaved, Receipt, RecoverError, RotateError, Rotated};

use super::{Command, Details, Outcome, Report, Subject};
use crate::rescue;
use crate::vault::word_of;

/// The report of a call that brings a token.
pub(crate) async fn obtained<D: Details>(
    subject: Subject,
    result: Result<Rotated<D>, RotateError>,
    out: &Path,
) -> Report {
    match result {
        Ok(new) => saved(subject, &new, out),
        Err(error) => failed(subject, error, Some(out)).await,
    }
}

/// The report of a call that brings a token for a vault, under this name. What the vault does not take is put
/// beside `file`, which it is in perhaps.
pub(crate) async fn put_in<D: Details>(
    subject: Subject,
    result: Result<Rotated<D>, RotateError>,
    id: &str,
    file: Option<&Path>,
) -> Report {
    let mut report = match result {
        Ok(new) => return stored(subject, &new, id),
        Err(error) => failed(subject, error, file).await,
    };
    if let (Outcome::NotSaved, Some(rescued)) = (report.outcome, &report.out) {
        let why = report.message.unwrap_or_default();
        report.message = Some(format!(
            "{why}; when the vault is well: tokenturn vault put {} --token-file {rescued}",
            word_of(id)
        ));
    }
    report
}

/// The report of a call that brings no token, and failed.
pub(crate) fn call_failed(subject: Subject, error: CallError) -> Report {
    let why = error.source().and_then(|why| why.downcast_ref());
    let outcome = why.map_or(Outcome::Unknown, outcome);
    let refusal = error.refusal().cloned();
    let (status, request_id) = (error.status(), error.request_id().map(str::to_owned));
    let report = Report::failure(subject, outcome, error).answered(status, request_id);
    match refusal {
        Some(refusal) => report.refused(&refusal),
        None => report,
    }
}

/// The report of a recovery that failed.
pub(crate) async fn still_unknown(
    subject: Subject,
    RecoverError(why): RecoverError,
    out: Option<&Path>,
) -> Report {
    match outcome(&why) {
        Outcome::BadInput | Outcome::NotSaved => failed(subject, why, out).await,
        _ => explained(subject, Outcome::StillUnknown, why, out),
    }
}

/// The report of a token that is saved.
pub(crate) fn saved<D: Details>(subject: Subject, new: &Rotated<D>, out: &Path) -> Report {
    Report {
        // A path need not be text; what is not shows as the replacement character.
        out: Some(out.display().to_string()),
        ..brought(subject, new)
    }
}

/// The report of a token that is in a vault under this name.
pub(crate) fn stored<D: Details>(subject: Subject, new: &Rotated<D>, id: &str) -> Report {
    Report {
        id: Some(id.to_owned()),
        ..brought(subject, new)
    }
}

fn brought<D: Details>(subject: Subject, new: &Rotated<D>) -> Report {
    let outcome = match subject.command {
        Command::Recover if subject.is_github(Command::Recover) => Outcome::Recovered,
        Command::Login | Command::Scope => Outcome::Issued,
        _ => Outcome::Rotated,
    };
    // What was recovered came in an answer of which only the body was kept.
    let status = (outcome != Outcome::Recovered).then_some(new.status);
    let report = Report::new(subject, outcome).answered(status, new.request_id.clone());
    with_token(report, new, Some(new.receipt))
        .learning(new.details.as_deref())
        .ending(new.deprecation.as_deref())
}

fn with_token<D>(report: Report, new: &Rotated<D>, receipt: Option<Receipt>) -> Report {
    let report = report.with_new(new.token.fingerprint(), receipt);
    let mut report = report.expiring(new.expires_at);
    let refresh_token = new.refresh_token.as_ref();
    report.new_refresh_fingerprint = refresh_token.map(|token| token.fingerprint().to_string());
    report.refresh_token_expires_at = new.refresh_token_expires_at.map(|time| time.to_string());
    report
}

/// The report of an answer with the token that is in `out` already.
pub(crate) fn unchanged<D: Details>(subject: Subject, same: &Rotated<D>, out: &Path) -> Report {
    Report {
        outcome: Outcome::Unchanged,
        message: Some(format!(
            "the answer has the token that is in {} already",
            out.display()
        )),
        new_fingerprint: None,
        receipt: None,
        out: None,
        ..saved(subject, same, out)
    }
}

/// The report of a pair that somebody else has got, and that is in `out`.
pub(crate) fn adopted(subject: Subject, new: &Rotated<()>, out: &Path) -> Report {
    Report {
        outcome: Outcome::Adopted,
        status: None,
        receipt: None,
        ..saved(subject, new, out)
    }
}

async fn failed(subject: Subject, error: RotateError, out: Option<&Path>) -> Report {
    match error {
        RotateError::NotSaved(unsaved) => rescued(subject, unsaved, out).await,
        error => explained(subject, outcome(&error), error, out),
    }
}

fn outcome(error: &RotateError) -> Outcome {
    match error {
        RotateError::NotSent(why) if why.is_sink() || why.is_impossible() => Outcome::BadInput,
        RotateError::NotSent(_) => Outcome::NotSent,
        RotateError::Refused(_) => Outcome::Refused,
        RotateError::NotSaved(_) => Outcome::NotSaved,
        _ => Outcome::Unknown,
    }
}

fn explained(subject: Subject, outcome: Outcome, error: RotateError, out: Option<&Path>) -> Report {
    let kept = match &error {
        // What a recovery at GitHub is told is about the old token.
        RotateError::Unknown(_) if subject.is_github(Command::Recover) => None,
        RotateError::Unknown(unknown) if unknown.may_hold_token() => {
            Some(rescue::keep(unknown, out))
        }
        _ => None,
    };
    let refusal = error.refusal().cloned();
    let (status, request_id) = (error.status(), error.request_id().map(str::to_owned));
    let mut report = Report::failure(subject, outcome, error).answered(status, request_id);
    match kept {
        Some(Some(path)) => report.kept = Some(path.display().to_string()),
        Some(None) => {
            let why = report.message.unwrap_or_default();
            report.message = Some(format!("{why}, and no file could be written to keep it"));
        }
        None => {}
    }
    match refusal {
        Some(refusal) => report.refused(&refusal),
        None => report,
    }
}

async fn rescued(subject: Subject, unsaved: NotSaved, out: Option<&Path>) -> Report {
    let place = rescue::rescue(&unsaved, out).await;
    let mut report = with_token(
        Report::new(subject, Outcome::NotSaved),
        unsaved.rotated(),
        None,
    );
    let why = format!("{:#}", anyhow::Error::from(unsaved));
    report.message = Some(match &place {
        Some(_) => why,
        None => format!("{why}, and no other file could be written: the token is lost"),
    });
    report.out = place.map(|place| place.display().to_string());
    report
}

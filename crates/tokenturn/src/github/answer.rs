//! What GitHub's answers mean.

use std::time::Duration;

use serde_json::{Map, Value};
use tokenturn_client::github::types::Authorization;
use tokenturn_client::{RawResponse, Secret};

use super::evidence::{Facts, error};
use super::{App, Deletion, TokenCheck};
use crate::answered::Answered;
use crate::error::{Refusal, RefusalReason, RotateError};
use crate::evidence::{Candidates, DELETED, Fact, INVALID, ROTATED, ROTATED_ALL_THE_SAME, VALID};
use crate::outcome::{self, Answer, Found};
use crate::rotated::{Receipt, Rotated};

/// The answer to a call of `app` that makes a token out of `sent`.
pub(super) fn rotated(
    (authorization, response): Answer<Authorization>,
    sent: &Secret,
    app: &App,
) -> Result<Rotated<Authorization>, RotateError> {
    let authorization = authorization.filter(|authorization| !authorization.token.is_empty());
    let facts = Facts {
        response: &response,
        authorization: authorization.as_deref(),
        sent,
        app,
    };
    let seen = facts.token().filter(|seen| {
        let has = |fact| facts.has_of(seen, fact);
        ROTATED.holds(has) || ROTATED_ALL_THE_SAME.holds(has)
    });
    let Some(seen) = seen else {
        return Err(outcome::without_token(response, sent, |response| {
            failure(response, sent, app)
        }));
    };
    let mut found = Found::new(seen.token, seen.receipt);
    found.expires_at = facts.authorization.and_then(|found| found.expires_at);
    Ok(found.rotated(authorization, &response))
}

/// The answer to a check of `asked` by `app`.
pub(super) fn checked(
    (authorization, response): Answer<Authorization>,
    asked: &Secret,
    app: &App,
) -> Result<Answered<TokenCheck>, RotateError> {
    let answered = Answered::of(&response);
    let facts = Facts {
        response: &response,
        authorization: authorization.as_deref(),
        sent: asked,
        app,
    };
    if VALID.holds(|fact| facts.has(fact)) {
        return Ok(answered.with(TokenCheck::Valid(authorization)));
    }
    let invalid = answered.with(TokenCheck::Invalid);
    unless_invalid(failure(response, asked, app), invalid)
}

/// A new token that was found elsewhere, with what a check of it says.
pub(super) fn found(
    token: &Secret,
    authorization: Option<Box<Authorization>>,
) -> Rotated<Authorization> {
    let (receipt, _) = Receipt::of(
        token,
        authorization
            .as_ref()
            .and_then(|found| found.hashed_token.as_deref()),
        authorization
            .as_ref()
            .and_then(|found| found.token_last_eight.as_deref()),
    );
    Rotated {
        expires_at: authorization.as_ref().and_then(|found| found.expires_at),
        details: authorization,
        receipt,
        ..Rotated::new(token.clone())
    }
}

/// The answer to a deletion of `token`, or of what it stands for, by `app`.
pub(super) fn deleted(
    (_, response): Answer<()>,
    token: &Secret,
    app: &App,
) -> Result<Answered<Deletion>, RotateError> {
    let answered = Answered::of(&response);
    if is_done(&response) {
        let deletion = match answered.status {
            204 => Deletion::Deleted,
            _ => Deletion::Accepted,
        };
        return Ok(answered.with(deletion));
    }
    let gone = answered.with(Deletion::AlreadyGone);
    unless_invalid(failure(response, token, app), gone)
}

/// The answer to a revocation of `credentials`.
pub(super) fn revoked(
    (_, response): Answer<()>,
    credentials: &[&Secret],
) -> Result<Answered<()>, RotateError> {
    match is_done(&response) {
        true => Ok(Answered::of(&response)),
        // No token stands behind a 404 here.
        false => Err(refused(response, None, None, credentials)),
    }
}

/// Whether a call that brings nothing was done.
fn is_done(response: &RawResponse) -> bool {
    DELETED.holds(|fact| match fact {
        Fact::Success => response.status().is_success(),
        Fact::NoContent => response.status().as_u16() == 204,
        Fact::Whole => response.is_complete() && response.is_decoded(),
        Fact::NoText => {
            response.body().trim_ascii().is_empty()
                || object(response).is_some_and(|o| o.is_empty())
        }
        Fact::Object => object(response).is_some(),
        Fact::Mark => outcome::request_id(response).is_some(),
        Fact::NoPage => !outcome::is_page(response),
        Fact::NoComplaint => !outcome::has_complaint(response, false),
        Fact::NoToken => Candidates::in_body(response.body()).is_empty(),
        Fact::Fresh => outcome::is_fresh(response),
        _ => false,
    })
}

fn object(response: &RawResponse) -> Option<Map<String, Value>> {
    serde_json::from_slice(response.body()).ok()
}

/// GitHub's own 404 is an answer where a token may well be gone.
fn unless_invalid<T>(failure: RotateError, answer: T) -> Result<T, RotateError> {
    match failure {
        RotateError::Refused(no) if no.reason == RefusalReason::InvalidToken => Ok(answer),
        failure => Err(failure),
    }
}

/// What an answer to a call of `app` about `token` means from which nothing can be taken.
fn failure(response: Box<RawResponse>, token: &Secret, app: &App) -> RotateError {
    let facts = Facts {
        response: &response,
        authorization: None,
        sent: token,
        app,
    };
    let (reason, note) = if INVALID.holds(|fact| facts.has(fact)) {
        (Some(RefusalReason::InvalidToken), None)
    } else if INVALID.holds(|fact| fact == Fact::SentUserToken || facts.has(fact)) {
        (Some(RefusalReason::Other), Some(NO_USER_TOKEN))
    } else {
        (None, None)
    };
    let secrets: Vec<_> = [token].into_iter().chain(&app.client_secret).collect();
    refused(response, reason, note, &secrets)
}

/// Why GitHub's 404 is none about a token.
const NO_USER_TOKEN: &str = "GitHub says Not Found, as it does to whatever is no user's token of an app, \
    which begins with gho_ or ghu_; so this says nothing about what was sent: look for quotes, commas or \
    a name around the token, and revoke tokens of other kinds as leaked credentials";

/// The same for a call in which no token is in question, or where `reason` is known; `note` takes the
/// place of GitHub's words, and `secrets` are all that the call carried.
fn refused(
    response: Box<RawResponse>,
    reason: Option<RefusalReason>,
    note: Option<&str>,
    secrets: &[&Secret],
) -> RotateError {
    let message = message(&response);
    match reason.or_else(|| self::reason(&response, message.as_deref())) {
        Some(reason) => RotateError::Refused(Refusal {
            message: note.map(str::to_owned).or_else(|| {
                let message = message.or_else(|| outcome::words(&response));
                message.map(|message| outcome::presentable(&message, secrets))
            }),
            ..Refusal::of(reason, response.status().as_u16(), &response)
        }),
        None => outcome::unknown(response, Candidates::default()),
    }
}

/// GitHub's words about an error.
pub(super) fn message(response: &RawResponse) -> Option<String> {
    error(response).and_then(|error| error.message)
}

/// Why GitHub, or something before it, said no; `None` when nobody did. Nothing of it says that a
/// token is dead.
pub(super) fn reason(response: &RawResponse, message: Option<&str>) -> Option<RefusalReason> {
    let status = response.status().as_u16();
    match status {
        // Where to look for the answer, after whatever was done: many a gateway shows its page so when
        // an answer of the provider's is none that it passes on.
        302 | 303 => None,
        300..=399 => Some(RefusalReason::Redirected),
        401 => Some(RefusalReason::BadCredentials),
        403 | 429 => Some(forbidden(response, message)),
        // Not an answer of GitHub's: something on the way gave up waiting.
        408 => None,
        410 if is_from_github(response) => Some(RefusalReason::Gone),
        400 | 422 if is_from_github(response) => Some(RefusalReason::Invalid),
        400..=499 => Some(RefusalReason::Other),
        _ => None,
    }
}

/// Whether a refusal is marked as GitHub's: what something before it says is about neither the token nor
/// the app. Gateways, too, answer in JSON with a `message`.
fn is_from_github(response: &RawResponse) -> bool {
    let page = error(response).and_then(|error| error.documentation_url);
    let is_githubs = |page: &str| {
        let hosts = ["https://docs.github.com/", "https://developer.github.com/"];
        hosts.iter().any(|host| page.starts_with(host))
    };
    outcome::request_id(response).is_some() || page.as_deref().is_some_and(is_githubs)
}

fn forbidden(response: &RawResponse, message: Option<&str>) -> RefusalReason {
    let says = |words: &str| message.is_some_and(|m| m.to_ascii_lowercase().contains(words));
    if let Some(limited) = limited(response, message) {
        return limited;
    }
    match message {
        _ if says("maximum number of login attempts exceeded") => RefusalReason::LockedOut,
        _ if says("suspended") => RefusalReason::ApplicationSuspended,
        _ if is_from_github(response) => RefusalReason::MissingPermission,
        _ => RefusalReason::Other,
    }
}

/// Rate limits, by <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
/// Secondary limits were called abuse detection before.
fn limited(response: &RawResponse, message: Option<&str>) -> Option<RefusalReason> {
    /// What the docs ask for when a secondary limit says nothing else.
    const SECONDARY: Duration = Duration::from_secs(60);
    let url = error(response).and_then(|error| error.documentation_url);
    let words = [message, url.as_deref()].into_iter().flatten();
    let is_secondary = words.map(str::to_ascii_lowercase).any(|words| {
        ["secondary rate limit", "secondary-rate-limit", "abuse"]
            .iter()
            .any(|name| words.contains(name))
    });
    let is_429 = response.status().as_u16() == 429;
    // Some gateways have a `Retry-After` on each page, also on that of a refusal for good.
    let is_marked = is_from_github(response) || response.header("x-ratelimit-remaining").is_some();
    let wait = outcome::wait(response).filter(|_| is_429 || is_secondary || is_marked);
    let retry_after = wait.or(is_secondary.then_some(SECONDARY));
    (retry_after.is_some() || is_429).then_some(RefusalReason::RateLimited { retry_after })
}

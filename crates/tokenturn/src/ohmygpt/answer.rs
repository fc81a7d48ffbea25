//! What OhMyGPT's answers mean.

use tokenturn_client::ohmygpt::types::{
    ErrorEnvelope, IssueTokenResponse, OAuthToken, RotateUserAdminTokenResponse, UserAdminToken,
};
use tokenturn_client::{RawResponse, Secret};

use crate::error::{Refusal, RefusalReason, RotateError};
use crate::evidence::{
    Candidates, Fact, OHMYGPT_INVALID, OHMYGPT_ROTATED, OHMYGPT_VALID, Text, is_ohmygpts,
};
use crate::outcome::{self, Answer, Found};
use crate::rotated::{Receipt, Rotated};

/// The answer to a rotation with `oauth_token`.
pub(super) fn rotated(
    (envelope, response): Answer<RotateUserAdminTokenResponse>,
    oauth_token: &Secret,
) -> Result<Rotated<UserAdminToken>, RotateError> {
    let data = envelope.filter(|envelope| envelope.status_code == 200);
    let data = data.and_then(|envelope| envelope.data);
    let decoded = data.map(|data| (data.token.clone(), data));
    token(decoded, response, oauth_token, &[oauth_token], "sk-")
}

/// The answer to an exchange of `code`. `secrets` are all that the call carried.
pub(super) fn issued(
    (envelope, response): Answer<IssueTokenResponse>,
    code: &Secret,
    secrets: &[&Secret],
) -> Result<Rotated<OAuthToken>, RotateError> {
    let data = envelope.filter(|envelope| envelope.status_code == 200);
    let data = data.and_then(|envelope| envelope.data);
    let decoded = data.map(|data| (data.token.clone(), data));
    token(decoded, response, code, secrets, "omg-")
}

fn token<D>(
    decoded: Option<(Secret, D)>,
    response: Box<RawResponse>,
    sent: &Secret,
    secrets: &[&Secret],
    prefix: &str,
) -> Result<Rotated<D>, RotateError> {
    let decoded = decoded.filter(|(token, _)| !token.is_empty());
    let text = Text::of(response.body());
    let found = match decoded {
        Some((token, data)) => Some((token, Some(Box::new(data)))),
        None => {
            // Several may be of several answers.
            let others = text.others("token", sent);
            let mut in_place = text.strings_at(&["data", "token"]).into_iter();
            let token = match &others[..] {
                [token] => in_place.find(|other| other == token),
                _ => None,
            };
            token.map(|token| (token, None))
        }
    };
    let believed = found.filter(|(token, details)| {
        let is_decoded = details.is_some();
        let path = ["statusCode"];
        OHMYGPT_ROTATED.holds(|fact| match fact {
            Fact::Success => response.status().is_success(),
            Fact::InPlace => true,
            Fact::Another => token != sent,
            Fact::NoPage => !outcome::is_page(&response),
            Fact::Says200 => is_decoded || text.number_at(&path) == Some(200),
            Fact::SaysNothing => {
                matches!(text.first_byte_at(&path), None | Some(b'n' | b'{' | b'['))
            }
            Fact::Fresh => outcome::is_fresh(&response),
            Fact::SameKind => is_ohmygpts(token, prefix),
            Fact::NoComplaint => !outcome::has_complaint(&response, true),
            _ => false,
        })
    });
    match believed {
        // OhMyGPT says nothing about the token but the token itself.
        Some((token, details)) => {
            Ok(Found::new(token, Receipt::Absent).rotated(details, &response))
        }
        None => Err(outcome::without_token(response, sent, |response| {
            failure(response, secrets)
        })),
    }
}

/// An envelope: its `statusCode` and its `data`.
pub(super) trait Envelope {
    /// What the call was made for.
    type Data;

    /// `None` where the envelope says no, or lacks what the call was made for.
    fn into_data(self) -> Option<Self::Data>;
}

/// The answer to a call that brings no token that could be lost.
pub(super) fn data<T: Envelope>(
    answer: Result<Answer<T>, RotateError>,
    secrets: &[&Secret],
) -> Result<T::Data, RotateError> {
    let (envelope, response) = answer?;
    let data = envelope.and_then(|envelope| envelope.into_data());
    let is_believed = OHMYGPT_VALID.holds(|fact| match fact {
        Fact::Success => response.status().is_success(),
        // Without them there would be no data.
        Fact::Says200 | Fact::Data => data.is_some(),
        Fact::NoComplaint => !outcome::has_complaint(&response, true),
        Fact::Fresh => outcome::is_fresh(&response),
        _ => false,
    });
    data.filter(|_| is_believed)
        .ok_or_else(|| failure(response, secrets))
}

/// What an answer without what was asked for means.
fn failure(response: Box<RawResponse>, sent: &[&Secret]) -> RotateError {
    let envelope: ErrorEnvelope = serde_json::from_slice(response.body()).unwrap_or_default();
    let http = response.status().as_u16();
    // An error may come with HTTP 200; then the envelope has the status that counts.
    let status = match envelope.status_code {
        Some(code) if response.status().is_success() => u16::try_from(code).unwrap_or(http),
        _ => http,
    };
    match reason(&response, status, &envelope) {
        Some(reason) => RotateError::Refused(Refusal {
            code: envelope
                .error_type
                .map(|code| outcome::presentable(&code, sent)),
            message: envelope
                .message
                .or_else(|| outcome::words(&response))
                .map(|message| outcome::presentable(&message, sent)),
            ..Refusal::of(reason, status, &response)
        }),
        None => outcome::unknown(response, Candidates::default()),
    }
}

/// Why OhMyGPT, or something before it, said no; `None` when nobody did.
fn reason(response: &RawResponse, status: u16, envelope: &ErrorEnvelope) -> Option<RefusalReason> {
    // What has no envelope was said on the way, about neither the token nor the user.
    let is_own = envelope.status_code.is_some();
    let is_invalid = OHMYGPT_INVALID.holds(|fact| match fact {
        Fact::Envelope => is_own,
        Fact::TokenError => envelope.error_type.as_deref() == Some("oauth_invalid_token_error"),
        Fact::Fresh => outcome::is_fresh(response),
        _ => false,
    });
    match status {
        // Where to look for the answer, after whatever was done.
        302 | 303 => None,
        300..=399 => Some(RefusalReason::Redirected),
        401 if is_invalid => Some(RefusalReason::InvalidToken),
        401 => Some(RefusalReason::BadCredentials),
        // Not an answer of the provider's: something on the way gave up waiting.
        408 => None,
        429 => Some(RefusalReason::RateLimited {
            retry_after: outcome::wait(response),
        }),
        400 | 422 if is_own => Some(RefusalReason::Invalid),
        410 if is_own => Some(RefusalReason::Gone),
        402 if is_own => Some(RefusalReason::InsufficientBalance),
        403 if is_own => Some(RefusalReason::MissingPermission),
        400..=499 => Some(RefusalReason::Other),
        // A 5xx in the envelope says as little about the outcome as one from HTTP.
        _ => None,
    }
}

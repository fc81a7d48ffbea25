//! What the answers of GitHub's login host mean.

use std::time::SystemTime;

use tokenturn_client::github_login::types::AccessTokenResponse;
use tokenturn_client::{RawResponse, Seconds, Secret, Timestamp};

use super::answer;
use crate::error::{Refusal, RefusalReason, RotateError};
use crate::evidence::{
    Candidates, Fact, ISSUED, LOGIN_REFUSED, Text, is_alphabet, is_before_prefixes, is_user_token,
};
use crate::outcome::{self, Answer, Found};
use crate::rate_limit::answered_at;
use crate::rotated::{Receipt, Rotated};

/// What GitHub's login host says beside a token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserToken {
    /// What the token may do; empty for a GitHub App, and `None` when GitHub does not say.
    pub scopes: Option<Vec<String>>,
    /// `bearer`.
    pub token_type: Option<String>,
}

/// The answer to an exchange of `sent`, a code or a refresh token. `secrets` are all that the call
/// carried.
pub(super) fn token(
    (body, response): Answer<AccessTokenResponse>,
    sent: &Secret,
    secrets: &[&Secret],
) -> Result<Rotated<UserToken>, RotateError> {
    let now = answered_at(&response);
    let body = body.or_else(|| from_form(&response).map(Box::new));
    let has_error = body.as_ref().is_some_and(|body| body.error.is_some());
    let text = Text::of(response.body());
    let found = match body {
        Some(mut body) => {
            let token = body.access_token.take().filter(|token| !token.is_empty());
            token.map(|token| {
                let mut found = Found::new(token, Receipt::Absent);
                found.expires_at = after(now, body.expires_in);
                found.refresh_token = body.refresh_token.take().filter(|token| !token.is_empty());
                found.refresh_token_expires_at = after(now, body.refresh_token_expires_in);
                let details = UserToken {
                    scopes: body.scope.as_deref().map(scopes),
                    token_type: body.token_type,
                };
                (found, Some(Box::new(details)))
            })
        }
        None => salvage(&text, sent, now).map(|found| (found, None)),
    };
    let believed = found.filter(|(found, details)| {
        let token_type = match details {
            Some(details) => details.token_type.clone(),
            None => text.word_at(&["token_type"]),
        };
        ISSUED.holds(|fact| match fact {
            Fact::Success => response.status().is_success(),
            Fact::InPlace => true,
            // A refresh token works once: with the one that was sent, it is an answer from before.
            Fact::Another => found.token != *sent && found.refresh_token.as_ref() != Some(sent),
            Fact::NoPage => !outcome::is_page(&response),
            Fact::Bearer => token_type
                .as_deref()
                .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")),
            Fact::Fresh => outcome::is_fresh(&response),
            Fact::UserToken => is_user_token(&found.token),
            Fact::Alphabet => is_alphabet(&found.token),
            Fact::BeforePrefixes => is_before_prefixes(&found.token, sent),
            Fact::NoComplaint => !has_error && !outcome::has_complaint(&response, false),
            Fact::Mark => outcome::request_id(&response).is_some(),
            _ => false,
        })
    });
    match believed {
        Some((found, details)) => Ok(found.rotated(details, &response)),
        None => Err(outcome::without_token(response, sent, |response| {
            failure(response, secrets)
        })),
    }
}

/// The tokens in an answer that cannot be decoded as a whole. Where there are several of a kind, it may
/// be several answers, and neither is taken.
fn salvage(text: &Text<'_>, sent: &Secret, now: SystemTime) -> Option<Found> {
    let in_place = |name, token: &Secret| {
        let mut in_place = text.strings_at(&[name]).into_iter();
        in_place.find(|other| other == token)
    };
    let only = |name| match &text.others(name, sent)[..] {
        [] => Some(None),
        [token] => Some(in_place(name, token)),
        _ => None,
    };
    let mut found = Found::new(only("access_token")??, Receipt::Absent);
    found.refresh_token = only("refresh_token")?;
    found.expires_at = after(now, text.number_at(&["expires_in"]));
    let refresh_expires_in = text.number_at(&["refresh_token_expires_in"]);
    found.refresh_token_expires_at = after(now, refresh_expires_in);
    Some(found)
}

/// What an answer without a token means.
pub(super) fn failure(response: Box<RawResponse>, secrets: &[&Secret]) -> RotateError {
    let error: AccessTokenResponse = serde_json::from_slice(response.body())
        .ok()
        .or_else(|| from_form(&response))
        .unwrap_or_default();
    let code = error.error.filter(|code| !code.is_empty());
    let is_believed = LOGIN_REFUSED.holds(|fact| match fact {
        Fact::LoginError => code.is_some(),
        Fact::NoPage => !outcome::is_page(&response),
        Fact::Fresh => outcome::is_fresh(&response),
        _ => false,
    });
    let rest = answer::message(&response);
    let status = response.status();
    let said = code.as_deref().filter(|_| is_believed);
    let reason = match said.map(|code| of_code(code, status.as_u16())) {
        Some(reason) if status.is_success() => Some(reason),
        // RFC 6749, section 5.2. Another status with a word that nobody documents tells more by
        // itself, and gateways have words like these, too.
        Some(reason) if reason != RefusalReason::Other && may_say_no(&response) => Some(reason),
        _ => answer::reason(&response, rest.as_deref()),
    };
    let rest = rest.or_else(|| outcome::words(&response).filter(|_| code.is_none()));
    let shown = |text: String| outcome::presentable(&text, secrets);
    match reason {
        Some(reason) => RotateError::Refused(Refusal {
            code: code.map(shown),
            message: error.error_description.or(rest).map(shown),
            ..Refusal::of(reason, status.as_u16(), &response)
        }),
        None => outcome::unknown(response, Candidates::default()),
    }
}

fn of_code(code: &str, status: u16) -> RefusalReason {
    match (code, status) {
        // What this host says where REST has a `message`.
        ("Not Found", 404) => RefusalReason::UnknownClient,
        _ => RefusalReason::of_oauth(code),
    }
}

fn may_say_no(response: &RawResponse) -> bool {
    let status = response.status();
    status.as_u16() == 400 || status.is_client_error() && outcome::request_id(response).is_some()
}

/// The form in which this host answers when something on the way has lost our `accept` header.
fn from_form(response: &RawResponse) -> Option<AccessTokenResponse> {
    let mut body = response.body().trim_ascii();
    // A page may have a link with `&error=` in it.
    let is_form = |byte: &u8| byte.is_ascii_graphic() && !b"<>\"{}".contains(byte);
    if !body.iter().all(is_form) {
        return None;
    }
    if !response.is_complete() {
        // What stands after the last `&` may be half a token.
        let end = body.iter().rposition(|byte| *byte == b'&')?;
        body = &body[..end];
    }
    let mut found = AccessTokenResponse::default();
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "access_token" => only(&mut found.access_token, Secret::new(value))?,
            "refresh_token" => only(&mut found.refresh_token, Secret::new(value))?,
            "expires_in" => found.expires_in = value.parse().ok(),
            "refresh_token_expires_in" => found.refresh_token_expires_in = value.parse().ok(),
            "scope" => found.scope = Some(value.into_owned()),
            "token_type" => found.token_type = Some(value.into_owned()),
            "error" => found.error = Some(value.into_owned()),
            "error_description" => found.error_description = Some(value.into_owned()),
            _ => {}
        }
    }
    (found.access_token.is_some() || found.error.is_some()).then_some(found)
}

/// Takes the only token of a kind; `None` where there is another one.
fn only(place: &mut Option<Secret>, token: Secret) -> Option<()> {
    let is_only = place.as_ref().is_none_or(|other| *other == token);
    *place = Some(token);
    is_only.then_some(())
}

/// `scope` is separated by commas, and by spaces where RFC 6749 has its way.
fn scopes(scope: &str) -> Vec<String> {
    let scopes = scope.split([',', ' ']).filter(|scope| !scope.is_empty());
    scopes.map(str::to_owned).collect()
}

fn after(now: SystemTime, seconds: Option<Seconds>) -> Option<Timestamp> {
    let then = now.checked_add(seconds?.duration()?)?;
    Timestamp::try_from(then).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_come_with_commas_or_not_at_all() {
        assert_eq!(scopes("repo,gist"), ["repo", "gist"]);
        assert_eq!(scopes("repo gist"), ["repo", "gist"]);
        assert_eq!(scopes("repo"), ["repo"]);
        assert!(scopes("").is_empty());
        assert!(scopes(",").is_empty());
    }

    #[test]
    fn an_absurd_lifetime_is_none() {
        let now = SystemTime::UNIX_EPOCH;
        let shown = |seconds: &str| after(now, seconds.parse().ok()).map(|time| time.to_string());
        assert_eq!(shown("28800").as_deref(), Some("1970-01-01T08:00:00Z"));
        assert_eq!(shown("-1"), None);
        assert_eq!(shown("9223372036854775807"), None);
        assert_eq!(shown("1e30"), None);
        assert_eq!(after(now, None), None);
    }
}

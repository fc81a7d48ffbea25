//! A provider's no, or that of something before it.

use std::fmt;
use std::time::Duration;

use tokenturn_client::RawResponse;

use crate::outcome;
use crate::rate_limit::RateLimit;

/// The provider said no.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// What the answer means.
    pub reason: RefusalReason,
    /// The HTTP status, or the status in OhMyGPT's envelope where HTTP said 200. At GitHub's login
    /// host, a refusal has the status 200.
    pub status: u16,
    /// The provider's own word for the reason, where it has one: `error` at GitHub's login host,
    /// `errorType` at OhMyGPT.
    pub code: Option<String>,
    /// The provider's own words, or those of the page that something on the way has answered with, cut
    /// to a line, with the credentials of the call struck out. After a 404 of GitHub's that says nothing
    /// about the token, why.
    pub message: Option<String>,
    /// The provider's name for the call, for its support.
    pub request_id: Option<String>,
    /// How many more calls the provider takes, where it says so.
    pub rate_limit: Option<Box<RateLimit>>,
}

impl Refusal {
    /// The provider, or something before it, has said no, and nothing more is known. The other fields can
    /// be set.
    pub fn new(reason: RefusalReason, status: u16) -> Self {
        Self {
            reason,
            status,
            code: None,
            message: None,
            request_id: None,
            rate_limit: None,
        }
    }

    /// The same, by an answer.
    pub(crate) fn of(reason: RefusalReason, status: u16, response: &RawResponse) -> Self {
        Self {
            request_id: outcome::request_id(response),
            rate_limit: RateLimit::of(response).map(Box::new),
            ..Self::new(reason, status)
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with status {}: {}", self.status, self.reason)?;
        match self.message.as_ref().or(self.code.as_ref()) {
            Some(words) => write!(f, " ({words})"),
            None => Ok(()),
        }
    }
}

/// Why the provider said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The client's own credentials are wrong. Stop: at GitHub, many wrong tries lock the app out.
    BadCredentials,
    /// There were too many calls with wrong credentials, and all are refused for a while (GitHub).
    /// Stop, and mend the credentials.
    LockedOut,
    /// The token (of a refresh: the refresh token) is not, or no longer, a valid one. Its user has
    /// to authorize the app again.
    InvalidToken,
    /// The app may not do this.
    MissingPermission,
    /// Too many calls.
    RateLimited {
        /// How long to wait, where the provider says it or its rules do.
        retry_after: Option<Duration>,
    },
    /// The user's balance is too low (OhMyGPT).
    InsufficientBalance,
    /// The provider could not make sense of the request.
    Invalid,
    /// What was called exists no longer, such as a version of the API: choose another one
    /// ([`api_version`](crate::github::GitHubBuilder::api_version)), or a newer version of this crate.
    Gone,
    /// The API lives elsewhere. Redirects are not followed: they could carry the credentials away.
    Redirected,
    /// The code is wrong, expired, or was used before (GitHub). Begin again.
    BadVerificationCode,
    /// The `redirect_uri` is not one of the app's, or not the one of the authorize page (GitHub).
    RedirectUriMismatch,
    /// The user has to verify their primary mail address first (GitHub).
    UnverifiedUserEmail,
    /// The user said no.
    AccessDenied,
    /// The app is suspended (GitHub).
    ApplicationSuspended,
    /// The user has not typed in the code yet (GitHub's device flow).
    AuthorizationPending,
    /// The device code was asked for too soon after the last time (GitHub's device flow).
    SlowDown,
    /// The time for the device code is up, by GitHub's clock or by ours. Begin again (GitHub's device
    /// flow).
    ExpiredDeviceCode,
    /// The device code is wrong, or was used before (GitHub's device flow).
    IncorrectDeviceCode,
    /// The device flow is not switched on in the app's settings (GitHub).
    DeviceFlowDisabled,
    /// The server does not know this way to a token.
    UnsupportedGrantType,
    /// The code or refresh token is not valid, or was issued to another app, or for another redirect
    /// URI (`invalid_grant`). GitHub documents other words for each of these, so whether a refresh
    /// token is dead does not follow.
    InvalidGrant,
    /// The app may not get a token in this way (`unauthorized_client`).
    UnauthorizedClient,
    /// A scope is not known, or more than the user has granted (`invalid_scope`).
    InvalidScope,
    /// The login host has no such app (GitHub's `{"error":"Not Found"}`): the client ID, or the
    /// address, is wrong.
    UnknownClient,
    /// Something else; the status, the code and the message tell more. It may be something on the
    /// way that said no, such as a gateway or a firewall: nothing follows from it for the token.
    Other,
}

impl RefusalReason {
    /// What an `error` of the login host means, by [RFC 6749, section 5.2](https://datatracker.ietf.org/doc/html/rfc6749#section-5.2),
    /// [RFC 8628, section 3.5](https://datatracker.ietf.org/doc/html/rfc8628#section-3.5) and GitHub's pages on
    /// [tokens](https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors),
    /// [authorizing](https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-authorization-request-errors),
    /// [devices](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#error-codes-for-the-device-flow)
    /// and [refreshing](https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens).
    pub(crate) fn of_oauth(code: &str) -> Self {
        match code {
            "incorrect_client_credentials" | "invalid_client" => Self::BadCredentials,
            "bad_refresh_token" => Self::InvalidToken,
            "bad_verification_code" => Self::BadVerificationCode,
            "redirect_uri_mismatch" => Self::RedirectUriMismatch,
            "unverified_user_email" => Self::UnverifiedUserEmail,
            "access_denied" => Self::AccessDenied,
            "application_suspended" => Self::ApplicationSuspended,
            "authorization_pending" => Self::AuthorizationPending,
            "slow_down" => Self::SlowDown,
            // The docs have both.
            "expired_token" | "token_expired" => Self::ExpiredDeviceCode,
            "incorrect_device_code" => Self::IncorrectDeviceCode,
            "device_flow_disabled" => Self::DeviceFlowDisabled,
            "unsupported_grant_type" => Self::UnsupportedGrantType,
            "invalid_grant" => Self::InvalidGrant,
            "invalid_request" => Self::Invalid,
            "unauthorized_client" => Self::UnauthorizedClient,
            "invalid_scope" => Self::InvalidScope,
            _ => Self::Other,
        }
    }

    /// The reason as one word in `snake_case`, for reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::BadCredentials => "bad_credentials",
            Self::LockedOut => "locked_out",
            Self::InvalidToken => "invalid_token",
            Self::MissingPermission => "missing_permission",
            Self::RateLimited { .. } => "rate_limited",
            Self::InsufficientBalance => "insufficient_balance",
            Self::Invalid => "invalid",
            Self::Gone => "gone",
            Self::Redirected => "redirected",
            Self::BadVerificationCode => "bad_verification_code",
            Self::RedirectUriMismatch => "redirect_uri_mismatch",
            Self::UnverifiedUserEmail => "unverified_user_email",
            Self::AccessDenied => "access_denied",
            Self::ApplicationSuspended => "application_suspended",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredDeviceCode => "expired_device_code",
            Self::IncorrectDeviceCode => "incorrect_device_code",
            Self::DeviceFlowDisabled => "device_flow_disabled",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::InvalidScope => "invalid_scope",
            Self::UnknownClient => "unknown_client",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadCredentials => "the client's credentials are wrong",
            Self::LockedOut => "locked out for a while, after too many wrong credentials",
            Self::InvalidToken => "the token is not valid",
            Self::MissingPermission => "the app may not do this",
            Self::RateLimited { .. } => "too many calls",
            Self::InsufficientBalance => "the user's balance is too low",
            Self::Invalid => "the request makes no sense to the provider",
            Self::Gone => {
                "what was called exists no longer; choose another version of the API if it has versions, or update this"
            }
            Self::Redirected => "the API lives at another address",
            Self::BadVerificationCode => "the code is wrong, expired or used; begin again",
            Self::RedirectUriMismatch => "the redirect URI is not one of the app's",
            Self::UnverifiedUserEmail => "the user has to verify their mail address",
            Self::AccessDenied => "the user said no",
            Self::ApplicationSuspended => "the app is suspended",
            Self::AuthorizationPending => "the user has not typed in the code yet",
            Self::SlowDown => "asked too soon after the last time",
            Self::ExpiredDeviceCode => "the device code has expired; begin again",
            Self::IncorrectDeviceCode => "the device code is wrong or used; begin again",
            Self::DeviceFlowDisabled => "the device flow is off in the app's settings",
            Self::UnsupportedGrantType => "the server does not know this way to a token",
            Self::InvalidGrant => "the code or refresh token is not valid, or not this app's",
            Self::UnauthorizedClient => "the app may not get a token in this way",
            Self::InvalidScope => "a scope is not known, or not granted",
            Self::UnknownClient => {
                "the login host has no such app; look at the client ID and the address"
            }
            Self::Other => "no, from the provider or from something on the way",
        })?;
        match self {
            Self::RateLimited {
                retry_after: Some(wait),
            } => write!(f, ", wait {} s", wait.as_secs()),
            _ => Ok(()),
        }
    }
}

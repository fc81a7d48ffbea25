//! The page where the user lets the app in.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;

use super::GitHub;
use crate::clock::Moment;
use crate::page::{ErrorPage, consent, is_authorized};
use crate::params::Params;
use crate::{Shared, random, redirect};

pub(crate) const PATH: &str = "/login/oauth/authorize";

/// How long a code works.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// The length of a SHA-256 in base64url without padding.
const CHALLENGE_LENGTH: usize = 43;

const UNKNOWN_APP: ErrorPage = ErrorPage::new(StatusCode::NOT_FOUND, "Not Found");
/// The documents send it to the registered callback; the sandbox has none.
const REDIRECT_URI_MISMATCH: ErrorPage = ErrorPage::bad_request(
    "redirect_uri_mismatch: The redirect_uri MUST match the registered callback URL for this \
     application.",
);
/// How the page refuses these is not documented, only that it does.
const BAD_CHALLENGE: ErrorPage = ErrorPage::bad_request(
    "code_challenge must have 43 characters, and code_challenge_method must be S256.",
);

/// What the app gets for a token.
pub(super) struct Code {
    value: String,
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
    pub(super) challenge: Option<String>,
    issued: Moment,
}

/// What an app asks for, and may ask for.
struct Wanted {
    redirect_uri: String,
    scopes: Vec<String>,
    challenge: Option<String>,
}

pub(super) async fn page(State(shared): State<Shared>, params: Params) -> Response {
    let world = shared.world();
    match world.github.wanted(&params, world.clock.now()) {
        Ok(wanted) => consent(PATH, "my github app", &wanted.scopes, &params),
        Err(page) => page.into_response(),
    }
}

pub(super) async fn press(State(shared): State<Shared>, params: Params) -> Response {
    let mut world = shared.world();
    let now = world.clock.now();
    let url = is_authorized(&params).and_then(|yes| world.github.decide(&params, yes, now));
    url.map_or_else(IntoResponse::into_response, redirect::to)
}

/// An error, what it says, and where it is explained.
type Refused = (&'static str, &'static str, &'static str);

const DENIED: Refused = (
    "access_denied",
    "The user has denied your application access.",
    "#access-denied",
);
const SUSPENDED: Refused = (
    "application_suspended",
    "Your application has been suspended. Contact support@github.com.",
    "#application-suspended",
);
const ABOUT_ERRORS: &str = "https://docs.github.com/apps/managing-oauth-apps/\
                            troubleshooting-authorization-request-errors/";

impl GitHub {
    /// Where the browser is sent when one of the buttons was pressed.
    pub(crate) fn decide(
        &mut self,
        params: &Params,
        is_authorized: bool,
        now: Moment,
    ) -> Result<String, ErrorPage> {
        let wanted = self.wanted(params, now)?;
        let refusal = match is_authorized {
            _ if self.settings.suspended => Some(SUSPENDED),
            true => None,
            false => Some(DENIED),
        };
        let mut answer: Vec<(&str, String)> = match refusal {
            Some((error, description, about)) => vec![
                ("error", error.into()),
                ("error_description", description.into()),
                ("error_uri", format!("{ABOUT_ERRORS}{about}")),
            ],
            None => {
                let value = random::hex(20);
                self.codes.push(Code {
                    value: value.clone(),
                    redirect_uri: wanted.redirect_uri.clone(),
                    scopes: wanted.scopes,
                    challenge: wanted.challenge,
                    issued: now,
                });
                vec![("code", value)]
            }
        };
        if let Some(state) = params.get("state") {
            answer.push(("state", state.to_owned()));
        }
        Ok(redirect::with_query(&wanted.redirect_uri, &answer))
    }

    fn wanted(&self, params: &Params, now: Moment) -> Result<Wanted, ErrorPage> {
        if params.get("client_id") != Some(&self.client_id) {
            return Err(UNKNOWN_APP);
        }
        let redirect_uri = params
            .get("redirect_uri")
            .filter(|uri| redirect::is_accepted(uri))
            .ok_or(REDIRECT_URI_MISMATCH)?;
        let challenge = match (
            params.get("code_challenge"),
            params.get("code_challenge_method"),
        ) {
            (None, None) => None,
            (Some(challenge), Some("S256")) if challenge.len() == CHALLENGE_LENGTH => {
                Some(challenge.to_owned())
            }
            _ => return Err(BAD_CHALLENGE),
        };
        let scopes = match params.get("scope").map(split) {
            Some(scopes) if !scopes.is_empty() => scopes,
            _ => self.granted(now),
        };
        Ok(Wanted {
            redirect_uri: redirect_uri.to_owned(),
            scopes,
            challenge,
        })
    }

    /// All scopes that the user has granted before, which an app gets that names none.
    fn granted(&self, now: Moment) -> Vec<String> {
        let alive = self.tokens.values().filter(|token| token.is_alive(now));
        let scopes: BTreeSet<_> = alive.flat_map(|token| token.scopes.iter()).collect();
        scopes.into_iter().cloned().collect()
    }

    /// The code, which then is used up.
    pub(super) fn take_code(&mut self, code: &str, now: Moment) -> Option<Code> {
        let found = self.codes.iter().position(|found| found.value == code)?;
        let code = self.codes.swap_remove(found);
        (now - code.issued < LIFETIME).then_some(code)
    }
}

/// The scopes of a list with spaces between them.
pub(super) fn split(scopes: &str) -> Vec<String> {
    scopes.split_whitespace().map(str::to_owned).collect()
}

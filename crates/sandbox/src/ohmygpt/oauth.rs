//! The page where the user lets the app in, and where the app gets a token for it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use serde_json::json;

use super::OhMyGpt;
use super::envelope::{Refusal, success};
use crate::clock::Moment;
use crate::page::{ErrorPage, consent, escape, is_authorized, show};
use crate::params::Params;
use crate::{Shared, random, redirect};

pub(crate) const AUTHORIZE: &str = "/next/v1/oauth";
pub(super) const SUCCEED: &str = "/next/v1/oauth/succeed";

/// How long a code works. The documents do not say; it is as long as at GitHub.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// What happens on refusal is not documented: the browser stays here.
const CANCELLED: ErrorPage =
    ErrorPage::new(StatusCode::OK, "You cancelled it: the app gets no access.");

/// What the app gets for a token.
pub(super) struct Code {
    value: String,
    /// Where the user stands who let the app in.
    user: usize,
    issued: Moment,
}

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route(AUTHORIZE, get(page).post(press))
        .route(SUCCEED, get(succeed))
        .route("/api/v1/user/oauth/issue-token", post(issue))
}

async fn page(State(shared): State<Shared>, params: Params) -> Response {
    let world = shared.world();
    match world.ohmygpt.check(&params) {
        Ok(_) => {
            let scopes = [world.ohmygpt.scope.clone()];
            consent(AUTHORIZE, "my ohmygpt app", &scopes, &params)
        }
        Err(page) => page.into_response(),
    }
}

async fn press(State(shared): State<Shared>, params: Params) -> Response {
    let mut world = shared.world();
    let now = world.clock.now();
    let url = is_authorized(&params).and_then(|yes| world.ohmygpt.decide(&params, yes, now));
    url.map_or_else(IntoResponse::into_response, redirect::to)
}

/// An app may send the browser here, so that the user copies the code.
async fn succeed(params: Params) -> Response {
    let code = escape(params.get("code").unwrap_or_default());
    let content = format!("<p>Enter this code in the app: <code id=\"code\">{code}</code></p>");
    show(StatusCode::OK, "Authorized", &content)
}

/// The documents show a form only, and no error.
async fn issue(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let params = Params::form(&headers, &body);
    let mut world = shared.world();
    let now = world.clock.now();
    let ohmygpt = &mut world.ohmygpt;
    if params.get("client_id") != Some(&ohmygpt.client_id)
        || params.get("client_secret") != Some(&ohmygpt.client_secret)
    {
        return Refusal::bad_request("Incorrect client_id or client_secret.").into_response();
    }
    let Some(code) = params.get("code").and_then(|code| ohmygpt.take(code, now)) else {
        return Refusal::bad_request("Incorrect or expired code.").into_response();
    };
    // Whether older tokens of the user die is not documented: here they live.
    let token = ohmygpt.new_oauth_token(code.user);
    let data = json!({
        "user_id": ohmygpt.user(code.user).id.to_string(),
        "client_id": ohmygpt.client_id,
        "token": token,
    });
    success("Issue OAuth Token success", data)
}

/// Where the browser goes, but for the code and the state.
enum Target<'a> {
    /// They are added to the query.
    Query(&'a str),
    /// They stand in a suffix.
    Suffix(&'a str, String),
}

impl Target<'_> {
    fn with(&self, code: &str, state: Option<&str>) -> String {
        match self {
            Target::Query(uri) => {
                let mut params = vec![("code", code.to_owned())];
                params.extend(state.map(|state| ("state", state.to_owned())));
                redirect::with_query(uri, &params)
            }
            Target::Suffix(uri, template) => {
                // Encoded, so that no state breaks the URL; the documents do not say.
                let state = state.unwrap_or_default().as_bytes();
                let state: String = form_urlencoded::byte_serialize(state).collect();
                let suffix = template.replace("{code}", code).replace("{state}", &state);
                format!("{uri}{suffix}")
            }
        }
    }
}

impl OhMyGpt {
    /// Where the browser is sent when one of the buttons was pressed.
    pub(crate) fn decide(
        &mut self,
        params: &Params,
        is_authorized: bool,
        now: Moment,
    ) -> Result<String, ErrorPage> {
        let target = self.check(params)?;
        if !is_authorized {
            return Err(CANCELLED);
        }
        let user = self.last_user().unwrap_or_else(|| {
            self.new_user(now);
            0
        });
        let value = random::alphanumeric(16);
        let url = target.with(&value, params.get("state"));
        self.codes.push(Code {
            value,
            user,
            issued: now,
        });
        Ok(url)
    }

    /// How the page refuses these is not documented.
    fn check<'a>(&self, params: &'a Params) -> Result<Target<'a>, ErrorPage> {
        let refuse = |message| Err(ErrorPage::bad_request(message));
        if params.get("response_type") != Some("code") {
            return refuse("response_type must be code.");
        }
        if params.get("client_id") != Some(&self.client_id) {
            return refuse("No app has this client_id.");
        }
        if params.get("scope") != Some(&self.scope) {
            return refuse("scope must be the one that the app is configured with.");
        }
        let Some(uri) = params
            .get("redirect_uri")
            .filter(|uri| redirect::is_accepted(uri))
        else {
            return refuse("redirect_uri must have the domain that the app is configured with.");
        };
        let Some(template) = params.get("redirect_template") else {
            return Ok(Target::Query(uri));
        };
        let template = STANDARD
            .decode(template)
            .ok()
            .and_then(|template| String::from_utf8(template).ok())
            .map(|template| Target::Suffix(uri, template));
        match template {
            // A suffix can change the domain of a URI without a path.
            Some(target) if redirect::is_accepted(&target.with("code", None)) => Ok(target),
            _ => refuse("redirect_template must be the base64 of the rest of a URL."),
        }
    }

    /// The code, which then is used up.
    fn take(&mut self, code: &str, now: Moment) -> Option<Code> {
        let found = self.codes.iter().position(|found| found.value == code)?;
        let code = self.codes.swap_remove(found);
        (now - code.issued < LIFETIME).then_some(code)
    }
}

//! Where an app gets tokens: for a code, for a device code, for a refresh token.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::GitHub;
use super::fields::{Refusal, reply};
use super::refresh::refresh;
use super::store::Issued;
use crate::Shared;
use crate::clock::Moment;
use crate::params::Params;

pub(super) async fn exchange(
    State(shared): State<Shared>,
    headers: HeaderMap,
    params: Params,
) -> Response {
    let mut world = shared.world();
    let now = world.clock.now();
    let done_before = world.refreshes.count();
    let issued = match params.get("grant_type") {
        None | Some("authorization_code") => world.github.for_code(&params, now),
        Some("urn:ietf:params:oauth:grant-type:device_code") => {
            world.github.for_device_code(&params, now)
        }
        Some("refresh_token") => refresh(&mut world, &params, now),
        Some(_) => Err(Refusal::UNSUPPORTED_GRANT_TYPE),
    };
    let response = reply(&headers, issued.map(describe));
    match world.refreshes.since(done_before) {
        Some(done) => done.mark(response),
        None => response,
    }
}

fn describe(issued: Issued) -> Value {
    let mut fields = json!({
        "access_token": issued.token,
        "token_type": "bearer",
        "scope": issued.scopes.join(","),
    });
    if let Some(refresh_token) = issued.refresh_token {
        fields["expires_in"] = issued.lifetimes.token.num_seconds().into();
        fields["refresh_token"] = refresh_token.into();
        fields["refresh_token_expires_in"] = issued.lifetimes.refresh_token.num_seconds().into();
    }
    fields
}

impl GitHub {
    /// Whether the request names the app, and the right secret if it names one.
    pub(super) fn authenticate(&self, params: &Params) -> Result<(), Refusal> {
        let is_wrong = |secret| secret != self.client_secret;
        if params.get("client_id") != Some(&self.client_id)
            || params.get("client_secret").is_some_and(is_wrong)
        {
            return Err(Refusal::INCORRECT_CLIENT_CREDENTIALS);
        }
        Ok(())
    }

    pub(super) fn need_secret(params: &Params) -> Result<(), Refusal> {
        let secret = params.get("client_secret");
        secret
            .map(drop)
            .ok_or(Refusal::INCORRECT_CLIENT_CREDENTIALS)
    }

    /// Once the app has proved who it is, the code is used up: whether it survives another
    /// mistake is not documented.
    fn for_code(&mut self, params: &Params, now: Moment) -> Result<Issued, Refusal> {
        self.authenticate(params)?;
        Self::need_secret(params)?;
        let code = params
            .get("code")
            .and_then(|code| self.take_code(code, now))
            .ok_or(Refusal::BAD_VERIFICATION_CODE)?;
        if params
            .get("redirect_uri")
            .is_some_and(|uri| uri != code.redirect_uri)
        {
            return Err(Refusal::REDIRECT_URI_MISMATCH);
        }
        // No error is documented for a wrong verifier: it is as if the code were wrong.
        if let Some(challenge) = &code.challenge {
            let answer = params.get("code_verifier").map(challenge_of);
            if answer.as_ref() != Some(challenge) {
                return Err(Refusal::BAD_VERIFICATION_CODE);
            }
        }
        if !self.settings.email_verified {
            return Err(Refusal::UNVERIFIED_USER_EMAIL);
        }
        let expiring = self.settings.expiring_tokens;
        Ok(self.issue(code.scopes, expiring, false, now))
    }
}

fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

//! What tests of programs that replace tokens need most: the answer that brings a token, and the
//! exchange of a code.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokenturn_client::Secret;
use tokenturn_client::github::types::{Authorization, AuthorizationApp};

use crate::{github, github_login, ohmygpt};

/// Where GitHub names a request.
const REQUEST_ID: (&str, &str) = ("x-github-request-id", "0400:1BC4:3F5CB27:4DD1A3B:665F2F6B");

macro_rules! authorization {
    ($($then:ident)*) => {$(
        impl github::$then {
            /// The spec's example with this token, its hash and its last eight characters, for this
            /// app, as GitHub sends it.
            #[track_caller]
            pub fn ok_token(self, client_id: &str, token: impl Into<Secret>) -> Self {
                let (token, (name, id)) = (token.into(), REQUEST_ID);
                self.ok_with(|answer| bring(answer, client_id, token))
                    .header(name, id)
            }
        }
    )*};
}

authorization!(CheckTokenThen ResetTokenThen ScopeTokenThen);

fn bring(answer: &mut Authorization, client_id: &str, token: Secret) {
    let text = token.expose();
    let end = text.char_indices().rev().nth(7).map_or(0, |(at, _)| at);
    answer.token_last_eight = Some(text[end..].to_owned());
    answer.hashed_token = Some(token.fingerprint().to_string());
    let app = answer.app.get_or_insert_with(AuthorizationApp::default);
    app.client_id = Some(client_id.to_owned());
    answer.token = token;
}

impl github_login::CreateAccessTokenThen {
    /// The spec's example with this token, which does not expire, as GitHub sends it.
    #[track_caller]
    pub fn ok_token(self, token: impl Into<Secret>) -> Self {
        let (name, id) = REQUEST_ID;
        self.ok_with(|answer| answer.access_token = Some(token.into()))
            .header(name, id)
    }
}

impl github_login::CreateAccessTokenWhen {
    /// The exchange of a code that a user was sent back with from this authorization page: with its
    /// client ID and redirect URI, and the code verifier that its challenge was made of (PKCE), or
    /// none.
    pub fn exchange(self, page: &str, code: &str) -> Self {
        let query = page.split_once('?').map_or("", |(_, query)| query);
        let of_page = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let found = pairs.find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned())
        };
        let when = self
            .body_field("code", code)
            .body_field("client_id", of_page("client_id"))
            .body_field("redirect_uri", of_page("redirect_uri"));
        match of_page("code_challenge") {
            Some(challenge) => when.body_field_that("code_verifier", move |verifier| {
                challenge == challenge_of(verifier)
            }),
            None => when.body_field("code_verifier", ()),
        }
    }
}

/// RFC 7636, section 4.2, of the method `S256`.
fn challenge_of(verifier: &str) -> String {
    let hash = Secret::new(verifier).fingerprint();
    URL_SAFE_NO_PAD.encode(hash.as_bytes())
}

impl ohmygpt::RotateUserAdminTokenThen {
    /// The spec's example with this token.
    #[track_caller]
    pub fn ok_token(self, token: impl Into<Secret>) -> Self {
        self.ok_with(|answer| {
            if let Some(data) = &mut answer.data {
                data.token = token.into();
            }
        })
    }
}

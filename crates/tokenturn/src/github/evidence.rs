//! The facts in an answer of GitHub's API.

use tokenturn_client::github::types::{Authorization, BasicError};
use tokenturn_client::{RawResponse, Secret};

use super::App;
use crate::evidence::{Fact, Text, can_be_a_users, is_of_the_same_kind};
use crate::outcome;
use crate::rotated::Receipt;

/// A token in an answer, and whether the rest of the answer vouches for it.
pub(super) struct Seen {
    pub(super) token: Secret,
    pub(super) receipt: Receipt,
    hash_fits: bool,
    /// Whether the answer has the end of another token.
    is_masked: bool,
    is_in_place: bool,
}

impl Seen {
    fn new(
        token: Secret,
        hashed: Option<&str>,
        last_eight: Option<&str>,
        is_in_place: bool,
    ) -> Self {
        let (receipt, hash_fits) = Receipt::of(&token, hashed, last_eight);
        let has_other_end = last_eight.is_some_and(|end| !token.expose().ends_with(end));
        Self {
            is_masked: has_other_end && !hash_fits,
            token,
            receipt,
            hash_fits,
            is_in_place,
        }
    }
}

/// An answer to a call of `app` about the token `sent`.
pub(super) struct Facts<'a> {
    pub(super) response: &'a RawResponse,
    pub(super) authorization: Option<&'a Authorization>,
    pub(super) sent: &'a Secret,
    pub(super) app: &'a App,
}

impl Facts<'_> {
    /// The token in the answer: the decoded one, or else the one that the answer vouches for, or else
    /// the only one. Of several, none: they may be of several answers.
    pub(super) fn token(&self) -> Option<Seen> {
        if let Some(authorization) = self.authorization {
            return Some(Seen::new(
                authorization.token.clone(),
                authorization.hashed_token.as_deref(),
                authorization.token_last_eight.as_deref(),
                true,
            ));
        }
        let text = Text::of(self.response.body());
        let others = text.others("token", self.sent);
        let (hashes, ends) = (
            text.strings("hashed_token"),
            text.strings("token_last_eight"),
        );
        let hash_of = |token: &Secret| {
            let hash = token.fingerprint().to_string();
            hashes.iter().find(|said| said.expose() == hash)
        };
        let mut vouched_for = others.iter().filter(|token| hash_of(token).is_some());
        let token = match (vouched_for.next(), vouched_for.next(), &others[..]) {
            (Some(token), None, _) | (None, _, [token]) => token,
            _ => return None,
        };
        let mut in_place = text.strings_at(&["token"]).into_iter();
        let is_end = |end: &&Secret| token.expose().ends_with(end.expose());
        Some(Seen::new(
            token.clone(),
            hash_of(token).or(hashes.last()).map(Secret::expose),
            ends.iter().find(is_end).or(ends.last()).map(Secret::expose),
            in_place.any(|other| other == *token),
        ))
    }

    /// Whether the answer has a fact about itself.
    pub(super) fn has(&self, fact: Fact) -> bool {
        match fact {
            Fact::Success => self.response.status().is_success(),
            Fact::NotFound => self.response.status().as_u16() == 404,
            Fact::NoPage => !outcome::is_page(self.response),
            Fact::Mark => {
                outcome::request_id(self.response).is_some()
                    || self.names_the_app()
                    || self.documentation() == Documentation::Own
            }
            Fact::AboutTheToken => {
                let message = error(self.response).and_then(|error| error.message);
                message.as_deref() == Some("Not Found")
                    && self.documentation() != Documentation::Other
            }
            Fact::Fresh => outcome::is_fresh(self.response),
            Fact::Authenticated => {
                let mut limits = outcome::values(self.response, "x-ratelimit-limit");
                limits.all(|limit| limit != "60")
            }
            Fact::SentUserToken => can_be_a_users(self.sent),
            Fact::NoComplaint => !outcome::has_complaint(self.response, false),
            Fact::TheOneAskedFor => self.is_the_one_asked_for(),
            _ => false,
        }
    }

    /// Whether it has a fact about itself or the token in it.
    pub(super) fn has_of(&self, seen: &Seen, fact: Fact) -> bool {
        match fact {
            Fact::InPlace => seen.is_in_place,
            Fact::Hash => seen.hash_fits,
            Fact::NotMasked => !seen.is_masked,
            Fact::SameKind => is_of_the_same_kind(&seen.token, self.sent),
            Fact::Another => seen.token != *self.sent,
            fact => self.has(fact),
        }
    }

    fn names_the_app(&self) -> bool {
        match self.authorization {
            Some(authorization) => {
                let app = authorization.app.as_ref();
                app.and_then(|app| app.client_id.as_deref()) == Some(&*self.app.client_id)
            }
            None => {
                let named = Text::of(self.response.body()).word_at(&["app", "client_id"]);
                named.as_deref() == Some(&*self.app.client_id)
            }
        }
    }

    /// Whether the token that stands in the answer, or its hash, is that of `sent`.
    fn is_the_one_asked_for(&self) -> bool {
        let fingerprint = || self.sent.fingerprint().to_string();
        if let Some(authorization) = self.authorization {
            return match authorization.token.is_empty() {
                true => authorization.hashed_token == Some(fingerprint()),
                false => authorization.token == *self.sent,
            };
        }
        let text = Text::of(self.response.body());
        // Of several answers, one may be about it.
        if !text.others("token", self.sent).is_empty() {
            return false;
        }
        match text.strings_at(&["token"]).pop() {
            Some(token) => token == *self.sent,
            None => text.word_at(&["hashed_token"]) == Some(fingerprint()),
        }
    }

    fn documentation(&self) -> Documentation {
        let url = error(self.response).and_then(|error| error.documentation_url);
        url.map_or(Documentation::None, |url| Documentation::of(&url))
    }
}

/// GitHub's words about an error.
pub(super) fn error(response: &RawResponse) -> Option<BasicError> {
    serde_json::from_slice(response.body()).ok()
}

/// What an error points to.
#[derive(Debug, PartialEq, Eq)]
enum Documentation {
    None,
    /// The page of the calls of an app about its tokens.
    Own,
    /// Another page, or that of the whole API: the answer is about a path.
    Other,
}

impl Documentation {
    /// The page has had these names: `v3/oauth_authorizations` and `v3/apps/oauth_applications`,
    /// `rest/reference/apps`, `rest/apps/oauth-applications`, and `rest/apps/apps` for scoped
    /// tokens, with a version of Enterprise Server before it, and a language.
    fn of(url: &str) -> Self {
        let hosts = ["https://docs.github.com/", "https://developer.github.com/"];
        let path = hosts.into_iter().find_map(|host| url.strip_prefix(host));
        let page = path.and_then(|path| path.split(['#', '?']).next());
        let own = [
            "v3/oauth_authorizations",
            "v3/apps/oauth_applications",
            "v3/apps",
            "rest/reference/apps",
            "rest/reference/oauth-authorizations",
            "rest/apps/oauth-applications",
            "rest/apps/apps",
        ];
        let is_own = page.is_some_and(|page| {
            let page = page.trim_end_matches('/');
            own.iter()
                .any(|own| page == *own || page.ends_with(&format!("/{own}")))
        });
        match is_own {
            true => Self::Own,
            false => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_about_the_token_or_about_a_path() {
        for own in [
            "https://docs.github.com/rest/apps/oauth-applications#check-a-token",
            "https://docs.github.com/en/rest/apps/oauth-applications#reset-a-token",
            "https://docs.github.com/enterprise-server@3.14/rest/apps/oauth-applications#delete-an-app-token",
            "https://docs.github.com/rest/reference/apps#check-a-token",
            "https://docs.github.com/rest/apps/apps#create-a-scoped-access-token",
            "https://developer.github.com/v3/oauth_authorizations/#revoke-an-authorization-for-an-application",
            "https://developer.github.com/enterprise/2.20/v3/apps/oauth_applications/#reset-a-token",
        ] {
            assert_eq!(Documentation::of(own), Documentation::Own, "{own}");
        }
        for other in [
            "https://docs.github.com/rest",
            "https://docs.github.com/rest/",
            "https://developer.github.com/v3/",
            "https://docs.github.com/enterprise-server@3.14/rest",
            "https://docs.github.com/rest/repos/repos#get-a-repository",
            "https://gateway.example/rest/apps/oauth-applications#check-a-token",
            "",
        ] {
            assert_eq!(Documentation::of(other), Documentation::Other, "{other}");
        }
    }
}

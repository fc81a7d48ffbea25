//! The page on which a user authorizes an app.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokenturn_client::Secret;

use super::OhMyGpt;
use crate::authorize::{AuthorizationRequest, Query};
use crate::error::BuildError;

/// Begins with [`OhMyGpt::authorize`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing before `build`"]
pub struct Authorize {
    page: String,
    client_id: Option<String>,
    redirect_uri: String,
    scope: String,
    redirect_template: Option<String>,
    state: Option<Secret>,
}

impl OhMyGpt {
    /// Begins to ask a user for an OAuth token: the URL of the page on which they say yes.
    ///
    /// The domain of `redirect_uri` must be the one of the app's settings. `scope` must be exactly
    /// the permission that the app is set up for, such as `general_api_access` or
    /// `trusted_full_access`.
    ///
    /// Source: the provider's page [User authorization page](https://ohmygpt-docs.apifox.cn/api-192724258),
    /// modified 2024-09-07. What happens when the user says no is not documented.
    ///
    /// ```
    /// let ohmygpt = tokenturn::OhMyGpt::builder().app("6681463833ebdbb2566d1def", "secret").build()?;
    /// let request = ohmygpt
    ///     .authorize("https://wiki.getletbot.com/api/authorize", "general_api_access")
    ///     .redirect_template("?code={code}&state={state}&tgid=114514")
    ///     .build()?;
    /// assert!(request.url.starts_with("https://next.ohmygpt.com/next/v1/oauth?response_type=code&"));
    /// assert!(request.url.contains("P2NvZGU9e2NvZGV9JnN0YXRlPXtzdGF0ZX0mdGdpZD0xMTQ1MTQ"));
    /// # Ok::<(), tokenturn::BuildError>(())
    /// ```
    pub fn authorize(
        &self,
        redirect_uri: impl Into<String>,
        scope: impl Into<String>,
    ) -> Authorize {
        let app = self.set_up.app.as_ref();
        Authorize {
            page: format!("{}/next/v1/oauth", self.set_up.pages_url),
            client_id: app.map(|(client_id, _)| client_id.clone()),
            redirect_uri: redirect_uri.into(),
            scope: scope.into(),
            redirect_template: None,
            state: None,
        }
    }
}

impl Authorize {
    /// What is appended to `redirect_uri`, in place of `?code=...&state=...`: any text with
    /// `{code}` and `{state}` in it.
    pub fn redirect_template(mut self, template: impl Into<String>) -> Self {
        self.redirect_template = Some(template.into());
        self
    }

    /// Takes a `state` of one's own instead of a random one, such as a signed session ID.
    ///
    /// It is what keeps another site from sending the user back with a code of somebody else's. So
    /// make it anew for each request, keep it for this user's browser alone, and do not let it be
    /// guessed: [RFC 6749, section 10.10](https://datatracker.ietf.org/doc/html/rfc6749#section-10.10)
    /// asks for 128 bits of chance, which fewer than 20 characters do not hold; whether more of them
    /// do is up to you. It is seen in the URL, in the browser's history and by the provider, so a
    /// session ID by which one is logged in belongs into it only as a hash.
    ///
    /// Letters, digits, `-`, `.` and `_` are the safe ones: whether the provider encodes others where
    /// it puts them into the [template](Self::redirect_template) is not documented.
    pub fn state(mut self, state: impl Into<Secret>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Makes the URL, and what to keep until the user comes back.
    ///
    /// # Errors
    ///
    /// When the builder of the client was not told the app, when the template lacks `{code}` or
    /// `{state}`, when the system gives no random numbers, or when a [`state`](Self::state) of one's
    /// own has fewer than 20 characters, or others than printable ASCII without spaces.
    pub fn build(self) -> Result<AuthorizationRequest, BuildError> {
        let client_id = self.client_id.ok_or_else(|| {
            BuildError("no app to authorize; give it to `OhMyGptBuilder::app`".into())
        })?;
        let mut query = Query::new(&self.page);
        query.add("response_type", "code");
        query.add("client_id", client_id);
        query.add("redirect_uri", &self.redirect_uri);
        query.add("scope", self.scope);
        if let Some(template) = self.redirect_template {
            for name in ["{code}", "{state}"] {
                if !template.contains(name) {
                    return Err(BuildError(format!(
                        "the redirect template has no {name} in it; write it as \
                         `?code={{code}}&state={{state}}`"
                    )));
                }
            }
            query.add("redirect_template", STANDARD.encode(template));
        }
        query.finish(self.state, Some(self.redirect_uri), false)
    }
}

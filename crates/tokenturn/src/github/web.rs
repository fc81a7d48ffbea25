//! The web flow: a user is sent to GitHub and comes back with a code.

use tokenturn_client::Secret;

use super::{Feature, GitHub};
use crate::authorize::{AuthorizationRequest, Query};
use crate::error::BuildError;

/// Begins with [`GitHub::authorize`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing before `build`"]
pub struct Authorize {
    page: String,
    client_id: String,
    redirect_uri: Option<String>,
    scopes: Vec<String>,
    login: Option<String>,
    allow_signup: Option<bool>,
    select_account: bool,
    pkce: bool,
    state: Option<Secret>,
}

impl GitHub {
    /// Begins to ask a user for a token: the URL of the page on which they say yes or no.
    ///
    /// It has a `state` from the system's random generator and, at github.com and with data
    /// residency, a code challenge (PKCE, S256).
    ///
    /// Source: [Request a user's GitHub identity](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#1-request-a-users-github-identity).
    ///
    /// ```
    /// let github = tokenturn::GitHub::builder("abcde12345fghij67890", "secret").build()?;
    /// let request = github
    ///     .authorize()
    ///     .redirect_uri("https://app.example/callback")
    ///     .scope("repo")
    ///     .scope("gist")
    ///     .build()?;
    /// assert!(request.url.starts_with("https://github.com/login/oauth/authorize?client_id="));
    /// // Keep `request.pending` in the user's session, and send the user to `request.url`.
    /// # Ok::<(), tokenturn::BuildError>(())
    /// ```
    pub fn authorize(&self) -> Authorize {
        let login_url = &self.app.login_url;
        Authorize {
            page: format!("{login_url}/login/oauth/authorize"),
            client_id: self.app.client_id.clone(),
            redirect_uri: None,
            scopes: Vec::new(),
            login: None,
            allow_signup: None,
            select_account: false,
            pkce: self.app.server.lacks(Feature::Pkce).is_none(),
            state: None,
        }
    }
}

impl Authorize {
    /// Where the user comes back to; without it, the app's own callback URL. Host and port must be
    /// those of the app's settings, the path the same or below; on `127.0.0.1` any port will do.
    pub fn redirect_uri(mut self, redirect_uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(redirect_uri.into());
        self
    }

    /// Asks for one more scope. Without any, the user is asked for what they have given before.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Suggests an account.
    pub fn login(mut self, login: impl Into<String>) -> Self {
        self.login = Some(login.into());
        self
    }

    /// Whether users without an account are offered one; GitHub does unless told otherwise.
    pub fn allow_signup(mut self, allow: bool) -> Self {
        self.allow_signup = Some(allow);
        self
    }

    /// Lets the user choose an account, even when they are logged in (`prompt=select_account`).
    pub fn select_account(mut self) -> Self {
        self.select_account = true;
        self
    }

    /// Whether to send a code challenge. Enterprise Server is not documented to know it, so it is
    /// off there unless set.
    pub fn pkce(mut self, pkce: bool) -> Self {
        self.pkce = pkce;
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
    /// ```
    /// let github = tokenturn::GitHub::builder("abcde12345fghij67890", "secret").build()?;
    /// let request = github.authorize().state("8f14e45fceea167a5a36dedd4bea2543").build()?;
    /// assert!(request.url.contains("&state=8f14e45fceea167a5a36dedd4bea2543&"));
    ///
    /// let error = github.authorize().state("user-7").build().unwrap_err();
    /// assert!(error.to_string().contains("can be guessed"));
    /// # Ok::<(), tokenturn::BuildError>(())
    /// ```
    pub fn state(mut self, state: impl Into<Secret>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Makes the URL, and what to keep until the user comes back.
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers, or when a [`state`](Self::state) of one's own has
    /// fewer than 20 characters, or others than printable ASCII without spaces.
    pub fn build(self) -> Result<AuthorizationRequest, BuildError> {
        let mut query = Query::new(&self.page);
        query.add("client_id", self.client_id);
        query.add_some("redirect_uri", self.redirect_uri.as_ref());
        if !self.scopes.is_empty() {
            query.add("scope", self.scopes.join(" "));
        }
        query.add_some("login", self.login);
        query.add_some("allow_signup", self.allow_signup.map(|b| b.to_string()));
        query.add_some("prompt", self.select_account.then_some("select_account"));
        query.finish(self.state, self.redirect_uri, self.pkce)
    }
}

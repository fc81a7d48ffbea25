//! Sending a user to a provider's authorize page, and what comes back.

mod callback;
mod random;
mod state;
#[cfg(feature = "serde")]
mod stored;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use tokenturn_client::Secret;

pub use callback::CallbackError;

use crate::error::BuildError;

/// What a user is asked: where to send them, and what to remember until they come back.
#[derive(Clone)]
#[non_exhaustive]
pub struct AuthorizationRequest {
    /// The page to send the user to. It holds the state, so it does not belong into a log.
    pub url: String,
    /// What makes the callback theirs.
    pub pending: PendingAuthorization,
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

/// A user who was sent to a provider and has not come back. Keep it in the user's session; with the
/// feature `serde`, it can be serialized.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PendingAuthorization {
    /// The `state`, which only this user's browser knows.
    pub state: Secret,
    /// The code verifier (PKCE), where one is in use.
    pub code_verifier: Option<Secret>,
    /// Where the user comes back to.
    pub redirect_uri: Option<String>,
}

impl PendingAuthorization {
    /// Puts together what was kept in a session. With an empty state, no callback is accepted.
    pub fn new(
        state: impl Into<Secret>,
        code_verifier: Option<Secret>,
        redirect_uri: Option<String>,
    ) -> Self {
        Self {
            state: state.into(),
            code_verifier,
            redirect_uri,
        }
    }

    /// The `state` of a callback, to find out whose it is where one user may have several under way,
    /// such as in two tabs. `None` where there is none, or more than one.
    ///
    /// Look for it among those of this user's session only, and let [`callback`](Self::callback)
    /// compare it. Somebody who found it among those of all users would take a callback that another
    /// site has sent the user to, with a code and a state of its own.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use tokenturn::PendingAuthorization;
    ///
    /// // In this user's session, by names that may be seen.
    /// let pending = PendingAuthorization::new("s3cr3t", None, None);
    /// let mut session = HashMap::from([(pending.state.fingerprint(), pending)]);
    ///
    /// let callback = "/callback?code=0123456789abcdef0123&state=s3cr3t";
    /// let state = PendingAuthorization::state_of(callback).ok_or("no state")?;
    /// let pending = session.remove(&state.fingerprint()).ok_or("not of this session")?;
    /// println!("{:?} can be exchanged", pending.callback(callback)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn state_of(url: &str) -> Option<Secret> {
        callback::state(url).ok().flatten()
    }

    /// Reads the callback: the URL that the user was sent back to, its path and query, or its query
    /// alone. `to_string()` of the URI of a request is one of them, in axum, actix-web and whatever
    /// else is made of the crate `http`.
    ///
    /// ```
    /// let pending = tokenturn::PendingAuthorization::new("s3cr3t", None, None);
    /// let code = pending.callback("/callback?code=0123456789abcdef0123&state=s3cr3t")?;
    /// println!("{code:?} can be exchanged");
    ///
    /// let error = pending.callback("/callback?error=access_denied&state=s3cr3t").unwrap_err();
    /// assert_eq!(error.code(), Some("access_denied"));
    /// let error = pending.callback("/callback?code=abc&state=guess").unwrap_err();
    /// assert!(error.is_state_mismatch());
    /// # Ok::<(), tokenturn::CallbackError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the `state` is not the one of this request (whatever else the callback says), when the
    /// user or the provider said no, or when there is no code in it.
    pub fn callback(&self, url: &str) -> Result<AuthorizationCode, CallbackError> {
        let code = callback::code(url, &self.state)?;
        Ok(AuthorizationCode {
            code,
            code_verifier: self.code_verifier.clone(),
            redirect_uri: self.redirect_uri.clone(),
        })
    }
}

/// What a user came back with. It works once, and not for long (10 minutes at GitHub).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthorizationCode {
    /// The code.
    pub code: Secret,
    /// The code verifier (PKCE), where one is in use.
    pub code_verifier: Option<Secret>,
    /// The `redirect_uri` of the authorize page, where one was given.
    pub redirect_uri: Option<String>,
}

impl AuthorizationCode {
    /// A code that came another way than by [`PendingAuthorization::callback`], such as one that
    /// the user typed in. Nobody has compared its `state`.
    pub fn new(code: impl Into<Secret>) -> Self {
        Self {
            code: code.into(),
            code_verifier: None,
            redirect_uri: None,
        }
    }
}

/// The query of an authorize page, one parameter after the other.
pub(crate) struct Query(Serializer<'static, String>);

impl Query {
    pub(crate) fn new(page: &str) -> Self {
        let start = page.len() + 1;
        Self(Serializer::for_suffix(format!("{page}?"), start))
    }

    pub(crate) fn add(&mut self, name: &str, value: impl AsRef<str>) {
        self.0.append_pair(name, value.as_ref());
    }

    pub(crate) fn add_some(&mut self, name: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// Adds the state, a random one unless there is an `own` one, and, with `pkce`, the challenge.
    pub(crate) fn finish(
        mut self,
        own: Option<Secret>,
        redirect_uri: Option<String>,
        pkce: bool,
    ) -> Result<AuthorizationRequest, BuildError> {
        let state = state::state(own)?;
        self.add("state", state.expose());
        let code_verifier = pkce.then(random::secret).transpose()?;
        if let Some(verifier) = &code_verifier {
            self.add("code_challenge", challenge(verifier));
            self.add("code_challenge_method", "S256");
        }
        Ok(AuthorizationRequest {
            url: self.0.finish(),
            pending: PendingAuthorization {
                state,
                code_verifier,
                redirect_uri,
            },
        })
    }
}

/// RFC 7636, section 4.2.
fn challenge(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(verifier.fingerprint().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(
            challenge(&verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_request_does_not_show_its_state() {
        let request = Query::new("https://h/p").finish(None, None, true).unwrap();
        let shown = format!("{request:?}");
        assert!(
            shown.starts_with("AuthorizationRequest { pending: "),
            "{shown}"
        );
        assert!(!shown.contains(request.pending.state.expose()));
    }

    #[test]
    fn a_state_of_ones_own_comes_back_as_it_is() {
        let own = r##"!"#$%&'()*+,-./09:;<=>?@AZ[\]^_`az{|}~"##;
        let query = Query::new("https://h/p");
        let request = query.finish(Some(own.into()), None, true).unwrap();
        assert_eq!(request.pending.state.expose(), own);
        assert!(!format!("{request:?}").contains(own));
        // What the provider reads, and sends back.
        let url = request.url.replacen("/p?", "/callback?code=abc&", 1);
        assert!(request.pending.callback(&url).is_ok());
        let upper = url.replace("az", "AZ");
        let error = request.pending.callback(&upper).unwrap_err();
        assert!(error.is_state_mismatch());
    }

    #[test]
    fn every_request_is_another_one() {
        let request = || Query::new("https://h/p").finish(None, None, true).unwrap();
        let (first, second) = (request().pending, request().pending);
        assert_ne!(first.state, second.state);
        assert_ne!(first.code_verifier, second.code_verifier);
        assert_ne!(Some(&first.state), first.code_verifier.as_ref());
        // RFC 7636, section 4.1: at least 43 characters.
        assert_eq!(first.state.expose().len(), 43);
        assert_eq!(first.code_verifier.unwrap().expose().len(), 43);
    }
}

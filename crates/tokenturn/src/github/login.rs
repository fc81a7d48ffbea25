//! Getting a token at the login host, and refreshing it.

use tokenturn_client::Secret;
use tokenturn_client::github_login::types::AccessTokenResponse;
use tokenturn_client::github_login::types::builder::AccessTokenRequest;

use super::login_answer::{self, UserToken};
use super::{GitHub, sendable};
use crate::authorize::AuthorizationCode;
use crate::error::RotateError;
use crate::outcome::Answer;
use crate::rotated::Rotated;

impl GitHub {
    /// Exchanges the code that a user came back with for a token.
    ///
    /// The code works once, so the call is sent exactly once. Give the future to
    /// [`obtain`](crate::obtain), which saves the token, with its refresh token where it expires,
    /// whatever becomes of the caller.
    ///
    /// Source: [Users are redirected back to your site by GitHub](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#2-users-are-redirected-back-to-your-site-by-github).
    ///
    /// ```no_run
    /// # async fn run(github: tokenturn::GitHub, callback: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// use tokenturn::sink::FileSink;
    ///
    /// let request = github.authorize().scope("repo").build()?;
    /// println!("open {}", request.url);
    /// let code = request.pending.callback(callback)?;
    /// // An error goes up: of all, `NotSaved` has the new token in it.
    /// let new = tokenturn::obtain(github.exchange_code(code), FileSink::new("token.txt")).await?;
    /// println!("{} is saved", new.token.fingerprint());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// After any [`RotateError`] but `NotSent` and `NotSaved`, take the code for used: send the user
    /// to the authorize page again.
    pub fn exchange_code(
        &self,
        code: AuthorizationCode,
    ) -> impl Future<Output = Result<Rotated<UserToken>, RotateError>> + Send + use<> {
        let github = self.clone();
        async move {
            let secret = github.client_secret()?;
            let answer = github
                .create_access_token(|body| {
                    body.client_secret(secret.clone())
                        .code(code.code.clone())
                        .code_verifier(code.code_verifier.clone())
                        .redirect_uri(code.redirect_uri.clone())
                })
                .await?;
            login_answer::token(answer, &code.code, &[&code.code, secret])
        }
    }

    /// Replaces a token that expires, by its refresh token: the old access token and the old
    /// refresh token are dead at once.
    ///
    /// The call is sent exactly once. Give the future to [`obtain`](crate::obtain). After an unknown
    /// outcome, call it again: either it works, or the refusal
    /// [`InvalidToken`](crate::RefusalReason::InvalidToken) says that the first call did, and its
    /// answer is lost.
    ///
    /// For an OAuth app, and for a token that came by the web flow, the client secret is needed.
    ///
    /// Source: [Refreshing user access tokens](https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens).
    ///
    /// ```no_run
    /// # async fn run(github: tokenturn::GitHub, refresh_token: tokenturn::Secret) -> Result<(), tokenturn::RotateError> {
    /// use tokenturn::sink::FileSink;
    ///
    /// let new = github.refresh_token(&refresh_token);
    /// // An error goes up: of all, `NotSaved` has the new token in it.
    /// let new = tokenturn::obtain(new, FileSink::new("token.json")).await?;
    /// println!("{} lives until {:?}", new.token.fingerprint(), new.expires_at);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotateError`] tells whether the refresh token may have been used all the same.
    pub fn refresh_token(
        &self,
        refresh_token: &Secret,
    ) -> impl Future<Output = Result<Rotated<UserToken>, RotateError>> + Send + use<> {
        let (github, old) = (self.clone(), refresh_token.clone());
        async move {
            sendable("the refresh token", &old)?;
            let secret = github.app.client_secret.as_ref();
            let answer = github
                .create_access_token(|body| {
                    body.client_secret(secret.cloned())
                        .grant_type("refresh_token".to_owned())
                        .refresh_token(old.clone())
                })
                .await?;
            let sent: Vec<_> = [&old].into_iter().chain(secret).collect();
            login_answer::token(answer, &old, &sent)
        }
    }

    /// Sends an exchange of whatever `set_up` puts into it.
    pub(super) async fn create_access_token(
        &self,
        set_up: impl FnOnce(AccessTokenRequest) -> AccessTokenRequest,
    ) -> Result<Answer<AccessTokenResponse>, RotateError> {
        let call = self.login.create_access_token();
        let call = call.body_map(|body| set_up(body.client_id(&self.app.client_id)));
        self.app.calls.make(call.send()).await
    }
}

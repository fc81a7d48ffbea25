//! The calls of the OAuth API.

use tokenturn_client::Secret;
use tokenturn_client::ohmygpt::types::{UserBasicInfo, UserBasicInfoResponse};

use super::answer::{self, Envelope};
use super::{OAuthToken, OhMyGpt, UserAdminToken};
use crate::authorize::AuthorizationCode;
use crate::error::{CallError, RecoverError, RotateError};
use crate::rotated::{Recovery, Rotated};

impl OhMyGpt {
    /// Exchanges the code that a user came back with for an OAuth token. No lifetime of it, and no
    /// way to refresh it, are documented.
    ///
    /// The code works once, so the call is sent exactly once. Give the future to
    /// [`obtain`](crate::obtain), which saves the token whatever becomes of the caller.
    ///
    /// Source: the provider's page [Apply for access_token](https://ohmygpt-docs.apifox.cn/api-192724620),
    /// modified 2024-07-11.
    ///
    /// ```no_run
    /// # async fn run(callback: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// use tokenturn::{OhMyGpt, sink::FileSink};
    ///
    /// let secret = std::env::var("CLIENT_SECRET")?;
    /// let ohmygpt = OhMyGpt::builder().app("6681463833ebdbb2566d1def", secret).build()?;
    /// let request = ohmygpt.authorize("https://app.example/callback", "general_api_access").build()?;
    /// println!("open {}", request.url);
    /// let code = request.pending.callback(callback)?;
    /// // An error goes up: of all, `NotSaved` has the new token in it.
    /// let new = tokenturn::obtain(ohmygpt.issue_token(code), FileSink::new("token.txt")).await?;
    /// println!("{} is saved", new.token.fingerprint());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Without sending anything, when the builder was not told the app. After any [`RotateError`]
    /// but `NotSent` and `NotSaved`, take the code for used: send the user to the authorize page
    /// again.
    pub fn issue_token(
        &self,
        code: AuthorizationCode,
    ) -> impl Future<Output = Result<Rotated<OAuthToken>, RotateError>> + Send + use<> {
        let ohmygpt = self.clone();
        async move {
            let (client_id, secret) = ohmygpt.app()?;
            let call = ohmygpt.client.issue_token().body_map(|body| {
                body.client_id(client_id)
                    .client_secret(secret.clone())
                    .code(code.code.clone())
            });
            let answer = ohmygpt.set_up.calls.make(call.send()).await?;
            answer::issued(answer, &code.code, &[&code.code, secret])
        }
    }

    /// Reads who the user of an OAuth token is.
    ///
    /// Source: a public client; the provider's page is known by its title only.
    ///
    /// # Errors
    ///
    /// Whenever OhMyGPT did not say. This says nothing about the token unless the reason is
    /// [`InvalidToken`](crate::RefusalReason::InvalidToken).
    pub async fn user_basic_info(&self, oauth_token: &Secret) -> Result<UserBasicInfo, CallError> {
        let failed = |why| CallError::new("the user could not be read", why);
        let client = self.with_bearer(oauth_token).map_err(failed)?;
        let call = client.query_user_basic_info();
        let answer = self.set_up.calls.make(call.send()).await;
        answer::data(answer, &[oauth_token]).map_err(failed)
    }

    /// Issues a new management (admin) token of the user whose OAuth token this is.
    ///
    /// The OAuth token stays as it is. The app needs the permission `trusted_full_access`. What
    /// happens to the old management token is not documented; take it for dead.
    ///
    /// The call is sent exactly once. It does not protect against this process ending, or this
    /// future being dropped, between the answer and your saving the token: for that,
    /// [`rotate`](crate::rotate) is there.
    ///
    /// Source: the provider's page "Update user management token through OAuth Token", modified
    /// 2025-10-15.
    ///
    /// ```no_run
    /// # async fn run(oauth_token: tokenturn::Secret) -> Result<(), Box<dyn std::error::Error>> {
    /// use tokenturn::{NotSaved, OhMyGpt, Sink, sink::FileSink};
    ///
    /// let ohmygpt = OhMyGpt::builder().build()?;
    /// let rotated = ohmygpt.rotate_admin_token(&oauth_token).await?;
    /// if let Err(error) = FileSink::new("token.txt").save(&rotated).await {
    ///     return Err(NotSaved::new(&rotated, error).into()); // with the new token
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotateError`] tells whether the token may have been replaced all the same. After an
    /// unknown outcome the call may be made again: the OAuth token is not what it replaces.
    pub async fn rotate_admin_token(
        &self,
        oauth_token: &Secret,
    ) -> Result<Rotated<UserAdminToken>, RotateError> {
        let client = self.with_bearer(oauth_token)?;
        let call = client.rotate_user_admin_token();
        answer::rotated(self.set_up.calls.make(call.send()).await?, oauth_token)
    }

    /// Ends the doubt about a rotation whose outcome is unknown, by another rotation: the OAuth
    /// token that authorizes the call is not the token that it replaces.
    ///
    /// # Errors
    ///
    /// When the rotation fails too: the outcome of the first one is as unknown as before.
    pub async fn recover(
        &self,
        oauth_token: &Secret,
    ) -> Result<Recovery<UserAdminToken>, RecoverError> {
        let rotated = self.rotate_admin_token(oauth_token).await;
        rotated.map(Recovery::Rotated).map_err(RecoverError)
    }
}

impl Envelope for UserBasicInfoResponse {
    type Data = UserBasicInfo;

    fn into_data(self) -> Option<UserBasicInfo> {
        let data = self.data.filter(|user| user.user_id.is_some());
        data.filter(|_| self.status_code == Some(200))
    }
}

//! The device flow: a user types a code in, on any device.

use std::time::Duration;

use tokenturn_client::Secret;
use tokio::time::Instant;

use super::login_answer::{self, DeviceCode, UserToken};
use super::{Feature, GitHub};
use crate::detached::rest;
use crate::error::{CallError, RefusalReason, RotateError};
use crate::outcome;
use crate::rotated::Rotated;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What `slow_down` adds to the interval: RFC 8628, section 3.5, and GitHub's docs.
const SLOW_DOWN: Duration = Duration::from_secs(5);

impl GitHub {
    /// Begins the device flow. It needs no client secret; it has to be switched on in the settings
    /// of the app.
    ///
    /// Source: [Device flow](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#device-flow).
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use tokenturn::{GitHub, sink::FileSink};
    ///
    /// let github = GitHub::public_client("Iv1.8a61f9b3a7aba766").build()?;
    /// let device = github.device_code(["repo", "gist"]).await?;
    /// println!("type {} at {}", device.user_code, device.verification_uri);
    /// tokenturn::obtain(github.wait_for_device(device), FileSink::new("token.txt")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the server does not have the device flow (Enterprise Server before 2.22), when it is not
    /// switched on, or when no answer came.
    pub async fn device_code(
        &self,
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<DeviceCode, CallError> {
        let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
        let scope = (!scopes.is_empty()).then(|| scopes.join(" "));
        let failed = |why| CallError::new("no device code could be had", why);
        self.require(Feature::DeviceFlow).map_err(failed)?;
        let call = self.login.create_device_code();
        let call = call.body_map(|body| body.client_id(&self.app.client_id).scope(scope));
        outcome::answer(call.send().await)
            .and_then(login_answer::device_code)
            .map_err(failed)
    }

    /// Polls until the user has typed the code in, or said no, or the time is up.
    ///
    /// It keeps to the interval, and to a longer one when GitHub asks for that. A poll that fails
    /// does not end it. Drop the future to stop: in [`obtain`](crate::obtain), a poll under way is
    /// brought to its end first, since a token may be in its answer.
    ///
    /// # Errors
    ///
    /// A refusal ([`AccessDenied`](RefusalReason::AccessDenied),
    /// [`ExpiredDeviceCode`](RefusalReason::ExpiredDeviceCode), ...) or, when a poll failed and none
    /// after it brought a token, what became of that one.
    pub fn wait_for_device(
        &self,
        device: DeviceCode,
    ) -> impl Future<Output = Result<Rotated<UserToken>, RotateError>> + Send + use<> {
        let github = self.clone();
        async move {
            let begun = Instant::now();
            let mut interval = device.interval;
            // A poll with an unknown outcome, until a later one shows that it brought no token.
            let mut unknown = None;
            loop {
                rest(interval.min(device.expires_in)).await;
                let (result, asked_for) = github.poll(&device.device_code).await;
                let error = match result {
                    Ok(rotated) => return Ok(rotated),
                    Err(error) => error,
                };
                match error.refusal().map(|refusal| refusal.reason) {
                    Some(RefusalReason::AuthorizationPending) => unknown = None,
                    Some(RefusalReason::SlowDown) => {
                        let slower = interval.saturating_add(SLOW_DOWN);
                        interval = asked_for.unwrap_or_default().max(slower);
                        unknown = None;
                    }
                    Some(RefusalReason::RateLimited { retry_after }) => {
                        let slower = interval.saturating_add(SLOW_DOWN);
                        interval = retry_after.unwrap_or_default().max(slower);
                    }
                    Some(_) => return Err(unknown.unwrap_or(error)),
                    // RFC 8628, section 3.5.
                    None => interval = interval.saturating_mul(2),
                }
                // Normally GitHub says so first.
                if begun.elapsed() > device.expires_in {
                    return Err(unknown.unwrap_or(error));
                }
                if error.is_unknown() {
                    unknown = Some(error);
                }
            }
        }
    }

    /// One poll, and the interval that its answer asks for.
    async fn poll(
        &self,
        code: &Secret,
    ) -> (Result<Rotated<UserToken>, RotateError>, Option<Duration>) {
        let sent = self.create_access_token(|body| {
            body.device_code(code.clone())
                .grant_type(GRANT_TYPE.to_owned())
        });
        match sent.await {
            Ok((body, response)) => {
                let interval = login_answer::interval(&response);
                (
                    login_answer::token((body, response), code, &[code]),
                    interval,
                )
            }
            Err(error) => (Err(error), None),
        }
    }
}

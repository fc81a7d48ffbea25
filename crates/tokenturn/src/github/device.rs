//! The device flow: a user types a code in, on any device.

use std::time::Duration;

use tokenturn_client::Secret;

use super::device_answer::{self, DeviceCode};
use super::login_answer::{self, UserToken};
use super::polling::Polling;
use super::{Feature, GitHub};
use crate::detached::rest;
use crate::error::{CallError, RefusalReason, RotateError, Unknown};
use crate::rotated::Rotated;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long before the end of the code its last poll comes, so that it arrives in time.
const MARGIN: Duration = Duration::from_secs(2);
/// What is said where GitHub has not said it.
const TIME_IS_UP: &str = "its time is up by the clock of this machine";

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
    /// // An error goes up: of all, `NotSaved` has the new token in it.
    /// let new = tokenturn::obtain(github.wait_for_device(device), FileSink::new("token.txt")).await?;
    /// println!("{} is saved", new.token.fingerprint());
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
        let answer = self.app.calls.make(call.send()).await;
        answer.and_then(device_answer::device_code).map_err(failed)
    }

    /// Polls until the user has typed the code in, or said no, or the time is up.
    ///
    /// It keeps to the interval, and to a longer one when GitHub asks for that: 5 s more each time,
    /// and a fifth besides, since the two clocks may differ. A poll that fails, or one odd answer,
    /// does not end it; it waits twice as long then, a minute at most, until there is an answer
    /// again. The last poll in time comes 2 s before the code ends (or a tenth of its life).
    /// A code whose time was up before is polled for once, after the interval (10 s at most), so that
    /// it is GitHub who says so. What is wrong meanwhile is an event of [`tracing`] when it begins,
    /// `WARN`, and when it is over, `INFO`, with the target `tokenturn::github::polling`.
    ///
    /// Drop the future to stop: in [`obtain`](crate::obtain), a poll under way is brought to its
    /// end first, since a token may be in its answer.
    ///
    /// # Errors
    ///
    /// [`AccessDenied`](RefusalReason::AccessDenied),
    /// [`ExpiredDeviceCode`](RefusalReason::ExpiredDeviceCode) (also where GitHub still waits for the user
    /// when the time is up: the code and the message have its last word), another refusal when it came three
    /// times in a row, or, when a poll failed and none after it brought a token, what became of that
    /// one.
    pub fn wait_for_device(
        &self,
        device: DeviceCode,
    ) -> impl Future<Output = Result<Rotated<UserToken>, RotateError>> + Send + use<> {
        let github = self.clone();
        async move {
            let last = device.expires_in - MARGIN.min(device.expires_in / 10);
            // One that had ended when it was read from where it was stored may have been polled for just
            // before, and the clock that says so may be wrong: it is polled for once, at the interval.
            let longest = Some(device.expires_in).filter(|life| !life.is_zero());
            let mut polling = Polling::new(device.interval);
            // The poll with an unknown outcome in which a token is the likeliest, until a later one shows
            // that there was none.
            let mut kept: Option<Unknown> = None;
            loop {
                let wait = polling.wait(last.saturating_sub(device.came.elapsed()));
                kept = rest(wait.min(longest.unwrap_or(wait)), kept).await;
                let (result, asked_for) = github.poll(&device.device_code).await;
                let error = match result {
                    Ok(rotated) => return Ok(rotated),
                    Err(error) => error,
                };
                let goes_on = polling.goes_on(&error, asked_for);
                let is_pending = matches!(
                    error.refusal().map(|refusal| refusal.reason),
                    Some(RefusalReason::AuthorizationPending | RefusalReason::SlowDown)
                );
                if is_pending {
                    // What stands in a body does not become untrue by that.
                    kept = kept.filter(Unknown::may_hold_token);
                }
                // Normally GitHub says first that the time is up.
                let is_over = device.came.elapsed() >= device.expires_in;
                let ends = !goes_on || is_over;
                kept = match error {
                    RotateError::Refused(mut refusal)
                        if is_pending && is_over && kept.is_none() =>
                    {
                        let last = refusal
                            .message
                            .unwrap_or_else(|| refusal.reason.to_string());
                        refusal.message = Some(format!("{TIME_IS_UP}; {last}"));
                        refusal.reason = RefusalReason::ExpiredDeviceCode;
                        return Err(RotateError::Refused(refusal));
                    }
                    RotateError::Unknown(unknown) => Some(likelier(kept, unknown)),
                    error if ends => return Err(kept.map_or(error, RotateError::Unknown)),
                    _ => kept,
                };
                if let Some(unknown) = kept.take_if(|_| ends) {
                    return Err(RotateError::Unknown(unknown));
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
                let interval = device_answer::interval(&response);
                (
                    login_answer::token((body, response), code, &[code]),
                    interval,
                )
            }
            Err(error) => (Err(error), None),
        }
    }
}

/// Which of two outcomes is to be kept: the one in whose body a token is likelier, or else the later one.
fn likelier(kept: Option<Unknown>, later: Unknown) -> Unknown {
    match kept {
        Some(kept) if kept.odds() > later.odds() => kept,
        _ => later,
    }
}

//! Signing in: to GitHub's page, and back with a code.

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::PrivateCookieJar;
use time::Duration;
use tokenturn::{PendingAuthorization, RotateError, Secret, obtain};

use crate::app::App;
use crate::failure::Failure;
use crate::session::LABEL;

pub(crate) const CALLBACK: &str = "/callback";

/// GitHub's codes do not live longer.
const LIFE: Duration = Duration::minutes(10);

/// Sends the browser to GitHub. What makes the callback this browser's, the `state` and the code verifier,
/// goes into a cookie, so that any instance can receive it.
pub(crate) async fn begin(
    State(app): State<App>,
    jar: PrivateCookieJar,
) -> Result<(PrivateCookieJar, Redirect), Failure> {
    let request = app.github.authorize().scope("read:user");
    let request = request.redirect_uri(format!("{}{CALLBACK}", app.public_url));
    let request = request.build().map_err(Failure::broken)?;
    let pending = serde_json::to_string(&request.pending).map_err(Failure::broken)?;
    let cookie = app.cookie(&cookie_of(&request.pending.state), pending, LIFE);
    Ok((jar.add(cookie), Redirect::to(&request.url)))
}

/// Receives the browser from GitHub. The cookie is used up then, unless a reload may work.
pub(crate) async fn callback(
    State(app): State<App>,
    jar: PrivateCookieJar,
    uri: Uri,
) -> Result<Response, Failure> {
    let callback = uri.to_string();
    let state = PendingAuthorization::state_of(&callback).ok_or(NOT_BEGUN)?;
    let name = app.cookie_name(&cookie_of(&state));
    let cookie = jar.get(&name).ok_or(NOT_BEGUN)?;
    let pending = serde_json::from_str(cookie.value()).map_err(Failure::broken)?;
    let jar = jar.add(app.cookie(&cookie_of(&state), String::new(), Duration::ZERO));
    Ok(match finish(&app, &pending, &callback).await {
        Ok(row) => (jar.add(app.session(row)), Redirect::to("/")).into_response(),
        Err(failure) if failure.may_pass() => failure.into_response(),
        Err(failure) => (jar, failure).into_response(),
    })
}

const NOT_BEGUN: Failure = Failure::Refused(
    "This sign-in was not begun in this browser, took longer than ten minutes, or is over. Sign in from \
     here.",
);

/// Exchanges the code, and puts the token into the vault before anything else is done: under the name of
/// this sign-in, as only the token tells whose it is. So each session has a token of its own.
async fn finish(
    app: &App,
    pending: &PendingAuthorization,
    callback: &str,
) -> Result<String, Failure> {
    let code = pending.callback(callback)?;
    // A name that is new and cannot be guessed. The state itself has stood in URLs.
    let row = format!("{:.32}", pending.state.fingerprint());
    let sink = app.vault.sink(&app.client, &row).with_label(LABEL);
    match obtain(app.github.exchange_code(code), sink).await {
        Ok(_) => {
            tracing::info!(row, "signed in");
            Ok(row)
        }
        Err(RotateError::NotSaved(unsaved)) => {
            app.give_back(unsaved.token()).await;
            Err(RotateError::NotSaved(unsaved).into())
        }
        Err(error) => Err(error.into()),
    }
}

impl App {
    /// Ends a token that the vault did not take. Its user signs in again, and nothing is lost.
    pub(crate) async fn give_back(&self, token: &Secret) {
        if let Err(error) = self.github.delete_token(token).await {
            tracing::error!(%error, token = ?token, "a token is not in the vault, and lives");
        }
    }
}

/// One for each tab that signs in.
fn cookie_of(state: &Secret) -> String {
    format!("sign-in-{}", state.fingerprint().short())
}

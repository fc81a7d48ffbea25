//! Signing out, here and at GitHub.

use axum::extract::State;
use axum::response::Redirect;
use axum_extra::extract::PrivateCookieJar;

use crate::app::App;
use crate::failure::Failure;

/// Where it fails, the user is still signed in, and can do it again.
pub(crate) async fn sign_out(
    State(app): State<App>,
    jar: PrivateCookieJar,
) -> Result<(PrivateCookieJar, Redirect), Failure> {
    if let Some(row) = app.row(&jar) {
        match app.ask_github(&row).await {
            // With it go all tokens of this user for this app, and their other sessions.
            Ok((token, _)) => {
                app.github.delete_authorization(&token.token).await?;
            }
            // There is nothing left to delete.
            Err(Failure::SignIn(_)) => {}
            Err(failure) => return Err(failure),
        }
        app.vault.remove(&row).await?;
        tracing::info!(row, "signed out");
    }
    Ok((jar.add(app.no_session()), Redirect::to("/")))
}

//! The page that uses the token.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::PrivateCookieJar;

use crate::app::App;
use crate::failure::Failure;
use crate::html;

pub(crate) async fn page(State(app): State<App>, jar: PrivateCookieJar) -> Response {
    let Some(row) = app.row(&jar) else {
        let link =
            r#"<p>Nobody is signed in.</p><p><a href="/sign-in">Sign in with GitHub</a></p>"#;
        return html::page("Welcome", link).into_response();
    };
    match signed_in(&app, &row).await {
        Ok(page) => page.into_response(),
        // The next click begins anew.
        Err(failure @ Failure::SignIn(_)) => (jar.add(app.no_session()), failure).into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn signed_in(app: &App, row: &str) -> Result<html::Page, Failure> {
    let (token, found) = app.ask_github(row).await?;
    let found = found.as_ref();
    let user = found.and_then(|found| found.user.as_ref()?.login.as_deref());
    let scopes = found
        .and_then(|found| found.scopes.as_ref())
        .map(|scopes| scopes.join(", "));
    let end = token.expires_at.map(|end| end.to_string());
    let text = |text: Option<&str>| html::escape(text.unwrap_or("unknown"));
    Ok(html::page(
        "Signed in",
        &format!(
            "<p>You are <strong>{user}</strong>, and this app may: {scopes}.</p>\n\
             <p>Your token is {fingerprint}, number {generation} of this session, good until {end}.</p>\n\
             <p>Your session is {row}.</p>\n\
             <form method=\"post\" action=\"/sign-out\"><button>Sign out</button></form>",
            user = text(user),
            scopes = text(scopes.as_deref()),
            fingerprint = token.token.fingerprint().short(),
            generation = token.generation,
            end = html::escape(end.as_deref().unwrap_or("it is taken back")),
            row = html::escape(row),
        ),
    ))
}

//! An admin's reset: after a leak, tokens are replaced, and their users do not notice.

use std::convert::Infallible;

use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use serde::Deserialize;
use tokenturn::Secret;
use tokenturn_vault::{FleetOptions, VaultError};

use crate::app::App;
use crate::failure::Failure;
use crate::html;

/// Somebody who knows the password. Their browser asks them for it.
pub(crate) struct Admin;

impl FromRequestParts<App> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Some(password) = &app.admin_password else {
            return Err(StatusCode::NOT_FOUND.into_response());
        };
        // Two secrets are compared in the same time wherever they differ.
        if given(&parts.headers).as_ref() == Some(password) {
            return Ok(Self);
        }
        let ask = [(WWW_AUTHENTICATE, "Basic realm=\"admin\", charset=\"UTF-8\"")];
        Err((StatusCode::UNAUTHORIZED, ask).into_response())
    }
}

/// The password of `authorization: Basic ...`, under whatever name.
fn given(headers: &HeaderMap) -> Option<Secret> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let decoded = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let both = Secret::new(String::from_utf8(decoded).ok()?);
    let (_, password) = both.expose().split_once(':')?;
    Some(Secret::new(password))
}

/// The sessions, a hundred of them. No row is a secret.
pub(crate) async fn page(_: Admin, State(app): State<App>) -> Result<html::Page, Failure> {
    let mut rows = String::new();
    let mut sessions = app.vault.list(app.sessions());
    for _ in 0..100 {
        let row = match sessions.next().await {
            None => break,
            Some(Ok(entry)) => format!(
                "{id}: {state}, number {generation}, since {changed_at}\n\
                 <button name=\"row\" value=\"{id}\">Reset</button>",
                id = html::escape(&entry.id),
                state = entry.state(),
                generation = entry.generation,
                changed_at = entry.changed_at,
            ),
            Some(Err(error)) if error.is_damaged() => html::escape(&error.to_string()),
            Some(Err(error)) => return Err(error.into()),
        };
        rows.push_str(&format!("<li>{row}</li>\n"));
    }
    let body = format!(
        "<form method=\"post\" action=\"/admin/reset\"><ul>\n{rows}</ul></form>\n\
         <form method=\"post\" action=\"/admin/reset-all\"><button>Reset all</button></form>"
    );
    Ok(html::page("Sessions", &body))
}

#[derive(Deserialize)]
pub(crate) struct Reset {
    row: String,
}

/// Replaces one token. Who asks for it at this moment, at whatever instance, waits for the new one.
pub(crate) async fn reset(
    _: Admin,
    State(app): State<App>,
    Form(form): Form<Reset>,
) -> Result<Redirect, Failure> {
    let held = app.vault.get(&form.row).await?;
    let held = held.ok_or(VaultError::NotFound(form.row))?;
    app.vault.rotate(&app.client, &held).await?;
    Ok(Redirect::to("/admin"))
}

/// Replaces all of them, and tells of each as it is done. It takes a second for each at github.com. When the
/// admin goes away, it stops, and goes on where it was when it is asked for again.
pub(crate) async fn reset_all(_: Admin, State(app): State<App>) -> Result<Response, Failure> {
    let clients = [app.client.clone()];
    let sessions = app.sessions();
    let fleet = app
        .vault
        .rotate_all(clients, sessions, FleetOptions::new())
        .await?;
    let lines = stream::unfold(Some(fleet), |fleet| async {
        let mut fleet = fleet?;
        if let Some(settled) = fleet.next().await {
            let line = format!("{}: {}\n", settled.id, settled.outcome);
            return Some((Ok::<_, Infallible>(line), Some(fleet)));
        }
        let line = match &fleet.summary().stopped {
            Some(why) => format!("stopped: {why}\n"),
            None => format!("done: {} replaced\n", fleet.summary().replaced),
        };
        Some((Ok(line), None))
    });
    let text = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((text, Body::from_stream(lines)).into_response())
}

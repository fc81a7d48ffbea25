//! The calls of an app about one token: check, reset, delete, delete the grant, scope.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{MethodFilter, MethodRouter};
use serde_json::{Value, json};

use super::GitHub;
use super::answer::{Answer, invalid, no_such_token, problem, serve};
use super::describe::{account, describe, describe_scoped};
use super::store::new_value;
use crate::Shared;
use crate::clock::Moment;
use crate::replacements::Replacement;
use crate::world::World;

pub(crate) fn routes() -> Router<Shared> {
    let token = on(MethodFilter::POST, check)
        .merge(on(MethodFilter::PATCH, reset))
        .merge(on(MethodFilter::DELETE, delete_token));
    let grant = on(MethodFilter::DELETE, delete_grant);
    let scoped = on(MethodFilter::POST, scope);
    Router::new()
        .route("/applications/{client_id}/token", token)
        .route("/applications/{client_id}/grant", grant)
        .route("/applications/{client_id}/token/scoped", scoped)
}

/// A right call about a living token.
struct Call<'a> {
    token: &'a str,
    body: &'a Value,
    now: Moment,
}

type Operation = fn(&mut World, &Call<'_>) -> Result<Answer, Answer>;

/// The operation, after all that can be wrong with its request.
fn on(method: MethodFilter, operation: Operation) -> MethodRouter<Shared> {
    let handle = async move |State(shared): State<Shared>,
                             Path(client_id): Path<String>,
                             headers: HeaderMap,
                             body: Bytes| {
        serve(&shared, |world, now| {
            let github = &world.github;
            authenticate(github, &headers)
                .map_err(|message| problem(StatusCode::UNAUTHORIZED, message))?;
            let body = parse(&body)?;
            let token = body["access_token"]
                .as_str()
                .ok_or_else(|| invalid("access_token", "missing_field"))?;
            if client_id != github.client_id || github.find(token, now).is_none() {
                return Err(no_such_token());
            }
            let body = &body;
            operation(world, &Call { token, body, now })
        })
    };
    axum::routing::on(method, handle)
}

fn authenticate(github: &GitHub, headers: &HeaderMap) -> Result<(), &'static str> {
    let authorization = headers
        .get(AUTHORIZATION)
        .ok_or("Requires authentication")?;
    if authorization == github.basic.as_str() {
        Ok(())
    } else {
        Err("Bad credentials")
    }
}

/// The body, which is an object.
pub(super) fn parse(body: &[u8]) -> Result<Value, Answer> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| problem(StatusCode::BAD_REQUEST, "Problems parsing JSON"))?;
    if !body.is_object() {
        return Err(problem(
            StatusCode::BAD_REQUEST,
            "Body should be a JSON object",
        ));
    }
    Ok(body)
}

fn check(world: &mut World, call: &Call<'_>) -> Result<Answer, Answer> {
    describe(&world.github, call.token)
}

fn reset(world: &mut World, call: &Call<'_>) -> Result<Answer, Answer> {
    let new = world.github.replace(call.token, call.now);
    let new = new.ok_or_else(no_such_token)?;
    let answer = describe(&world.github, &new);
    let done = Replacement::new(call.token.to_owned(), new, None);
    world.replacements.note(done);
    answer
}

/// What becomes of the refresh token is not documented: here it lives, so that nobody counts on
/// its death.
fn delete_token(world: &mut World, call: &Call<'_>) -> Result<Answer, Answer> {
    world.github.tokens.remove(call.token);
    Ok((StatusCode::NO_CONTENT, String::new()))
}

fn delete_grant(world: &mut World, _: &Call<'_>) -> Result<Answer, Answer> {
    world.github.tokens.clear();
    world.github.refresh_tokens.clear();
    Ok((StatusCode::NO_CONTENT, String::new()))
}

/// The new token expires when the old one does, and no document speaks of a refresh token.
fn scope(world: &mut World, call: &Call<'_>) -> Result<Answer, Answer> {
    let body = call.body;
    let target = typed(body, "target", Value::as_str)?;
    let target_id = typed(body, "target_id", Value::as_u64)?;
    if target.is_none() && target_id.is_none() {
        return Err(invalid("target", "missing_field"));
    }
    let names = typed(body, "repositories", |list| all(list, Value::is_string))?;
    let numbers = typed(body, "repository_ids", |list| all(list, Value::is_u64))?;
    if names.is_some() && numbers.is_some() {
        return Err(invalid("repository_ids", "invalid"));
    }
    let permissions = typed(body, "permissions", |map| {
        map.is_object().then(|| map.clone())
    })?;
    let is_all = names.is_none() && numbers.is_none();

    let github = &mut world.github;
    let old = github.find(call.token, call.now);
    let old = old.ok_or_else(no_such_token)?;
    let (scopes, expires_at) = (Arc::clone(&old.scopes), old.expires_at);
    let new = new_value(true);
    github.add(&new, scopes, expires_at, call.now);
    let installation = json!({
        // The default is not documented in detail: here it is nothing.
        "permissions": permissions.unwrap_or_else(|| json!({})),
        "repository_selection": if is_all { "all" } else { "selected" },
        "single_file_name": null,
        "repositories_url": "https://api.github.com/user/repos",
        "account": account(target.unwrap_or("octocat"), target_id.unwrap_or(1)),
    });
    describe_scoped(github, &new, &installation)
}

/// A field, if it is there. It is refused if it is something else.
fn typed<'a, T>(
    body: &'a Value,
    field: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>, Answer> {
    let Some(value) = body.get(field) else {
        return Ok(None);
    };
    let value = read(value).ok_or_else(|| invalid(field, "invalid"))?;
    Ok(Some(value))
}

fn all(list: &Value, fits: fn(&Value) -> bool) -> Option<()> {
    list.as_array()?.iter().all(fits).then_some(())
}

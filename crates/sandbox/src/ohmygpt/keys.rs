//! What a user's admin token does with the user's keys.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use serde_json::{Value, json};

use super::OhMyGpt;
use super::envelope::{Refusal, bearer, success};
use super::store::{Key, Terms, User};
use crate::Shared;
use crate::clock::{Moment, millis};
use crate::params::Params;

pub(super) const LIST: &str = "/api/v1/user/admin/get-api-tokens";
pub(super) const BALANCE: &str = "/api/v1/user/admin/balance";

/// Keys of one user. The admin token counts too: the documents do not say.
const MOST: usize = 5000;

const MISSING: Refusal = Refusal::bad_request("A required field is missing or wrong.");
const NO_KEY: Refusal = Refusal::bad_request("There is no such key.");
const TOO_MANY: Refusal = Refusal::bad_request("There are too many keys.");

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/user/admin/new-api-token", on(create))
        .route("/api/v1/user/admin/update-api-token", on(update))
        .route("/api/v1/user/admin/del-api-token", on(delete))
        .route(LIST, on(list))
        .route(BALANCE, on(balance))
}

/// The user is named by where they stand.
type Operation = fn(&mut OhMyGpt, usize, &Params, Moment) -> Result<Response, Refusal>;

/// The operation, for the user of the admin token.
fn on(operation: Operation) -> MethodRouter<Shared> {
    post(
        async move |State(shared): State<Shared>, headers: HeaderMap, body: Bytes| {
            let params = Params::form(&headers, &body);
            let mut world = shared.world();
            let now = world.clock.now();
            match world.ohmygpt.admin_of(bearer(&headers)) {
                Some(user) => operation(&mut world.ohmygpt, user, &params, now)
                    .unwrap_or_else(IntoResponse::into_response),
                None => Refusal::INVALID_ADMIN_TOKEN.into_response(),
            }
        },
    )
}

fn create(
    ohmygpt: &mut OhMyGpt,
    user: usize,
    params: &Params,
    now: Moment,
) -> Result<Response, Refusal> {
    let terms = Terms {
        remark: params.get("remark").unwrap_or_default().to_owned(),
        expired_at: moment(params)?,
        max_fee: amount(params)?,
        // Without a list the key opens all models.
        permissions: match params.get("permissions") {
            Some(_) => permissions(params)?,
            None => Vec::new(),
        },
        is_disabled: false,
    };
    if ohmygpt.user(user).keys.len() + 1 >= MOST {
        return Err(TOO_MANY);
    }
    let key = Key::new(terms, now);
    let data = key.value.to_string().into();
    ohmygpt.add_key(user, key);
    Ok(success("New api token success", data))
}

/// The fuller one of two renderings of the document requires every field.
fn update(
    ohmygpt: &mut OhMyGpt,
    user: usize,
    params: &Params,
    _: Moment,
) -> Result<Response, Refusal> {
    let user = ohmygpt.user(user);
    let key = find(user, params)?;
    user.keys[key].terms = Terms {
        remark: params.get("remark").ok_or(MISSING)?.to_owned(),
        expired_at: moment(params)?,
        max_fee: amount(params)?,
        permissions: permissions(params)?,
        is_disabled: match params.get("is_disabled") {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(MISSING),
        },
    };
    Ok(success("Update api token success", Value::Null))
}

fn delete(
    ohmygpt: &mut OhMyGpt,
    user: usize,
    params: &Params,
    _: Moment,
) -> Result<Response, Refusal> {
    let key = find(ohmygpt.user(user), params)?;
    ohmygpt.remove_key(user, key);
    Ok(success("Delete api key success", Value::Null))
}

fn list(ohmygpt: &mut OhMyGpt, user: usize, _: &Params, _: Moment) -> Result<Response, Refusal> {
    let user = ohmygpt.user(user);
    let admin = Key {
        value: Arc::clone(&user.admin_token),
        created_at: user.rotated_at,
        terms: Terms::unlimited(user.rotated_at),
    };
    let mut data = vec![describe(user, &admin, true)];
    data.extend(user.keys.iter().map(|key| describe(user, key, false)));
    let message = format!("Get API keys success, total keys: {}", data.len());
    Ok(success(&message, data.into()))
}

fn describe(user: &User, key: &Key, is_admin: bool) -> Value {
    json!({
        "key": *key.value,
        "user_id": user.id.to_string(),
        "remark": key.terms.remark,
        "created_at": millis(key.created_at),
        "used_at": null,
        "expired_at": millis(key.terms.expired_at),
        "used_times": "0",
        "used_fee": "0.00",
        "max_fee": key.terms.max_fee,
        "permissions": key.terms.permissions,
        "is_admin": is_admin,
        "is_disabled": key.terms.is_disabled,
    })
}

fn balance(_: &mut OhMyGpt, _: usize, _: &Params, _: Moment) -> Result<Response, Refusal> {
    let data = json!({ "balance": "8217.00", "free_balance": "0.00" });
    Ok(success("get user balance success", data))
}

/// Where the named key stands. The admin token is not among them: whether it may be changed or
/// deleted by itself is not documented.
fn find(user: &User, params: &Params) -> Result<usize, Refusal> {
    let wanted = params.get("key").ok_or(MISSING)?;
    let is_it = |key: &Key| &*key.value == wanted;
    user.keys.iter().position(is_it).ok_or(NO_KEY)
}

fn moment(params: &Params) -> Result<Moment, Refusal> {
    /// Both forms stand in the examples, and are one moment only if the one without a zone is
    /// read with this one.
    const ZONE: TimeDelta = TimeDelta::hours(8);
    let text = params.get("expired_at").ok_or(MISSING)?;
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.to_utc());
    }
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .ok()
        .and_then(|moment| moment.checked_sub_signed(ZONE))
        .map(|moment| moment.and_utc())
        .ok_or(MISSING)
}

fn amount(params: &Params) -> Result<String, Refusal> {
    let amount: f64 = params
        .get("max_fee")
        .and_then(|amount| amount.parse().ok())
        .ok_or(MISSING)?;
    if !amount.is_finite() || amount.is_sign_negative() {
        return Err(MISSING);
    }
    Ok(format!("{amount:.2}"))
}

fn permissions(params: &Params) -> Result<Vec<String>, Refusal> {
    let list = params.get("permissions").ok_or(MISSING)?;
    let list: Value = serde_json::from_str(list).map_err(|_| MISSING)?;
    list.as_array()
        .and_then(|list| {
            list.iter()
                .map(|name| name.as_str().map(str::to_owned))
                .collect()
        })
        .ok_or(MISSING)
}

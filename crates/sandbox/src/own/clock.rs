//! The clock, for whoever is in another process.

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, DATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::span;
use crate::Shared;
use crate::clock::{Clock, seconds};
use crate::params::Params;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

const USAGE: &str = "Say advance=TIME or back=TIME, in the query or as a form, where TIME is like 90 \
                     (seconds), 9h or 1d12h.";

pub(super) async fn show(State(shared): State<Shared>) -> Response {
    answer(StatusCode::OK, &mut shared.world().clock, None)
}

pub(super) async fn turn(State(shared): State<Shared>, params: Params) -> Response {
    let clock = &mut shared.world().clock;
    let span = |name| params.get(name).map(span::parse);
    match (span("advance"), span("back")) {
        (Some(Some(by)), None) => clock.advance(by),
        (None, Some(Some(by))) => clock.turn_back(by),
        _ => return answer(StatusCode::BAD_REQUEST, clock, Some(USAGE)),
    }
    answer(StatusCode::OK, clock, None)
}

/// What the clock shows, and what is wrong, if anything is.
fn answer(status: StatusCode, clock: &mut Clock, error: Option<&str>) -> Response {
    let now = clock.now();
    let mut body = json!({ "time": seconds(now), "unix_time": now.timestamp() });
    if let Some(error) = error {
        body["error"] = Value::from(error);
    }
    let mut response = (status, [(CONTENT_TYPE, JSON)], format!("{body}\n")).into_response();
    let date = clock.http_date(now).map(|date| (DATE, date));
    response.headers_mut().extend(date);
    response
}

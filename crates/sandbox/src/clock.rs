//! The sandbox's own time, which tests move.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::DATE;
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::Shared;

/// A point of the sandbox's time.
pub(crate) type Moment = DateTime<Utc>;

/// A thousand years, so that no sum of times overflows.
const FURTHEST: Duration = Duration::from_secs(1000 * 365 * 24 * 60 * 60);

/// The host's clock and how far the sandbox is ahead of it.
#[derive(Default)]
pub(crate) struct Clock {
    ahead: Duration,
}

impl Clock {
    pub(crate) fn now(&self) -> Moment {
        Utc::now() + TimeDelta::from_std(self.ahead).unwrap_or_default()
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(by).min(FURTHEST);
    }
}

/// A moment as GitHub writes it.
pub(crate) fn seconds(moment: Moment) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A moment as OhMyGPT writes it.
pub(crate) fn millis(moment: Moment) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Dates every answer: the HTTP server would write the host's time.
pub(crate) async fn date(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let now = shared.world().clock.now();
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

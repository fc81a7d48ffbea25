//! Failures on demand.

use std::time::Duration;

use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::{Shared, github, ohmygpt};

/// How the sandbox fails until it is told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A call that changes something is answered with 502, and nothing is changed.
    BeforeChange,
    /// A call that changes something is answered with 502, and the change is made.
    AfterChange,
    /// A call that changes something is answered this long after the change is made. The sandbox's
    /// runtime needs time for it (`enable_time`).
    Slow(Duration),
    /// Every call is answered with 503, and nothing is changed.
    Outage,
    /// A call that asks about a token is answered with 503.
    NoChecks,
}

/// Which of the calls that a fault is for it hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Calls {
    /// All of them.
    Every,
    /// The n-th of them, the 2n-th, and so on. With 0 it is none.
    OneIn(u32),
    /// So many from now on, and then none.
    Next(u32),
}

/// The faults of now, of which the first one that hits a call happens.
#[derive(Default)]
pub(crate) struct Faults(Vec<Rule>);

struct Rule {
    fault: Fault,
    calls: Calls,
    /// The calls so far that it could have hit.
    met: u64,
}

impl Faults {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn add(&mut self, fault: Fault, calls: Calls) {
        let met = 0;
        self.0.push(Rule { fault, calls, met });
    }

    fn of(&mut self, request: &Request) -> Option<Fault> {
        if self.0.is_empty() {
            return None;
        }
        let (method, path) = (request.method(), request.uri().path());
        let (is_change, only_asks) = (is_change(method, path), only_asks(method, path));
        let mut rules = self.0.iter_mut();
        let is_for = |fault| match fault {
            Fault::Outage => true,
            Fault::NoChecks => only_asks,
            Fault::BeforeChange | Fault::AfterChange | Fault::Slow(_) => is_change,
        };
        let hits = |rule: &mut Rule| is_for(rule.fault) && rule.hits();
        rules.find_map(|rule| hits(rule).then_some(rule.fault))
    }
}

impl Rule {
    fn hits(&mut self) -> bool {
        self.met += 1;
        match self.calls {
            Calls::Every => true,
            Calls::OneIn(many) => self.met.is_multiple_of(many.into()),
            Calls::Next(many) => self.met <= many.into(),
        }
    }
}

/// Spoils the answers.
pub(crate) async fn inject(shared: &Shared, request: Request, next: Next) -> Response {
    let fault = shared.world().faults.of(&request);
    match fault {
        None => next.run(request).await,
        Some(Fault::Outage | Fault::NoChecks) => page(StatusCode::SERVICE_UNAVAILABLE),
        Some(Fault::BeforeChange) => page(StatusCode::BAD_GATEWAY),
        Some(Fault::AfterChange) => {
            next.run(request).await;
            page(StatusCode::BAD_GATEWAY)
        }
        Some(Fault::Slow(delay)) => {
            let response = next.run(request).await;
            tokio::time::sleep(delay).await;
            response
        }
    }
}

/// Every call of a program does, but for those that only ask. The pages are for people.
fn is_change(method: &Method, path: &str) -> bool {
    let is_page = github::PAGES.contains(&path) || ohmygpt::PAGES.contains(&path);
    method != Method::GET && !is_page && !only_asks(method, path)
}

fn only_asks(method: &Method, path: &str) -> bool {
    github::is_check(method, path) || ohmygpt::ASKING.contains(&path)
}

/// What stands in front of a provider answers in HTML.
fn page(status: StatusCode) -> Response {
    let html = format!("<html><body><h1>{status}</h1></body></html>");
    (status, [(CONTENT_TYPE, "text/html")], html).into_response()
}

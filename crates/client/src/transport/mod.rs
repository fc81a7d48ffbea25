//! Sending one call: credentials, limits, and what may be repeated.

mod body;
mod builder;
mod coding;
mod credentials;
mod guard;
mod header;
mod proxy;
mod retry;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, COOKIE, HeaderMap, HeaderValue, USER_AGENT,
};
use reqwest::{Method, Request, Url};
use tokio::time::timeout_at;
use tracing::{Instrument, Span, field};

pub(crate) use body::Buffer;
pub use builder::{ConfigError, TransportBuilder};
pub use coding::decoded;
pub use credentials::check_secret;
pub use guard::{check_base_url, check_path_parameter, normal_base_url};

use crate::{Error, Operation, RawResponse, Secret};

/// Sends the calls of one API to one base URL.
///
/// A clone is cheap and shares the connections. Redirects are never followed. Calls that the spec
/// marks `safe` or `idempotent` are repeated on a failure that may pass; all others are sent once.
#[derive(Clone)]
pub struct Transport {
    shared: Arc<Shared>,
    authorization: Option<HeaderValue>,
}

#[derive(Clone)]
struct Shared {
    base: Url,
    http: reqwest::Client,
    headers: HeaderMap,
    body_limit: usize,
    max_attempts: u32,
    deadline: Option<Duration>,
}

impl Transport {
    /// Begins a transport for `base_url`, such as `https://api.github.com`.
    pub fn builder(base_url: impl Into<String>) -> TransportBuilder {
        TransportBuilder::new(base_url.into())
    }

    /// The base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.shared.base.as_str().trim_end_matches('/')
    }

    /// The same transport, and the same connections, with another Bearer token.
    ///
    /// # Errors
    ///
    /// When the token holds a character that cannot stand in a header, or when the transport has a header
    /// `authorization`.
    pub fn with_bearer(&self, token: &Secret) -> Result<Self, ConfigError> {
        let authorization = Some(credentials::bearer(token)?);
        header::check(&self.shared.headers, authorization.is_some())?;
        Ok(Self {
            shared: Arc::clone(&self.shared),
            authorization,
        })
    }

    /// The same transport, and the same connections, with a header more in every call, or with another
    /// value of it.
    ///
    /// # Errors
    ///
    /// As [`TransportBuilder::build`], of which this is a part.
    pub fn with_header(&self, name: &str, value: &str) -> Result<Self, ConfigError> {
        let mut shared = Shared::clone(&self.shared);
        let (name, value) = header::read(name, value)?;
        shared.headers.insert(name, value);
        header::check(&shared.headers, self.authorization.is_some())?;
        Ok(Self {
            shared: Arc::new(shared),
            authorization: self.authorization.clone(),
        })
    }

    /// A header that is sent with every call, other than the credentials.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.shared.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.shared.http
    }

    /// The base URL with a path behind it. To parse the host again for each call would take longer.
    pub(crate) fn url(&self, path: fmt::Arguments<'_>) -> Url {
        let mut url = self.shared.base.clone();
        let base = self.shared.base.path().trim_end_matches('/');
        url.set_path(&format!("{base}{path}"));
        url
    }

    /// Adds credentials and headers to a generated request and refuses a path that is not its
    /// operation's.
    pub(crate) fn prepare(
        &self,
        request: &mut Request,
        operation: &Operation,
    ) -> Result<(), String> {
        guard::path(request.url(), &self.shared.base, operation)?;
        let headers = request.headers_mut();
        for (name, value) in &self.shared.headers {
            // An operation may have parameters for these.
            let may_be_set = name == USER_AGENT || name == ACCEPT_ENCODING;
            if name == COOKIE {
                add_cookie(headers, value);
            } else if !may_be_set || !headers.contains_key(name) {
                headers.insert(name, value.clone());
            }
        }
        if operation.authenticated
            && let Some(authorization) = &self.authorization
        {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        // hyper sends no length with an empty body, nor without a body, and some servers then
        // answer 411 (RFC 9110, section 8.6).
        let is_empty = match request.body() {
            Some(body) => body.as_bytes() == Some(&[]),
            None => [Method::POST, Method::PUT, Method::PATCH].contains(request.method()),
        };
        if is_empty {
            let headers = request.headers_mut();
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(())
    }

    /// Sends a prepared request, repeats it where the operation allows, and reads the answer, all in one
    /// span.
    pub(crate) fn send<'a>(
        &'a self,
        request: Box<Request>,
        operation: &'a Operation,
    ) -> impl Future<Output = Result<Box<RawResponse>, Error>> + Send + 'a {
        let span = tracing::info_span!(
            "call",
            operation = operation.id,
            method = operation.method,
            path = operation.path,
            attempt = field::Empty,
            status = field::Empty,
            request_id = field::Empty,
        );
        self.attempts(request, operation, span.clone())
            .instrument(span)
    }

    async fn attempts(
        &self,
        mut request: Box<Request>,
        operation: &Operation,
        span: Span,
    ) -> Result<Box<RawResponse>, Error> {
        let is_repeated = operation.retry.is_automatic();
        let attempts = if is_repeated {
            self.shared.max_attempts
        } else {
            1
        };
        // To give up on a call that is sent once may lose what it brings.
        let deadline = self.shared.deadline.filter(|_| is_repeated);
        let end = deadline.and_then(|deadline| Instant::now().checked_add(deadline));
        let mut attempt = 0;
        // What came of the last attempt of which nobody knows whether it was applied.
        let mut kept = None;
        loop {
            attempt += 1;
            let copy = (attempt < attempts).then(|| request.try_clone()).flatten();
            let copy = copy.map(Box::new);
            let started = Instant::now();
            let result = match end {
                Some(end) => timeout_at(end.into(), self.send_once(*request))
                    .await
                    .unwrap_or(Err(Error::OutOfTime)),
                None => self.send_once(*request).await,
            };
            log(attempt, started, &result, &span);
            let next = copy.zip(retry::delay(&result, attempt));
            // One that the deadline would cut short tells less than the answer that is there.
            let next =
                next.filter(|(_, delay)| end.is_none_or(|end| Instant::now() + *delay < end));
            match next {
                Some((next, delay)) => {
                    if retry::is_kept(&result, operation) {
                        kept = Some(result);
                    }
                    tokio::time::sleep(delay).await;
                    request = next;
                }
                None if retry::resolves(&result, operation) => return result,
                None => return kept.unwrap_or(result),
            }
        }
    }

    fn send_once(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Box<RawResponse>, Error>> + '_ {
        let sent = self.shared.http.execute(request);
        async {
            let answer = sent.await?;
            Ok(Box::new(body::read(answer, self.shared.body_limit).await))
        }
    }
}

/// Adds a cookie to the others: there is one header for all of them (RFC 6265, section 5.4).
pub(crate) fn add_cookie(headers: &mut HeaderMap, cookie: &HeaderValue) {
    let all = headers.get(COOKIE).and_then(|others| {
        let all = [others.as_bytes(), b"; ", cookie.as_bytes()].concat();
        HeaderValue::from_bytes(&all).ok()
    });
    let mut all = all.unwrap_or_else(|| cookie.clone());
    all.set_sensitive(true);
    headers.insert(COOKIE, all);
}

/// What came of an attempt: an event, and the fields of the span, in which the last one stays:
/// without an answer, the status is 0.
fn log(attempt: u32, started: Instant, result: &Result<Box<RawResponse>, Error>, span: &Span) {
    let response = match result {
        Ok(response) => Some(&**response),
        Err(error) => error.response(),
    };
    let status = response.map(|response| response.status().as_u16());
    span.record("attempt", attempt)
        .record("status", status.unwrap_or_default());
    if !span.is_disabled() {
        let names = ["x-github-request-id", "x-request-id"];
        let id = response.and_then(|response| names.iter().find_map(|name| response.header(name)));
        span.record("request_id", id.unwrap_or_default());
    }
    tracing::debug!(
        attempt,
        status,
        elapsed_ms = started.elapsed().as_millis() as u64,
        error = result.as_ref().err().map(field::display),
        "answered"
    );
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

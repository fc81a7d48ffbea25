//! The parameters of a request, wherever they stand in it.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

/// Names and values. The first value of a name counts.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Those of a query string.
    pub(crate) fn query(query: &str) -> Self {
        Self(parse(query.as_bytes()))
    }

    /// Those of a body, if it says that it is a form.
    pub(crate) fn form(headers: &HeaderMap, body: &[u8]) -> Self {
        if has_type(headers, "application/x-www-form-urlencoded") {
            Self(parse(body))
        } else {
            Self(Vec::new())
        }
    }

    /// The strings of a body, if it says that it is JSON.
    fn json(headers: &HeaderMap, body: &[u8]) -> Self {
        let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
            return Self(Vec::new());
        };
        let is_json = has_type(headers, "application/json");
        let strings = fields.into_iter().filter_map(|(name, value)| match value {
            Value::String(value) if is_json => Some((name, value)),
            _ => None,
        });
        Self(strings.collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.iter().find(|(found, _)| *found == name)?;
        Some(value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// What stands in the body counts more than what stands in the query.
impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = BytesRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let query = Self::query(request.uri().query().unwrap_or_default());
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state).await?;
        let mut all = Self::form(&headers, &body);
        all.0.extend(Self::json(&headers, &body).0);
        all.0.extend(query.0);
        Ok(all)
    }
}

fn parse(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    let found = headers.get(CONTENT_TYPE).and_then(|h| h.to_str().ok());
    found.is_some_and(|found| found.to_ascii_lowercase().starts_with(wanted))
}

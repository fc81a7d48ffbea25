//! Where a browser is sent after a decision.

use axum::http::header::LOCATION;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use form_urlencoded::Serializer;

/// Whether both apps accept it: on this host, with any port and path.
pub(crate) fn is_accepted(redirect_uri: &str) -> bool {
    // A fragment is forbidden by OAuth itself, and would swallow the parameters.
    if !redirect_uri.is_ascii() || redirect_uri.contains('#') {
        return false;
    }
    let Ok(uri) = redirect_uri.parse::<Uri>() else {
        return false;
    };
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_user = uri.authority().is_some_and(|a| a.as_str().contains('@'));
    is_web && !has_user && matches!(uri.host(), Some("127.0.0.1" | "localhost"))
}

/// A URL with more parameters, whether it has a query or not.
pub(crate) fn with_query(url: &str, params: &[(&str, String)]) -> String {
    let mark = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let added = Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{url}{mark}{added}")
}

pub(crate) fn to(url: String) -> Response {
    (StatusCode::FOUND, [(LOCATION, url)]).into_response()
}

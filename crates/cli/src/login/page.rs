//! What the browser shows at the end. Nothing in it comes from elsewhere.

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};

#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    status: StatusCode,
    title: &'static str,
    text: &'static str,
}

impl Page {
    /// Only after the token is saved.
    pub(super) const SIGNED_IN: Self = Self {
        status: StatusCode::OK,
        title: "Signed in.",
        text: "You can close this page.",
    };
    pub(super) const REFUSED: Self = Self {
        status: StatusCode::OK,
        title: "Not signed in.",
        text: "The answer was no. You can close this page.",
    };
    pub(super) const FAILED: Self = Self {
        status: StatusCode::BAD_GATEWAY,
        title: "It did not work.",
        text: "The terminal says what happened. You can close this page.",
    };
    pub(super) const STRANGER: Self = Self {
        status: StatusCode::BAD_REQUEST,
        title: "Not from here.",
        text: "This page was not opened by the sign-in that is under way, so nothing was done.",
    };
    pub(super) const OVER: Self = Self {
        status: StatusCode::CONFLICT,
        title: "Already here.",
        text: "This sign-in was continued before. The terminal says what happened.",
    };
    pub(super) const NOT_FOUND: Self = Self {
        status: StatusCode::NOT_FOUND,
        title: "Not found.",
        text: "There is nothing here.",
    };
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Self {
            status,
            title,
            text,
        } = self;
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <title>{title}</title>\n<style>body {{ font: 1.2rem sans-serif; margin: 4rem }}\
             </style>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{text}</p>\n</body>\n</html>\n"
        );
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            // The code is in the address: it goes nowhere else.
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "no-referrer"),
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'",
            ),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (status, headers, html).into_response()
    }
}

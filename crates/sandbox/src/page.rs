//! The HTML pages of both providers. They need no script and nothing from elsewhere.

use std::fmt;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::params::Params;

/// A page that a user is shown instead of being sent back to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorPage {
    status: StatusCode,
    message: &'static str,
}

impl ErrorPage {
    pub(crate) const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message }
    }

    pub(crate) const fn bad_request(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The HTTP status of the page.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// What the page says.
    pub fn message(&self) -> &'static str {
        self.message
    }
}

impl fmt::Display for ErrorPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a page with status {}: {}", self.status, self.message)
    }
}

impl std::error::Error for ErrorPage {}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let content = format!("<p id=\"message\">{}</p>", escape(self.message));
        show(self.status, "Sandbox", &content)
    }
}

/// A page with this title and content, which is HTML already.
pub(crate) fn show(status: StatusCode, title: &str, content: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n{content}\n</body>\n</html>\n"
    );
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    (status, headers, html).into_response()
}

/// A form with the two buttons, around content which is HTML already.
pub(crate) fn ask(title: &str, action: &str, content: &str) -> Response {
    let form = format!(
        "<form method=\"post\" action=\"{action}\">\n{content}\n\
         <button id=\"authorize\" name=\"decision\" value=\"authorize\">Authorize</button>\n\
         <button id=\"cancel\" name=\"decision\" value=\"cancel\">Cancel</button>\n</form>",
        action = escape(action),
    );
    show(StatusCode::OK, title, &form)
}

/// The page of an app that asks for scopes. The form brings all parameters back.
pub(crate) fn consent(action: &str, app: &str, scopes: &[String], params: &Params) -> Response {
    let scopes: String = scopes
        .iter()
        .map(|scope| format!("<li><code>{}</code></li>\n", escape(scope)))
        .collect();
    let hidden: String = params
        .iter()
        .filter(|(name, _)| *name != "decision")
        .map(|(name, value)| {
            let (name, value) = (escape(name), escape(value));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n")
        })
        .collect();
    let content = format!(
        "<p><strong id=\"app\">{}</strong> asks for:</p>\n<ul id=\"scopes\">\n{scopes}</ul>\n{hidden}",
        escape(app),
    );
    ask("Authorize an app", action, &content)
}

/// Which of the two buttons was pressed.
pub(crate) fn is_authorized(params: &Params) -> Result<bool, ErrorPage> {
    match params.get("decision") {
        Some("authorize") => Ok(true),
        Some("cancel") => Ok(false),
        _ => Err(ErrorPage::bad_request("Press one of the two buttons.")),
    }
}

/// A text as it may stand between tags and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

//! The words of the column `answer`.

use tokenturn::Secret;
use tokenturn_tests::CLIENT_ID;

use super::call::Call;
use crate::coding;

/// The token that GitHub is asked about.
pub(super) const OLD: &str = "ghu_canaryold0123456789";
/// The one that takes its place.
pub(super) const NEW: &str = "ghu_canarynew0123456789";
/// The refresh token that comes beside it.
pub(super) const NEW_REFRESH: &str = "ghr_canarynew0123456789";
/// A living token of another user.
pub(super) const OTHER: &str = "ghu_canaryother0123456789";
/// A code, of the web flow or of a device.
pub(super) const CODE: &str = "canarycode0123456789";

/// An answer to a call.
pub(super) struct Said {
    pub(super) bytes: Vec<u8>,
    /// The body as it is sent.
    pub(super) payload: Vec<u8>,
    /// Whether the provider's new token is in it.
    pub(super) has_new: bool,
}

/// Puts together what the server says.
pub(super) fn said(words: &str, call: Call) -> Said {
    let (words, literal) = match words.split_once("::") {
        Some((words, literal)) => (words, literal.trim()),
        None => (words, "$real"),
    };
    let text = filled(literal, call);
    let has_new = holds(text.as_bytes(), call.new_token());
    let mut payload = text.into_bytes();
    let (mut status, mut content_type) = (200, "application/json; charset=utf-8");
    let (mut headers, mut end) = (Vec::new(), usize::MAX);
    for word in words.split_whitespace() {
        match word {
            "html" => content_type = "text/html; charset=utf-8",
            "untyped" => content_type = "",
            "id" => headers.push(("x-github-request-id", "C0DE:1F")),
            "gzipped" => payload = coding::gzip(&payload),
            "zlib" => payload = coding::zlib(&payload),
            "deflated" => payload = coding::deflate(&payload),
            // What nobody can undo who does not know how.
            "scrambled" => payload.iter_mut().for_each(|byte| *byte ^= 0xA5),
            "base64" => payload = coding::base64(&payload).into_bytes(),
            "cut" => {
                let token = format!("\"{}\"", call.new_token());
                let mut windows = payload.windows(token.len());
                let at = windows.position(|window| window == token.as_bytes());
                end = at.expect("the new token") + token.len();
            }
            "headless" => end = 0,
            word => match word.split_once(':') {
                Some(header) => headers.push(header),
                None => status = word.parse().expect("a status"),
            },
        }
    }
    let length = payload.len();
    payload.truncate(end);
    let mut head = format!("HTTP/1.1 {status} Reason\r\n");
    if !content_type.is_empty() {
        headers.push(("content-type", content_type));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {length}\r\n\r\n"));
    Said {
        bytes: [head.as_bytes(), &payload].concat(),
        payload,
        has_new,
    }
}

/// The text with what `$` stands before.
fn filled(text: &str, call: Call) -> String {
    let real = call.real_answer(call.new_token(), 1);
    [
        ("$real", real.clone()),
        // As one that looks at pages sees it, and as one that wraps it in JSON.
        ("$escaped", real.replace('"', "&quot;")),
        ("$quoted", real.replace('\\', "\\\\").replace('"', "\\\"")),
        ("$same", call.real_answer(call.sent(), 1)),
        ("$other", call.real_answer(OTHER, 2)),
        ("$field", call.field().to_owned()),
        ("$sent", call.sent().to_owned()),
        ("$new", call.new_token().to_owned()),
        (
            "$hash",
            Secret::new(call.new_token()).fingerprint().to_string(),
        ),
        ("$app", CLIENT_ID.to_owned()),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, value)| {
        text.replace(name, value)
    })
}

/// GitHub's answer about a token, in the order in which GitHub writes it.
pub(super) fn authorization(token: &str, user_id: u32) -> String {
    let hash = Secret::new(token).fingerprint();
    let end = &token[token.len().saturating_sub(8)..];
    format!(
        concat!(
            r#"{{"id":1,"url":"https://api.github.com/authorizations/1","app":{{"name":"app","#,
            r#""url":"https://app.example","client_id":"{}"}},"token":"{}","hashed_token":"{}","#,
            r#""token_last_eight":"{}","note":null,"note_url":null,"#,
            r#""created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","#,
            r#""scopes":["repo"],"fingerprint":null,"expires_at":null,"#,
            r#""user":{{"login":"octocat","id":{}}}}}"#
        ),
        CLIENT_ID, token, hash, end, user_id
    )
}

pub(super) fn holds(text: &[u8], part: &str) -> bool {
    !part.is_empty()
        && text
            .windows(part.len())
            .any(|window| window == part.as_bytes())
}

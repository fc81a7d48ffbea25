//! Refuses to send a request anywhere but where its operation says.

use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::ConfigError;
use crate::Operation;

/// Reads a base URL and refuses one to which credentials must not go.
pub(super) fn base_url(text: &str, allow_http: bool) -> Result<Url, String> {
    // Before anything of it is shown: what is left of the sign need not be read as credentials.
    if text.contains('@') {
        return Err(
            "the base URL has an `@` in it; give credentials to the builder instead".into(),
        );
    }
    let url = Url::parse(text).map_err(|e| format!("the base URL is not a URL: {e}"))?;
    let Some(host) = url.host_str() else {
        return Err("the base URL has no host; write `https://HOST`".into());
    };
    match url.scheme() {
        "https" => {}
        "http" if allow_http || is_loopback(host) => {}
        "http" => {
            return Err(format!(
                "credentials would travel to {host} in clear; write `https://`, or allow http \
                 for a network that you trust"
            ));
        }
        scheme => {
            return Err(format!(
                "the base URL begins with `{scheme}:`; write `https:`"
            ));
        }
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the base URL must end before `?` and `#`".into());
    }
    Ok(url)
}

/// Checks the address of a page before it is used, by the rules for a base URL.
///
/// # Errors
///
/// When it is not `https://` (or `http://` to this host), or holds credentials or a query.
pub fn check_base_url(url: &str) -> Result<(), ConfigError> {
    base_url(url, false).map(drop).map_err(ConfigError::new)
}

/// A base URL in the form that [`Transport::base_url`](crate::Transport::base_url) has, in which two
/// that mean the same are equal: the host in lower case, no port that the scheme has anyway, no
/// space around it and no slash at its end. What is no URL stays as it is.
///
/// ```
/// use tokenturn_client::normal_base_url;
///
/// assert_eq!(normal_base_url("https://API.GitHub.com:443/\n"), "https://api.github.com");
/// ```
pub fn normal_base_url(url: &str) -> String {
    let parsed = Url::parse(url);
    let text = parsed.as_ref().map_or(url.trim(), Url::as_str);
    text.trim_end_matches('/').to_owned()
}

pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Checks that the path is the operation's, with one sensible segment for each parameter.
///
/// A URL parser collapses `..`, so a parameter could otherwise turn one call into another.
pub(super) fn path(url: &Url, base: &Url, operation: &Operation) -> Result<(), String> {
    let base = base.path().trim_end_matches('/');
    let path = url.path().strip_prefix(base).unwrap_or_default();
    let mut found = path.split('/');
    let mut wanted = operation.path.split('/');
    let is_there = |wanted: &str| match found.next() {
        Some(found) if wanted.contains('{') => {
            is_segment(&percent_decode_str(found).decode_utf8_lossy())
        }
        found => found == Some(wanted),
    };
    let matches = wanted.all(is_there) && found.next().is_none();
    if matches {
        Ok(())
    } else {
        Err(format!(
            "a path parameter of {} {} is empty, `.`, `..`, or has a control character in it",
            operation.method, operation.path
        ))
    }
}

/// Checks a path parameter before it is used, for whoever wants to refuse it early.
///
/// # Errors
///
/// When the value is empty, `.` or `..`, or has a control character in it.
pub fn check_path_parameter(value: &str) -> Result<(), ConfigError> {
    if is_segment(value) {
        return Ok(());
    }
    Err(ConfigError::new(format!(
        "{value:?} cannot be part of a path; it must not be empty, `.`, `..`, or have a control \
         character in it"
    )))
}

fn is_segment(value: &str) -> bool {
    !matches!(value, "" | "." | "..") && !value.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Retry;
    use crate::runtime::encode_path;

    const OPERATION: Operation = Operation {
        id: "check_token",
        method: "POST",
        path: "/applications/{client_id}/token",
        retry: Retry::Safe,
        authenticated: true,
    };

    fn send_to(base: &str, client_id: &str) -> Result<(), String> {
        let url = format!("{base}/applications/{}/token", encode_path(client_id));
        path(
            &Url::parse(&url).unwrap(),
            &Url::parse(base).unwrap(),
            &OPERATION,
        )
    }

    #[test]
    fn a_parameter_stays_one_segment() {
        for base in ["https://api.github.com", "https://ghe.example/api/v3"] {
            for good in [
                "Iv1.8a61f9b3a7aba766",
                "a/b",
                "a b?c#d%",
                "...",
                "%2e%2e",
                "é",
            ] {
                assert_eq!(send_to(base, good), Ok(()), "{good}");
            }
            for bad in ["", ".", "..", "a\nb", "\0", "\u{7f}"] {
                assert!(send_to(base, bad).is_err(), "{bad:?}");
            }
        }
    }

    #[test]
    fn base_urls_are_compared_as_urls_are() {
        for (same, normal) in [
            ("https://api.github.com", "https://api.github.com"),
            ("HTTPS://API.GitHub.com:443//", "https://api.github.com"),
            (" https://api.github.com/\r\n", "https://api.github.com"),
            (
                "https://GHE.example:8443/api/v3/",
                "https://ghe.example:8443/api/v3",
            ),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("api.github.com/ ", "api.github.com"),
        ] {
            assert_eq!(normal_base_url(same), normal, "{same}");
        }
    }

    #[test]
    fn a_base_url_is_safe_to_send_credentials_to() {
        for good in [
            "https://api.github.com",
            "https://ghe.example/api/v3/",
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:1",
        ] {
            assert!(base_url(good, false).is_ok(), "{good}");
        }
        for (bad, advice) in [
            ("api.github.com", "not a URL"),
            ("http://api.github.com", "in clear"),
            ("http://localhost.evil.example", "in clear"),
            ("ftp://ghe.example", "write `https:`"),
            (
                "https://u:canary@ghe.example",
                "give credentials to the builder",
            ),
            (
                "http://canary/x@ghe.example",
                "give credentials to the builder",
            ),
            (
                "http://u:1234/canary@ghe.example",
                "give credentials to the builder",
            ),
            (
                "http://canary#@ghe.example",
                "give credentials to the builder",
            ),
            ("canary:x?@ghe.example", "give credentials to the builder"),
            ("canary@ghe.example", "give credentials to the builder"),
            (
                "https://u:can ary@ghe.example:x",
                "give credentials to the builder",
            ),
            ("https://ghe.example/?a", "must end before"),
            ("https://ghe.example/#a", "must end before"),
        ] {
            let error = base_url(bad, false).unwrap_err();
            assert!(error.contains(advice), "{bad}: {error}");
            assert!(!error.contains("canary"), "{error}");
        }
        assert!(base_url("http://ghe.example", true).is_ok());
    }
}

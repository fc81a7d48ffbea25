//! Which proxy a transport goes through: the caller's, or that of the environment.
//!
//! reqwest reads the same variables, but a proxy that it cannot use it leaves out without a word,
//! one that stands behind an empty variable, too, and of `NO_PROXY` it takes no ports, and `*` for
//! names alone (hyper-util 0.1, `client/proxy/matcher.rs`). What goes the wrong way may be refused,
//! or be read by a machine that looks into TLS.

mod no_proxy;

use std::env;

use reqwest::{ClientBuilder, Proxy, Url};

use super::guard;
use no_proxy::is_excluded;

/// What the caller says about proxies.
#[derive(Clone)]
pub(super) enum Choice {
    Environment,
    Nothing,
    Url(String),
}

/// Sets up the proxies of a client that calls `url`, and maybe others.
pub(super) fn configure(
    http: ClientBuilder,
    choice: &Choice,
    url: &Url,
) -> Result<ClientBuilder, String> {
    let environment = match choice {
        Choice::Nothing => return Ok(http.no_proxy()),
        Choice::Url(value) => {
            let proxy = read(value).ok_or_else(|| not_a_proxy("the proxy", ""))?;
            let proxy = Proxy::all(proxy).map_err(|e| e.to_string())?;
            return Ok(http.no_proxy().proxy(proxy));
        }
        Choice::Environment => Environment::read(),
    };
    let proxy = environment.proxy(url)?;
    let is_passed = environment.is_passed(url);
    if environment.is_empty() && is_passed {
        // To ask for each call would take longer.
        return Ok(http.no_proxy());
    }
    if proxy.is_none() && !is_passed {
        // Without a variable, the platform's settings count where reqwest reads them.
        return Ok(http);
    }
    let choose = move |url: &Url| environment.proxy(url).ok().flatten();
    Ok(http.proxy(Proxy::custom(choose)))
}

/// Refuses what the environment names for a URL and is no proxy: reqwest would go past it.
pub(super) fn check(choice: &Choice, url: &Url) -> Result<(), String> {
    match choice {
        Choice::Environment => Environment::read().proxy(url).map(drop),
        _ => Ok(()),
    }
}

/// What the environment says.
struct Environment {
    https: Option<(&'static str, String)>,
    http: Option<(&'static str, String)>,
    passed: String,
}

impl Environment {
    fn read() -> Self {
        let http: &[_] = if env::var_os("REQUEST_METHOD").is_some() {
            // In a CGI program, HTTP_PROXY is a header of whoever asks: https://httpoxy.org.
            &["ALL_PROXY", "all_proxy"]
        } else {
            &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
        };
        let passed = variable(&["NO_PROXY", "no_proxy"]);
        Self {
            https: variable(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            http: variable(http),
            passed: passed.map(|(_, list)| list).unwrap_or_default(),
        }
    }

    /// Whether it names no proxy.
    fn is_empty(&self) -> bool {
        self.https.is_none() && self.http.is_none()
    }

    /// Whether no proxy is in the way. One would carry what is meant for this host out of it.
    fn is_passed(&self, url: &Url) -> bool {
        url.host_str().is_some_and(guard::is_loopback) || is_excluded(&self.passed, url)
    }

    fn proxy(&self, url: &Url) -> Result<Option<Url>, String> {
        let variable = match url.scheme() {
            "https" => &self.https,
            _ => &self.http,
        };
        match variable {
            Some((name, value)) if !self.is_passed(url) => read(value)
                .map(Some)
                .ok_or_else(|| not_a_proxy(name, ", or name the host of the base URL in NO_PROXY")),
            _ => Ok(None),
        }
    }
}

/// The value itself may hold a password.
fn not_a_proxy(name: &str, more: &str) -> String {
    format!(
        "{name} is not the URL of a proxy; write `http://HOST:PORT`, with `%40` for an `@` in a \
         password and so on{more}"
    )
}

/// The first of these variables that is not empty, as curl and Go choose. One that is no Unicode
/// counts, too: the call would go another way than it says.
fn variable(names: &[&'static str]) -> Option<(&'static str, String)> {
    names.iter().find_map(|name| {
        let value = env::var_os(name)?;
        let value = value.to_string_lossy().trim().to_owned();
        (!value.is_empty()).then_some((*name, value))
    })
}

/// Reads the URL of a proxy, of which nothing but a host is required. reqwest would leave out what
/// is refused here, or take half a password for the host.
fn read(value: &str) -> Option<Url> {
    let url = if value.contains("://") {
        Url::parse(value)
    } else {
        Url::parse(&format!("http://{value}"))
    };
    let url = url.ok()?;
    let is_known = matches!(
        url.scheme(),
        "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h"
    );
    let host = url.host_str().unwrap_or_default();
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    (is_known && host.bytes().all(is_host) && has_credentials == value.contains('@')).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_used_or_refused() {
        for good in [
            "http://proxy.example:3128",
            "HTTP://proxy.example",
            "http://proxy.example/",
            "https://proxy.example",
            "proxy.example:3128",
            "proxy.example",
            "u:canary@proxy.example:3128",
            "http://u:can%40ry@203.0.113.7",
            "http://u:can@ry@203.0.113.7",
            "http://u:can ary@[2001:db8::1]:3128",
            "socks5h://u:canary@proxy.example",
            "http://pröxy.example",
        ] {
            assert!(read(good).is_some(), "{good}");
        }
        for bad in [
            "ftp://proxy.example",
            "http://",
            "://proxy.example",
            "http:proxy.example:3128",
            "http://proxy.example:99999",
            "not a url",
            "\"http://proxy.example\"",
            "http://\"proxy.example\"",
            "http://u:can#ary@proxy.example",
            "http://u:can/ary@proxy.example",
            "http://corp\\u:canary@proxy.example",
            "http://u:1234#ary@proxy.example",
            "http://u:1234/ary@proxy.example",
            "u:1234?ary@proxy.example",
            "socks5://pro%20xy.example",
            "pr\u{fffd}xy.example",
        ] {
            assert!(read(bad).is_none(), "{bad}");
        }
    }
}

//! Which proxy a transport goes through: the caller's, or that of the environment.
//!
//! reqwest reads the same variables, but a proxy that it cannot use it leaves out without a word,
//! one that stands behind an empty variable, too, and of `NO_PROXY` it takes no ports, and `*` for
//! names alone (hyper-util 0.1, `client/proxy/matcher.rs`). What goes the wrong way may be refused,
//! or be read by a machine that looks into TLS.

use std::env;
use std::net::{IpAddr, Ipv6Addr};

use reqwest::{ClientBuilder, Proxy, Url};

use super::guard;

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

/// Whether a `NO_PROXY` covers a URL. It takes what curl and Go document, and what others take:
/// names, which stand for what is below them as well, `*.NAME` for that alone, addresses, networks,
/// any of them with a port, and `*`; commas or spaces between them.
fn is_excluded(list: &str, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let address = host.trim_matches(['[', ']']).parse().ok();
    list.split(|c: char| c == ',' || c.is_whitespace())
        .any(|entry| {
            let (name, port) = split_port(entry);
            let is_there = name == "*"
                || match address {
                    Some(address) => is_in(address, name.trim_matches(['[', ']'])),
                    None => is_under(host, name),
                };
            is_there && (port.is_none() || port == url.port_or_known_default())
        })
}

fn split_port(entry: &str) -> (&str, Option<u16>) {
    // What stands behind the last colon of an address is no port.
    let parts = match entry.parse::<Ipv6Addr>() {
        Ok(_) => None,
        Err(_) => entry.rsplit_once(':'),
    };
    match parts.map(|(name, port)| (name, port.parse())) {
        Some((name, Ok(port))) => (name, Some(port)),
        _ => (entry, None),
    }
}

/// Whether an address is this one, or in this network, such as `10.0.0.0/8`.
fn is_in(address: IpAddr, network: &str) -> bool {
    let (network, bits) = network.split_once('/').unwrap_or((network, "128"));
    let different = match (network.parse(), address) {
        (Ok(IpAddr::V4(network)), IpAddr::V4(address)) => {
            u128::from(network.to_bits() ^ address.to_bits()) << 96
        }
        (Ok(IpAddr::V6(network)), IpAddr::V6(address)) => network.to_bits() ^ address.to_bits(),
        _ => return false,
    };
    bits.parse()
        .is_ok_and(|bits: u32| different.leading_zeros() >= bits)
}

fn is_under(host: &str, name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let (below, domain) = match name.strip_prefix("*.") {
        Some(domain) => (true, domain),
        None => (false, name.strip_prefix('.').unwrap_or(&name)),
    };
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.ends_with('.') || (rest.is_empty() && !below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_says_what_goes_past_the_proxy() {
        for (list, covered, not_covered) in [
            (
                "*",
                "https://ghe.example https://203.0.113.7 https://[2001:db8::1]",
                "",
            ),
            ("a.example,*", "https://203.0.113.7", ""),
            (
                "*:8443",
                "https://203.0.113.7:8443 https://ghe.example:8443",
                "https://ghe.example",
            ),
            (
                "ghe.example",
                "https://ghe.example https://api.ghe.example:8443 https://ghe.example.",
                "https://ghe.example.org https://myghe.example https://example",
            ),
            (
                "GHE.Example.",
                "https://ghe.example https://api.ghe.example",
                "",
            ),
            (
                ".corp.example",
                "https://corp.example https://ghe.corp.example",
                "https://mycorp.example",
            ),
            (
                "*.corp.example",
                "https://ghe.corp.example https://a.b.corp.example",
                "https://corp.example https://mycorp.example",
            ),
            (
                "*.corp.example:8443",
                "https://ghe.corp.example:8443",
                "https://ghe.corp.example",
            ),
            (
                "ghe.example:8443",
                "https://ghe.example:8443 https://api.ghe.example:8443",
                "https://ghe.example https://ghe.example:443 https://ghe.example:84",
            ),
            (
                "ghe.example:443",
                "https://ghe.example https://ghe.example:443",
                "http://ghe.example https://ghe.example:8443",
            ),
            (
                "ghe.example:80",
                "http://ghe.example",
                "https://ghe.example",
            ),
            (
                "203.0.113.7",
                "https://203.0.113.7 https://203.0.113.7:8443",
                "https://203.0.113.70 https://203.0.113.7.example https://203.0.113.8",
            ),
            (
                "203.0.113.7:8443",
                "https://203.0.113.7:8443",
                "https://203.0.113.7 https://203.0.113.7:443",
            ),
            // The end of a name covers what is below it, the end of an address nothing.
            ("113.7, 0.113.7, .113.7, *.113.7", "", "https://203.0.113.7"),
            (
                "2001:db8::1",
                "https://[2001:db8::1] https://[2001:db8::1]:8443",
                "https://[2001:db8::2]",
            ),
            // All of it is an address.
            ("2001:db8::1:443", "", "https://[2001:db8::1]"),
            ("[2001:DB8::1]", "https://[2001:db8::1]:8443", ""),
            (
                "[2001:db8::1]:443",
                "https://[2001:db8::1] https://[2001:db8::1]:443",
                "https://[2001:db8::1]:8443",
            ),
            (
                "10.0.0.0/8",
                "https://10.255.0.1:8443",
                "https://11.0.0.1 https://10.0.0.example https://[::a00:1]",
            ),
            ("10.1.2.3/8", "https://10.255.0.1", "https://9.255.0.1"),
            (
                "203.0.113.6/31",
                "https://203.0.113.7",
                "https://203.0.113.8",
            ),
            (
                "203.0.113.7/32",
                "https://203.0.113.7",
                "https://203.0.113.6",
            ),
            ("0.0.0.0/0", "https://203.0.113.7", "https://[2001:db8::1]"),
            (
                "2001:db8::/32",
                "https://[2001:db8:1::1]",
                "https://[2001:db9::1]",
            ),
            ("::/0", "https://[2001:db8::1]", "https://203.0.113.7"),
            (
                "a.example ghe.example\t10.0.0.0/8,\n,b.example",
                "https://ghe.example https://10.0.0.1 https://b.example",
                "https://c.example",
            ),
            (
                ", . .. : :443 / /8 [] *. ghe.example: ghe.example:x ghe.example/8 10.0.0.0/x \
                 10.0.0.0/129 10.0.0.0/-1 e",
                "",
                "https://ghe.example https://ghe.example. https://10.0.0.0",
            ),
            ("", "", "https://ghe.example https://203.0.113.7"),
        ] {
            for (urls, expected) in [(covered, true), (not_covered, false)] {
                for url in urls.split_whitespace() {
                    let is_excluded = is_excluded(list, &Url::parse(url).unwrap());
                    assert_eq!(is_excluded, expected, "{list:?}: {url}");
                }
            }
        }
    }

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

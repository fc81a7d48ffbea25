//! Which tokens a git host is given.

use std::net::IpAddr;

use tokenturn::normal_base_url;

use super::request::Request;
use crate::args::GitCredential;

/// The tokens that the host takes which git asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Those of an API with one of these base URLs.
    Servers(Vec<String>),
    /// The one that the user names, whatever its API.
    Named,
}

impl Takes {
    /// `None` where no token of a vault is for the host.
    pub(super) fn of(args: &GitCredential, request: &Request) -> Option<Self> {
        let (protocol, host) = (request.protocol.as_deref()?, request.host.as_deref()?);
        match &args.host {
            None => servers(protocol, host).map(Self::Servers),
            Some(named) => {
                let is_same = origin(protocol, host)? == origin(protocol, named)?;
                is_same.then_some(Self::Named)
            }
        }
    }

    pub(super) fn of_server(&self, server: &str) -> bool {
        match self {
            Self::Servers(servers) => servers.iter().any(|one| one == server),
            Self::Named => true,
        }
    }
}

/// The base URLs of the APIs that belong to a git host, by its whole name and port:
/// `https://api.github.com`, `https://api.SUBDOMAIN.ghe.com`, or that of an Enterprise Server. On this host, it
/// may be the sandbox's.
fn servers(protocol: &str, host: &str) -> Option<Vec<String>> {
    let origin = origin(protocol, host)?;
    if let Some(name) = origin.strip_prefix("https://")
        && (name == "github.com" || is_data_residency(name))
    {
        return Some(vec![format!("https://api.{name}")]);
    }
    let mut servers = vec![format!("{origin}/api/v3")];
    if is_loopback(&origin) {
        servers.push(origin);
    }
    Some(servers)
}

/// Scheme, host and port, in which two that mean the same are equal. `None` where no token is sent: it would
/// be in the clear, or the host is none.
fn origin(protocol: &str, host: &str) -> Option<String> {
    // What has a path or a user in it is another host than it seems to be.
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_of_host) {
        return None;
    }
    let origin = normal_base_url(&format!("{protocol}://{host}"));
    let is_safe = protocol == "https" || protocol == "http" && is_loopback(&origin);
    is_safe.then_some(origin)
}

fn is_data_residency(name: &str) -> bool {
    let subdomain = name.strip_suffix(".ghe.com").unwrap_or_default();
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !subdomain.is_empty() && subdomain.bytes().all(is_label)
}

/// Whether it is this host.
fn is_loopback(origin: &str) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = name.parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_takes_the_tokens_of_its_own_api() {
        for (protocol, host, wanted) in [
            ("https", "github.com", &["https://api.github.com"][..]),
            ("https", "GitHub.com:443", &["https://api.github.com"]),
            (
                "https",
                "octocorp.ghe.com",
                &["https://api.octocorp.ghe.com"],
            ),
            ("https", "ghe.example", &["https://ghe.example/api/v3"]),
            (
                "https",
                "ghe.example:8443",
                &["https://ghe.example:8443/api/v3"],
            ),
            (
                "http",
                "127.0.0.1:4711",
                &["http://127.0.0.1:4711/api/v3", "http://127.0.0.1:4711"],
            ),
            ("http", "[::1]:80", &["http://[::1]/api/v3", "http://[::1]"]),
            (
                "https",
                "localhost:1",
                &["https://localhost:1/api/v3", "https://localhost:1"],
            ),
        ] {
            assert_eq!(servers(protocol, host).unwrap(), wanted, "{host}");
        }
    }

    #[test]
    fn no_other_host_takes_them() {
        for (protocol, host) in [
            ("http", "github.com"),
            ("http", "ghe.example"),
            ("http", "127.0.0.1.evil.example"),
            ("ftp", "127.0.0.1"),
            ("ssh", "github.com"),
            ("https", ""),
            ("https", "github.com/"),
            ("https", "github.com#evil.example"),
            ("https", "github.com@evil.example"),
            ("https", "github.com\\evil.example"),
            ("https", "g\u{131}thub.com"),
        ] {
            assert_eq!(servers(protocol, host), None, "{host}");
        }
        for host in [
            "github.com.",
            "www.github.com",
            "api.github.com",
            "github.com:8443",
            "github.com.evil.example",
            "evilgithub.com",
            "ghe.com",
            ".ghe.com",
            "a.b.ghe.com",
            "octocorp.ghe.com:8443",
            "octocorp.ghe.com.evil.example",
        ] {
            for server in servers("https", host).unwrap() {
                assert!(server.ends_with("/api/v3"), "{host}: {server}");
                assert!(!server.contains("//api.github.com/") || host == "api.github.com");
            }
        }
    }
}

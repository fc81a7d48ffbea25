//! Which hosts a `NO_PROXY` names.

use std::net::{IpAddr, Ipv6Addr};

use reqwest::Url;

/// Whether a `NO_PROXY` covers a URL. It takes what curl and Go document, and what others take:
/// names, which stand for what is below them as well, `*.NAME` for that alone, addresses, networks,
/// any of them with a port, and `*`; commas or spaces between them.
pub(super) fn is_excluded(list: &str, url: &Url) -> bool {
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
}

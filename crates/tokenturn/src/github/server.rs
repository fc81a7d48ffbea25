//! Which GitHub: its address, and the headers that its version expects.

use tokenturn_client::normal_base_url;

use crate::error::BuildError;

#[derive(Debug)]
pub(super) enum Server {
    DotCom,
    Enterprise { host: String, version: String },
    DataResidency { subdomain: String },
}

/// What not every server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feature {
    DeviceFlow,
    Pkce,
    RevokeCredentials,
    ScopeToken,
}

/// The header that names an API version.
pub(super) const API_VERSION: &str = "x-github-api-version";
/// The one that is spoken where versions exist, and no other is chosen.
const DEFAULT_VERSION: &str = "2022-11-28";
/// By the page of the preview: <https://docs.github.com/en/enterprise-server@2.20/rest/overview/api-previews>.
const PREVIEW: &str = "Enterprise Server 2.20 has these calls as a preview, which GitHub does not support for \
    production and may change without notice; upgrade the server";

impl Server {
    pub(super) fn base_url(&self) -> Result<String, BuildError> {
        match self {
            Self::DotCom => Ok("https://api.github.com".into()),
            Self::Enterprise { host, .. } => {
                let host = host.trim().trim_end_matches('/');
                if host.is_empty() || host.contains(['/', '?', '#', '@', '\\']) {
                    return Err(BuildError(
                        "the host of the Enterprise Server is not a host name; write it alone, such \
                         as `github.example.com`"
                            .into(),
                    ));
                }
                Ok(format!("https://{host}/api/v3"))
            }
            Self::DataResidency { subdomain } => {
                let is_label = !subdomain.is_empty()
                    && subdomain
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                if !is_label {
                    return Err(BuildError(
                        "that is not a subdomain; write `octocorp` for octocorp.ghe.com".into(),
                    ));
                }
                Ok(format!("https://api.{subdomain}.ghe.com"))
            }
        }
    }

    /// Refuses the base URL of pages, where the API has another one.
    pub(super) fn check_base_url(&self, base_url: &str) -> Result<(), BuildError> {
        api_url(base_url)?;
        if let Self::Enterprise { host, .. } = self {
            let host = normal_base_url(&format!("https://{host}"));
            if normal_base_url(base_url) == host {
                return Err(wrong(&host, &format!("{host}/api/v3")));
            }
        }
        Ok(())
    }

    /// Media type and API version.
    ///
    /// 2.20 has the endpoints as a preview (<https://docs.github.com/en/enterprise-server@2.20/rest/overview/api-previews>),
    /// the docs of 3.2 are the first to recommend `application/vnd.github+json`, and 3.9 is the
    /// first server with API versions.
    pub(super) fn headers<'a>(
        &self,
        api_version: Option<&'a str>,
    ) -> Result<Vec<(&'static str, &'a str)>, BuildError> {
        let (accept, has_versions) = match self {
            Self::DotCom | Self::DataResidency { .. } => ("application/vnd.github+json", true),
            Self::Enterprise { version, .. } => match parse(version)? {
                old if old < (2, 20) => {
                    return Err(BuildError(format!(
                        "Enterprise Server {version} can only replace a token whose old value \
                         stands in the URL, where logs keep it; upgrade the server to 2.20 or newer"
                    )));
                }
                (2, 20) => ("application/vnd.github.doctor-strange-preview+json", false),
                version if version < (3, 2) => ("application/vnd.github.v3+json", false),
                version => ("application/vnd.github+json", version >= (3, 9)),
            },
        };
        let mut headers = vec![("accept", accept)];
        if has_versions {
            headers.push((API_VERSION, api_version.unwrap_or(DEFAULT_VERSION)));
        } else if api_version.is_some() {
            return Err(BuildError(
                "this Enterprise Server has no API versions, which begin with 3.9; leave the version out"
                    .into(),
            ));
        }
        Ok(headers)
    }

    /// What to know before it is relied on.
    pub(super) fn warning(&self) -> Option<&'static str> {
        match self {
            Self::Enterprise { version, .. } if parse(version).ok() == Some((2, 20)) => {
                Some(PREVIEW)
            }
            _ => None,
        }
    }

    /// Why this server does not have a feature, or `None` if it does. It says from which version of
    /// Enterprise Server on the feature is documented.
    ///
    /// Device flow: its docs begin with 2.22; scoped tokens: the official descriptions have them from 3.0
    /// on, and those of 2.22 and before do not.
    /// The descriptions of 3.18 and 3.19 had the revocation of credentials for a while, the newer
    /// ones do not. PKCE: the docs have it for github.com and Enterprise Cloud only
    /// (<https://github.blog/changelog/2025-07-14-pkce-support-for-oauth-and-github-app-authentication/>).
    pub(super) fn lacks(&self, feature: Feature) -> Option<String> {
        let Self::Enterprise { version, .. } = self else {
            return None;
        };
        let (name, since) = match feature {
            Feature::DeviceFlow => ("the device flow", Some((2, 22))),
            Feature::Pkce => ("code challenges", None),
            Feature::RevokeCredentials => ("the revocation of credentials", None),
            Feature::ScopeToken => ("scoped tokens", Some((3, 0))),
        };
        match since {
            // `headers` has read the version before.
            Some(since) if parse(version).is_ok_and(|version| version >= since) => None,
            Some((major, minor)) => Some(format!(
                "Enterprise Server {version} is not documented to have {name}; {major}.{minor} is the \
                 first version that is"
            )),
            None => Some(format!(
                "Enterprise Server is not documented to have {name}; github.com is"
            )),
        }
    }
}

/// The base URL of an API of GitHub in the form of [`GitHub::base_url`](super::GitHub::base_url), in
/// which two that mean the same are equal.
///
/// # Errors
///
/// When it is known to be that of pages, which have no API: `https://github.com`,
/// `https://www.github.com`, `https://SUBDOMAIN.ghe.com`. The message names the one of the API.
pub fn api_url(url: &str) -> Result<String, BuildError> {
    let url = normal_base_url(url);
    let host = url.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let is_subdomain = |name: &str| !name.is_empty() && !name.contains('.');
    let right = match host.strip_suffix(".ghe.com") {
        Some(subdomain) if is_subdomain(subdomain) => format!("https://api.{host}"),
        _ if matches!(host, "github.com" | "www.github.com") => "https://api.github.com".into(),
        _ => return Ok(url),
    };
    Err(wrong(&format!("https://{host}"), &right))
}

fn wrong(found: &str, right: &str) -> BuildError {
    BuildError(format!("{found} has pages and no API; write {right}"))
}

/// The host of the pages that belong to an API.
pub(super) fn login_url(base_url: &str) -> String {
    let base_url = normal_base_url(base_url);
    if let Some(host) = base_url.strip_prefix("https://api.")
        && (host == "github.com" || host.ends_with(".ghe.com"))
    {
        return format!("https://{host}");
    }
    let host = base_url.strip_suffix("/api/v3");
    host.unwrap_or(&base_url).to_owned()
}

/// `X.Y` or `X.Y.Z`.
fn parse(version: &str) -> Result<(u32, u32), BuildError> {
    let mut parts = version.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor)), None | Some(Ok(_)), None) => Ok((major, minor)),
        _ => Err(BuildError(format!(
            "{version:?} is not a version of Enterprise Server; write it as `3.14`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enterprise(host: &str, version: &str) -> Server {
        Server::Enterprise {
            host: host.into(),
            version: version.into(),
        }
    }

    #[test]
    fn headers_follow_the_version() {
        const NEW: &str = "application/vnd.github+json";
        const V3: &str = "application/vnd.github.v3+json";
        const PREVIEW: &str = "application/vnd.github.doctor-strange-preview+json";
        for (version, accept, has_versions) in [
            ("2.20", PREVIEW, false),
            ("2.20.24", PREVIEW, false),
            ("2.21", V3, false),
            ("2.22", V3, false),
            ("3.0", V3, false),
            ("3.1", V3, false),
            ("3.2", NEW, false),
            ("3.8", NEW, false),
            ("3.9", NEW, true),
            ("3.10", NEW, true),
            ("4.0", NEW, true),
        ] {
            let server = enterprise("h", version);
            let headers = server.headers(None).unwrap();
            assert_eq!(headers[0], ("accept", accept), "{version}");
            assert_eq!(headers.len() == 2, has_versions, "{version}");
            let chosen = server.headers(Some("2026-03-10"));
            assert_eq!(chosen.is_ok(), has_versions, "{version}");
            let is_preview = accept == PREVIEW;
            assert_eq!(server.warning().is_some(), is_preview, "{version}");
        }
        assert_eq!(Server::DotCom.headers(None).unwrap()[1].1, "2022-11-28");
        let chosen = Server::DotCom.headers(Some("2026-03-10")).unwrap();
        assert_eq!(chosen[1], ("x-github-api-version", "2026-03-10"));
    }

    #[test]
    fn refuses_what_is_too_old_or_no_version() {
        for (version, advice) in [
            ("2.19", "upgrade the server to 2.20"),
            ("2.9", "upgrade the server to 2.20"),
            ("1.0", "upgrade the server to 2.20"),
            ("3", "write it as `3.14`"),
            ("v3.14", "write it as `3.14`"),
            ("3.14.1.2", "write it as `3.14`"),
            ("", "write it as `3.14`"),
        ] {
            let error = enterprise("h", version)
                .headers(None)
                .unwrap_err()
                .to_string();
            assert!(error.contains(advice), "{version}: {error}");
        }
    }

    #[test]
    fn features_follow_the_version() {
        use Feature::*;

        for (version, lacking) in [
            (
                "2.20",
                &[DeviceFlow, Pkce, RevokeCredentials, ScopeToken][..],
            ),
            ("2.21", &[DeviceFlow, Pkce, RevokeCredentials, ScopeToken]),
            ("2.22", &[Pkce, RevokeCredentials, ScopeToken]),
            ("3.0", &[Pkce, RevokeCredentials]),
            ("3.3", &[Pkce, RevokeCredentials]),
            ("3.22", &[Pkce, RevokeCredentials]),
        ] {
            let server = enterprise("h", version);
            let all = [DeviceFlow, Pkce, RevokeCredentials, ScopeToken];
            let found: Vec<_> = all
                .into_iter()
                .filter(|feature| server.lacks(*feature).is_some())
                .collect();
            assert_eq!(found, lacking, "{version}");
            assert!(all.iter().all(|f| Server::DotCom.lacks(*f).is_none()));
        }
        let why = enterprise("h", "2.22").lacks(ScopeToken).unwrap();
        assert!(why.contains("3.0 is the first version"), "{why}");
        let why = enterprise("h", "3.22").lacks(RevokeCredentials).unwrap();
        assert!(why.contains("github.com is"), "{why}");
    }

    #[test]
    fn the_login_host_follows_the_api() {
        for (base_url, login) in [
            ("https://api.github.com", "https://github.com"),
            ("https://api.github.com/", "https://github.com"),
            ("https://API.GitHub.com:443\n", "https://github.com"),
            ("https://api.Octocorp.GHE.com", "https://octocorp.ghe.com"),
            ("https://api.octocorp.ghe.com", "https://octocorp.ghe.com"),
            ("https://ghe.example.com/api/v3", "https://ghe.example.com"),
            ("https://ghe.example.com/api/v3/", "https://ghe.example.com"),
            ("https://api.example.com/api/v3", "https://api.example.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(login_url(base_url), login);
        }
    }

    #[test]
    fn pages_are_no_api() {
        for (pages, right) in [
            ("https://github.com", "write https://api.github.com"),
            ("https://GitHub.com:443/", "write https://api.github.com"),
            (
                "https://www.github.com/api/v3",
                "write https://api.github.com",
            ),
            (
                "https://Octocorp.ghe.com/",
                "write https://api.octocorp.ghe.com",
            ),
            (
                "https://ghe.example.com/",
                "write https://ghe.example.com/api/v3",
            ),
        ] {
            let server = enterprise("GHE.example.com", "3.14");
            let error = server.check_base_url(pages).unwrap_err().to_string();
            assert!(error.ends_with(right), "{error}");
        }
        for api in [
            "https://api.github.com",
            "https://api.octocorp.ghe.com",
            "https://ghe.example.com/api/v3",
            "https://github.company.example",
            "http://127.0.0.1:1",
        ] {
            assert!(
                enterprise("ghe.example.com", "3.14")
                    .check_base_url(api)
                    .is_ok(),
                "{api}"
            );
        }
    }

    #[test]
    fn addresses() {
        let url = |server: Server| server.base_url().ok();
        assert_eq!(
            url(Server::DotCom).as_deref(),
            Some("https://api.github.com")
        );
        assert_eq!(
            url(enterprise("ghe.example.com:8443", "3.14")).as_deref(),
            Some("https://ghe.example.com:8443/api/v3")
        );
        assert_eq!(
            url(enterprise("ghe.example.com/\n", "3.14")).as_deref(),
            Some("https://ghe.example.com/api/v3")
        );
        assert_eq!(
            url(Server::DataResidency {
                subdomain: "octocorp".into()
            })
            .as_deref(),
            Some("https://api.octocorp.ghe.com")
        );
        for host in [
            "",
            " ",
            "https://canary",
            "canary/api/v3",
            "canary@h",
            "u:canary@h",
        ] {
            let error = enterprise(host, "3.14").base_url().unwrap_err();
            assert!(!error.to_string().contains("canary"), "{error}");
        }
        for subdomain in ["", "octocorp.ghe.com", "a/b"] {
            let subdomain = subdomain.to_owned();
            assert_eq!(url(Server::DataResidency { subdomain }), None);
        }
    }
}

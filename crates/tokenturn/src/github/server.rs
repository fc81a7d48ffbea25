//! Which GitHub: its address, and the headers that its version expects.

use crate::error::BuildError;

pub(super) enum Server {
    DotCom,
    Enterprise { host: String, version: String },
    DataResidency { subdomain: String },
}

/// The API version that is spoken where versions exist.
const API_VERSION: &str = "2022-11-28";

impl Server {
    pub(super) fn base_url(&self) -> Result<String, BuildError> {
        match self {
            Self::DotCom => Ok("https://api.github.com".into()),
            Self::Enterprise { host, .. } => {
                if host.is_empty() || host.contains(['/', '?', '#', '@', '\\']) {
                    return Err(BuildError(format!(
                        "{host:?} is not a host name; write it alone, such as `github.example.com`"
                    )));
                }
                Ok(format!("https://{host}/api/v3"))
            }
            Self::DataResidency { subdomain } => {
                let is_label = !subdomain.is_empty()
                    && subdomain
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                if !is_label {
                    return Err(BuildError(format!(
                        "{subdomain:?} is not a subdomain; write `octocorp` for octocorp.ghe.com"
                    )));
                }
                Ok(format!("https://api.{subdomain}.ghe.com"))
            }
        }
    }

    /// Media type and API version.
    ///
    /// 2.20 has the endpoints as a preview (<https://docs.github.com/en/enterprise-server@2.20/rest/overview/api-previews>),
    /// the docs of 3.2 are the first to recommend `application/vnd.github+json`, and 3.9 is the
    /// first server with API versions.
    pub(super) fn headers(&self) -> Result<Vec<(&'static str, &'static str)>, BuildError> {
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
            headers.push(("x-github-api-version", API_VERSION));
        }
        Ok(headers)
    }
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
            let headers = enterprise("h", version).headers().unwrap();
            assert_eq!(headers[0], ("accept", accept), "{version}");
            assert_eq!(headers.len() == 2, has_versions, "{version}");
        }
        assert_eq!(Server::DotCom.headers().unwrap()[1].1, "2022-11-28");
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
            let error = enterprise("h", version).headers().unwrap_err().to_string();
            assert!(error.contains(advice), "{version}: {error}");
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
            url(Server::DataResidency {
                subdomain: "octocorp".into()
            })
            .as_deref(),
            Some("https://api.octocorp.ghe.com")
        );
        for host in [
            "",
            "https://ghe.example.com",
            "ghe.example.com/api/v3",
            "u@h",
        ] {
            assert_eq!(url(enterprise(host, "3.14")), None, "{host}");
        }
        for subdomain in ["", "octocorp.ghe.com", "a/b"] {
            let subdomain = subdomain.to_owned();
            assert_eq!(url(Server::DataResidency { subdomain }), None);
        }
    }
}

//! Which servers may be called.

use anyhow::{Result, ensure};
use tokenturn::github::api_url;
use tokenturn::ohmygpt::hosts;
use tokenturn::{GitHub, normal_base_url};
use tokenturn_client::check_base_url;
use tokenturn_vault::{App, Filter, Provider};

use crate::args::Providers;

/// The APIs of OhMyGPT.
const OHMYGPT: [&str; 6] = [
    hosts::LINE1,
    hosts::MAIN,
    hosts::CLOUDFLARE_CDN,
    hosts::CLOUDFLARE_WORKER,
    hosts::OPTIMISED_CDN,
    hosts::PROXY1,
];

/// The servers that the command line names.
pub(super) struct Named {
    github: Vec<String>,
    /// The one of them whose version is known.
    enterprise: Option<String>,
    ohmygpt: Option<String>,
    /// The one that the tokens have to be of.
    filter: Option<String>,
    /// How else a server can be named.
    or_else: &'static str,
}

impl Named {
    /// Where there is a filter, it can name one, too.
    pub(super) fn of(args: &Providers, filter: Option<&Filter>) -> Result<Self> {
        let github = args
            .base_url
            .iter()
            .map(|url| server(url, &Provider::GITHUB));
        let mut github = github.collect::<Result<Vec<_>>>()?;
        let ohmygpt = args.ohmygpt_base_url.as_deref();
        let ohmygpt = ohmygpt.map(|url| server(url, &Provider::OHMYGPT));
        let enterprise = match (&args.enterprise, &args.enterprise_version) {
            (Some(host), Some(version)) => {
                // The client knows where the API of such a host is.
                let server = GitHub::public_client("none").enterprise_server(host, version);
                Some(server.build()?.base_url().to_owned())
            }
            _ => None,
        };
        github.extend(enterprise.clone());
        Ok(Self {
            github,
            enterprise,
            ohmygpt: ohmygpt.transpose()?,
            filter: filter.and_then(|filter| filter.server.clone()),
            or_else: filter.map_or("", |_| ", or --server"),
        })
    }

    /// Those of a provider, to which the run is limited if there are any.
    pub(super) fn at(&self, provider: &Provider) -> &[String] {
        match *provider == Provider::OHMYGPT {
            true => self.ohmygpt.as_slice(),
            false => &self.github,
        }
    }

    /// Whether it is the Enterprise Server whose version is given.
    pub(super) fn is_enterprise(&self, server: &str) -> bool {
        self.enterprise.as_deref() == Some(server)
    }

    /// Refuses a server that the vault alone names, and that is not known to be the provider's: whoever
    /// can write to the database would get the tokens, and the client secret.
    pub(super) fn check(&self, app: &App) -> Result<()> {
        let server = &app.server;
        ensure!(
            [Provider::GITHUB, Provider::OHMYGPT].contains(&app.provider),
            "nothing was sent: this program has no client for tokens of the {app}"
        );
        let is_named =
            self.at(&app.provider).contains(server) || self.filter.as_ref() == Some(server);
        let options = match app.provider == Provider::OHMYGPT {
            true => format!("--ohmygpt-base-url {server}"),
            false => format!("--base-url {server}, or --enterprise for an Enterprise Server"),
        };
        ensure!(
            is_named || is_known(app),
            "nothing was sent: {server} is not known to be a server of {}'s, and only the vault says \
             that tokens are to be sent there; if that is right, name it: {options}{}",
            app.provider,
            self.or_else
        );
        Ok(())
    }
}

/// The server of an API in the form that the vault has it in. What no client would be made of is refused
/// before anything of it is shown: there may be a password in it.
pub(crate) fn server(url: &str, provider: &Provider) -> Result<String> {
    check_base_url(url)?;
    Ok(match *provider == Provider::OHMYGPT {
        true => normal_base_url(url),
        false => api_url(url)?,
    })
}

fn is_known(app: &App) -> bool {
    let server = app.server.as_str();
    match app.provider.as_str() {
        "github" => server == "https://api.github.com" || is_data_residency(server),
        "ohmygpt" => OHMYGPT.contains(&server),
        _ => false,
    }
}

/// `https://api.SUBDOMAIN.ghe.com`
/// (<https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency/about-github-enterprise-cloud-with-data-residency>).
fn is_data_residency(server: &str) -> bool {
    let host = server.strip_prefix("https://api.");
    let subdomain = host.and_then(|host| host.strip_suffix(".ghe.com"));
    let is_label = |label: &str| {
        let mut bytes = label.bytes();
        !label.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    subdomain.is_some_and(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_known_by_their_whole_name() {
        let is_known = |provider, server: &str| {
            let (server, client_id) = (server.to_owned(), String::new());
            is_known(&App {
                provider,
                server,
                client_id,
            })
        };
        for server in ["https://api.github.com", "https://api.octocorp.ghe.com"] {
            assert!(is_known(Provider::GITHUB, server), "{server}");
            assert!(!is_known(Provider::OHMYGPT, server), "{server}");
        }
        for server in OHMYGPT {
            assert!(is_known(Provider::OHMYGPT, server), "{server}");
            assert!(!is_known(Provider::GITHUB, server), "{server}");
        }
        for server in [
            "http://api.github.com",
            "https://api.github.com.evil.example",
            "https://api.github.com:8443",
            "https://api.github.com/elsewhere",
            "https://api.github.com@evil.example",
            "https://api.ghe.com",
            "https://api..ghe.com",
            "https://api.evil.example/.ghe.com",
            "https://api.evil.example#.ghe.com",
            "https://api.a@b.ghe.com",
            "https://api.octocorp.ghe.com:8443",
            "https://api.octocorp.ghe.com.evil.example",
            "https://ghe.example/api/v3",
        ] {
            assert!(!is_known(Provider::GITHUB, server), "{server}");
        }
    }
}

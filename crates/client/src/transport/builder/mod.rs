//! Setting a [`Transport`] up.

mod http;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::ClientBuilder;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, USER_AGENT};

use super::credentials::{basic, bearer};
use super::{Shared, Transport, guard, header, proxy};
use crate::Secret;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than either provider takes to give up (GitHub 10 s, OhMyGPT's proxies 100 s): whoever
/// gives up first loses the answer.
const TIMEOUT: Duration = Duration::from_secs(120);
/// A hundred times the largest answer that has a token. A list of thousands of API keys may be longer.
pub(super) const BODY_LIMIT: usize = 1 << 20;
const MAX_ATTEMPTS: u32 = 3;
const DEFAULT_USER_AGENT: &str = concat!("tokenturn/", env!("CARGO_PKG_VERSION"));

/// Why a transport cannot be built, and what to do about it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Begins with [`Transport::builder`].
///
/// # Proxies
///
/// Unless [`proxy`](Self::proxy) or [`no_proxy`](Self::no_proxy) is called, the environment says
/// which proxy calls go through, as it is when the transport is built: by
/// `HTTPS_PROXY` or else `ALL_PROXY` for `https://`, by `HTTP_PROXY` or else `ALL_PROXY` for
/// `http://`, in capitals or else in small letters; what is empty does not count. `HTTP_PROXY` does
/// not count in a CGI program, where whoever asks could set it. The user name and the password in a
/// proxy's URL go to the proxy alone.
///
/// They go past it when `NO_PROXY` covers the base URL, and to this host (`localhost` and loopback
/// addresses) always. It takes names, which cover what is below them, `*.NAME` for only that,
/// addresses, networks such as `10.0.0.0/8`, and `*` for everything, with commas or spaces between
/// them. With a port (`ghe.example:8443`, `[2001:db8::1]:443`) they cover that port alone.
///
/// Through a proxy, `https://` is a tunnel: whatever the proxy answers to CONNECT, nothing was sent
/// to the provider. Of `http://`, the proxy reads everything, and what it answers is an answer.
#[derive(Clone)]
#[must_use = "a builder does nothing before `build`"]
pub struct TransportBuilder {
    base_url: String,
    credentials: Credentials,
    headers: Vec<(String, String)>,
    timeout: Duration,
    connect_timeout: Duration,
    body_limit: usize,
    max_attempts: u32,
    deadline: Option<Duration>,
    allow_http: bool,
    roots: Vec<Vec<u8>>,
    certificate: Option<(Vec<u8>, Secret)>,
    proxy: proxy::Choice,
    reqwest: Option<Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>>,
    shared: Option<Transport>,
}

#[derive(Clone)]
enum Credentials {
    None,
    Basic { user: String, password: Secret },
    Bearer(Secret),
}

impl TransportBuilder {
    pub(super) fn new(base_url: String) -> Self {
        Self {
            base_url,
            credentials: Credentials::None,
            headers: vec![
                (USER_AGENT.to_string(), DEFAULT_USER_AGENT.into()),
                // Without this header any coding would do, and a packed answer that breaks off
                // shows less of itself than a plain one.
                (ACCEPT_ENCODING.to_string(), "identity".into()),
            ],
            timeout: TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            body_limit: BODY_LIMIT,
            max_attempts: MAX_ATTEMPTS,
            deadline: None,
            allow_http: false,
            roots: Vec::new(),
            certificate: None,
            proxy: proxy::Choice::Environment,
            reqwest: None,
            shared: None,
        }
    }

    /// Replaces the base URL.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Sends a user name and a password (a client ID and its secret) as Basic credentials.
    pub fn basic(mut self, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.credentials = Credentials::Basic {
            user: user.into(),
            password: password.into(),
        };
        self
    }

    /// Sends a Bearer token.
    pub fn bearer(mut self, token: impl Into<Secret>) -> Self {
        self.credentials = Credentials::Bearer(token.into());
        self
    }

    /// Sends a header with every call, in place of the one that the call has. Those that say what a body
    /// is, and `authorization` beside credentials, are refused.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The `User-Agent`; without one, this crate's name and version.
    pub fn user_agent(self, user_agent: impl Into<String>) -> Self {
        self.header(USER_AGENT.as_str(), user_agent)
    }

    /// How long one attempt may take from connecting to the end of the answer; 120 seconds unless
    /// set.
    ///
    /// Giving up on a call that replaces a token means not learning the new one.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long connecting may take (DNS, TCP, TLS); 10 seconds unless set, and never longer than
    /// nine tenths of the whole attempt: a call that ends while it connects is known not to have
    /// been sent.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How many bytes of a body are read at most; 1 MiB unless set. No answer with a token comes near;
    /// a list of thousands of API keys may need more.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How often a `safe` or `idempotent` call is sent at most; 3 unless set. All others are sent
    /// once.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// How long a `safe` or `idempotent` call may take in all, with the waits between its attempts; as
    /// long as they take unless set. All others are sent once, and only the [`timeout`](Self::timeout) of
    /// an attempt ends them: to give up on one may lose a token.
    ///
    /// Where it ends a call, the answer to an earlier attempt is told, if there was one. Else, nobody can
    /// tell what became of the call, also when it was still connecting.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Allows `http://` to hosts other than this one. Everything travels in clear.
    pub fn allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Trusts the certificates in `pem`, one or several, beside those that the platform trusts:
    /// for a server whose certificate comes from an authority of its own.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Shows a server that asks for one this certificate: `chain` is its PEM text and that of those
    /// that it is signed by, `key` the PEM text of its private key (PKCS #8, `BEGIN PRIVATE KEY`; with
    /// rustls also PKCS #1 and SEC 1).
    pub fn client_certificate(mut self, chain: impl Into<Vec<u8>>, key: impl Into<Secret>) -> Self {
        self.certificate = Some((chain.into(), key.into()));
        self
    }

    /// Goes through this proxy, `http://USER:PASSWORD@HOST:PORT`, wherever the base URL leads: what the
    /// environment says does not count, `NO_PROXY` and this host included.
    ///
    /// `socks5h://` and the like need the feature `socks` of reqwest, without which nothing is sent.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = proxy::Choice::Url(url.into());
        self
    }

    /// Goes through no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = proxy::Choice::Nothing;
        self
    }

    /// Sets up the rest of what reqwest can do: name resolution, local addresses, SOCKS, a Unix
    /// socket. With a feature of reqwest turned on in one's own `Cargo.toml`, that works here as well.
    ///
    /// ```
    /// # use tokenturn_client::Transport;
    /// let ghe = std::net::SocketAddr::from(([10, 0, 0, 7], 443));
    /// let transport = Transport::builder("https://ghe.example")
    ///     .reqwest(move |client| client.resolve("ghe.example", ghe))
    ///     .build()?;
    /// println!("calls go to {}", transport.base_url());
    /// # Ok::<(), tokenturn_client::ConfigError>(())
    /// ```
    ///
    /// What the guarantees stand on is set after it, so that these settings have no effect here:
    ///
    /// - `redirect`, `referer`, `retry`: no redirect is followed, and reqwest repeats nothing;
    /// - `http2_*`, `http3_*`: HTTP/1.1 alone, with the limits and leniencies that keep an answer
    ///   readable (`http1_max_headers` and so on);
    /// - `gzip`, `brotli`, `zstd`, `deflate`: bodies arrive as they were sent, and are decoded here, as
    ///   far as they go;
    /// - `timeout`, `read_timeout`, `connect_timeout`, `pool_idle_timeout`: the ones of this builder;
    /// - `http09_responses`: such an answer has no status, and counts as one that broke off;
    /// - `connection_verbose`: it logs what is sent, secrets among it;
    /// - everything about TLS with rustls; with `tls-native`, what would leave certificates or names
    ///   unchecked.
    ///
    /// Its proxies come before those of the environment, and not at all with [`proxy`](Self::proxy) or
    /// [`no_proxy`](Self::no_proxy); its `no_proxy` does not hide those of the environment. Of its headers,
    /// those are sent that a call does not have. What an earlier call of this method sets up stays.
    pub fn reqwest(
        mut self,
        set_up: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.reqwest = Some(match self.reqwest.take() {
            None => Arc::new(set_up),
            Some(earlier) => Arc::new(move |client| set_up(earlier(client))),
        });
        self
    }

    /// Sends over the connections of another transport, and so with its certificates, proxies, timeouts
    /// and other settings of the network, in place of those of this builder. Of a transport for
    /// `http://`, none are taken over for `https://`, nor the other way round.
    pub fn connections_of(mut self, other: &Transport) -> Self {
        self.shared = Some(other.clone());
        self
    }

    /// Builds the transport.
    ///
    /// # Errors
    ///
    /// When the base URL is not `https://` (or `http://` to this host), when credentials or headers
    /// hold what cannot be sent, when a certificate or its key cannot be read, or when a proxy is named
    /// by what is no URL of one.
    pub fn build(self) -> Result<Transport, ConfigError> {
        let url = guard::base_url(&self.base_url, self.allow_http).map_err(ConfigError)?;
        let authorization = match &self.credentials {
            Credentials::None => None,
            Credentials::Basic { user, password } => Some(basic(user, password)?),
            Credentials::Bearer(token) => Some(bearer(token)?),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let (name, value) = header::read(name, value)?;
            headers.insert(name, value);
        }
        header::check(&headers, authorization.is_some())?;
        proxy::check(&self.proxy, &url).map_err(ConfigError)?;
        let http = match &self.shared {
            Some(other) if other.shared.base.scheme() == url.scheme() => other.http().clone(),
            _ => self.client(&url)?,
        };
        Ok(Transport {
            shared: Arc::new(Shared {
                base: url,
                http,
                headers,
                body_limit: self.body_limit,
                max_attempts: self.max_attempts,
                deadline: self.deadline,
            }),
            authorization,
        })
    }
}

// Headers and even a base URL can hold secrets before `build` has seen them.
impl fmt::Debug for TransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportBuilder").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_cannot_be_sent() {
        let builder = || Transport::builder("http://127.0.0.1:1");
        for (builder, advice) in [
            (builder().basic("a:b", "c"), "colon"),
            (builder().basic("a", "b\n"), "line break at its end"),
            (builder().bearer(""), "empty"),
            (builder().bearer("a b"), "a space in it, as character 2"),
            (builder().bearer("a\n"), "U+000A in it, as character 2"),
            (
                builder().bearer("\u{feff}a"),
                "U+FEFF in it, as character 1",
            ),
            (
                builder().bearer("ab\u{200b}"),
                "U+200B in it, as character 3",
            ),
            (builder().header("a b", "c"), "not a header name"),
            (builder().header("a", "b\nc"), "the header a"),
            (builder().header("a", "b\u{e4}"), "only visible ASCII"),
            (builder().header("Content-Type", "a/b"), "leave it out"),
            (
                builder().bearer("a").header("authorization", "b"),
                "leave it out",
            ),
            (Transport::builder("http://ghe.example"), "in clear"),
            (
                Transport::builder("https://ghe.example").root_certificates("no PEM"),
                "BEGIN CERTIFICATE",
            ),
        ] {
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains(advice), "{error}");
        }
    }
}

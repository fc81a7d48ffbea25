//! How reqwest is set up, so that what a call's guarantees stand on holds.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, Url, redirect, retry};

use super::{ConfigError, TransportBuilder};
use crate::transport::{proxy, tls};

/// More than twice hyper's own limit. hyper reads no more than 400 KiB of headers in any case.
const MAX_HEADERS: usize = 256;
/// How long a connection may lie idle and still be used.
///
/// What reqwest 0.13 and hyper 1 do on HTTP/1.1 when the server has closed a pooled connection
/// (read in their sources, and held by the rows "pooled connection" of `tests/faults/matrix.txt`):
///
/// - The close has arrived: hyper sees it before it writes, hands the request back untouched, and
///   hyper-util sends it on another connection. No byte of it went out before, so the server sees
///   it once; this cannot be turned off through reqwest, and need not be.
/// - The close is still on its way: the request is written, and the reset of the connection comes
///   back. It is not sent again. Nobody can tell whether it was read, so the outcome is unknown.
/// - An answer that nobody asked for lies on the idle connection (such as a 408): hyper drops the
///   connection, and the request goes out on another one.
///
/// So nothing is sent twice, and what is left to do is to make the second case rare. Servers close
/// connections that are idle: the shortest default in wide use is 5 seconds (Node.js, Apache). A
/// connection that was in use a moment ago is not one of those. HTTP/2 has other rules for requests
/// that a closing server did not handle, so it is off.
const IDLE: Duration = Duration::from_secs(2);

impl TransportBuilder {
    pub(super) fn client(&self, url: &Url) -> Result<Client, ConfigError> {
        let mut http = ClientBuilder::new();
        if let Some(set_up) = &self.reqwest {
            // One of its own cannot be taken off, and would take time at each call.
            http = set_up(http).read_timeout(self.timeout);
        }
        let http = http
            // Of two timers that end together, the other would be looked at first.
            .connect_timeout(self.connect_timeout.min(self.timeout / 10 * 9))
            .pool_idle_timeout(IDLE)
            .http1_only()
            // A token is not lost to a proxy that writes odd headers, or many of them.
            .http1_max_headers(MAX_HEADERS)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            // They are on where anybody in the build has turned on their features, and of a body that
            // breaks off they leave less.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            // It logs what is sent.
            .connection_verbose(false)
            .timeout(self.timeout)
            .redirect(redirect::Policy::none())
            .retry(retry::never());
        let http = proxy::configure(http, &self.proxy, url).map_err(ConfigError)?;
        let is_tls = url.scheme() == "https";
        let certificate = self.certificate.as_ref();
        tls::configure(http, is_tls, &self.roots, certificate)
            .map_err(ConfigError)?
            .build()
            .map_err(|e| ConfigError(e.to_string()))
    }
}

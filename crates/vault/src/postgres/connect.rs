//! The way to the server.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts,
};
use rustls::ClientConfig;
use rustls::crypto::ring::default_provider;
use rustls_platform_verifier::Verifier;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{StoreError, StoreErrorKind};

/// Each is busy for a few milliseconds at a time, and servers have a hundred for all.
const CONNECTIONS: usize = 8;
/// How long it waits for a free connection, and for a new one.
const WAIT: Duration = Duration::from_secs(30);
/// A connection that was used so recently is not tried before it is used again.
const FRESH: Duration = Duration::from_secs(10);
/// How long a trial may take.
const TRIAL: Duration = Duration::from_secs(5);
/// A peer that acknowledges nothing for so long is gone.
const GONE: Duration = Duration::from_secs(20);
/// As [`GONE`], for a connection on which nothing is under way.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// As `tokio-postgres` has it.
const DEFAULT_KEEPALIVE: Duration = Duration::from_secs(2 * 60 * 60);

/// Connections are made when they are needed. A password in `url` goes nowhere else.
pub(super) fn pool(url: &str) -> Result<Pool, StoreError> {
    // What is wrong with it could quote from it.
    let config: Config = url.parse().map_err(|_| {
        refuse(
            "the address of the database cannot be read; it looks like \
             postgres://user@host/database?sslmode=require, and sslmode is disable, prefer or require",
        )
    })?;
    let config = complete(config);
    let manager = manager(config)?;
    let pool = Pool::builder(manager)
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(WAIT),
            create: Some(WAIT),
            recycle: Some(TRIAL),
        })
        .pre_recycle(Hook::async_fn(|client, used| {
            Box::pin(async move {
                if used.last_used() < FRESH {
                    return Ok(());
                }
                match tokio::time::timeout(TRIAL, client.check_connection()).await {
                    Ok(tried) => tried.map_err(HookError::Backend),
                    Err(_) => Err(HookError::message("no answer")),
                }
            })
        }))
        .build();
    pool.map_err(|e| StoreError::other("the database cannot be used", e))
}

fn complete(mut config: Config) -> Config {
    if config.get_application_name().is_none() {
        config.application_name("tokenturn");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(WAIT / 3);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(GONE);
    }
    if config.get_keepalives_idle() == DEFAULT_KEEPALIVE {
        config.keepalives_idle(KEEPALIVE);
    }
    // The certificate of a server on this host is mostly one that it made itself.
    if config.get_ssl_mode() == SslMode::Prefer && is_local(&config) {
        config.ssl_mode(SslMode::Disable);
    }
    config
}

fn is_local(config: &Config) -> bool {
    let is_local_host = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || is_loopback(name.parse().ok()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    let addresses = config.get_hostaddrs();
    match addresses {
        [] => config.get_hosts().iter().all(is_local_host),
        _ => addresses.iter().all(|address| address.is_loopback()),
    }
}

fn is_loopback(address: Option<IpAddr>) -> bool {
    address.is_some_and(|address| address.is_loopback())
}

fn manager(config: Config) -> Result<Manager, StoreError> {
    let options = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    // Without TLS, no certificates are looked for: a host may have none.
    Ok(match config.get_ssl_mode() {
        SslMode::Disable => Manager::from_config(config, NoTls, options),
        _ => Manager::from_config(config, tls()?, options),
    })
}

/// Where TLS is spoken, the certificate is checked. On Linux, `SSL_CERT_FILE` names other roots.
fn tls() -> Result<MakeRustlsConnect, StoreError> {
    let cannot = |e| StoreError::other("the certificates of this host cannot be used", e);
    // A library must not set the provider of the whole process.
    let provider = Arc::new(default_provider());
    let verifier = Verifier::new(Arc::clone(&provider)).map_err(cannot)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(cannot)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn refuse(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Other, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ssl_mode(url: &str) -> SslMode {
        complete(url.parse().unwrap()).get_ssl_mode()
    }

    #[test]
    fn tls_is_left_out_on_this_host_alone() {
        for (url, mode) in [
            ("postgres://u@db.example.com/v", SslMode::Prefer),
            (
                "postgres://u@db.example.com/v?sslmode=disable",
                SslMode::Disable,
            ),
            ("postgres://u@localhost/v", SslMode::Disable),
            ("postgres://u@[::1]/v", SslMode::Disable),
            ("postgres://u@127.0.0.1/v?sslmode=require", SslMode::Require),
            ("postgres://u@%2Frun%2Fpostgresql/v", SslMode::Disable),
            ("host=localhost,db.example.com", SslMode::Prefer),
            ("host=localhost hostaddr=192.0.2.1", SslMode::Prefer),
        ] {
            assert_eq!(ssl_mode(url), mode, "{url}");
        }
    }

    #[test]
    fn a_url_that_cannot_be_read_is_not_quoted() {
        for url in [
            "postgres://user:canary@host:canary/db",
            "host=x password=ca canary",
            "host=x canary=1",
        ] {
            let error = pool(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let pool = pool("postgres://user:canary@localhost/db").unwrap();
        assert!(!format!("{pool:?}").contains("canary"));
    }
}

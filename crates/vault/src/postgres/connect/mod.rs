//! The way to the server.

mod password;
mod pool;
mod process;
mod refusal;
mod session;
mod tls;
mod verifier;
mod words;

use std::net::IpAddr;
use std::time::Duration;

use rustls::ClientConfig;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::error::{StoreError, StoreErrorKind};
use words::{Env, Words};

pub(super) use pool::{Pool, PooledSession};
pub(super) use refusal::{other_name, refusal};
pub(super) use session::Session;

/// How long it waits for a free connection, and for a new one.
const WAIT: Duration = Duration::from_secs(30);
/// A peer that acknowledges nothing for so long is gone.
const GONE: Duration = Duration::from_secs(20);
/// As [`GONE`], for a connection on which nothing is under way.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// As `tokio-postgres` has it.
const DEFAULT_KEEPALIVE: Duration = Duration::from_secs(2 * 60 * 60);

/// Connections are made when they are needed. A password in `url` goes nowhere else.
pub(super) fn pool(url: &str) -> Result<Pool, StoreError> {
    let (config, tls) = read(url, &|name| std::env::var(name).ok())?;
    pool::pool(config, tls)
}

/// What an address and the environment say.
fn read(url: &str, env: &Env<'_>) -> Result<(Config, Option<ClientConfig>), StoreError> {
    // What is wrong with it could quote from it.
    let unreadable = || {
        refuse(
            "the address of the database cannot be read; it looks like \
             postgres://user@host/database?sslmode=require",
        )
    };
    let (words, rest) = Words::take(url).ok_or_else(unreadable)?;
    let config: Config = rest.parse().map_err(|_| unreadable())?;
    let mut config = complete(config);
    let (mode, tls) = match is_socket(&config) {
        // As to libpq, whatever is said: the system keeps others from it.
        true => (SslMode::Disable, None),
        false => tls::read(&words, env, is_local(&config))?,
    };
    config.ssl_mode(mode);
    if config.get_password().is_none()
        && let Some(password) = password::find(&config, &words, env)?
    {
        config.password(password.as_bytes());
    }
    Ok((config, tls))
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
    // The certificate of a server without a name is for its address.
    if config.get_hosts().is_empty() {
        for address in config.get_hostaddrs().to_vec() {
            config.host(address.to_string());
        }
    }
    config
}

/// Whether there is no network on the way.
fn is_socket(config: &Config) -> bool {
    let is_socket = |host: &Host| match host {
        Host::Tcp(_) => false,
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hostaddrs().is_empty() && config.get_hosts().iter().all(is_socket)
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

fn refuse(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Other, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_variable(_: &str) -> Option<String> {
        None
    }

    fn ssl_mode(url: &str) -> SslMode {
        read(url, &no_variable).unwrap().0.get_ssl_mode()
    }

    #[test]
    fn tls_is_left_out_on_this_host_alone() {
        for (url, mode) in [
            ("postgres://u@db.example.com/v", SslMode::Require),
            (
                "postgres://u@db.example.com/v?sslmode=disable",
                SslMode::Disable,
            ),
            (
                "postgres://u@db.example.com/v?sslmode=allow",
                SslMode::Prefer,
            ),
            (
                "host=db.example.com sslmode='verify-full'",
                SslMode::Require,
            ),
            ("postgres://u@localhost/v", SslMode::Disable),
            ("postgres://u@localhost/v?sslmode=prefer", SslMode::Prefer),
            ("postgres://u@[::1]/v", SslMode::Disable),
            ("postgres://u@127.0.0.1/v?sslmode=require", SslMode::Require),
            ("postgres://u@%2Frun%2Fpostgresql/v", SslMode::Disable),
            (
                "postgres://u@%2Frun%2Fpostgresql/v?sslmode=verify-full",
                SslMode::Disable,
            ),
            ("host=localhost,db.example.com", SslMode::Require),
            ("host=localhost hostaddr=192.0.2.1", SslMode::Require),
        ] {
            assert_eq!(ssl_mode(url), mode, "{url}");
        }
    }

    #[test]
    fn the_environment_says_what_the_address_does_not() {
        let env = |name: &str| match name {
            "PGSSLMODE" => Some("prefer".to_owned()),
            "PGPASSWORD" => Some("of-variable".to_owned()),
            _ => None,
        };
        let (config, _) = read("postgres://u@db.example.com/v", &env).unwrap();
        assert_eq!(config.get_ssl_mode(), SslMode::Prefer);
        assert_eq!(config.get_password(), Some(&b"of-variable"[..]));
        let url = "postgres://u:own@db.example.com/v?sslmode=require";
        let (config, _) = read(url, &env).unwrap();
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
        assert_eq!(config.get_password(), Some(&b"own"[..]));
    }

    #[test]
    fn a_certificate_without_a_host_name_is_for_the_address() {
        let (config, _) = read("hostaddr=192.0.2.1", &no_variable).unwrap();
        assert_eq!(config.get_hosts(), [Host::Tcp("192.0.2.1".into())]);
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_without_quoting_it() {
        for (url, advice) in [
            (
                "postgres://user:canary@host:canary/db",
                "postgres://user@host",
            ),
            ("host=x password=ca canary", "postgres://user@host"),
            ("host=x canary=1", "postgres://user@host"),
            ("host=x sslmode=canary", "verify-full"),
            ("host=x sslmode=verify-ca", "sslrootcert=FILE"),
            (
                "host=x sslmode=verify-ca sslrootcert=system",
                "sslrootcert=FILE",
            ),
            (
                "host=x sslrootcert=/canary",
                "that sslrootcert names cannot be read",
            ),
            ("host=x sslrootcert=/dev/null", "no certificate in it"),
            ("host=x sslcert=/canary", "give both"),
            ("host=x sslkey=/canary", "give both"),
            (
                "host=x sslkey=/canary sslcert=/canary",
                "that sslcert names cannot be read",
            ),
        ] {
            let error = read(url, &no_variable).unwrap_err();
            assert!(error.to_string().contains(advice), "{url}: {error}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }
}

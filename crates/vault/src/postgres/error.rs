//! What an error of PostgreSQL means.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use rustls::CertificateError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::error::{StoreError, StoreErrorKind};

pub(super) fn store_error(error: Error) -> StoreError {
    let said = said(&error);
    match passes(&error) {
        Some(message) => StoreError::unavailable(message, said),
        None => StoreError::other("the database could not do it", said),
    }
}

pub(super) fn pool_error(error: PoolError) -> StoreError {
    let busy = "all connections of this process to the database are in use";
    let silent = "the database did not answer";
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            connect_error(error)
        }
        PoolError::Timeout(TimeoutType::Wait) => unavailable(busy),
        PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => unavailable(silent),
        error => StoreError::other("the database cannot be used", error.to_string()),
    }
}

pub(super) fn no_answer(patience: Duration) -> StoreError {
    let seconds = patience.as_secs();
    unavailable(&format!(
        "the database has not done it within {seconds} seconds"
    ))
}

/// With its runtime: what it did may be committed.
pub(super) fn task_ended() -> StoreError {
    unavailable("the task that asked the database has ended")
}

fn connect_error(error: Error) -> StoreError {
    let is_unreached = error.as_db_error().is_none() && !is_about_content(&error);
    let unreached = is_unreached.then_some("the database cannot be reached");
    match unreached.or_else(|| passes(&error)) {
        Some(message) => StoreError::unavailable(message, said(&error)),
        None => StoreError::other(refusal(&error), said(&error)),
    }
}

fn unavailable(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, message)
}

/// What to do about a way to the database that is none.
fn refusal(error: &Error) -> &'static str {
    use CertificateError::{BadSignature, NotValidForName, NotValidForNameContext, UnknownIssuer};

    let code = error.code().map(SqlState::code);
    match (certificate_error(error), code) {
        (Some(NotValidForName | NotValidForNameContext { .. }), _) => {
            "the certificate of the database is for another name: write the one that it is for into the \
             address as host=NAME, with hostaddr=IP beside it if NAME leads elsewhere"
        }
        // That of an authority, which stands for itself, is among the others.
        (Some(UnknownIssuer | BadSignature | CertificateError::Other(_)), _) => {
            "the certificate of the database is of no authority that is trusted here: write \
             sslrootcert=FILE into the address, a file with the certificate of its authority"
        }
        (Some(_), _) => "the certificate of the database is not valid",
        (None, Some("28P01")) => "the database does not take this password, or none for this user",
        (None, Some("28000")) => {
            "the database does not let this user in by this way: look into its pg_hba.conf whether it \
             asks for TLS (sslmode), a client certificate (sslcert, sslkey) or another user"
        }
        (None, _) if has_source(error, "server does not support TLS") => {
            "the database does not speak TLS: let it, or write sslmode=disable into the address where \
             nobody else can listen"
        }
        (None, _) if has_source(error, "password missing") => {
            "the database asks for a password: give it by PGPASSWORD, or in ~/.pgpass as \
             HOST:PORT:DATABASE:USER:PASSWORD"
        }
        (None, _) => "there is no connection to the database",
    }
}

fn has_source(error: &Error, text: &str) -> bool {
    error.source().is_some_and(|e| e.to_string() == text)
}

fn certificate_error(error: &Error) -> Option<&CertificateError> {
    match io_error(error)?.get_ref()?.downcast_ref()? {
        rustls::Error::InvalidCertificate(error) => Some(error),
        _ => None,
    }
}

/// What to say about an error that may pass by itself.
fn passes(error: &Error) -> Option<&'static str> {
    let Some(code) = error.code() else {
        let is_cut = error.is_closed() || (io_error(error).is_some() && !is_about_content(error));
        return is_cut.then_some("the connection to the database was lost");
    };
    Some(match code.code() {
        "53100" => "the disk of the database is full",
        "53300" => "the database takes no more connections",
        "57P04" => return None,
        "40001" | "40P01" => "the database took it back for the sake of another transaction",
        "55P03" | "57014" => "the database gave up waiting",
        "25006" => "the database takes no changes just now",
        "25P03" => "the connection to the database was idle for too long",
        "58030" => "the database cannot use its disk",
        code if code.starts_with("08") => "the connection to the database was lost",
        code if code.starts_with("53") => "the database has no room",
        code if code.starts_with("57P") => "the database is starting or stopping",
        _ => return None,
    })
}

/// The library's own text leaves out what the server said.
fn said(error: &Error) -> String {
    if let Some(error) = error.as_db_error() {
        let code = error.code().code();
        // Whom the server does not let in, it names.
        if code.starts_with("28") || code == "53300" {
            return format!("SQLSTATE {code}");
        }
        return format!("{} (SQLSTATE {code})", error.message());
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

/// A certificate that nobody trusts, say: that does not pass.
fn is_about_content(error: &Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput};

    match io_error(error) {
        Some(error) => matches!(error.kind(), InvalidData | InvalidInput),
        // Such as a password that is missing. A timeout has no source.
        None => error.source().is_some(),
    }
}

fn io_error(error: &Error) -> Option<&io::Error> {
    error.source()?.downcast_ref()
}

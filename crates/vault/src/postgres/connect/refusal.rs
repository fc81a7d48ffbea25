//! What to do about a way to the database that is none.

use std::error::Error as _;
use std::io;

use rustls::CertificateError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// What to do about it. The rest is in the error.
pub(in crate::postgres) fn refusal(error: &Error) -> &'static str {
    use CertificateError::{BadSignature, NotValidForName, NotValidForNameContext, UnknownIssuer};

    let code = error.code().map(SqlState::code);
    match (certificate_error(error), code) {
        (Some(NotValidForName | NotValidForNameContext { .. }), _) => {
            "the certificate of the database is for another name: write the one that it is for into the \
             address as host=NAME, with hostaddr=IP beside it if NAME leads elsewhere"
        }
        (Some(error), _) if is_of_version_1(error) => OLD_CERTIFICATE,
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

/// What `openssl x509 -req` makes when it is not told of any extension.
pub(super) const OLD_CERTIFICATE: &str = "the certificate is of version 1 of X.509, which is not taken: make it \
    anew with extensions, such as a subjectAltName (openssl x509 -req with -extfile)";

/// Nothing but the text of the error says so.
pub(super) fn is_of_version_1(error: &impl std::fmt::Display) -> bool {
    error.to_string().contains("UnsupportedCertVersion")
}

/// What there is to say about a certificate for another name: the library would quote the address.
pub(in crate::postgres) fn other_name(error: &Error) -> Option<String> {
    match certificate_error(error)? {
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            Some("it has no name beside its subject (no subjectAltName)".into())
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            Some(format!("it is for {}", presented.join(", ")))
        }
        _ => None,
    }
}

fn has_source(error: &Error, text: &str) -> bool {
    error
        .source()
        .is_some_and(|source| source.to_string() == text)
}

fn certificate_error(error: &Error) -> Option<&CertificateError> {
    let source: &io::Error = error.source()?.downcast_ref()?;
    match source.get_ref()?.downcast_ref()? {
        rustls::Error::InvalidCertificate(error) => Some(error),
        _ => None,
    }
}

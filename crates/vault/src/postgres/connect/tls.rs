//! Whether TLS is spoken, and who is believed.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::Verifier;
use tokio_postgres::config::SslMode;

use super::refusal::{OLD_CERTIFICATE, is_of_version_1};
use super::refuse;
use super::verifier::OwnRoots;
use super::words::{Env, Words};
use crate::error::{StoreError, StoreErrorKind};

/// What the words about TLS come to. Without TLS, no certificates are looked for: a host may have none.
///
/// Wherever TLS is spoken, the certificate is checked: who is only encrypted talks to anybody. So
/// `require` is `verify-full` here.
pub(super) fn read(
    words: &Words,
    env: &Env<'_>,
    is_local: bool,
) -> Result<(SslMode, Option<ClientConfig>), StoreError> {
    let [mode, roots, certificate, key] =
        ["sslmode", "sslrootcert", "sslcert", "sslkey"].map(|name| words.get(name, env));
    // The certificate of a server on this host is mostly one that it made itself.
    let is_left_out = is_local && roots.is_none() && certificate.is_none();
    let (mode, checks_name) = match mode.as_deref() {
        None if is_left_out => (SslMode::Disable, true),
        Some("disable") => (SslMode::Disable, true),
        Some("allow" | "prefer") => (SslMode::Prefer, true),
        None | Some("require" | "verify-full") => (SslMode::Require, true),
        Some("verify-ca") => (SslMode::Require, false),
        Some(_) => {
            return Err(refuse(
                "sslmode is disable, allow, prefer, require, verify-ca or verify-full",
            ));
        }
    };
    if mode == SslMode::Disable {
        return Ok((mode, None));
    }
    // A library must not set the provider of the whole process.
    let provider = Arc::new(default_provider());
    let verifier = verifier(roots.as_deref(), checks_name, &provider)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(cannot)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match (certificate, key) {
        (None, None) => config.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let chain = certificates("sslcert", certificate.as_ref())?;
            let unfit = |e| match is_of_version_1(&e) {
                true => refuse(&format!("sslcert cannot be used: {OLD_CERTIFICATE}")),
                false => StoreError::other("sslcert and sslkey cannot be used", e),
            };
            config
                .with_client_auth_cert(chain, private_key(key.as_ref())?)
                .map_err(unfit)?
        }
        _ => return Err(refuse("sslcert and sslkey belong together: give both")),
    };
    Ok((mode, Some(config)))
}

/// On Linux, `SSL_CERT_FILE` names other roots than the system's.
fn verifier(
    roots: Option<&str>,
    checks_name: bool,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, StoreError> {
    match roots {
        // As libpq has it: of so many authorities, anybody has a certificate.
        None | Some("system") if !checks_name => Err(refuse(
            "sslmode=verify-ca needs sslrootcert=FILE, a file with the certificate of the database's \
             authority; without one, use sslmode=verify-full",
        )),
        None | Some("system") => Ok(Arc::new(
            Verifier::new(Arc::clone(provider)).map_err(cannot)?,
        )),
        Some(file) => {
            let roots = certificates("sslrootcert", file.as_ref())?;
            let verifier = OwnRoots::new(roots, checks_name, provider);
            Ok(Arc::new(verifier.map_err(|e| unread("sslrootcert", e))?))
        }
    }
}

/// The certificates in the file that a word names. Its path is of the address, and not quoted.
fn certificates(word: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let content = std::fs::read(file).map_err(|e| unread(word, e))?;
    let certificates = CertificateDer::pem_slice_iter(&content)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| unread(word, e))?;
    match certificates.is_empty() {
        true => Err(refuse(&format!(
            "the file that {word} names has no certificate in it; it begins with: -----BEGIN CERTIFICATE-----"
        ))),
        false => Ok(certificates),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, StoreError> {
    if let Some(mode) = exposed(file) {
        let message = format!(
            "other users can get at the file that sslkey names (mode {mode:04o}); take it from them \
             with chmod 600"
        );
        return Err(StoreError::new(StoreErrorKind::Exposed, message));
    }
    let content = std::fs::read(file).map_err(|e| unread("sslkey", e))?;
    let content = zeroize::Zeroizing::new(content);
    PrivateKeyDer::from_pem_slice(&content).map_err(|_| {
        refuse(
            "the file that sslkey names has no private key in it, or one that needs a passphrase, \
             which is not asked for: write one without, with: openssl pkey -in OLD -out NEW",
        )
    })
}

/// The mode of a key that others can read. As to libpq, a group may be let in by root.
#[cfg(unix)]
fn exposed(file: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;

    // Whoever opens it finds out why it cannot be.
    let found = std::fs::metadata(file).ok()?;
    let others = if found.uid() == 0 { 0o037 } else { 0o077 };
    let mode = found.mode() & 0o777;
    (mode & others != 0).then_some(mode)
}

/// Elsewhere the mode says nothing.
#[cfg(not(unix))]
fn exposed(_: &Path) -> Option<u32> {
    None
}

fn unread(word: &str, why: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::other(format!("the file that {word} names cannot be read"), why)
}

fn cannot(why: rustls::Error) -> StoreError {
    StoreError::other("the certificates of this host cannot be used", why)
}

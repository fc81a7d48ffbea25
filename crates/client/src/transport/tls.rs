//! Which TLS a transport speaks, and whom it trusts: the platform's roots and those of the caller.
//!
//! A library must not install a process-wide crypto provider, so each transport brings its own.

use reqwest::ClientBuilder;

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc", feature = "tls-native"))]
const NOT_A_CERTIFICATE: &str = "a root certificate cannot be read; give it as PEM text, which \
                                 begins with `-----BEGIN CERTIFICATE-----`";

/// Sets TLS up. `needed` is false for a base URL on loopback over http: such a transport has no
/// use for certificates, and a machine without any can still run it.
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub(super) fn configure(
    builder: ClientBuilder,
    needed: bool,
    roots: &[Vec<u8>],
) -> Result<ClientBuilder, String> {
    use std::sync::Arc;

    use rustls::{ClientConfig, RootCertStore};
    use rustls_platform_verifier::Verifier;

    #[cfg(not(feature = "tls-ring"))]
    use rustls::crypto::aws_lc_rs::default_provider;
    #[cfg(feature = "tls-ring")]
    use rustls::crypto::ring::default_provider;

    let roots = certificates(roots)?;
    let provider = Arc::new(default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    let config = if needed {
        let verifier = Verifier::new_with_extra_roots(roots, provider)
            .map_err(|e| format!("the certificates cannot be used: {e}"))?;
        config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
    } else {
        config.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.tls_backend_preconfigured(config.with_no_client_auth()))
}

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
fn certificates(
    roots: &[Vec<u8>],
) -> Result<Vec<rustls::pki_types::CertificateDer<'static>>, String> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let mut found = Vec::new();
    for pem in roots {
        let before = found.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            found.push(certificate.map_err(|_| NOT_A_CERTIFICATE)?);
        }
        if found.len() == before {
            return Err(NOT_A_CERTIFICATE.into());
        }
    }
    Ok(found)
}

#[cfg(all(
    feature = "tls-native",
    not(any(feature = "tls-ring", feature = "tls-aws-lc"))
))]
pub(super) fn configure(
    mut builder: ClientBuilder,
    _needed: bool,
    roots: &[Vec<u8>],
) -> Result<ClientBuilder, String> {
    builder = builder.tls_backend_native();
    for pem in roots {
        let certificates = reqwest::Certificate::from_pem_bundle(pem)
            .ok()
            .filter(|certificates| !certificates.is_empty())
            .ok_or(NOT_A_CERTIFICATE)?;
        for certificate in certificates {
            builder = builder.add_root_certificate(certificate);
        }
    }
    Ok(builder)
}

#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc", feature = "tls-native")))]
pub(super) fn configure(
    builder: ClientBuilder,
    needed: bool,
    _roots: &[Vec<u8>],
) -> Result<ClientBuilder, String> {
    if needed {
        return Err(
            "built without TLS; turn on one of the features `tls-ring` (the default), \
                    `tls-aws-lc` and `tls-native`"
                .into(),
        );
    }
    Ok(builder)
}

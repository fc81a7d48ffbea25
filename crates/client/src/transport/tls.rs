//! Which TLS a transport speaks, whom it trusts (the platform's roots and those of the caller), and
//! what it shows of itself.
//!
//! Of several features, aws-lc counts before ring, which is the default and may be on because of
//! somebody else in the build, and rustls before the platform's library.
//!
//! A library must not install a process-wide crypto provider, so each transport brings its own.

use reqwest::ClientBuilder;

use crate::Secret;

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc", feature = "tls-native"))]
const NOT_A_CERTIFICATE: &str = "a root certificate cannot be read; give it as PEM text, which \
                                 begins with `-----BEGIN CERTIFICATE-----`";
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc", feature = "tls-native"))]
const NOT_AN_IDENTITY: &str = "the client certificate or its key cannot be read, or they do not \
                               belong together; give both as PEM text";

/// Sets TLS up. `needed` is false for a base URL on loopback over http: such a transport has no
/// use for certificates, and a machine without any can still run it.
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub(super) fn configure(
    builder: ClientBuilder,
    needed: bool,
    roots: &[Vec<u8>],
    certificate: Option<&(Vec<u8>, Secret)>,
) -> Result<ClientBuilder, String> {
    use std::sync::Arc;

    use rustls::pki_types::PrivateKeyDer;
    use rustls::pki_types::pem::PemObject;
    use rustls::{ClientConfig, RootCertStore};
    use rustls_platform_verifier::Verifier;

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
    let config = match certificate {
        None => config.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = certificates(std::slice::from_ref(chain)).map_err(|_| NOT_AN_IDENTITY)?;
            let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes());
            let config = key.map(|key| config.with_client_auth_cert(chain, key));
            config
                .map_err(|_| NOT_AN_IDENTITY)?
                .map_err(|_| NOT_AN_IDENTITY)?
        }
    };
    Ok(builder.tls_backend_preconfigured(config))
}

#[cfg(feature = "tls-aws-lc")]
use rustls::crypto::aws_lc_rs::default_provider;
#[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc")))]
use rustls::crypto::ring::default_provider;

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
    builder: ClientBuilder,
    _needed: bool,
    roots: &[Vec<u8>],
    certificate: Option<&(Vec<u8>, Secret)>,
) -> Result<ClientBuilder, String> {
    let mut builder = builder
        .tls_backend_native()
        .tls_danger_accept_invalid_certs(false)
        .tls_danger_accept_invalid_hostnames(false)
        .tls_sni(true);
    if let Some((chain, key)) = certificate {
        let identity = reqwest::Identity::from_pkcs8_pem(chain, key.expose().as_bytes());
        builder = builder.identity(identity.map_err(|_| NOT_AN_IDENTITY)?);
    }
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
    _certificate: Option<&(Vec<u8>, Secret)>,
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

#[cfg(all(test, any(feature = "tls-ring", feature = "tls-aws-lc")))]
mod tests {
    use super::*;

    #[test]
    fn aws_lc_counts_before_ring() {
        let keys = format!("{:?}", default_provider().key_provider);
        let wanted = if cfg!(feature = "tls-aws-lc") {
            "AwsLcRs"
        } else {
            "Ring"
        };
        assert_eq!(keys, wanted);
    }
}

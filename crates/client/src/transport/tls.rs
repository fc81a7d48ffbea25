//! Which TLS a transport speaks.
//!
//! A library must not install a process-wide crypto provider, so each transport brings its own.

use reqwest::ClientBuilder;

/// Sets TLS up. `needed` is false for a base URL on loopback over http: such a transport has no
/// use for certificates, and a machine without any can still run it.
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub(super) fn configure(builder: ClientBuilder, needed: bool) -> Result<ClientBuilder, String> {
    use std::sync::Arc;

    use rustls::{ClientConfig, RootCertStore};
    use rustls_platform_verifier::BuilderVerifierExt;

    #[cfg(not(feature = "tls-ring"))]
    use rustls::crypto::aws_lc_rs::default_provider;
    #[cfg(feature = "tls-ring")]
    use rustls::crypto::ring::default_provider;

    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    let config = if needed {
        config
            .with_platform_verifier()
            .map_err(|e| format!("the platform's certificates cannot be used: {e}"))?
    } else {
        config.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.tls_backend_preconfigured(config.with_no_client_auth()))
}

#[cfg(all(
    feature = "tls-native",
    not(any(feature = "tls-ring", feature = "tls-aws-lc"))
))]
pub(super) fn configure(builder: ClientBuilder, _needed: bool) -> Result<ClientBuilder, String> {
    Ok(builder.tls_backend_native())
}

#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc", feature = "tls-native")))]
pub(super) fn configure(builder: ClientBuilder, needed: bool) -> Result<ClientBuilder, String> {
    if needed {
        return Err(
            "built without TLS; turn on one of the features `tls-ring` (the default), \
                    `tls-aws-lc` and `tls-native`"
                .into(),
        );
    }
    Ok(builder)
}

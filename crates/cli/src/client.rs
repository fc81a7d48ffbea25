//! The clients that the arguments ask for.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tokenturn::{GitHub, OhMyGpt, Secret, TransportBuilder};

use crate::args::{Common, GitHubArgs, OhMyGptArgs};
use crate::input;

/// A client, and the token to use it with.
pub(crate) fn github(args: &GitHubArgs) -> Result<(GitHub, Secret)> {
    let secret = input::client_secret(args.client_secret_file.as_deref())?;
    let roots = roots(&args.common)?;
    let mut builder = GitHub::builder(&args.client_id, secret).transport(|t| trust(t, roots));
    if let (Some(host), Some(version)) = (&args.enterprise, &args.enterprise_version) {
        builder = builder.enterprise_server(host, version);
    }
    if let Some(url) = &args.base_url {
        builder = builder.base_url(url);
    }
    let client = builder.build()?;
    Ok((client, input::token(&args.common.token_file)?))
}

/// A client, and the OAuth token to use it with, which stays in use: `out` must not replace it.
pub(crate) fn ohmygpt(args: &OhMyGptArgs, out: &Path) -> Result<(OhMyGpt, Secret)> {
    let roots = roots(&args.common)?;
    let mut builder = OhMyGpt::builder().transport(|t| trust(t, roots));
    if let Some(url) = &args.base_url {
        builder = builder.base_url(url);
    }
    let client = builder.build()?;
    let token = input::token(&args.common.token_file)?;
    let same = fs::canonicalize(&args.common.token_file)
        .is_ok_and(|token| fs::canonicalize(out).is_ok_and(|out| out == token));
    ensure!(
        !same,
        "--out would replace the OAuth token in {}, which stays in use; name another file",
        out.display()
    );
    Ok((client, token))
}

fn roots(common: &Common) -> Result<Option<Vec<u8>>> {
    let Some(path) = &common.ca_file else {
        return Ok(None);
    };
    let pem = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(pem))
}

fn trust(transport: TransportBuilder, roots: Option<Vec<u8>>) -> TransportBuilder {
    match roots {
        Some(pem) => transport.root_certificates(pem),
        None => transport,
    }
}

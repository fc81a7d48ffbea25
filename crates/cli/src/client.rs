//! The clients that the arguments ask for, and the tokens to use them with.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use tokenturn::github::GitHubBuilder;
use tokenturn::ohmygpt::hosts;
use tokenturn::{GitHub, OhMyGpt, Secret, TransportBuilder, normal_base_url};
use tokenturn_sandbox::Sandbox;

use crate::args::{Common, GitHubApp, GitHubToken, OhMyGptLogin, OhMyGptServer, OhMyGptToken};
use crate::{input, token_file};

pub(crate) const GITHUB_SECRET: &str = "TOKENTURN_GITHUB_CLIENT_SECRET";
pub(crate) const OHMYGPT_SECRET: &str = "TOKENTURN_OHMYGPT_CLIENT_SECRET";
/// What the sandbox's app at OhMyGPT is set up for.
pub(crate) const OHMYGPT_SCOPE: &str = "trusted_full_access";
/// Stands where a client ID has to be and none is sent.
const NO_APP: &str = "none";

/// Whether calls can be made without the client secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientSecret {
    Needed,
    /// It is used if it is there.
    Optional,
    Unused,
}

/// The sandbox that the arguments ask for. It ends when it is dropped.
pub(crate) async fn sandbox(common: &Common) -> Result<Option<Sandbox>> {
    if !common.sandbox {
        return Ok(None);
    }
    let sandbox = Sandbox::start(0).await;
    sandbox.map(Some).context("cannot start the sandbox")
}

pub(crate) fn github(
    app: &GitHubApp,
    secret: ClientSecret,
    sandbox: Option<&Sandbox>,
) -> Result<GitHub> {
    if let Some(sandbox) = sandbox {
        let builder = match secret {
            ClientSecret::Unused => GitHub::public_client(sandbox.client_id()),
            _ => GitHub::builder(sandbox.client_id(), sandbox.client_secret()),
        };
        return Ok(builder.base_url(sandbox.url()).build()?);
    }
    let roots = roots(app.common.ca_file.as_deref())?;
    let client_id = app.client_id.as_deref().unwrap_or(NO_APP);
    let found = match secret {
        ClientSecret::Unused => None,
        _ => input::client_secret(app.client_secret_file.as_deref(), GITHUB_SECRET)?,
    };
    let builder = match found {
        Some(found) => GitHub::builder(client_id, found),
        None if secret == ClientSecret::Needed => bail!(no_secret(GITHUB_SECRET)),
        None => GitHub::public_client(client_id),
    };
    let mut builder = builder.transport(|t| trust(t, roots));
    if let (Some(host), Some(version)) = (&app.enterprise, &app.enterprise_version) {
        builder = builder.enterprise_server(host, version);
    }
    if let Some(url) = &app.base_url {
        builder = builder.base_url(url);
    }
    built(builder, app.api_version.as_deref())
}

/// A client that speaks this version of the API, where one is given. What to know of its server is said.
pub(crate) fn built(mut builder: GitHubBuilder, api_version: Option<&str>) -> Result<GitHub> {
    if let Some(version) = api_version {
        builder = builder.api_version(version);
    }
    let github = builder.build()?;
    if let Some(warning) = github.warning() {
        let _ = writeln!(io::stderr(), "warning: {warning}");
    }
    Ok(github)
}

pub(crate) fn ohmygpt(server: &OhMyGptServer, sandbox: Option<&Sandbox>) -> Result<OhMyGpt> {
    let roots = roots(server.common.ca_file.as_deref())?;
    let mut builder = OhMyGpt::builder().transport(|t| trust(t, roots));
    if let Some(url) = sandbox
        .map(Sandbox::url)
        .as_ref()
        .or(server.base_url.as_ref())
    {
        builder = builder.base_url(url);
    }
    Ok(builder.build()?)
}

/// A client with an app, for a login.
pub(crate) fn ohmygpt_app(args: &OhMyGptLogin, sandbox: Option<&Sandbox>) -> Result<OhMyGpt> {
    if let Some(sandbox) = sandbox {
        let (id, secret) = (sandbox.ohmygpt_client_id(), sandbox.ohmygpt_client_secret());
        let builder = OhMyGpt::builder().app(id, secret);
        let builder = builder.base_url(sandbox.url()).pages_url(sandbox.url());
        return Ok(builder.build()?);
    }
    let roots = roots(args.server.common.ca_file.as_deref())?;
    let secret = input::client_secret(args.client_secret_file.as_deref(), OHMYGPT_SECRET)?;
    let secret = secret.with_context(|| no_secret(OHMYGPT_SECRET))?;
    let client_id = args.client_id.as_deref().unwrap_or_default();
    let mut builder = OhMyGpt::builder().app(client_id, secret);
    builder = builder.transport(|t| trust(t, roots));
    if let Some(url) = &args.server.base_url {
        builder = builder.base_url(url);
    }
    if let Some(url) = &args.pages_url {
        builder = builder.pages_url(url);
    }
    Ok(builder.build()?)
}

/// The provider's own page that shows a code to its user.
pub(crate) fn ohmygpt_code_page(args: &OhMyGptLogin, sandbox: Option<&Sandbox>) -> String {
    let site = sandbox.map(Sandbox::url).or(args.pages_url.clone());
    let site = site.unwrap_or_else(|| hosts::PAGES.to_owned());
    format!("{}/next/v1/oauth/succeed", normal_base_url(&site))
}

/// A client, and the token to use it with.
pub(crate) fn ready_github(
    args: &GitHubToken,
    sandbox: Option<&Sandbox>,
) -> Result<(GitHub, Secret)> {
    let github = github(&args.app, ClientSecret::Needed, sandbox)?;
    let read = input::stored_for_github;
    let stored = token_file::stored(&args.token_file, read, sandbox, Sandbox::new_github_token)?;
    Ok((github, stored.into_token()))
}

/// A client, and the OAuth token to use it with.
pub(crate) fn ready_ohmygpt(
    args: &OhMyGptToken,
    sandbox: Option<&Sandbox>,
) -> Result<(OhMyGpt, Secret)> {
    let ohmygpt = ohmygpt(&args.server, sandbox)?;
    let new_token = |sandbox: &Sandbox| sandbox.new_ohmygpt_user().oauth_token;
    let stored = token_file::stored(&args.token_file, input::stored, sandbox, new_token)?;
    Ok((ohmygpt, stored.into_token()))
}

pub(crate) fn no_secret(variable: &str) -> String {
    format!("no client secret: set {variable} or give --client-secret-file")
}

/// The certificates in the file of `--ca-file`.
pub(crate) fn roots(path: Option<&Path>) -> Result<Option<Vec<u8>>> {
    let Some(path) = path else {
        return Ok(None);
    };
    let pem = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(pem))
}

pub(crate) fn trust(transport: TransportBuilder, roots: Option<Vec<u8>>) -> TransportBuilder {
    match roots {
        Some(pem) => transport.root_certificates(pem),
        None => transport,
    }
}

//! The clients for the tokens of a vault.

use anyhow::{Context, Result, anyhow, bail, ensure};
use tokenturn::github::api_url;
use tokenturn::{GitHub, OhMyGpt, normal_base_url};
use tokenturn_vault::{App, Client, Filter, Provider, Vault};

use crate::args::Providers;
use crate::client::{GITHUB_SECRET, no_secret, roots, trust};
use crate::input;

/// A client for the tokens of each provider that `filter` means, if there are any. What it names has
/// to be there; it need not be in some state just now, or old.
pub(super) async fn of(vault: &Vault, filter: &Filter, args: &Providers) -> Result<Vec<Client>> {
    let mut named = filter.clone();
    (named.state, named.older_than) = (None, None);
    if vault.count(&named).await? == 0 {
        return Err(none_named(vault).await?);
    }
    let mut clients = Vec::new();
    let server = github_server(args)?;
    if let Some(app) = app(vault, filter, Provider::GitHub, server).await? {
        clients.push(checked(github(&app, args)?.into(), &app)?);
    }
    let server = args.ohmygpt_base_url.as_deref().map(normal_base_url);
    if let Some(app) = app(vault, filter, Provider::OhMyGpt, server).await? {
        let roots = roots(args.ca_file.as_deref())?;
        let builder = OhMyGpt::builder().transport(|t| trust(t, roots));
        let ohmygpt = builder.base_url(&app.server).build()?;
        clients.push(checked(ohmygpt.into(), &app)?);
    }
    Ok(clients)
}

/// The one app that those of the tokens are of that are this provider's.
async fn app(
    vault: &Vault,
    filter: &Filter,
    provider: Provider,
    server: Option<String>,
) -> Result<Option<App>> {
    if filter.provider.is_some_and(|wanted| wanted != provider) {
        return Ok(None);
    }
    let mut filter = filter.clone().provider(provider);
    if let Some(server) = server {
        let mut named = filter.clone();
        (named.state, named.older_than) = (None, None);
        if let Some(other) = vault.list(named.clone()).next().await {
            let other = other?.app;
            let is_wanted = named.server.as_ref().is_none_or(|wanted| *wanted == server);
            ensure!(
                is_wanted && vault.count(&named.server(&server)).await? > 0,
                "no token that is meant is of {server}: there is one of the {other}"
            );
        }
        filter = filter.server(server);
    }
    let Some(first) = vault.list(filter.clone()).next().await else {
        return Ok(None);
    };
    let app = first?.app;
    let (all, of_app) = (
        vault.count(&filter).await?,
        vault.count(&filter.app(&app)).await?,
    );
    if all == of_app {
        return Ok(Some(app));
    }
    let choice = match provider {
        Provider::OhMyGpt => "--server",
        _ => "--client-id and --server",
    };
    bail!(
        "the tokens are not all of one app: {of_app} of {all} are of the {app}; choose one with \
         {choice}, and run it again for the others"
    )
}

/// Nothing in the vault is what was asked for.
async fn none_named(vault: &Vault) -> Result<anyhow::Error> {
    Ok(match vault.list(Filter::new()).next().await {
        None => anyhow!("the vault is empty; put tokens in with: tokenturn vault import"),
        Some(first) => anyhow!(
            "no token in the vault is what the options name: there is one of the {}; \
             `tokenturn vault list` shows them all",
            first?.app
        ),
    })
}

fn github_server(args: &Providers) -> Result<Option<String>> {
    if let (Some(host), Some(version)) = (&args.enterprise, &args.enterprise_version) {
        // The client knows where the API of such a host is.
        let server = GitHub::public_client("none").enterprise_server(host, version);
        return Ok(Some(server.build()?.base_url().to_owned()));
    }
    Ok(args.base_url.as_deref().map(api_url).transpose()?)
}

fn github(app: &App, args: &Providers) -> Result<GitHub> {
    let secret = input::client_secret(args.client_secret_file.as_deref(), GITHUB_SECRET)?;
    let secret = secret.with_context(|| no_secret(GITHUB_SECRET))?;
    let roots = roots(args.ca_file.as_deref())?;
    let builder = GitHub::builder(&app.client_id, secret).transport(|t| trust(t, roots));
    let builder = match (&args.enterprise, &args.enterprise_version) {
        (Some(host), Some(version)) => builder.enterprise_server(host, version),
        _ => builder.base_url(&app.server),
    };
    Ok(builder.build()?)
}

/// Otherwise the tokens would not be the client's.
fn checked(client: Client, app: &App) -> Result<Client> {
    let found = client.app();
    ensure!(
        found == *app,
        "the tokens are of the {app}, and the client of the {found}"
    );
    Ok(client)
}

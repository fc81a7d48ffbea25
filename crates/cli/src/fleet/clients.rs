//! The clients for the tokens of a vault.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use tokenturn::{GitHub, OhMyGpt, Secret};
use tokenturn_vault::{App, Client, Entry, Filter, Provider, StoreError, Vault};

use super::servers::Named;
use crate::args::Providers;
use crate::client::{GITHUB_SECRET, built, no_secret, roots, trust};
use crate::exit::Exit;
use crate::{input, report};

/// Whether there have to be client secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrets {
    Needed,
    /// They are used where they are there.
    Optional,
}

/// What a filter names, whatever state that is in just now, and however old it is.
pub(super) fn named(filter: &Filter) -> Filter {
    let mut named = filter.clone();
    (named.state, named.older_than, named.due_within) = (None, None, None);
    named
}

/// Refuses a filter that names what is not there.
pub(super) async fn expect_named(vault: &Vault, filter: &Filter) -> Result<()> {
    match vault.count(&named(filter)).await? {
        0 => Err(none_named(vault).await?),
        _ => Ok(()),
    }
}

/// A client for each app that the tokens are of that `filter` means, and the names of the rows among
/// them that cannot be read and are of none of these apps.
pub(super) async fn of(
    vault: &Vault,
    filter: &Filter,
    args: &Providers,
    secrets: Secrets,
) -> Result<(Vec<Client>, Vec<String>)> {
    let servers = Named::of(args, Some(filter))?;
    let mut apps = apps(vault, filter, &servers, &Provider::GITHUB).await?;
    let is_alone = apps.len() == 1;
    apps.extend(self::apps(vault, filter, &servers, &Provider::OHMYGPT).await?);
    for app in &apps {
        servers.check(app)?;
    }
    let clients = apps.iter();
    let clients = clients.map(|app| of_known(app, args, &servers, is_alone, secrets));
    let clients = clients.collect::<Result<_>>()?;
    Ok((clients, strays(vault, filter, &apps).await?))
}

/// A client for the tokens of this app. A client secret is used where there is one.
pub(crate) fn of_app(app: &App, args: &Providers) -> Result<Client> {
    let servers = Named::of(args, None)?;
    servers.check(app)?;
    of_known(app, args, &servers, true, Secrets::Optional)
}

/// The same for an app at GitHub.
pub(crate) fn github_of(app: &App, args: &Providers) -> Result<GitHub> {
    let client = of_app(app, args)?;
    let github = client.downcast_ref::<GitHub>().cloned();
    github.with_context(|| format!("{app} is not at GitHub"))
}

/// Whether it has no client secret, without which only some tokens can be refreshed.
pub(crate) fn is_public(client: &Client) -> bool {
    client.downcast_ref().is_some_and(GitHub::is_public)
}

/// That what a client has called will be gone.
pub(super) fn ending(client: &Client) -> Option<String> {
    let github = client.downcast_ref().and_then(GitHub::deprecation);
    let ohmygpt = || client.downcast_ref().and_then(OhMyGpt::deprecation);
    github.or_else(ohmygpt).map(report::ending)
}

/// A client for an app that may be called, and may be the only one.
fn of_known(
    app: &App,
    args: &Providers,
    servers: &Named,
    is_alone: bool,
    secrets: Secrets,
) -> Result<Client> {
    let client = if app.provider == Provider::OHMYGPT {
        ohmygpt(app, args)?.into()
    } else {
        github(app, args, servers, secret(app, args, is_alone, secrets)?)?.into()
    };
    checked(client, app)
}

/// Rows that cannot be read, and that no run over these apps comes to: what says whose they are has
/// changed, too.
async fn strays(vault: &Vault, filter: &Filter, apps: &[App]) -> Result<Vec<String>> {
    let mut others = vault.count(filter).await?;
    for app in apps {
        let of_app = vault.count(&filter.clone().app(app)).await?;
        others = others.saturating_sub(of_app);
    }
    let (mut strays, mut rows) = (Vec::new(), vault.list(filter.clone()));
    while others > strays.len() as u64
        && let Some(row) = rows.next().await
    {
        let Err(id) = readable(row)? else { continue };
        let mut is_stray = true;
        for app in apps {
            let filter = filter.clone().id(&id).app(app);
            is_stray &= vault.count(&filter).await? == 0;
        }
        if is_stray {
            strays.push(id);
        }
    }
    Ok(strays)
}

/// The names of the rows that `filter` means and that cannot be read.
pub(super) async fn damaged(vault: &Vault, filter: &Filter) -> Result<Vec<String>> {
    let (mut damaged, mut rows) = (Vec::new(), vault.list(filter.clone()));
    while let Some(row) = rows.next().await {
        damaged.extend(readable(row)?.err());
    }
    Ok(damaged)
}

/// A row, or the name of one that cannot be read.
fn readable(row: Result<Entry, StoreError>) -> Result<Result<Entry, String>> {
    match row {
        Ok(entry) => Ok(Ok(entry)),
        Err(why) => match why.id().filter(|_| why.is_damaged()) {
            Some(id) => Ok(Err(id.to_owned())),
            None => Err(why.into()),
        },
    }
}

/// The app of one of the rows.
async fn some_app(vault: &Vault, filter: Filter) -> Result<Option<App>> {
    let mut rows = vault.list(filter);
    while let Some(row) = rows.next().await {
        if let Ok(entry) = readable(row)? {
            return Ok(Some(entry.app));
        }
    }
    Ok(None)
}

/// The apps that those of the tokens are of that are this provider's.
async fn apps(
    vault: &Vault,
    filter: &Filter,
    servers: &Named,
    provider: &Provider,
) -> Result<Vec<App>> {
    let mut apps = Vec::new();
    if filter
        .provider
        .as_ref()
        .is_some_and(|wanted| wanted != provider)
    {
        return Ok(apps);
    }
    let filter = filter.clone().provider(provider.clone());
    let servers = servers.at(provider);
    if servers.is_empty() {
        add_apps(vault, filter, &mut apps).await?;
        return Ok(apps);
    }
    let named = named(&filter);
    let is_wanted = |server: &&String| named.server.as_ref().is_none_or(|wanted| wanted == *server);
    let mut is_there = false;
    for server in servers.iter().filter(is_wanted) {
        is_there |= vault.count(&named.clone().server(server)).await? > 0;
        add_apps(vault, filter.clone().server(server), &mut apps).await?;
    }
    if !is_there && let Some(other) = some_app(vault, named).await? {
        return Err(Exit::NoToken.because(format!(
            "no token that is meant is of {}: there is one of the {other}",
            servers.join(" or ")
        )));
    }
    Ok(apps)
}

/// Adds those that are not among them.
async fn add_apps(vault: &Vault, filter: Filter, apps: &mut Vec<App>) -> Result<()> {
    let all = vault.count(&filter).await?;
    let mut rows = vault.list(filter.clone());
    let mut found = 0;
    // Few apps have many tokens: the rest need not be read when all are of those that are known.
    while found < all
        && let Some(row) = rows.next().await
    {
        let Ok(entry) = readable(row)? else { continue };
        let app = entry.app;
        if !apps.contains(&app) {
            found += vault.count(&filter.clone().app(&app)).await?;
            apps.push(app);
        }
    }
    Ok(())
}

/// Nothing in the vault is what was asked for.
async fn none_named(vault: &Vault) -> Result<anyhow::Error> {
    let why = match some_app(vault, Filter::new()).await? {
        None if vault.count(&Filter::new()).await? == 0 => {
            "the vault is empty; put tokens in with: tokenturn vault import".to_owned()
        }
        Some(app) => format!(
            "no token in the vault is what the options name: there is one of the {app}; \
             `tokenturn vault list` shows them all"
        ),
        None => "no token in the vault is what the options name".to_owned(),
    };
    Ok(Exit::NoToken.because(why))
}

/// The client secret of an app, which may be the only one in the run.
fn secret(app: &App, args: &Providers, is_alone: bool, secrets: Secrets) -> Result<Option<Secret>> {
    let id = &app.client_id;
    let files = args.app_secret_file.iter();
    let mut files = files.filter(|(named, _)| named == id);
    let file: Option<&PathBuf> = files.next().map(|(_, file)| file);
    ensure!(
        files.next().is_none(),
        "--app-secret-file is given twice for {id}"
    );
    let or_so = format!("--app-secret-file {id}=FILE");
    let of_one = || input::client_secret(args.client_secret_file.as_deref(), GITHUB_SECRET);
    let secret = match file {
        Some(file) => input::client_secret(Some(file), GITHUB_SECRET)?,
        None if is_alone => of_one()?,
        None if secrets == Secrets::Optional && of_one()?.is_none() => None,
        None => bail!("no client secret for the {app}, which is not the only one: give {or_so}"),
    };
    ensure!(
        secret.is_some() || secrets == Secrets::Optional,
        "{}, or {or_so}, for the {app}",
        no_secret(GITHUB_SECRET)
    );
    Ok(secret)
}

fn github(app: &App, args: &Providers, servers: &Named, secret: Option<Secret>) -> Result<GitHub> {
    let roots = roots(args.ca_file.as_deref())?;
    let builder = match secret {
        Some(secret) => GitHub::builder(&app.client_id, secret),
        None => GitHub::public_client(&app.client_id),
    };
    let builder = builder.transport(|t| trust(t, roots));
    let builder = match (&args.enterprise, &args.enterprise_version) {
        (Some(host), Some(version)) if servers.is_enterprise(&app.server) => {
            builder.enterprise_server(host, version)
        }
        _ => builder.base_url(&app.server),
    };
    built(builder, args.api_version.as_deref())
}

fn ohmygpt(app: &App, args: &Providers) -> Result<OhMyGpt> {
    let roots = roots(args.ca_file.as_deref())?;
    let builder = OhMyGpt::builder().transport(|t| trust(t, roots));
    Ok(builder.base_url(&app.server).build()?)
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

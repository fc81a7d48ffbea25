//! A client for the tokens of one row.

use anyhow::{Result, ensure};
use tokenturn::{GitHub, Secret};
use tokenturn_vault::{App, Filter};

use super::servers::Named;
use crate::args::Providers;
use crate::client::{GITHUB_SECRET, roots, trust};
use crate::input;

/// A client for an app at GitHub: a public one where there is no client secret, which refreshes tokens and
/// cannot ask about them. A server that only the vault names gets none.
pub(crate) fn github_of(app: &App, args: &Providers) -> Result<GitHub> {
    let servers = Named::of(args, &Filter::new())?;
    servers.check(app)?;
    let roots = roots(args.ca_file.as_deref())?;
    let builder = match secret(app, args)? {
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
    Ok(builder.build()?)
}

/// The client secret of the only app that is meant, if there is one.
fn secret(app: &App, args: &Providers) -> Result<Option<Secret>> {
    let id = &app.client_id;
    let mut files = args.app_secret_file.iter().filter(|(named, _)| named == id);
    let file = files.next().map(|(_, file)| file);
    ensure!(
        files.next().is_none(),
        "--app-secret-file is given twice for {id}"
    );
    let file = file.or(args.client_secret_file.as_ref());
    input::client_secret(file.map(|file| &**file), GITHUB_SECRET)
}

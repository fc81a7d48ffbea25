//! `tokenturn rotate --all`, `tokenturn refresh --all`, `tokenturn recover`, `tokenturn check --all`,
//! `tokenturn revoke --all`, `tokenturn deliver` and `tokenturn vault keep`

mod clients;
mod deliver;
mod group;
mod keep;
mod plan;
mod progress;
mod renew;
mod report;
mod revoke;
mod run;
mod sandbox;
mod servers;
mod summary;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tokenturn_vault::{Client, Filter, FleetOptions, Summary, Vault, VaultBuilder};

use crate::args::{CheckAll, Claims, DeliverAll, HandOn, Many, RecoverAll, RevokeAll, VaultPlace};
use crate::exit::Exit;
use crate::vault::{self, Access, open_with};
pub(crate) use clients::{github_of, is_public, of_app as client_of};
pub(crate) use keep::keep;
pub(crate) use renew::{refresh, rotate};
pub(crate) use servers::server;

use clients::Secrets;
use deliver::ShellCommand;
use report::Report;
use run::Job;

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Rotate,
    Refresh,
    /// One of many refreshes of what is due.
    Keep,
    Recover,
    Check,
    Revoke,
    Deliver,
}

impl Aim {
    /// Whether it is about what is due alone, which may be nothing.
    fn is_of_due(self) -> bool {
        matches!(self, Self::Refresh | Self::Keep)
    }

    /// How many tokens a run is through with.
    fn settled(self, summary: &Summary) -> u64 {
        match self {
            Self::Deliver => summary.delivered,
            _ => summary.settled(),
        }
    }
}

/// What a run is made of.
struct Ready {
    vault: Vault,
    clients: Vec<Client>,
    /// Rows that cannot be read, and that the run does not come to.
    strays: Vec<String>,
    filter: Filter,
    options: FleetOptions,
}

/// `tokenturn recover`
pub(crate) async fn recover(args: &RecoverAll) -> Result<Exit> {
    let ready = to_write(&args.many, builder(&args.claims)).await?;
    let (options, deliver) = hand_on(ready.options, &args.hand_on)?;
    let job = of_many(&args.many, deliver, Aim::Recover)?.with_strays(ready.strays);
    let job = job.with_clients(&ready.clients);
    let fleet = ready
        .vault
        .recover_all(ready.clients, ready.filter.clone(), options)
        .await?;
    job.run(fleet, &ready.vault, &ready.filter).await
}

/// `tokenturn check --all`
pub(crate) async fn check(args: &CheckAll) -> Result<Exit> {
    let ready = to_write(&args.many, Vault::builder()).await?;
    let job = of_many(&args.many, None, Aim::Check)?.with_strays(ready.strays);
    let job = job.with_clients(&ready.clients);
    let fleet = ready
        .vault
        .check_all(ready.clients, ready.filter.clone(), ready.options)
        .await?;
    job.run(fleet, &ready.vault, &ready.filter).await
}

/// `tokenturn revoke --all`
pub(crate) async fn revoke(args: &RevokeAll) -> Result<Exit> {
    let ready = to_write(&args.many, Vault::builder()).await?;
    if args.all && !args.yes {
        revoke::confirm(&ready.vault, &ready.filter).await?;
    }
    let job = of_many(&args.many, None, Aim::Revoke)?.with_strays(ready.strays);
    let job = job.with_clients(&ready.clients);
    let fleet = ready
        .vault
        .revoke_all(ready.clients, ready.filter.clone(), ready.options)
        .await?;
    job.run(fleet, &ready.vault, &ready.filter).await
}

/// `tokenturn deliver`
pub(crate) async fn deliver(args: &DeliverAll) -> Result<Exit> {
    let vault = open_with(&args.place, Access::Write, Vault::builder()).await?;
    let mut options = FleetOptions::new();
    if let Some(commands) = args.concurrency {
        options = options.concurrency(commands.into());
    }
    let (options, deliver) = hand_on(options, &args.hand_on)?;
    ensure!(
        deliver.is_some(),
        "say what takes the tokens over, with --deliver COMMAND"
    );
    let report = args.report.as_deref();
    let job = job(report, &args.place, args.json, deliver, Aim::Deliver)?;
    let filter = args.filters.filter();
    let fleet = vault.deliver_all(filter.clone(), options).await?;
    job.run(fleet, &vault, &filter).await
}

fn hand_on(
    mut options: FleetOptions,
    args: &HandOn,
) -> Result<(FleetOptions, Option<ShellCommand>)> {
    ensure!(
        args.deliver.is_some() || !args.deliver_refresh_token,
        "--deliver-refresh-token needs --deliver <COMMAND>"
    );
    let line = args.deliver.as_deref();
    let deliver = line.map(|line| ShellCommand::new(line, args.deliver_refresh_token));
    if let Some(deliver) = &deliver {
        options = options.deliver(deliver.clone());
    }
    if let Some(time) = args.deliver_within {
        options = options.deliver_within(time);
    }
    Ok((options, deliver))
}

/// Ready for calls for which the client secrets are needed.
async fn to_write(many: &Many, builder: VaultBuilder) -> Result<Ready> {
    let filter = many.filters.filter();
    ready(many, Access::Write, builder, filter, Secrets::Needed).await
}

async fn ready(
    many: &Many,
    access: Access,
    builder: VaultBuilder,
    filter: Filter,
    secrets: Secrets,
) -> Result<Ready> {
    let vault = open_with(&many.place, access, builder).await?;
    clients::expect_named(&vault, &filter).await?;
    let (clients, strays) = clients::of(&vault, &filter, &many.providers, secrets).await?;
    Ok(Ready {
        vault,
        clients,
        strays,
        filter,
        options: options(many),
    })
}

/// Begins to open a vault whose tokens are claimed so.
pub(crate) fn builder(claims: &Claims) -> VaultBuilder {
    let mut builder = Vault::builder();
    if let Some(time) = claims.lease {
        builder = builder.lease(time);
    }
    if let Some(time) = claims.leave_alone {
        builder = builder.leave_alone(time);
    }
    builder
}

fn options(many: &Many) -> FleetOptions {
    let mut options = FleetOptions::new();
    if let Some(calls) = many.concurrency {
        options = options.concurrency(calls.into());
    }
    if let Some(calls) = many.per_second {
        options = options.per_second(calls);
    }
    if let Some(times) = many.max_same_refusal {
        options = options.max_same_refusal(times);
    }
    options
}

fn of_many(many: &Many, deliver: Option<ShellCommand>, aim: Aim) -> Result<Job> {
    job(many.report.as_deref(), &many.place, many.json, deliver, aim)
}

fn job(
    report: Option<&Path>,
    place: &VaultPlace,
    json: bool,
    deliver: Option<ShellCommand>,
    aim: Aim,
) -> Result<Job> {
    let report = report.map(|path| {
        let report = Report::open(path);
        report.with_context(|| format!("cannot write {}", path.display()))
    });
    let beside = vault::file(place);
    Ok(Job::new(aim, report.transpose()?, deliver, json, beside))
}

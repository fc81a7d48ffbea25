//! `tokenturn rotate --all`, `tokenturn recover`, `tokenturn check --all`, `tokenturn revoke --all` and
//! `tokenturn deliver`

mod clients;
mod deliver;
mod group;
mod plan;
mod progress;
mod report;
mod revoke;
mod run;
mod sandbox;
mod servers;
mod single;
mod summary;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tokenturn_vault::{Client, Filter, FleetOptions, Summary, Vault, VaultBuilder};

use crate::args::{
    CheckAll, Claims, DeliverAll, HandOn, Many, RecoverAll, RevokeAll, RotateAll, VaultPlace,
};
use crate::exit::Exit;
use crate::vault::{self, Access, open_with};
pub(crate) use servers::server;
pub(crate) use single::github_of;

use deliver::ShellCommand;
use report::Report;
use run::Job;
use sandbox::World;

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Rotate,
    Recover,
    Check,
    Revoke,
    Deliver,
}

impl Aim {
    /// How many tokens a run is through with.
    fn settled(self, summary: &Summary) -> u64 {
        match self {
            Self::Deliver => summary.delivered,
            Self::Rotate | Self::Recover | Self::Check | Self::Revoke => summary.settled(),
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

/// `tokenturn rotate --all`
pub(crate) async fn rotate(args: &RotateAll) -> Result<Exit> {
    match args.sandbox {
        true => in_sandbox(args).await,
        false => in_vault(args).await,
    }
}

/// `tokenturn recover`
pub(crate) async fn recover(args: &RecoverAll) -> Result<Exit> {
    let ready = ready(&args.many, Access::Write, builder(&args.claims)).await?;
    let (options, deliver) = hand_on(ready.options, &args.hand_on)?;
    let job = of_many(&args.many, deliver, Aim::Recover)?.with_strays(ready.strays);
    let fleet = ready
        .vault
        .recover_all(ready.clients, ready.filter.clone(), options)
        .await?;
    job.run(fleet, &ready.vault, &ready.filter).await
}

/// `tokenturn check --all`
pub(crate) async fn check(args: &CheckAll) -> Result<Exit> {
    let ready = ready(&args.many, Access::Write, Vault::builder()).await?;
    let job = of_many(&args.many, None, Aim::Check)?.with_strays(ready.strays);
    let fleet = ready
        .vault
        .check_all(ready.clients, ready.filter.clone(), ready.options)
        .await?;
    job.run(fleet, &ready.vault, &ready.filter).await
}

/// `tokenturn revoke --all`
pub(crate) async fn revoke(args: &RevokeAll) -> Result<Exit> {
    let ready = ready(&args.many, Access::Write, Vault::builder()).await?;
    if args.all && !args.yes {
        revoke::confirm(&ready.vault, &ready.filter).await?;
    }
    let job = of_many(&args.many, None, Aim::Revoke)?.with_strays(ready.strays);
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

async fn in_vault(args: &RotateAll) -> Result<Exit> {
    let access = match args.dry_run {
        true => Access::Read,
        false => Access::Write,
    };
    let ready = ready(&args.many, access, builder(&args.claims)).await?;
    begin(args, ready).await
}

async fn in_sandbox(args: &RotateAll) -> Result<Exit> {
    let world = World::with_tokens(args.tokens).await?;
    let many = &args.many;
    let ready = Ready {
        vault: world.vault.clone(),
        clients: vec![world.client()?],
        strays: Vec::new(),
        filter: many.filters.filter(),
        options: options(many)
            .concurrency(many.concurrency.map_or(World::CONCURRENCY, usize::from)),
    };
    let exit = begin(args, ready).await?;
    if !args.dry_run {
        world.verify(many.json).await?;
    }
    Ok(exit)
}

async fn begin(args: &RotateAll, ready: Ready) -> Result<Exit> {
    let Ready {
        vault,
        clients,
        strays,
        filter,
        mut options,
    } = ready;
    if args.new_run {
        options = options.afresh();
    } else if let Some(age) = args.resume_within {
        options = options.resume_within(age);
    }
    let (mut options, deliver) = hand_on(options, &args.hand_on)?;
    if args.dry_run {
        let plan = vault.plan(clients, &filter, &options).await?;
        let damaged = clients::damaged(&vault, &filter).await?;
        let planned = plan::Planned {
            plan: &plan,
            hands_on: deliver.is_some(),
            strays: strays.len() as u64,
            damaged: &damaged,
        };
        return planned.print(args.many.json);
    }
    if let Some(tokens) = args.max_lost {
        options = options.max_lost(tokens);
    }
    // A file that cannot be written is found before anything is sent.
    let job = of_many(&args.many, deliver, Aim::Rotate)?.with_strays(strays);
    let fleet = vault.rotate_all(clients, filter.clone(), options).await?;
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

async fn ready(many: &Many, access: Access, builder: VaultBuilder) -> Result<Ready> {
    let vault = open_with(&many.place, access, builder).await?;
    let filter = many.filters.filter();
    let (clients, strays) = clients::of(&vault, &filter, &many.providers).await?;
    Ok(Ready {
        vault,
        clients,
        strays,
        filter,
        options: options(many),
    })
}

fn builder(claims: &Claims) -> VaultBuilder {
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

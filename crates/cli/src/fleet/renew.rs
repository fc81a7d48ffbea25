//! `tokenturn rotate --all` and `tokenturn refresh --all`: runs that get new tokens.

use std::time::Duration;

use anyhow::Result;
use tokenturn_vault::Filter;

use super::clients::{self, Secrets};
use super::sandbox::World;
use super::{Aim, Ready, builder, hand_on, of_many, options, plan, ready};
use crate::args::{RefreshAll, Renewal, RotateAll};
use crate::exit::Exit;
use crate::vault::Access;

/// `tokenturn rotate --all`
pub(crate) async fn rotate(args: &RotateAll) -> Result<Exit> {
    renew(Aim::Rotate, &args.renewal, None).await
}

/// `tokenturn refresh --all`
pub(crate) async fn refresh(args: &RefreshAll) -> Result<Exit> {
    let within = args.expiring_within.unwrap_or(Duration::MAX);
    renew(Aim::Refresh, &args.renewal, Some(within)).await
}

/// `due_within` says how soon the tokens end that are refreshed.
async fn renew(aim: Aim, args: &Renewal, due_within: Option<Duration>) -> Result<Exit> {
    let mut filter = args.many.filters.filter();
    if let Some(within) = due_within {
        filter = filter.due_within(within);
    }
    match args.sandbox {
        true => in_sandbox(aim, args, filter).await,
        false => in_vault(aim, args, filter).await,
    }
}

async fn in_vault(aim: Aim, args: &Renewal, filter: Filter) -> Result<Exit> {
    let access = match args.dry_run {
        true => Access::Read,
        false => Access::Write,
    };
    let secrets = match aim {
        // What came by the device flow needs none.
        Aim::Refresh => Secrets::Optional,
        _ => Secrets::Needed,
    };
    let ready = ready(&args.many, access, builder(&args.claims), filter, secrets).await?;
    begin(aim, args, ready).await
}

async fn in_sandbox(aim: Aim, args: &Renewal, filter: Filter) -> Result<Exit> {
    let world = World::with_tokens(args.tokens, aim == Aim::Refresh).await?;
    let many = &args.many;
    let ready = Ready {
        vault: world.vault.clone(),
        clients: vec![world.client()?],
        strays: Vec::new(),
        filter,
        options: options(many)
            .concurrency(many.concurrency.map_or(World::CONCURRENCY, usize::from)),
    };
    let exit = begin(aim, args, ready).await?;
    if !args.dry_run {
        world.verify(many.json).await?;
    }
    Ok(exit)
}

async fn begin(aim: Aim, args: &Renewal, ready: Ready) -> Result<Exit> {
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
            is_due: aim == Aim::Refresh,
            strays: strays.len() as u64,
            damaged: &damaged,
        };
        return planned.print(args.many.json);
    }
    if let Some(tokens) = args.loss.max_lost {
        options = options.max_lost(tokens);
    }
    // A file that cannot be written is found before anything is sent.
    let job = of_many(&args.many, deliver, aim)?.with_strays(strays);
    let job = job.with_clients(&clients);
    let fleet = match aim {
        Aim::Refresh => vault.refresh_all(clients, filter.clone(), options).await?,
        _ => vault.rotate_all(clients, filter.clone(), options).await?,
    };
    job.run(fleet, &vault, &filter).await
}

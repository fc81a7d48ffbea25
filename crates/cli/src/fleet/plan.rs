//! `--dry-run`

use std::io::Write;

use anyhow::Result;
use serde_json::json;
use tokenturn_vault::{AppPlan, Plan};

use crate::exit::Exit;
use crate::output::output;
use crate::progress::{duration, rate_text};

/// `strays` are the rows that cannot be read and that the run would not come to, and `damaged` are all.
pub(super) fn print(
    plan: &Plan,
    json: bool,
    strays: &[String],
    damaged: &[String],
) -> Result<Exit> {
    // Something would stop the run.
    let is_troubled = plan.apps.iter().any(|app| app.trouble.is_some());
    let exit = match () {
        () if plan.apps.iter().any(|app| app.is_refused) => Exit::Refused,
        () if is_troubled => Exit::NotDone,
        () if !damaged.is_empty() => Exit::Damaged,
        () if plan.apps.is_empty() && plan.undelivered == 0 => Exit::NoToken,
        () => Exit::Done,
    };
    let mut out = output();
    match json {
        true => writeln!(out, "{}", exit.tell(as_json(plan, strays, damaged)))?,
        false => write!(out, "{}", text(plan, strays, damaged))?,
    }
    Ok(exit)
}

fn as_json(plan: &Plan, strays: &[String], damaged: &[String]) -> serde_json::Value {
    let apps = plan.apps.iter().map(|plan| {
        json!({
            "app": plan.app,
            "tokens": plan.tokens,
            "in_doubt": plan.in_doubt,
            "done": plan.done,
            "dead": plan.dead,
            "per_second": plan.per_second,
            "takes_seconds": plan.takes.map(|time| time.as_secs_f64()),
            "trouble": plan.trouble,
        })
    });
    json!({
        "apps": apps.collect::<Vec<_>>(),
        "without_client": plan.without_client.saturating_sub(strays.len() as u64),
        "undelivered": plan.undelivered,
        "damaged": damaged,
    })
}

fn text(plan: &Plan, strays: &[String], damaged: &[String]) -> String {
    let mut text = String::new();
    if plan.apps.is_empty() && plan.undelivered == 0 {
        text.push_str("no token fits\n");
    }
    for app in &plan.apps {
        text.push_str(&of_app(app));
    }
    if plan.undelivered > 0 {
        text.push_str(&format!(
            "{} tokens of an earlier run are handed on\n",
            plan.undelivered
        ));
    }
    for id in damaged {
        text.push_str(&format!("{id:?} cannot be read, and is left alone\n"));
    }
    if plan.without_client > strays.len() as u64 {
        text.push_str(&format!(
            "{} tokens of other apps are not part of it\n",
            plan.without_client - strays.len() as u64
        ));
    }
    text.push_str("nothing was changed\n");
    text
}

fn of_app(plan: &AppPlan) -> String {
    let mut text = format!("{}\n", plan.app);
    let mut row = |name: &str, value: String| text.push_str(&format!("  {name:<9} {value}\n"));
    row("tokens", plan.tokens.to_string());
    if plan.in_doubt > 0 {
        row(
            "in doubt",
            format!("{} of them, which are resolved first", plan.in_doubt),
        );
    }
    if plan.done > 0 {
        row(
            "done",
            format!("{} by the unfinished run, which goes on", plan.done),
        );
    }
    if plan.dead > 0 {
        row(
            "dead",
            format!("{}, lost or revoked, which are left alone", plan.dead),
        );
    }
    row(
        "pace",
        match plan.per_second {
            Some(rate) => rate_text(rate),
            None => "as fast as it answers".to_owned(),
        },
    );
    if let Some(time) = plan.takes {
        row("takes", duration(time.as_secs_f64()));
    }
    if let Some(why) = &plan.trouble {
        row("trouble", why.clone());
    }
    text
}

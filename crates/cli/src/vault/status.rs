//! `tokenturn vault status`

use std::io::Write;

use anyhow::Result;
use serde_json::{Map, Value, json};
use tokenturn::Timestamp;
use tokenturn_vault::{AppOverview, Filter, Overview, State};

use super::open::{Access, open};
use super::shown::second;
use super::table::visible;
use crate::args::VaultPlace;
use crate::output::output;

pub(super) async fn run(place: &VaultPlace, json: bool) -> Result<()> {
    let vault = open(place, Access::Read).await?;
    let overview = vault.overview().await?;
    let mut out = output();
    match json {
        true => writeln!(out, "{}", as_json(&overview)?)?,
        false => write!(out, "{}", text(&overview)?)?,
    }
    Ok(())
}

fn as_json(overview: &Overview) -> Result<Value> {
    let of_app = |app: &AppOverview| {
        let mut line = of_apps(std::slice::from_ref(app));
        line["app"] = json!(app.app);
        line
    };
    let mut line = of_apps(&overview.apps);
    line["apps"] = overview.apps.iter().map(of_app).collect();
    line["not_delivered"] = json!(overview.not_delivered);
    let runs = overview.runs.iter().map(|open| {
        Ok(json!({
            "filter": given(&open.filter)?,
            "began_at": open.run.began_at,
            "done": open.count.done,
            "left": open.count.left,
        }))
    });
    line["runs"] = runs.collect::<Result<_>>()?;
    Ok(line)
}

fn of_apps(apps: &[AppOverview]) -> Value {
    let states = State::ALL.map(|state| (state.as_str().to_owned(), json!(count(apps, state))));
    json!({
        "tokens": State::ALL.map(|state| count(apps, state)).iter().sum::<u64>(),
        "states": Map::from_iter(states),
        "undelivered": sum(apps, |app| app.undelivered),
        "oldest": oldest(apps),
        "next_expiry": next_expiry(apps),
        "refreshable": sum(apps, |app| app.refreshable),
        "due": sum(apps, |app| app.due),
        "expired": sum(apps, |app| app.expired),
    })
}

fn text(overview: &Overview) -> Result<String> {
    let mut text = String::new();
    if overview.apps.len() != 1 {
        text.push_str(&block("all tokens", &overview.apps));
    }
    for app in &overview.apps {
        text.push_str(&block(&app.app.to_string(), std::slice::from_ref(app)));
    }
    if let Some(failed) = &overview.not_delivered {
        text.push_str(&format!(
            "not handed on since {}: {:?}, {} times, at last: {}\n",
            second(failed.since),
            failed.id,
            failed.attempts,
            visible(failed.error.clone())
        ));
    }
    for open in &overview.runs {
        let over = match given(&open.filter)? {
            Value::Object(given) if !given.is_empty() => Value::from(given).to_string(),
            _ => "all tokens".to_owned(),
        };
        text.push_str(&format!(
            "a run since {} is not at its end: {} done, {} left, of {}\n",
            second(open.run.began_at),
            open.count.done,
            open.count.left,
            visible(over)
        ));
    }
    text.push_str("whether all of them can be read: tokenturn vault verify\n");
    Ok(text)
}

fn block(name: &str, apps: &[AppOverview]) -> String {
    let mut text = format!("{}\n", visible(name.to_owned()));
    let mut row = |name: &str, value: String| text.push_str(&format!("  {name:<12}{value}\n"));
    for state in State::ALL {
        let count = count(apps, state);
        if count > 0 || state == State::Active {
            row(state.as_str(), count.to_string());
        }
    }
    for (name, count, note) in [
        ("undelivered", sum(apps, |app| app.undelivered), ""),
        ("refreshable", sum(apps, |app| app.refreshable), ""),
        (
            "due",
            sum(apps, |app| app.due),
            ", which end within an hour, or have ended: tokenturn refresh --all",
        ),
        (
            "expired",
            sum(apps, |app| app.expired),
            ", and cannot be refreshed: their users have to authorize the app again",
        ),
    ] {
        if count > 0 {
            row(name, format!("{count}{note}"));
        }
    }
    if let Some(time) = oldest(apps) {
        row("oldest", format!("unchanged since {}", second(time)));
    }
    if let Some(time) = next_expiry(apps) {
        row("next expiry", second(time));
    }
    text
}

fn count(apps: &[AppOverview], state: State) -> u64 {
    apps.iter().map(|app| app.count(state)).sum()
}

fn sum(apps: &[AppOverview], of: impl Fn(&AppOverview) -> u64) -> u64 {
    apps.iter().map(of).sum()
}

fn oldest(apps: &[AppOverview]) -> Option<Timestamp> {
    apps.iter().filter_map(|app| app.oldest).min()
}

fn next_expiry(apps: &[AppOverview]) -> Option<Timestamp> {
    apps.iter().filter_map(|app| app.next_expiry).min()
}

/// What a filter says, without what it leaves open.
fn given(filter: &Filter) -> Result<Value> {
    let mut given: Map<String, Value> = serde_json::from_str(&filter.to_json()?)?;
    given.retain(|_, value| !value.is_null());
    Ok(given.into())
}

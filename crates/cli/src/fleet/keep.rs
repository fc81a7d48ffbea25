//! `tokenturn vault keep`: refreshes what is due, again and again.

use std::io::{self, Write};
use std::pin::pin;
use std::time::{Duration, SystemTime};

use anyhow::{Error, Result, ensure};
use serde_json::{Value, json};
use tokenturn_vault::{Filter, Summary, Vault};
use tokio::time::{Instant, sleep_until};

use super::clients::{self, Secrets};
use super::summary::{Ended, counts};
use super::{Aim, builder, hand_on, of_many, options};
use crate::args::Keep;
use crate::progress::duration;
use crate::vault::{Access, open_with, visible};
use crate::{exit, patience};

const EVERY: Duration = Duration::from_secs(15 * 60);
const WITHIN: Duration = Duration::from_secs(60 * 60);

/// `tokenturn vault keep`. What is wrong from the start ends it; whatever goes wrong later may pass, and is
/// told of.
pub(crate) async fn keep(args: &Keep) -> Result<()> {
    let every = args.every.unwrap_or(EVERY);
    let within = args.expiring_within.unwrap_or(WITHIN);
    ensure!(
        within >= every,
        "a token that ends after {} would end between two passes, which are {} apart: let \
         --expiring-within be longer than --every, best several times",
        duration(within.as_secs_f64()),
        duration(every.as_secs_f64())
    );
    let filter = args.many.filters.filter().due_within(within);
    let mut is_first = true;
    let mut stop = pin!(patience::asked_to_stop());
    loop {
        let (begin, at) = (Instant::now(), SystemTime::now());
        // It hears of it as well, from now on.
        let asked = patience::asked_to_stop();
        let done = tokio::select! {
            biased;
            () = &mut stop => return Ok(()),
            ready = ready(args, &filter) => match ready {
                Ok(ready) => pass(args, ready, asked, at).await,
                Err(why) => Err(why),
            },
        };
        if let Err(why) = done {
            if is_first && !exit::may_pass(&why) {
                return Err(why);
            }
            tell_of(&why, args.many.json, at);
        }
        is_first = false;
        tokio::select! {
            biased;
            () = &mut stop => return Ok(()),
            () = sleep_until(begin + every) => {}
        }
    }
}

/// What a pass is made of: it opens the vault anew, which may have another key than the last time.
async fn ready(args: &Keep, filter: &Filter) -> Result<super::Ready> {
    let many = &args.many;
    let vault = open_with(&many.place, Access::Write, builder(&args.claims)).await?;
    let found = clients::of(&vault, filter, &many.providers, Secrets::Optional).await;
    let (clients, strays) = found?;
    Ok(super::Ready {
        vault,
        clients,
        strays,
        filter: filter.clone(),
        // What was refused once is tried again.
        options: options(many).afresh(),
    })
}

async fn pass(
    args: &Keep,
    ready: super::Ready,
    asked: impl Future<Output = ()> + 'static,
    at: SystemTime,
) -> Result<()> {
    let (mut options, deliver) = hand_on(ready.options, &args.hand_on)?;
    if let Some(tokens) = args.loss.max_lost {
        options = options.max_lost(tokens);
    }
    let json = args.many.json;
    let hands_on = deliver.is_some();
    let job = of_many(&args.many, deliver, Aim::Keep)?;
    let job = job.with_strays(ready.strays).with_clients(&ready.clients);
    let job = job.asked_by(asked);
    let (vault, filter) = (ready.vault, ready.filter);
    if !has_work(&vault, &filter, hands_on).await? {
        tell(&Ended::of(&Summary::default(), Aim::Keep), json, at);
        return Ok(());
    }
    let fleet = vault.refresh_all(ready.clients, filter.clone(), options);
    let mut fleet = fleet.await?;
    let ended = job.watch(&mut fleet, &vault, &filter).await;
    tell(&ended, json, at);
    Ok(())
}

/// Whether there is anything to do: most passes find nothing, and leave nothing behind.
async fn has_work(vault: &Vault, filter: &Filter, hands_on: bool) -> Result<bool> {
    let waiting = clients::named(filter).undelivered();
    Ok(vault.count(filter).await? > 0 || hands_on && vault.count(&waiting).await? > 0)
}

/// Tells what a pass did, in one line. The next one comes even when nobody reads.
fn tell(ended: &Ended<'_>, json: bool, at: SystemTime) {
    let at = time(at);
    let _ = match json {
        true => {
            let mut line = ended.line();
            line["at"] = at.into();
            writeln!(io::stdout(), "{line}")
        }
        false => writeln!(io::stdout(), "{at} {}", visible(text(ended))),
    };
}

/// The same of one that could not be made.
fn tell_of(why: &Error, json: bool, at: SystemTime) {
    let at = time(at);
    let _ = match json {
        true => {
            let mut line = exit::line(why);
            line["command"] = json!("keep");
            line["at"] = at.into();
            writeln!(io::stdout(), "{line}")
        }
        false => {
            let why = format!("nothing was done: {why:#}");
            writeln!(io::stdout(), "{at} {}", visible(why))
        }
    };
}

fn time(at: SystemTime) -> String {
    humantime::format_rfc3339_seconds(at).to_string()
}

fn text(ended: &Ended<'_>) -> String {
    let summary = ended.summary;
    let mut parts = Vec::new();
    let of_run = counts(summary).into_iter().map(|(name, count)| match name {
        "replaced" => ("refreshed", count),
        _ => (name, count),
    });
    let others = [
        ("left", summary.not_attempted),
        ("damaged", ended.damaged()),
        ("handed on", summary.delivered),
        ("not handed on", summary.undelivered),
    ];
    for (name, count) in of_run.chain(others) {
        if count > 0 || name == "refreshed" {
            parts.push(format!("{name} {count}"));
        }
    }
    let seconds = ended.took.as_secs_f64();
    let counts = parts.join(", ");
    match ended.message() {
        Some(why) => format!("{counts}, in {seconds:.1}s: {why}"),
        None => format!("{counts}, in {seconds:.1}s"),
    }
}

impl Ended<'_> {
    /// It as one line of JSON, with its exit code.
    fn line(&self) -> Value {
        self.exit().tell(self.json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_one_line() {
        let mut summary = Summary::default();
        let line = |summary: &Summary| text(&Ended::of(summary, Aim::Keep));
        assert_eq!(line(&summary), "refreshed 0, in 0.0s");
        (summary.replaced, summary.lost, summary.not_attempted) = (3, 1, 2);
        summary.refused = [("other", 2)].into();
        let expected = "refreshed 3, refused 2, lost 1, left 2, in 0.0s";
        assert_eq!(line(&summary), expected);
        summary.stopped = Some(tokenturn_vault::Stop::Lost(1));
        let stopped = line(&summary);
        assert!(stopped.contains("in 0.0s: 1 tokens of an app"), "{stopped}");
    }
}

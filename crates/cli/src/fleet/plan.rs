//! `--dry-run`

use std::io::Write;

use anyhow::Result;
use serde_json::json;
use tokenturn_vault::{AppPlan, Plan};

use super::summary::NOTHING_DUE;
use crate::exit::Exit;
use crate::output::output;
use crate::progress::{duration, rate_text};

/// What a run would do.
pub(super) struct Planned<'a> {
    pub(super) plan: &'a Plan,
    /// Whether it would hand tokens on.
    pub(super) hands_on: bool,
    /// Whether it is over what is due: that there is nothing is fine then.
    pub(super) is_due: bool,
    /// How many rows cannot be read that it would not come to.
    pub(super) strays: u64,
    /// The rows that cannot be read.
    pub(super) damaged: &'a [String],
}

impl Planned<'_> {
    pub(super) fn print(&self, json: bool) -> Result<Exit> {
        let exit = self.exit();
        let mut out = output();
        match json {
            true => writeln!(out, "{}", exit.tell(self.json()))?,
            false => write!(out, "{}", self.text())?,
        }
        Ok(exit)
    }

    /// That of the run, as far as it is known.
    fn exit(&self) -> Exit {
        let apps = &self.plan.apps;
        match self.plan.undelivered {
            _ if apps.iter().any(|app| app.unknown > 0) => Exit::Unknown,
            _ if apps.iter().any(|app| app.is_refused) => Exit::Refused,
            _ if apps.iter().any(|app| app.trouble.is_some()) => Exit::NotDone,
            1.. if !self.hands_on => Exit::Undelivered,
            _ if apps.iter().any(|app| app.passed_over > 0) => Exit::Refused,
            _ if !self.damaged.is_empty() => Exit::Damaged,
            0 if apps.is_empty() && !self.is_due => Exit::NoToken,
            _ if apps.iter().any(|app| app.dead > 0) => Exit::Dead,
            _ => Exit::Done,
        }
    }

    /// The tokens of other apps that can be read.
    fn others(&self) -> u64 {
        self.plan.without_client.saturating_sub(self.strays)
    }

    fn json(&self) -> serde_json::Value {
        let apps = self.plan.apps.iter().map(|plan| {
            json!({
                "app": plan.app,
                "tokens": plan.tokens,
                "in_doubt": plan.in_doubt,
                "done": plan.done,
                "dead": plan.dead,
                "passed_over": plan.passed_over,
                "unknown": plan.unknown,
                "per_second": plan.per_second,
                "takes_seconds": plan.takes.map(|time| time.as_secs_f64()),
                "trouble": plan.trouble,
            })
        });
        json!({
            "apps": apps.collect::<Vec<_>>(),
            "without_client": self.others(),
            "undelivered": self.plan.undelivered,
            "damaged": self.damaged,
        })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        match self.exit() {
            Exit::NoToken => text.push_str("no token fits\n"),
            _ if self.plan.apps.is_empty() && self.is_due => text.push_str(NOTHING_DUE),
            _ => {}
        }
        for app in &self.plan.apps {
            text.push_str(&of_app(app));
        }
        if self.plan.undelivered > 0 {
            let what = match self.hands_on {
                true => "are handed on",
                false => "still have to be handed on: run tokenturn deliver",
            };
            let tokens = self.plan.undelivered;
            text.push_str(&format!("{tokens} tokens of an earlier run {what}\n"));
        }
        for id in self.damaged {
            text.push_str(&format!("{id:?} cannot be read, and is left alone\n"));
        }
        if self.others() > 0 {
            let others = self.others();
            text.push_str(&format!(
                "{others} tokens of other apps are not part of it\n"
            ));
        }
        text.push_str("nothing was changed\n");
        text
    }
}

fn of_app(plan: &AppPlan) -> String {
    let mut text = format!("{}\n", plan.app);
    let mut row = |name: &str, value: String| text.push_str(&format!("  {name:<9} {value}\n"));
    row("tokens", plan.tokens.to_string());
    for (name, count, note) in [
        (
            "in doubt",
            plan.in_doubt,
            " of them, which are resolved first",
        ),
        ("done", plan.done, " by the unfinished run, which goes on"),
        (
            "refused",
            plan.passed_over,
            " of those, which --new-run tries again",
        ),
        (
            "unknown",
            plan.unknown,
            " of those, which tokenturn recover finds out about",
        ),
        ("dead", plan.dead, ", lost or revoked, which are left alone"),
    ] {
        if count > 0 {
            row(name, format!("{count}{note}"));
        }
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

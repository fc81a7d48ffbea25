//! How a run goes, for whoever waits for it.

use std::time::{Duration, Instant, SystemTime};

use tokenturn_vault::{Fleet, RunCount, Status, Summary};

use super::{Aim, summary};
use crate::progress::{View, duration, rate_text};
use crate::vault::visible;

/// A bar on a terminal, and lines elsewhere.
pub(super) struct Progress {
    aim: Aim,
    expected: RunCount,
    began: Instant,
    view: View,
}

impl Progress {
    pub(super) fn begin(fleet: &Fleet, aim: Aim) -> Self {
        let expected = fleet.expected();
        let view = match aim {
            // Each pass is told of in one line, when it is over.
            Aim::Keep => View::Quiet,
            _ => View::begin(expected.done, Some(expected.done + expected.left)),
        };
        let progress = Self {
            aim,
            expected,
            began: Instant::now(),
            view,
        };
        if aim == Aim::Keep {
            return progress;
        }
        for run in fleet.runs() {
            if let Some(began_at) = run.instead_of {
                progress.say(&format!(
                    "the run that began at {began_at} had not come to its end: it is ended, and another \
                     one begun; --resume-within says how old one may be that is gone on with"
                ));
            }
        }
        if fleet.runs().iter().any(|run| run.is_resumed) {
            progress.say(&format!(
                "going on with a run that is through with {} tokens",
                expected.done
            ));
        }
        progress
    }

    /// Tells how it goes, when it is time to.
    pub(super) fn tick(&mut self, fleet: &Fleet) {
        let settled = self.aim.settled(fleet.summary());
        let text = self.text(settled, fleet.summary(), &fleet.status());
        self.view.show(self.expected.done + settled, text);
    }

    /// Says something beside it.
    pub(super) fn say(&self, text: &str) {
        self.view.say(text);
    }

    pub(super) fn end(self, summary: &Summary) -> Duration {
        let text = self.text(self.aim.settled(summary), summary, &Status::Running);
        self.view.end(Some(&text));
        self.began.elapsed()
    }

    fn text(&self, settled: u64, summary: &Summary, status: &Status) -> String {
        let RunCount { done, left } = self.expected;
        let rate = settled as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let mut parts = vec![
            format!("{}/{}", done + settled, (done + left).max(done + settled)),
            rate_text(rate),
        ];
        let to_come = left.saturating_sub(settled);
        match status {
            Status::Paused { why, until, .. } => parts.push(paused(why, *until)),
            _ if to_come > 0 && settled > 0 => {
                let seconds = (to_come as f64 / rate).ceil();
                parts.push(format!("{} left", duration(seconds)));
            }
            _ => {}
        }
        let counts = summary::counts(summary);
        let counts = counts.iter().filter(|(_, count)| *count > 0);
        let counts: Vec<_> = counts.map(|(name, n)| format!("{name} {n}")).collect();
        if !counts.is_empty() {
            parts.push(counts.join(", "));
        }
        visible(parts.join("  "))
    }
}

fn paused(why: &str, until: Instant) -> String {
    let wait = until.saturating_duration_since(Instant::now());
    let clock = humantime::format_rfc3339_seconds(SystemTime::now() + wait).to_string();
    let time = clock.split_once('T').map_or("", |(_, time)| time);
    let seconds = duration(wait.as_secs_f64().ceil());
    format!("paused until {time} ({seconds}): {why}")
}

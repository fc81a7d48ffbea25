//! How a run goes, for whoever waits for it.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant, SystemTime};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokenturn_vault::{Fleet, RunCount, Status, Summary};

use super::summary;
use crate::vault::visible;

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);
const STYLE: &str = "{bar:24} {wide_msg}";

/// A bar on a terminal, and lines elsewhere.
pub(super) struct Progress {
    expected: RunCount,
    began: Instant,
    view: View,
}

enum View {
    Bar(ProgressBar),
    Lines { told: Instant },
}

impl Progress {
    pub(super) fn begin(fleet: &Fleet) -> Self {
        let expected = fleet.expected();
        let view = match io::stderr().is_terminal() {
            true => View::Bar(bar(expected)),
            false => View::Lines {
                told: Instant::now(),
            },
        };
        let progress = Self {
            expected,
            began: Instant::now(),
            view,
        };
        for run in fleet.runs() {
            if let Some(began_at) = run.instead_of {
                progress.say(&format!(
                    "the run that began at {began_at} is too old to go on with (--resume-within): it is \
                     ended, and another one begun"
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
        let settled = fleet.summary().settled();
        let text = self.text(settled, fleet.summary(), &fleet.status());
        match &mut self.view {
            View::Bar(bar) => {
                bar.set_message(text);
                bar.set_position(self.expected.done + settled);
            }
            View::Lines { told } if told.elapsed() >= EVERY => {
                *told = Instant::now();
                let _ = writeln!(io::stderr(), "{text}");
            }
            View::Lines { .. } => {}
        }
    }

    /// Says something beside it.
    pub(super) fn say(&self, text: &str) {
        let text = &visible(text.to_owned());
        if let View::Bar(bar) = &self.view {
            bar.suspend(|| tell(text));
        } else {
            tell(text);
        }
    }

    pub(super) fn end(self, summary: &Summary) -> Duration {
        match &self.view {
            View::Bar(bar) => bar.finish_and_clear(),
            View::Lines { .. } => {
                tell(&self.text(summary.settled(), summary, &Status::Running));
            }
        }
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

/// Not `eprintln!`: it panics when the terminal is gone.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn bar(expected: RunCount) -> ProgressBar {
    let length = Some(expected.done + expected.left);
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(STYLE);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style.progress_chars("=> "))
        .with_position(expected.done)
}

pub(super) fn rate_text(rate: f64) -> String {
    match rate {
        _ if rate >= 10.0 => format!("{rate:.0}/s"),
        _ => format!("{rate:.1}/s"),
    }
}

/// In whole seconds.
pub(super) fn duration(seconds: f64) -> String {
    let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
}

fn paused(why: &str, until: Instant) -> String {
    let wait = until.saturating_duration_since(Instant::now());
    let clock = humantime::format_rfc3339_seconds(SystemTime::now() + wait).to_string();
    let time = clock.split_once('T').map_or("", |(_, time)| time);
    let seconds = duration(wait.as_secs_f64().ceil());
    format!("paused until {time} ({seconds}): {why}")
}

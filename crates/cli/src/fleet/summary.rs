//! What came of a run.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::json;
use tokenturn_vault::{Stop, Summary};

use super::Aim;
use crate::client::{GITHUB_SECRET, no_secret};
use crate::exit::Exit;
use crate::progress::{duration, rate_text};

/// What is said of a run that had nothing to refresh.
pub(super) const NOTHING_DUE: &str = "no token has to be refreshed\n";

/// What came of a run, and how long it took.
pub(super) struct Ended<'a> {
    pub(super) summary: &'a Summary,
    /// Whether it was about any token.
    pub(super) is_meant: bool,
    /// How many rows cannot be read that the run did not come to.
    pub(super) strays: u64,
    /// How many others it has told of.
    pub(super) told_damaged: u64,
    /// Whether calls were made without a client secret.
    pub(super) is_public: bool,
    pub(super) aim: Aim,
    pub(super) took: Duration,
    /// How handing tokens on failed last.
    pub(super) refused: Option<String>,
    /// How the file for the report failed.
    pub(super) no_report: Option<String>,
}

/// The outcomes, by name.
pub(super) fn counts(summary: &Summary) -> [(&'static str, u64); 13] {
    [
        ("replaced", summary.replaced),
        ("resolved", summary.resolved),
        ("kept", summary.kept),
        ("valid", summary.valid),
        ("expired", summary.expired),
        ("restored", summary.restored),
        ("revoked", summary.revoked),
        ("no call", summary.no_call),
        ("invalid", summary.invalid),
        ("refused", summary.refused.values().sum()),
        ("lost", summary.lost),
        ("unknown", summary.unknown),
        ("not saved", summary.not_saved),
    ]
}

impl<'a> Ended<'a> {
    /// Of a run that took no time, and in which nothing failed beside it.
    pub(super) fn of(summary: &'a Summary, aim: Aim) -> Self {
        Self {
            summary,
            is_meant: true,
            strays: 0,
            told_damaged: 0,
            is_public: false,
            aim,
            took: Duration::ZERO,
            refused: None,
            no_report: None,
        }
    }

    /// Of what holds, the worst.
    pub(super) fn exit(&self) -> Exit {
        match self.of_run() {
            Exit::Done if self.summary.undelivered > 0 => Exit::Undelivered,
            exit => exit,
        }
    }

    /// The same, of a run that may have passed by what waits to be handed on.
    fn of_run(&self) -> Exit {
        let summary = self.summary;
        let hands_on = !matches!(self.aim, Aim::Check | Aim::Revoke);
        let is_undelivered = hands_on && summary.undelivered > 0;
        match &summary.stopped {
            _ if summary.not_saved > 0 => Exit::Rescued,
            _ if summary.unknown > 0 => Exit::Unknown,
            Some(
                Stop::BadCredentials(_) | Stop::Refused(_) | Stop::SameRefusal(_) | Stop::Invalid,
            ) => Exit::Refused,
            Some(Stop::Impossible(_)) => Exit::BadInput,
            Some(Stop::Store(why)) if !why.is_unavailable() => Exit::BadInput,
            Some(Stop::Asked) if summary.not_attempted == 0 && !is_undelivered => self.judged(),
            Some(Stop::Asked) if summary.not_attempted == 0 => Exit::Undelivered,
            Some(_) => Exit::NotDone,
            None if summary.not_attempted > 0 => Exit::NotDone,
            None if is_undelivered => Exit::Undelivered,
            None if !self.is_meant && !self.aim.is_of_due() => Exit::NoToken,
            None => self.judged(),
        }
    }

    /// How many rows cannot be read.
    pub(super) fn damaged(&self) -> u64 {
        // What is counted without being told of is among those that it did not come to.
        self.summary.damaged.max(self.told_damaged + self.strays)
    }

    /// Whether nothing is left, though it was told to stop, or it was not the user who told it.
    fn is_over(&self) -> bool {
        let is_asked = matches!(self.summary.stopped, Some(Stop::Asked));
        is_asked && (self.summary.not_attempted == 0 || self.no_report.is_some())
    }

    /// When all were tried.
    fn judged(&self) -> Exit {
        match self.summary {
            summary if !summary.refused.is_empty() || summary.passed_over > 0 => Exit::Refused,
            summary if summary.no_call > 0 => Exit::Refused,
            _ if self.damaged() > 0 => Exit::Damaged,
            // They are what it was about.
            _ if self.aim == Aim::Revoke && self.no_report.is_none() => Exit::Done,
            summary if summary.lost + summary.invalid + summary.dead > 0 => Exit::Dead,
            _ if self.no_report.is_some() => Exit::NotDone,
            _ => Exit::Done,
        }
    }

    /// Prints it; the exit code stands even when nobody reads.
    pub(super) fn print(&self, json: bool) {
        let _ = match json {
            true => writeln!(io::stdout(), "{}", self.exit().tell(self.json())),
            false => write!(io::stdout(), "{}", self.text()),
        };
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let summary = self.summary;
        json!({
            "command": match self.aim {
                Aim::Rotate => "rotate",
                Aim::Refresh => "refresh",
                Aim::Keep => "keep",
                Aim::Recover => "recover",
                Aim::Check => "check",
                Aim::Revoke => "revoke",
                Aim::Deliver => "deliver",
            },
            "replaced": summary.replaced,
            "resolved": summary.resolved,
            "kept": summary.kept,
            "valid": summary.valid,
            "expired": summary.expired,
            "restored": summary.restored,
            "revoked": summary.revoked,
            "no_call": summary.no_call,
            "invalid": summary.invalid,
            "refused": summary.refused,
            "lost": summary.lost,
            "unknown": summary.unknown,
            "not_saved": summary.not_saved,
            "not_attempted": summary.not_attempted,
            "dead": summary.dead,
            "passed_over": summary.passed_over,
            "without_client": summary.without_client.saturating_sub(self.strays),
            "damaged": self.damaged(),
            "delivered": summary.delivered,
            "undelivered": summary.undelivered,
            "stopped": match (&summary.stopped, &self.no_report) {
                (None | Some(Stop::Asked), Some(_)) => Some("report"),
                (stop, _) => stop.as_ref().map(word),
            },
            "message": self.message(),
            "seconds": self.took.as_secs_f64(),
        })
    }

    /// What the text says beside the counts.
    pub(super) fn message(&self) -> Option<String> {
        let summary = self.summary;
        let stop = summary.stopped.as_ref().filter(|_| !self.is_over());
        let is_undelivered = self.exit() == Exit::Undelivered || self.refused.is_some();
        let parts = [
            stop.map(|stop| self.why(stop)),
            self.not_whole(),
            (summary.undelivered > 0 && is_undelivered).then(|| self.not_handed_on()),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Why it was stopped.
    fn why(&self, stop: &Stop) -> String {
        match stop {
            Stop::BadCredentials(_) if self.is_public => {
                format!("{stop}; {}", no_secret(GITHUB_SECRET))
            }
            _ => stop.to_string(),
        }
    }

    /// How the report failed.
    fn not_whole(&self) -> Option<String> {
        let why = self.no_report.as_ref()?;
        Some(format!("the report is not whole: {why}"))
    }

    /// What to do with what was not handed on, and why it was not.
    fn not_handed_on(&self) -> String {
        let why = self
            .refused
            .as_deref()
            .unwrap_or("no attempt of this run has ended");
        format!("tokenturn deliver hands them on ({why})")
    }

    fn text(&self) -> String {
        let summary = self.summary;
        let mut text = String::new();
        let mut row = |name: &str, count: u64, note: &str| {
            let line = format!("{name:<14} {count:>9}  {note}");
            text.push_str(line.trim_end());
            text.push('\n');
        };
        for (name, count) in counts(summary) {
            if count > 0 || name == self.aim() {
                row(name, count, &self.note(name));
            }
        }
        for (name, count, note) in [
            ("not attempted", summary.not_attempted, self.again()),
            (
                "dead",
                summary.dead,
                "lost or revoked, so not tried; tokenturn check --all asks about them again",
            ),
            (
                "passed over",
                summary.passed_over,
                "refused before in this run, or in another process; --new-run tries them again",
            ),
            (
                "damaged",
                self.damaged(),
                "cannot be read, and are as they were; tokenturn vault verify names them",
            ),
            (
                "other apps",
                summary.without_client.saturating_sub(self.strays),
                "not part of this run",
            ),
            ("handed on", summary.delivered, ""),
        ] {
            if count > 0 || name == "handed on" && self.aim == Aim::Deliver {
                row(name, count, note);
            }
        }
        if summary.undelivered > 0 {
            row("not handed on", summary.undelivered, &self.not_handed_on());
        }
        match self.aim {
            _ if self.is_meant => {}
            aim if aim.is_of_due() => text.push_str(NOTHING_DUE),
            _ => text.push_str("no token fits\n"),
        }
        let settled = self.aim.settled(summary);
        let seconds = self.took.as_secs_f64();
        text.push_str(&format!(
            "\n{settled} in {}, {}\n",
            match seconds < 10.0 {
                true => format!("{seconds:.1}s"),
                false => duration(seconds),
            },
            rate_text(settled as f64 / seconds.max(0.001)),
        ));
        if let Some(stop) = summary.stopped.as_ref().filter(|_| !self.is_over()) {
            text.push_str(&format!("stopped: {}\n", self.why(stop)));
        }
        if let Some(not_whole) = self.not_whole() {
            text.push_str(&format!("{not_whole}\n"));
        }
        if (summary.stopped.is_none() || self.is_over())
            && let Some(next) = self.next()
        {
            text.push_str(&format!("next: {next}\n"));
        }
        text
    }

    fn again(&self) -> &'static str {
        match self.aim {
            Aim::Check => "run it again; it begins at the first token",
            _ => "run it again, and it goes on there",
        }
    }

    /// What is to be done, in the order of the exit codes.
    fn next(&self) -> Option<&'static str> {
        Some(match self.exit() {
            Exit::Rescued => {
                "put them back with tokenturn vault import --replace FILE, for each file named above, \
                 and then run tokenturn recover"
            }
            Exit::Unknown if matches!(self.aim, Aim::Check | Aim::Revoke) => {
                "run tokenturn recover, and then this again"
            }
            Exit::Unknown => "run tokenturn recover later",
            Exit::Undelivered => "run tokenturn deliver",
            Exit::NotDone => self.again(),
            Exit::Refused if self.summary.refused.is_empty() && self.summary.no_call > 0 => {
                "let the users of those without a call change their passwords, or ask the provider"
            }
            Exit::Refused if self.summary.refused.is_empty() => "run it again with --new-run",
            Exit::Refused => {
                "find out why some were refused, which tokenturn history tells, and run it again; they \
                 are as they were"
            }
            Exit::Damaged => {
                "put the damaged ones in again if you have them, or take them from a backup if they \
                 were not replaced since"
            }
            Exit::NoToken => "see what there is by tokenturn vault list",
            Exit::Dead if self.summary.dead > 0 => {
                "see whether they live by tokenturn check --all; the users of those that do not have \
                 to authorize the app again"
            }
            Exit::Dead => "let the users of those that are dead authorize the app again",
            _ => return None,
        })
    }

    /// What is shown though there are none.
    fn aim(&self) -> &'static str {
        match self.aim {
            Aim::Rotate | Aim::Refresh | Aim::Keep => "replaced",
            Aim::Recover => "resolved",
            Aim::Check => "valid",
            Aim::Revoke => "revoked",
            Aim::Deliver => "delivered",
        }
    }

    fn note(&self, name: &str) -> String {
        let summary = self.summary;
        match name {
            "resolved" => "replaced; an earlier outcome was unknown",
            "kept" => "not replaced by an earlier call; rotate them again",
            "invalid" => "their users have to authorize the app again",
            "lost" => {
                "replaced, and the new ones are gone; their users have to authorize the app again, \
                 unless tokenturn check --all finds them in answers that are kept"
            }
            "expired" => {
                "they can be refreshed: tokenturn token does so when one is needed, and tokenturn refresh \
                 --all for all"
            }
            "restored" => "lost or revoked before, and active again",
            "no call" => "their provider has no call for it; they are as they were",
            "unknown" if self.aim == Aim::Revoke => {
                "no answer, or in doubt: run tokenturn recover, and then this again"
            }
            "unknown" if self.aim == Aim::Check => {
                "no answer, or in doubt: run tokenturn recover, and then check --all again"
            }
            "unknown" => "run later: tokenturn recover",
            "not saved" => "they are in the files named above",
            "refused" => {
                let reasons = summary.refused.iter();
                let reasons = reasons.map(|(reason, count)| format!("{reason} {count}"));
                return reasons.collect::<Vec<_>>().join(", ");
            }
            _ => "",
        }
        .to_owned()
    }
}

fn word(stop: &Stop) -> &'static str {
    match stop {
        Stop::BadCredentials(_) => "bad_credentials",
        Stop::Refused(_) => "refused",
        Stop::SameRefusal(_) => "same_refusal",
        Stop::Invalid => "invalid",
        Stop::Unproven(_) => "unproven",
        Stop::Lost(_) => "lost",
        Stop::NotBelieved(_) => "not_believed",
        Stop::Duplicate(_) => "duplicate",
        Stop::ProviderUnavailable(_) => "provider_unavailable",
        Stop::Impossible(_) => "impossible",
        Stop::Store(_) => "vault",
        Stop::Asked => "asked",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use tokenturn_vault::StoreError;

    use super::*;

    #[test]
    fn what_a_run_does_not_hand_on_comes_behind_what_it_is_about() {
        let exit = |aim, change: fn(&mut Summary)| {
            let mut summary = Summary::default();
            summary.undelivered = 1;
            change(&mut summary);
            ended(&summary, aim).exit()
        };
        let broken = |summary: &mut Summary| {
            summary.stopped = Some(Stop::Store(StoreError::damaged("t")));
        };
        assert_eq!(exit(Aim::Rotate, broken), Exit::BadInput);
        for (change, judged) in [
            ((|_| {}) as fn(&mut Summary), Exit::Undelivered),
            (|summary| summary.damaged = 1, Exit::Damaged),
            (|summary| summary.no_call = 1, Exit::Refused),
        ] {
            assert_eq!(exit(Aim::Rotate, change), Exit::Undelivered);
            assert_eq!(exit(Aim::Check, change), judged);
            assert_eq!(exit(Aim::Revoke, change), judged);
        }
        assert_eq!(exit(Aim::Check, |summary| summary.invalid = 1), Exit::Dead);
    }

    fn ended(summary: &Summary, aim: Aim) -> Ended<'_> {
        Ended {
            took: Duration::from_secs(1),
            ..Ended::of(summary, aim)
        }
    }

    #[test]
    fn the_last_line_says_what_to_do() {
        let last = |change: fn(&mut Summary)| {
            let mut summary = Summary::default();
            summary.replaced = 3;
            change(&mut summary);
            let text = ended(&summary, Aim::Rotate).text();
            text.lines().last().unwrap_or_default().to_owned()
        };
        assert_eq!(last(|_| {}), "3 in 1.0s, 3.0/s");
        let damaged = last(|summary| summary.damaged = 1);
        assert!(
            damaged.starts_with("next: put the damaged ones in again"),
            "{damaged}"
        );
        let refused = last(|summary| summary.refused = [("other", 1)].into());
        assert!(
            refused.starts_with("next: find out why some were refused"),
            "{refused}"
        );
        let passed_over = last(|summary| summary.passed_over = 1);
        assert_eq!(passed_over, "next: run it again with --new-run");
        let dead = last(|summary| summary.dead = 1);
        assert!(dead.contains("tokenturn check --all"), "{dead}");
        let invalid = last(|summary| summary.invalid = 1);
        assert!(invalid.contains("authorize the app again"), "{invalid}");
        let unknown = last(|summary| summary.unknown = 1);
        assert_eq!(unknown, "next: run tokenturn recover later");
        let stopped = last(|summary| summary.stopped = Some(Stop::Lost(3)));
        assert!(stopped.starts_with("stopped: 3 tokens"), "{stopped}");
        let broken = last(|summary| {
            summary.stopped = Some(Stop::Store(StoreError::damaged("t")));
        });
        assert!(broken.contains("mend that, and run it again"), "{broken}");
        let asked = last(|summary| {
            summary.unknown = 1;
            summary.stopped = Some(Stop::Asked);
        });
        assert_eq!(asked, "next: run tokenturn recover later");
    }
}

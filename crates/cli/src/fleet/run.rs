//! A run, from its beginning to its end.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use anyhow::Result;
use tokenturn_vault::{Filter, Fleet, Outcome, Settled, State, Vault};
use tokio::time::{MissedTickBehavior, interval};

use super::Aim;
use super::deliver::ShellCommand;
use super::progress::Progress;
use super::report::Report;
use super::summary::{Ended, HandedOn};
use crate::exit::Exit;
use crate::{patience, rescue};

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(200);

/// What a run is watched with.
pub(super) struct Job {
    aim: Aim,
    report: Option<Report>,
    deliver: Option<ShellCommand>,
    json: bool,
    /// The file of the vault. What that does not take goes beside it.
    beside: Option<PathBuf>,
    asked: Pin<Box<dyn Future<Output = ()>>>,
}

impl Job {
    /// From now on the program is not ended by being asked to stop, so that no answer is missed.
    pub(super) fn new(
        aim: Aim,
        report: Option<Report>,
        deliver: Option<ShellCommand>,
        json: bool,
        beside: Option<PathBuf>,
    ) -> Self {
        Self {
            aim,
            report,
            deliver,
            json,
            beside,
            asked: Box::pin(patience::asked_to_stop()),
        }
    }

    /// Watches a run to its end. Whoever asks the program to stop makes it begin nothing new.
    pub(super) async fn run(
        mut self,
        mut fleet: Fleet,
        vault: &Vault,
        filter: &Filter,
    ) -> Result<Exit> {
        let mut progress = Progress::begin(&fleet);
        let stopper = fleet.stopper();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut no_report = None;
        loop {
            let reported = tokio::select! {
                biased;
                () = &mut self.asked => {
                    self.asked = Box::pin(patience::asked_to_stop());
                    stopper.stop();
                    progress.say("stopping: waiting for the answers to what was sent first");
                    Ok(())
                }
                _ = ticks.tick() => {
                    progress.tick(&fleet);
                    Ok(())
                }
                settled = fleet.next() => match settled {
                    Some(settled) => self.settled(&settled, &progress).await,
                    None => break,
                },
            };
            if let Err(error) = reported {
                // A run without its report is not what was asked for.
                no_report.get_or_insert(error.to_string());
                self.report = None;
                stopper.stop();
            }
        }
        vault.drain().await;
        let took = progress.end(fleet.summary());
        let handed_on = match &self.deliver {
            Some(command) => Some(HandedOn {
                left: undelivered(vault, filter).await,
                trouble: command.trouble(),
            }),
            None => None,
        };
        let expected = fleet.expected();
        let ended = Ended {
            summary: fleet.summary(),
            meant: expected.done + expected.left,
            aim: self.aim,
            took,
            handed_on,
            no_report,
        };
        ended.print(self.json);
        Ok(ended.exit())
    }

    async fn settled(&mut self, settled: &Settled, progress: &Progress) -> std::io::Result<()> {
        let mut rescued_in = None;
        if let Outcome::NotSaved(tokens) = &settled.outcome {
            rescued_in = rescue::rescue_from_vault(tokens, self.beside.as_deref()).await;
            progress.say(&match &rescued_in {
                Some(path) => format!("{}: the new token is in {}", settled.id, path.display()),
                None => format!(
                    "{}: no file could be written: the new token is lost",
                    settled.id
                ),
            });
        }
        match &mut self.report {
            Some(report) => report.write(settled, rescued_in.as_deref()),
            None => Ok(()),
        }
    }
}

/// A token that was replaced is not old any more, and may have changed its state. What is lost or in
/// doubt is not handed on.
async fn undelivered(vault: &Vault, filter: &Filter) -> u64 {
    let mut filter = filter.clone().undelivered();
    (filter.older_than, filter.state) = (None, Some(State::Active));
    vault.count(&filter).await.unwrap_or_default()
}

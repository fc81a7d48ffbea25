//! A run, from its beginning to its end.

use std::path::PathBuf;
use std::pin::Pin;

use anyhow::Result;
use tokenturn_vault::{Client, Entry, Filter, Fleet, Outcome, Settled, Vault};
use tokio::time::{MissedTickBehavior, interval};

use super::Aim;
use super::clients::{ending, is_public};
use super::deliver::ShellCommand;
use super::progress::Progress;
use super::report::Report;
use super::summary::Ended;
use crate::exit::Exit;
use crate::patience;
use crate::progress::TICK;
use crate::rescue::{self, Rescue};
use crate::vault::visible;

/// What a run is watched with.
pub(super) struct Job {
    aim: Aim,
    report: Option<Report>,
    deliver: Option<ShellCommand>,
    json: bool,
    rescue: Rescue,
    strays: Vec<String>,
    /// How many others were told of that cannot be read.
    damaged: u64,
    clients: Vec<Client>,
    asked: Pin<Box<dyn Future<Output = ()>>>,
}

impl Job {
    /// From now on the program is not ended by being asked to stop, so that no answer is missed.
    ///
    /// `beside` is the file of the vault. What that does not take goes beside it.
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
            rescue: Rescue::new(beside),
            strays: Vec::new(),
            damaged: 0,
            clients: Vec::new(),
            asked: Box::pin(patience::asked_to_stop()),
        }
    }

    /// The rows that cannot be read, and that the run does not come to.
    pub(super) fn with_strays(mut self, strays: Vec<String>) -> Self {
        self.strays = strays;
        self
    }

    /// The clients that make its calls.
    pub(super) fn with_clients(mut self, clients: &[Client]) -> Self {
        self.clients = clients.to_vec();
        self
    }

    /// Whoever asks the program to stop is heard by this.
    pub(super) fn asked_by(mut self, asked: impl Future<Output = ()> + 'static) -> Self {
        self.asked = Box::pin(asked);
        self
    }

    /// Watches a run to its end, and prints what came of it.
    pub(super) async fn run(
        self,
        mut fleet: Fleet,
        vault: &Vault,
        filter: &Filter,
    ) -> Result<Exit> {
        let json = self.json;
        let ended = self.watch(&mut fleet, vault, filter).await;
        ended.print(json);
        Ok(ended.exit())
    }

    /// Watches a run to its end. Whoever asks the program to stop makes it begin nothing new, and whoever
    /// asks again ends what hands tokens on.
    pub(super) async fn watch<'f>(
        mut self,
        fleet: &'f mut Fleet,
        vault: &Vault,
        filter: &Filter,
    ) -> Ended<'f> {
        let mut progress = Progress::begin(fleet, self.aim);
        let stopper = fleet.stopper();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut no_report = None;
        for id in &self.strays {
            progress.say(&told_damaged(id));
        }
        loop {
            let reported = tokio::select! {
                biased;
                () = &mut self.asked => {
                    self.asked = Box::pin(patience::asked_to_stop());
                    if fleet.is_stopped() && self.deliver.is_some() {
                        stopper.stop_deliveries();
                        progress.say("ending what hands tokens on; the next run does so again");
                    }
                    stopper.stop();
                    progress.say("stopping: waiting for the answers to what was sent first");
                    Ok(())
                }
                _ = ticks.tick() => {
                    progress.tick(fleet);
                    Ok(())
                }
                settled = fleet.next() => match settled {
                    Some(settled) => self.settled(&settled, &progress),
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
        for notice in self.clients.iter().filter_map(ending) {
            progress.say(&format!("warning: {notice}"));
        }
        let took = progress.end(fleet.summary());
        let expected = fleet.expected();
        let summary = fleet.summary();
        let waited = summary.delivered + summary.undelivered;
        let meant = expected.done + expected.left + summary.dead + waited;
        let is_meant = meant > 0 || vault.count(filter).await.map_or(true, |count| count > 0);
        Ended {
            summary,
            is_meant,
            strays: self.strays.len() as u64,
            told_damaged: self.damaged,
            is_public: self.clients.iter().any(is_public),
            aim: self.aim,
            took,
            refused: self.deliver.as_ref().and_then(ShellCommand::trouble),
            no_report,
        }
    }

    fn settled(&mut self, settled: &Settled, progress: &Progress) -> std::io::Result<()> {
        let mut rescued_in = None;
        // A stray may wait to be handed on.
        if matches!(settled.outcome, Outcome::Damaged) && !self.strays.contains(&settled.id) {
            progress.say(&told_damaged(&settled.id));
            self.damaged += 1;
        }
        if let Outcome::NotSaved(tokens) = &settled.outcome {
            let mut entry = Entry::new(&settled.id, settled.app.clone(), (**tokens).clone());
            entry.label.clone_from(&settled.label);
            rescued_in = self.rescue.add(&entry);
            progress.say(&rescue::told(&settled.id, rescued_in.as_deref()));
        }
        if let Outcome::NotDelivered(why) = &settled.outcome {
            progress.say(&format!(
                "{}: not handed on: {why}",
                visible(settled.id.clone())
            ));
        }
        match &mut self.report {
            Some(report) => report.write(settled, rescued_in.as_deref()),
            None => Ok(()),
        }
    }
}

fn told_damaged(id: &str) -> String {
    format!("damaged: {id:?} cannot be read, and is left as it is")
}

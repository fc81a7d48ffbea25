//! What the sandbox's log says about a vault.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::Duration;

use serde_json::Value;
use tokenturn_sandbox::Replacement;
use tokenturn_vault::{Entry, Filter, State, Vault, What};

use super::kills::Kill;
use super::scene::{Scene, Stock};

/// What may have become of tokens.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The kills; without any, nothing may be lost and nothing replaced twice.
    pub kills: &'a [Kill],
    /// Whether every token is replaced in the end.
    pub all: bool,
    /// How often a run may replace each.
    pub runs: usize,
    /// How many calls at OhMyGPT may be repeated without a kill.
    pub repeats: usize,
}

impl<'a> Rules<'a> {
    /// Every token is replaced, and only these kills excuse anything.
    pub fn after(kills: &'a [Kill]) -> Self {
        Self {
            kills,
            all: true,
            runs: 1,
            repeats: 0,
        }
    }
}

/// What the log says about a vault.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// The tokens that were replaced.
    pub replaced: usize,
    /// Those whose new token is in no vault.
    pub lost: usize,
    /// The claims that kills have cut short, counted for each kill.
    pub in_flight: usize,
    /// The calls at OhMyGPT that replaced a token once more.
    pub again: usize,
    /// Those among them that no kill explains.
    pub repeats: usize,
    /// The tokens that somebody was told of.
    pub told: usize,
    /// The most tokens that one kill has lost.
    pub most: usize,
    /// The longest time between a lost replacement and its kill, to look at: a process may stand
    /// still for as long as the machine likes, so nothing is judged by it.
    pub distance: Duration,
    /// What must not be.
    pub faults: Vec<String>,
}

/// The replacements of each row.
struct Log<'a> {
    by_old: HashMap<&'a str, &'a Replacement>,
    by_account: HashMap<&'a str, Vec<&'a Replacement>>,
}

/// Compares a vault with the log of the sandbox.
pub async fn judge(scene: &Scene, vault: &Vault, rules: Rules<'_>) -> Verdict {
    let replacements = scene.sandbox.replacements();
    let log = Log::of(&replacements);
    let mut judging = Judging {
        scene,
        rules,
        verdict: Verdict::default(),
        by_kill: vec![0; rules.kills.len()],
    };
    let (mut rows, mut seen, mut explained) = (vault.list(Filter::new()), 0, 0);
    while let Some(row) = rows.next().await {
        let row = row.unwrap();
        let stock = &scene.stock[&row.id];
        let done = log.of_row(stock);
        explained += done.len();
        seen += 1;
        judging.row(&row, stock, &done);
    }
    let mut verdict = judging.verdict;
    verdict.most = judging.by_kill.into_iter().max().unwrap_or_default();
    verdict.in_flight = rules.kills.iter().map(|kill| kill.in_flight.len()).sum();
    told(scene, vault, &mut verdict).await;
    if seen != scene.stock.len() {
        verdict.faults.push(format!("{seen} rows are left"));
    }
    if explained != replacements.len() {
        verdict.faults.push("tokens of no row were replaced".into());
    }
    // Rows are claimed ahead of the calls, of which no more can be cut off than are made at a time.
    if verdict.most > scene.concurrency {
        let count = verdict.most;
        let fault = format!("{count} answers were lost by one kill");
        verdict.faults.push(fault);
    }
    verdict
}

/// Whoever is told of a token can rely on it: it is in the vault, whoever dies then.
async fn told(scene: &Scene, vault: &Vault, verdict: &mut Verdict) {
    let mut stored = HashSet::new();
    let mut history = vault.history(None);
    while let Some(event) = history.next().await {
        let event = event.unwrap();
        if event.what == What::Replaced {
            stored.insert((event.id, event.new));
        }
    }
    let report = fs::read_to_string(scene.report()).unwrap_or_default();
    for line in report.lines() {
        // A line that its process did not end was told to nobody.
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if !matches!(line["outcome"].as_str(), Some("replaced" | "resolved")) {
            continue;
        }
        verdict.told += 1;
        let word = |name: &str| line[name].as_str().map(str::to_owned);
        let id = word("id").unwrap_or_default();
        if !stored.contains(&(id.clone(), word("new_fingerprint"))) {
            verdict.faults.push(format!("{id}: told, and not stored"));
        }
    }
}

impl<'a> Log<'a> {
    fn of(replacements: &'a [Replacement]) -> Self {
        let mut log = Self {
            by_old: HashMap::new(),
            by_account: HashMap::new(),
        };
        for done in replacements {
            match &done.account {
                None => drop(log.by_old.insert(&done.old, done)),
                Some(account) => log.by_account.entry(account).or_default().push(done),
            }
        }
        log
    }

    /// In their order. At GitHub a token is replaced by its own value, so they are a chain.
    fn of_row(&self, stock: &Stock) -> Vec<&'a Replacement> {
        if let Some(account) = &stock.account {
            return self
                .by_account
                .get(account.as_str())
                .cloned()
                .unwrap_or_default();
        }
        let first = self.by_old.get(stock.token.as_str()).copied();
        let next = |done: &&'a Replacement| self.by_old.get(done.new.as_str()).copied();
        std::iter::successors(first, next).collect()
    }
}

struct Judging<'a> {
    scene: &'a Scene,
    rules: Rules<'a>,
    verdict: Verdict,
    by_kill: Vec<usize>,
}

impl Judging<'_> {
    fn row(&mut self, row: &Entry, stock: &Stock, done: &[&Replacement]) {
        let living = done.last().map_or(&stock.token, |last| &last.new);
        let held = row.tokens.token.as_ref().map(|token| token.expose());
        let holds = held == Some(living.as_str());
        let kills = || {
            self.rules
                .kills
                .iter()
                .filter(|kill| kill.in_flight.contains(&row.id))
        };
        let kills = kills().count();
        let is_ohmygpt = stock.account.is_some();
        self.verdict.replaced += usize::from(!done.is_empty());
        if !self.scene.sandbox.is_alive(living) {
            self.fault(row, "its last token is dead");
        }
        if done.is_empty() && self.rules.all {
            self.fault(row, "it was not replaced");
        }
        match is_ohmygpt {
            true => {
                let again = done.len().saturating_sub(self.rules.runs);
                self.verdict.again += again;
                let repeats = again.saturating_sub(kills);
                self.verdict.repeats += repeats;
                if repeats > 0 && self.verdict.repeats > self.rules.repeats {
                    let times = format!("replaced {again} times too often, by {kills} kills");
                    self.fault(row, &times);
                }
            }
            false if done.len() > self.rules.runs => self.fault(row, "replaced twice"),
            false => {}
        }
        match row.state() {
            State::Active if holds => {}
            State::Active => self.fault(row, "the vault has a dead token"),
            State::Lost if is_ohmygpt => self.fault(row, "lost, where it can be replaced again"),
            State::Lost if holds => self.fault(row, "not lost at all"),
            State::Lost => self.lost(row, done),
            state => self.fault(row, &format!("left {state}")),
        }
    }

    fn lost(&mut self, row: &Entry, done: &[&Replacement]) {
        self.verdict.lost += 1;
        let Some(last) = done.last() else {
            return self.fault(row, "lost, though never replaced");
        };
        let hit = |kill: &&Kill| kill.in_flight.contains(&row.id) && kill.started <= last.at;
        let kills = self
            .rules
            .kills
            .iter()
            .enumerate()
            .filter(|(_, kill)| hit(kill));
        let nearest = kills
            .map(|(number, kill)| (distance(kill, last), number))
            .min();
        let Some((distance, number)) = nearest else {
            return self.fault(row, "lost without a kill");
        };
        self.by_kill[number] += 1;
        self.verdict.distance = self.verdict.distance.max(distance);
    }

    fn fault(&mut self, row: &Entry, what: &str) {
        self.verdict.faults.push(format!("{}: {what}", row.id));
    }
}

/// Nothing while the process was being killed.
fn distance(kill: &Kill, done: &Replacement) -> Duration {
    let before = kill.at.saturating_duration_since(done.at);
    before.max(done.at.saturating_duration_since(kill.gone))
}

//! What tokens are handed on to, and what it holds in the end.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use tokenturn_vault::{Filter, State, Vault};
use tokio::process::Command;
use tokio::time::sleep;

use super::process::PATIENCE;
use super::scene::Scene;

/// A command for `--deliver`, and its folder.
///
/// What it does is in `application.sh`. It does not look at generations, so that going back in time
/// shows.
#[derive(Debug)]
pub struct Application {
    folder: PathBuf,
    script: PathBuf,
}

/// What an application says.
#[derive(Clone, Debug, Default)]
pub struct Handed {
    /// How often it was called.
    pub calls: usize,
    /// How many tokens it holds.
    pub held: usize,
    /// What must not be.
    pub faults: Vec<String>,
}

impl Application {
    /// One that goes with the scene.
    ///
    /// # Panics
    ///
    /// When its folder cannot be made.
    pub fn new(scene: &Scene) -> Self {
        let folder = scene.folder().join("application");
        let script = scene.folder().join("application.sh");
        fs::create_dir(&folder).unwrap();
        fs::write(&script, include_str!("application.sh")).unwrap();
        Self { folder, script }
    }

    /// What hands a token on to it, for `--deliver`.
    pub fn line(&self) -> String {
        format!(
            "exec sh '{}' '{}'",
            self.script.display(),
            self.folder.display()
        )
    }

    /// Lets it wait whenever it is given a token of this row, until what this returns is removed.
    ///
    /// # Panics
    ///
    /// When that cannot be said.
    pub fn hold(&self, id: &str) -> PathBuf {
        let path = self.folder.join(format!("{id}.hold"));
        fs::write(&path, "").unwrap();
        path
    }

    /// What it has done with a row: each `begin` and `end`, with the generation.
    pub fn story(&self, id: &str) -> Vec<String> {
        let log = fs::read_to_string(self.folder.join(format!("{id}.log"))).unwrap_or_default();
        let story = log.lines().filter_map(|line| line.rsplit_once(' '));
        story.map(|(what, _)| what.to_owned()).collect()
    }

    /// The token that it holds for a row.
    pub fn token(&self, id: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(format!("{id}.token"))).ok()
    }

    /// Waits until none of its commands runs, which those of a killed program do on their own, or kills
    /// them. No program that may start others may run.
    ///
    /// # Panics
    ///
    /// When they do not end.
    pub async fn settle(&self, kill: bool) {
        let ended = async {
            loop {
                let ids = self.processes();
                if ids.is_empty() {
                    return;
                }
                if kill {
                    let line = format!("kill -KILL {}", ids.join(" "));
                    // Some may have ended meanwhile.
                    let _ = Command::new("sh").args(["-c", &line]).output().await;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, ended).await;
        ended.expect("its commands end");
        for (id, log) in self.logs() {
            for process in log.open() {
                let path = self.folder.join(format!("{id}.log"));
                let mut file = fs::File::options().append(true).open(path).unwrap();
                file.write_all(format!("killed 0 {process}\n").as_bytes())
                    .unwrap();
            }
        }
    }

    /// Those that were called with its folder, or are about to be.
    fn processes(&self) -> Vec<String> {
        let folder = self.folder.to_str().unwrap();
        let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let entry = entry.ok()?;
            let line = fs::read(entry.path().join("cmdline")).ok()?;
            let is_one = String::from_utf8_lossy(&line).contains(folder);
            is_one.then(|| entry.file_name().to_str().map(str::to_owned))?
        });
        processes.collect()
    }

    fn logs(&self) -> HashMap<String, Log> {
        let files = fs::read_dir(&self.folder).unwrap().filter_map(|entry| {
            let path = entry.unwrap().path();
            let id = path.file_name()?.to_str()?.strip_suffix(".log")?.to_owned();
            Some((id, Log::read(&fs::read_to_string(path).unwrap())))
        });
        files.collect()
    }

    /// Compares what it holds with what is in the vault, and what lives.
    ///
    /// # Panics
    ///
    /// When the vault cannot be read.
    pub async fn judge(&self, scene: &Scene, vault: &Vault) -> Handed {
        let mut handed = Handed::default();
        let mut rows = vault.list(Filter::new());
        while let Some(row) = rows.next().await {
            let row = row.unwrap();
            let token = self.token(&row.id);
            handed.held += usize::from(token.is_some());
            let is_alive = token
                .as_ref()
                .is_some_and(|token| scene.sandbox.is_alive(token));
            let is_lost = row.state() == State::Lost;
            let stored = row.tokens.token.as_ref().map(|token| token.expose());
            let fault = match &token {
                // There is nothing to be handed on.
                _ if is_lost => continue,
                None => "the application holds no token",
                Some(_) if !is_alive => "the application holds a dead token",
                Some(token) if stored != Some(token) => "the application holds another token",
                Some(_) if row.progress.undelivered => "handed on, and it is not noted",
                Some(_) => continue,
            };
            handed.faults.push(format!("{}: {fault}", row.id));
        }
        for (id, log) in self.logs() {
            handed.calls += log.calls();
            for fault in log.faults() {
                handed.faults.push(format!("{id}: {fault}"));
            }
        }
        handed
    }
}

/// What happened to one row: each with the generation and the process.
struct Log(Vec<(String, u64, u32)>);

impl Log {
    fn read(text: &str) -> Self {
        let lines = text.lines().map(|line| {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap_or_default();
            let what = word().to_owned();
            let [generation, process] = [word(), word()];
            (what, generation.parse().unwrap(), process.parse().unwrap())
        });
        Self(lines.collect())
    }

    fn calls(&self) -> usize {
        self.0.iter().filter(|(what, ..)| what == "begin").count()
    }

    /// The commands that have not ended.
    fn open(&self) -> Vec<u32> {
        let mut open = Vec::new();
        for (what, _, process) in &self.0 {
            match what.as_str() {
                "begin" => open.push(*process),
                _ => open.retain(|other| other != process),
            }
        }
        open
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let (mut open, mut newest) = (Vec::new(), 0);
        for (what, generation, process) in &self.0 {
            if what != "begin" {
                open.retain(|other| other != process);
                continue;
            }
            if !open.is_empty() {
                faults.push(format!("two commands at a time, with {generation}"));
            }
            if *generation < newest {
                faults.push(format!("{generation} after {newest}"));
            }
            newest = newest.max(*generation);
            open.push(*process);
        }
        faults
    }
}

//! A sandbox, a vault with its tokens, and the programs that replace them.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::stream;
use tempfile::TempDir;
use tokenturn::{GitHub, OhMyGpt, Secret};
use tokenturn_sandbox::Sandbox;
use tokenturn_vault::{Client, Entry, Key, StoreError, Tokens, Vault, VaultBuilder};
use tokio::process::Command;
use tokio::sync::SemaphorePermit;

use super::gate::Gate;
use super::place::Place;
use super::process::{PATIENCE, Process, until};
use crate::postgres::Cluster;
use crate::seats::{ALL_SEATS, seats};

/// A program has 64 calls at each provider under way together.
const SEATS: u32 = 4;

/// How many tokens of each provider there are.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    /// Those of GitHub.
    pub github: usize,
    /// Those of OhMyGPT.
    pub ohmygpt: usize,
}

impl Shares {
    /// Three of GitHub for each of OhMyGPT.
    pub fn of(tokens: usize) -> Self {
        let ohmygpt = tokens / 4;
        let github = tokens - ohmygpt;
        Self { github, ohmygpt }
    }
}

/// What a row had at first.
#[derive(Clone)]
pub struct Stock {
    /// The GitHub token, or the admin token at OhMyGPT.
    pub token: String,
    /// The OAuth token at OhMyGPT.
    pub account: Option<String>,
}

/// A sandbox, a vault with its tokens, and how the programs that replace them are called.
#[derive(Debug)]
pub struct Scene {
    /// Where the tokens are from. It does not keep requests.
    pub sandbox: Sandbox,
    /// Where the vault is.
    pub place: Place,
    /// Its key.
    pub key: Key,
    /// What each row had at first.
    pub stock: HashMap<String, Stock>,
    /// A call may be under way for longer only when its owner is taken for dead.
    pub lease: Duration,
    /// How long an unknown outcome is left alone.
    pub leave_alone: Duration,
    /// How many calls a program has under way together.
    pub concurrency: usize,
    /// What stands between a program and the sandbox, if anything does.
    pub url: String,
    folder: TempDir,
    _seats: SemaphorePermit<'static>,
}

impl Scene {
    /// A vault in SQLite, or in a new database of the cluster.
    ///
    /// # Panics
    ///
    /// When anything goes wrong.
    pub async fn new(cluster: Option<&Cluster>, shares: Shares) -> Self {
        let (folder, place) = place(cluster);
        let sandbox = Sandbox::start(0).await.unwrap();
        let url = sandbox.url();
        Self::at(place, folder, sandbox, url, shares).await
    }

    /// The same for many programs, which are slow when others are busy: these wait.
    pub async fn crowded(cluster: Option<&Cluster>) -> Self {
        let (folder, place) = place(cluster);
        let sandbox = Sandbox::start(0).await.unwrap();
        let url = sandbox.url();
        let none = Shares {
            github: 0,
            ohmygpt: 0,
        };
        Box::pin(Self::seated(place, folder, sandbox, url, none, ALL_SEATS)).await
    }

    /// The same, with a gate between the programs and the sandbox.
    pub async fn gated(cluster: Option<&Cluster>, shares: Shares) -> (Self, Gate) {
        let (folder, place) = place(cluster);
        let sandbox = Sandbox::start(0).await.unwrap();
        let gate = Gate::start(&sandbox.url()).await;
        let scene = Self::at(place, folder, sandbox, gate.url(), shares).await;
        (scene, gate)
    }

    /// A vault somewhere else, or one that is reached by a detour.
    ///
    /// # Panics
    ///
    /// When anything goes wrong.
    pub async fn at(
        place: Place,
        folder: TempDir,
        sandbox: Sandbox,
        url: String,
        shares: Shares,
    ) -> Self {
        // Or the compiler gives up on the size of those around it.
        Box::pin(Self::seated(place, folder, sandbox, url, shares, SEATS)).await
    }

    async fn seated(
        place: Place,
        folder: TempDir,
        sandbox: Sandbox,
        url: String,
        shares: Shares,
        count: u32,
    ) -> Self {
        sandbox.set_recording(false);
        sandbox.set_rate_limit(None);
        let mut scene = Self {
            sandbox,
            place,
            key: Key::generate().unwrap(),
            stock: HashMap::new(),
            lease: Duration::from_secs(3),
            leave_alone: Duration::from_secs(1),
            concurrency: 64,
            url,
            folder,
            _seats: seats(count).await,
        };
        scene.fill(shares).await;
        scene
    }

    async fn fill(&mut self, shares: Shares) {
        let [github, ohmygpt] = self.clients().map(|client| client.app());
        let mut entries = Vec::new();
        for (number, token) in (0..).zip(self.sandbox.new_github_tokens(shares.github)) {
            let id = format!("github-{number:06}");
            entries.push(Entry::new(&*id, github.clone(), Tokens::github(&*token)));
            let account = None;
            self.stock.insert(id, Stock { token, account });
        }
        for (number, user) in (0..).zip(self.sandbox.new_ohmygpt_users(shares.ohmygpt)) {
            let id = format!("ohmygpt-{number:06}");
            let (account, token) = (user.oauth_token, user.admin_token);
            let tokens = Tokens::ohmygpt(&*account, Some(Secret::new(&*token)));
            entries.push(Entry::new(&*id, ohmygpt.clone(), tokens));
            let account = Some(account);
            self.stock.insert(id, Stock { token, account });
        }
        let vault = self.open().await;
        let entries = stream::iter(entries.into_iter().map(Ok::<_, StoreError>));
        vault.import(entries).await.unwrap();
    }

    /// A client for GitHub, and one for OhMyGPT.
    pub fn clients(&self) -> [Client; 2] {
        clients(
            &self.url,
            &self.sandbox.client_id(),
            self.sandbox.client_secret(),
        )
    }

    /// Opens the vault in this process.
    pub async fn open(&self) -> Vault {
        self.place.open(self.builder(), &self.key).await.unwrap()
    }

    fn builder(&self) -> VaultBuilder {
        let builder = Vault::builder().lease(self.lease);
        builder.leave_alone(self.leave_alone)
    }

    /// Calls a program as `tokenturn` is called: `words` is what it is to do.
    pub fn command(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = self.with_vault(program, words);
        let millis = |time: Duration| format!("{}ms", time.as_millis());
        command
            .args(["--base-url", &self.url])
            .args(["--ohmygpt-base-url", &self.url])
            .args(["--lease", &millis(self.lease)])
            .args(["--leave-alone", &millis(self.leave_alone)])
            .env("CLIENT_ID", self.sandbox.client_id())
            .env(
                "TOKENTURN_GITHUB_CLIENT_SECRET",
                self.sandbox.client_secret(),
            );
        command
    }

    /// Calls a program as `tokenturn deliver` is called, with this command.
    pub fn deliverer(&self, program: &Path, line: &str) -> Command {
        self.with_vault(program, &["deliver", "--deliver", line])
    }

    fn with_vault(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(words)
            .args(["--vault", &self.place.to_string()])
            .arg("--report")
            .arg(self.report())
            .args(["--concurrency", &self.concurrency.to_string()])
            .env("TOKENTURN_KEY", self.key.to_digits().expose())
            // What the config file of whoever runs the tests says is not meant.
            .env("TOKENTURN_CONFIG", "/dev/null");
        command
    }

    /// Starts such a program.
    pub fn start(&self, program: &Path, words: &[&str]) -> Process {
        Process::start(self.command(program, words), &self.said())
    }

    /// Where the programs' standard errors go.
    pub fn said(&self) -> PathBuf {
        self.folder.path().join("said")
    }

    /// How often the programs have said this.
    pub fn count_said(&self, words: &str) -> usize {
        let said = fs::read_to_string(self.said()).unwrap_or_default();
        said.matches(words).count()
    }

    /// Waits until they have said it more often.
    pub async fn until_said(&self, words: &str, times: usize) {
        until(words, PATIENCE, || self.count_said(words) >= times).await;
    }

    /// The end of that.
    pub fn last_said(&self) -> String {
        let said = fs::read_to_string(self.said()).unwrap_or_default();
        let lines: Vec<_> = said.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Waits until so many tokens are replaced, by a process that goes on with it.
    pub async fn until_replaced(&self, count: usize, process: &mut Process) {
        until("so many tokens are replaced", PATIENCE, || {
            assert!(
                !process.has_ended(),
                "it ended too early: {}",
                self.last_said()
            );
            self.sandbox.replacement_count() >= count
        })
        .await;
    }

    /// What the programs have told of the tokens, a line for each.
    pub fn report(&self) -> PathBuf {
        self.folder.path().join("report")
    }

    /// A folder that goes with the scene.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn place(cluster: Option<&Cluster>) -> (TempDir, Place) {
    let folder = TempDir::new().unwrap();
    let place = match cluster {
        None => Place::Sqlite(folder.path().join("vault.db")),
        Some(cluster) => Place::Postgres(cluster.new_database()),
    };
    (folder, place)
}

/// A client for GitHub, and one for OhMyGPT, both at this URL.
///
/// # Panics
///
/// When the URL is not on loopback.
pub fn clients(url: &str, client_id: &str, client_secret: String) -> [Client; 2] {
    let github = GitHub::builder(client_id, client_secret).base_url(url);
    let ohmygpt = OhMyGpt::builder().base_url(url);
    [
        github.build().unwrap().into(),
        ohmygpt.build().unwrap().into(),
    ]
}

impl fmt::Debug for Stock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stock").finish_non_exhaustive()
    }
}

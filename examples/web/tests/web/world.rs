//! Two instances of the application on one vault, and a GitHub of their own.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::crash::{Gate, Process};
use tokenturn_vault::{Entry, Filter, KeyFile, Vault};
use tokio::process::Command;

use super::PATIENCE;
use super::browser::{Browser, Page};

/// What browsers see, as behind a load balancer: here the test chooses the instance.
pub(crate) const PUBLIC_URL: &str = "http://127.0.0.1:8080";
pub(crate) const PASSWORD: &str = "canary-admin-password";

pub(crate) struct Instance {
    pub(crate) process: Process,
    pub(crate) address: String,
}

/// Without arguments, and without what this process has in its environment.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenturn-example-web"));
    for variable in ["GITHUB_CLIENT_SECRET", "ADMIN_PASSWORD", "TOKENTURN_KEY"] {
        command.env_remove(variable);
    }
    command
}

impl Instance {
    pub(crate) async fn start(command: Command, log: &Path) -> Self {
        let mut process = Process::start(command, log);
        let line = process.line().await.expect("it starts");
        let address = line.strip_prefix("listening at ").unwrap().to_owned();
        Self { process, address }
    }

    /// Asks it to end.
    pub(crate) async fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.process.id());
        let status = Command::new("sh").args(["-c", &kill]).status().await;
        assert!(status.unwrap().success());
    }
}

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    /// Between the instances and the sandbox.
    pub(crate) gate: Gate,
    pub(crate) one: Instance,
    pub(crate) two: Instance,
    /// The same, for the test to look into.
    pub(crate) vault: Vault,
    place: Place,
}

/// What instances share.
struct Place {
    /// As they are told of it.
    vault: String,
    folder: TempDir,
}

impl Place {
    async fn start(
        &self,
        sandbox: &Sandbox,
        gate: &Gate,
        client_id: &str,
        more: &[&str],
    ) -> Instance {
        let mut command = program();
        command
            .args(["--listen", "127.0.0.1:0", "--public-url", PUBLIC_URL])
            .args(["--client-id", client_id, "--base-url", &gate.url()])
            .args(["--vault", &self.vault, "--key-file"])
            .arg(self.folder.path().join("web.key"))
            .args(more)
            .env("GITHUB_CLIENT_SECRET", sandbox.client_secret())
            .env("ADMIN_PASSWORD", PASSWORD);
        Instance::start(command, &self.folder.path().join("log")).await
    }

    async fn open(&self) -> Vault {
        let key = KeyFile::new(self.folder.path().join("web.key")).read();
        let key = key.unwrap().unwrap();
        let builder = Vault::builder();
        let vault = match self.vault.strip_prefix("sqlite:") {
            Some(path) => builder.sqlite(path, &key).await,
            None => builder.postgres(&self.vault, &key).await,
        };
        vault.unwrap()
    }
}

impl World {
    /// Lets all tokens be those of 1970.
    pub(crate) fn make_old(&self) {
        let path = self.place.folder.path().join("web.db");
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.busy_timeout(PATIENCE).unwrap();
        let changed = connection.execute("UPDATE token SET changed_at = 0", []);
        assert!(changed.unwrap() > 0);
    }

    /// With a vault in a file, or in the PostgreSQL database at this URL.
    pub(crate) async fn new(postgres: Option<&str>) -> Self {
        let sandbox = Sandbox::start(0).await.unwrap();
        sandbox.set_expiring_tokens(true);
        let gate = Gate::start(&sandbox.url()).await;
        let folder = TempDir::new().unwrap();
        let place = Place {
            vault: match postgres {
                Some(url) => url.to_owned(),
                None => format!("sqlite:{}", folder.path().join("web.db").display()),
            },
            folder,
        };
        let client_id = sandbox.client_id();
        let start = || place.start(&sandbox, &gate, &client_id, &[]);
        let (one, two) = (start().await, start().await);
        Self {
            vault: place.open().await,
            sandbox,
            gate,
            one,
            two,
            place,
        }
    }

    /// Starts one more instance.
    pub(crate) async fn start(&self, client_id: &str, more: &[&str]) -> Instance {
        let (sandbox, gate) = (&self.sandbox, &self.gate);
        self.place.start(sandbox, gate, client_id, more).await
    }

    /// Lets a browser begin to sign in, and the user say yes: the path of the callback.
    pub(crate) async fn approve(&self, browser: &mut Browser) -> String {
        let page = browser.get(&self.one, "/sign-in").await;
        let page = page
            .location()
            .replace(&self.gate.url(), &self.sandbox.url());
        assert!(page.contains("code_challenge_method=S256"));
        let callback = self.sandbox.approve(&page).unwrap();
        callback.strip_prefix(PUBLIC_URL).unwrap().to_owned()
    }

    /// Signs a browser in, at both instances.
    pub(crate) async fn sign_in(&self, browser: &mut Browser) {
        let callback = self.approve(browser).await;
        let page = browser.get(&self.two, &callback).await;
        assert_eq!((page.status, page.location()), (303, "/"));
        assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["session"]);
    }

    /// Has a browser ask for its page, this often at each instance and at once.
    pub(crate) async fn ask_at_both(&self, browser: &Browser, times: usize) -> Vec<Page> {
        let asking = (0..2 * times).map(|n| {
            let mut browser = browser.clone();
            let at = [&self.one, &self.two][n % 2];
            async move { browser.get(at, "/").await }
        });
        futures_util::future::join_all(asking).await
    }

    /// The only session there is.
    pub(crate) async fn row(&self) -> Entry {
        let mut rows = self.rows().await;
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    pub(crate) async fn rows(&self) -> Vec<Entry> {
        let mut list = self.vault.list(Filter::new());
        let mut rows = Vec::new();
        while let Some(row) = list.next().await {
            rows.push(row.unwrap());
        }
        rows
    }

    /// How often a token was refreshed.
    pub(crate) fn refreshes(&self) -> usize {
        let requests = self.sandbox.requests().into_iter();
        let bodies = requests.map(|request| String::from_utf8_lossy(&request.body).into_owned());
        let refreshes = bodies.filter(|body| body.contains("grant_type=refresh_token"));
        refreshes.count()
    }

    /// What both instances have logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.place.folder.path().join("log")).unwrap()
    }

    /// No secret is in the log, nor in this.
    pub(crate) fn assert_no_secret(&self, shown: &str) {
        let key = fs::read_to_string(self.place.folder.path().join("web.key")).unwrap();
        let secret = self.sandbox.client_secret();
        for text in [shown, &self.log()] {
            for secret in ["ghu_", "gho_", "ghr_", PASSWORD, key.trim(), &secret] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}

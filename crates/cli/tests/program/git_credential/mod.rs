//! `git-credential`, which git asks for a token: what it answers, and what it does with what it is told.

mod erase;
mod get;
mod hosts;
#[cfg(unix)]
mod http_backend;
#[cfg(unix)]
mod real;
mod store;

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokenturn::{GitHub, Rotated};
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::crash::Gate;

use crate::support::*;

const HOUR: Duration = Duration::from_secs(3600);
const LONG_AGO: &str = "2020-01-01T00:00:00Z";
/// How the question begins whether a token is valid.
const CHECK: &str = "POST /applications/";

/// A provider whose tokens expire, and a vault.
struct World {
    sandbox: Sandbox,
    folder: TempDir,
}

/// What a sign-in brings.
struct Pair {
    token: String,
    refresh_token: String,
    expires_at: String,
}

impl World {
    async fn new() -> Self {
        let sandbox = Sandbox::start(0).await.unwrap();
        sandbox.set_expiring_tokens(true);
        let folder = TempDir::new().unwrap();
        succeed(tokenturn(folder.path(), &["vault", "init"]), "");
        Self { sandbox, folder }
    }

    /// With a row named mona, who has just signed in.
    async fn with_mona() -> (Self, Pair) {
        let world = Self::new().await;
        let pair = world.sign_in().await;
        world.import(&[world.row("mona", &pair)]);
        (world, pair)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A way to the provider, on which calls can be held up.
    async fn gate(&self) -> Gate {
        Gate::start(&self.sandbox.url()).await
    }

    async fn sign_in(&self) -> Pair {
        let github = GitHub::builder(self.sandbox.client_id(), self.sandbox.client_secret());
        let github = github.base_url(self.sandbox.url()).build().unwrap();
        let request = github.authorize().redirect_uri("http://127.0.0.1/");
        let request = request.build().unwrap();
        let callback = self.sandbox.approve(&request.url).unwrap();
        let code = request.pending.callback(&callback).unwrap();
        Pair::of(&github.exchange_code(code).await.unwrap())
    }

    fn row(&self, id: &str, pair: &Pair) -> Value {
        json!({
            "id": id,
            "token": pair.token,
            "refresh_token": pair.refresh_token,
            "expires_at": pair.expires_at,
            "client_id": self.sandbox.client_id(),
            "server": self.sandbox.url(),
        })
    }

    /// Puts rows in, also under names that are there.
    #[track_caller]
    fn import(&self, rows: &[Value]) {
        let lines: Vec<_> = rows.iter().map(Value::to_string).collect();
        let import = ["vault", "import", "--replace", "-", "--format", "jsonl"];
        succeed(tokenturn(self.path(), &import), &lines.join("\n"));
    }

    /// A token ends, and its refresh token is used up: somebody else has refreshed it.
    #[track_caller]
    fn end(&self, id: &str, pair: &Pair) {
        self.sandbox.advance(9 * HOUR);
        let mut row = self.row(id, pair);
        row["expires_at"] = json!(LONG_AGO);
        row["refresh_token"] = json!("ghr_used");
        self.import(&[row]);
    }

    /// The program, which is told where the vault is.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = tokenturn(self.path(), arguments);
        command.env("TOKENTURN_VAULT", self.path().join("tokenturn.db"));
        command
    }

    /// The helper as git starts it: the operation comes last.
    fn helper(&self, options: &[&str], operation: &str) -> Command {
        let url = self.sandbox.url();
        let named = ["git-credential", "--base-url", &url];
        let arguments = [&named, options, &[operation]].concat();
        let mut command = self.program(&arguments);
        command.env(SECRET_VARIABLE, self.sandbox.client_secret());
        command
    }

    /// What git says of the sandbox's host, and these lines.
    fn words(&self, more: &str) -> String {
        let url = self.sandbox.url();
        let host = url.strip_prefix("http://").unwrap();
        format!("capability[]=authtype\nprotocol=http\nhost={host}\n{more}\n")
    }

    fn ask(&self, options: &[&str], operation: &str, more: &str) -> Output {
        run(self.helper(options, operation), &self.words(more))
    }

    /// The password that git is given, and when that ends.
    #[track_caller]
    fn get(&self) -> (String, Option<u64>) {
        let text = succeed(self.helper(&["--id", "mona"], "get"), &self.words(""));
        let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
        let password = value("password=").unwrap().to_owned();
        let end = value("password_expiry_utc=").map(|end| end.parse().unwrap());
        (password, end)
    }

    /// Lets git say something that is answered by nothing but silence.
    #[track_caller]
    fn tell(&self, options: &[&str], operation: &str, more: &str) {
        let output = self.ask(options, operation, more);
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        assert_eq!(both(&output), "");
    }

    /// A row as `vault show` has it.
    #[track_caller]
    fn shown(&self, id: &str) -> Value {
        let show = ["--json", "vault", "show", id];
        let text = succeed(tokenturn(self.path(), &show), "");
        serde_json::from_str(text.lines().next().unwrap()).unwrap()
    }

    fn refreshes(&self) -> usize {
        let requests = self.sandbox.requests();
        let bodies = requests.iter().map(|it| String::from_utf8_lossy(&it.body));
        bodies
            .filter(|body| body.contains("grant_type=refresh_token"))
            .count()
    }

    /// How many requests there were so far.
    fn calls(&self) -> usize {
        self.sandbox.requests().len()
    }
}

impl Pair {
    fn of<D>(new: &Rotated<D>) -> Self {
        let refresh_token = new.refresh_token.as_ref().unwrap();
        Self {
            token: new.token.expose().to_owned(),
            refresh_token: refresh_token.expose().to_owned(),
            expires_at: new.expires_at.unwrap().to_string(),
        }
    }

    /// As a row that has not heard of the last hours.
    fn expired(self) -> Self {
        Self {
            expires_at: LONG_AGO.to_owned(),
            ..self
        }
    }
}

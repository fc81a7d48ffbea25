//! A sandbox whose tokens expire, and a vault that holds some.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::json;
use tempfile::TempDir;
use tokenturn::github::GitHubBuilder;
use tokenturn::{GitHub, Rotated};
use tokenturn_sandbox::Sandbox;

use super::{SECRET_VARIABLE, succeed, tokenturn};

/// Long ago, and not soon.
pub(crate) const ENDED: &str = "2020-01-01T00:00:00Z";
pub(crate) const LIVES: &str = "2999-01-01T00:00:00Z";

/// Sooner than tokens end that are new, and not before a test is over.
pub(crate) fn in_an_hour() -> String {
    let end = SystemTime::now() + Duration::from_secs(3600);
    humantime::format_rfc3339_seconds(end).to_string()
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    /// Where its tokens are called.
    url: String,
    pub(crate) folder: TempDir,
}

/// What a sign-in has brought.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) token: String,
    pub(crate) refresh_token: String,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::start(0).await.unwrap();
        let url = sandbox.url();
        Self::behind(&url, sandbox)
    }

    /// The tokens are called at this URL, which leads to the sandbox.
    pub(crate) fn behind(url: &str, sandbox: Sandbox) -> Self {
        sandbox.set_expiring_tokens(true);
        sandbox.set_device_interval(1);
        let stage = Self {
            sandbox,
            url: url.to_owned(),
            folder: TempDir::new().unwrap(),
        };
        succeed(stage.anywhere(&["vault", "init"]), "");
        stage
    }

    /// A command on the vault that calls nobody, or is not told that it may.
    pub(crate) fn anywhere(&self, arguments: &[&str]) -> Command {
        let mut command = tokenturn(self.folder.path(), arguments);
        command.env(SECRET_VARIABLE, self.sandbox.client_secret());
        command
    }

    /// A command that may call the sandbox.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.anywhere(arguments);
        command.args(["--base-url", &self.url]);
        command
    }

    pub(crate) async fn sign_in(&self) -> Pair {
        let github = self.github(GitHub::builder(
            self.sandbox.client_id(),
            self.sandbox.client_secret(),
        ));
        let request = github.authorize().redirect_uri("http://127.0.0.1/");
        let request = request.build().unwrap();
        let callback = self.sandbox.approve(&request.url).unwrap();
        let code = request.pending.callback(&callback).unwrap();
        pair(github.exchange_code(code).await.unwrap())
    }

    pub(crate) async fn sign_in_on_a_device(&self) -> Pair {
        let github = self.github(GitHub::public_client(self.sandbox.client_id()));
        let device = github.device_code([""; 0]).await.unwrap();
        assert!(self.sandbox.approve_device(&device.user_code));
        pair(github.wait_for_device(device).await.unwrap())
    }

    fn github(&self, builder: GitHubBuilder) -> GitHub {
        builder.base_url(self.sandbox.url()).build().unwrap()
    }

    /// Puts tokens in that end at this time, as the vault is told.
    pub(crate) fn import(&self, id: &str, pair: &Pair, expires_at: &str) {
        let line = json!({
            "id": id,
            "token": pair.token,
            "refresh_token": pair.refresh_token,
            "expires_at": expires_at,
            "client_id": self.sandbox.client_id(),
            "server": self.url,
        });
        let arguments = ["vault", "import", "-", "--format", "jsonl"];
        succeed(self.anywhere(&arguments), &line.to_string());
    }

    /// How many refreshes the provider was asked for.
    pub(crate) fn refreshes(&self) -> usize {
        let requests = self.sandbox.requests().into_iter();
        let bodies = requests.map(|request| String::from_utf8(request.body).unwrap());
        let is_refresh = |body: &String| body.contains("grant_type=refresh_token");
        bodies.filter(is_refresh).count()
    }

    /// What the vault has under a name.
    pub(crate) fn stored(&self, id: &str) -> String {
        let text = succeed(self.anywhere(&["vault", "get", id]), "");
        text.trim_end().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Executes a statement on the tables of the vault.
    #[cfg(unix)]
    pub(crate) fn execute(&self, statement: &str) {
        let place = tokenturn_tests::crash::Place::Sqlite(self.path("tokenturn.db"));
        tokio::task::block_in_place(|| place.execute(statement));
    }
}

fn pair<D>(new: Rotated<D>) -> Pair {
    Pair {
        token: new.token.expose().to_owned(),
        refresh_token: new.refresh_token.unwrap().expose().to_owned(),
    }
}

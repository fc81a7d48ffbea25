//! The program, as a person runs it behind a proxy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use crate::call::{Call, Is, Prepared, Provider};

/// A command that talks to a provider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Task {
    Rotate,
    Refresh,
    Revoke,
    RevokeGrant,
    Scope,
    Check,
    RotateOhMyGpt,
}

use Task::*;

impl Task {
    pub(crate) const ALL: [Self; 7] = [
        Rotate,
        Refresh,
        Revoke,
        RevokeGrant,
        Scope,
        Check,
        RotateOhMyGpt,
    ];
    /// Those that change something.
    pub(crate) const CHANGES: [Self; 6] =
        [Rotate, Refresh, Revoke, RevokeGrant, Scope, RotateOhMyGpt];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Rotate => "`rotate`",
            Refresh => "`refresh`",
            Revoke => "`revoke`",
            RevokeGrant => "`revoke --grant`",
            Scope => "`scope`",
            Check => "`check`",
            RotateOhMyGpt => "`rotate ohmygpt`",
        }
    }

    /// The call that it makes, or one that needs the same.
    pub(crate) fn call(self) -> Call {
        match self {
            Rotate | Check => Call::Reset,
            Refresh => Call::Refresh,
            Revoke => Call::DeleteToken,
            RevokeGrant => Call::DeleteGrant,
            Scope => Call::Scope,
            RotateOhMyGpt => Call::Rotate,
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Rotate => &["rotate", "github"],
            Refresh => &["refresh", "github"],
            Revoke => &["revoke", "github"],
            RevokeGrant => &["revoke", "github", "--grant"],
            Scope => &[
                "scope",
                "github",
                "--target",
                "octocat",
                "--permission",
                "contents=read",
            ],
            Check => &["check", "github"],
            RotateOhMyGpt => &["rotate", "ohmygpt"],
        }
    }

    fn has_out(self) -> bool {
        !matches!(self, Revoke | RevokeGrant | Check)
    }
}

/// What the program has said and left behind.
pub(crate) struct Said {
    /// Its word for the outcome, with the reason and the exit code.
    pub(crate) words: String,
    pub(crate) is: Is,
    /// What is in the files that it has written.
    pub(crate) held: Vec<String>,
    /// The file in which it has kept an answer.
    pub(crate) kept: Option<PathBuf>,
    pub(crate) output: String,
}

/// The `User-Agent` of the program.
pub(crate) fn user_agent() -> String {
    let output = std::process::Command::new(path()).arg("--version").output();
    let output = output.expect("the program is built").stdout;
    let text = String::from_utf8(output).expect("text");
    let version = text.split_whitespace().last().expect("a version");
    format!("tokenturn/{version}")
}

/// Runs a task in a folder of its own, with what was prepared.
pub(crate) async fn run(
    task: Task,
    (provider, prepared): (&Provider, &Prepared),
    url: &str,
    (folder, roots): (&Path, &str),
    variables: &[(String, String)],
) -> Said {
    let token = match (task, &prepared.user) {
        (RotateOhMyGpt, Some(user)) => user.oauth_token.clone(),
        (Refresh, _) => format!(
            r#"{{"access_token":"gho_old","refresh_token":"{}"}}"#,
            old(prepared)
        ),
        _ => old(prepared).to_owned(),
    };
    fs::write(folder.join("token"), token).expect("our own folder");
    let mut command = command(task.arguments(), provider, url, (folder, roots));
    if task != RotateOhMyGpt {
        command.args(["--client-id", &provider.sandbox.client_id()]);
    }
    if task.has_out() {
        command.args(["--out", "new"]);
    }
    command.envs(variables.iter().cloned());
    said(command, folder).await
}

/// What `recover` says of a rotation afterwards, asked at the provider itself.
pub(crate) async fn recover(
    (provider, kept): (&Provider, Option<&Path>),
    url: &str,
    (folder, roots): (&Path, &str),
) -> Said {
    let mut command = command(&["recover", "github"], provider, url, (folder, roots));
    command.args(["--client-id", &provider.sandbox.client_id()]);
    if let Some(kept) = kept {
        command.arg("--kept").arg(kept).args(["--out", "new"]);
    }
    said(command, folder).await
}

fn old(prepared: &Prepared) -> &str {
    prepared.old.as_deref().expect("a token")
}

fn path() -> PathBuf {
    let path = std::env::var_os("TOKENTURN_BETWEEN_PROGRAM");
    let path = path.map_or_else(|| PathBuf::from("target/debug/tokenturn"), PathBuf::from);
    path.canonicalize().expect("the program is built")
}

fn command(
    arguments: &[&str],
    provider: &Provider,
    url: &str,
    (folder, roots): (&Path, &str),
) -> Command {
    fs::write(folder.join("roots.pem"), roots).expect("our own folder");
    let mut command = Command::new(path());
    command
        .args(arguments)
        .args(["--json", "--token-file", "token", "--ca-file", "roots.pem"])
        .args(["--base-url", url])
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .env(
            "TOKENTURN_GITHUB_CLIENT_SECRET",
            provider.sandbox.client_secret(),
        );
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command
            .env_remove(name)
            .env_remove(name.to_ascii_lowercase());
    }
    command
}

async fn said(mut command: Command, folder: &Path) -> Said {
    let output = timeout(Duration::from_secs(100), command.output()).await;
    let output = output
        .expect("the program comes to an end")
        .expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let outcome = report["outcome"].as_str().unwrap_or("bad_input");
    let mut words = outcome.replace('_', " ");
    if let Some(reason) = report["reason"].as_str() {
        words += &format!(": {reason}");
    }
    let kept = report["kept"].as_str().map(|path| folder.join(path));
    if kept.is_some() {
        words += ", the answer is kept";
    }
    let code = output.status.code().unwrap_or(-1);
    let held = [Some(folder.join("new")), kept.clone()];
    let held = held
        .into_iter()
        .flatten()
        .filter_map(|path| fs::read(path).ok());
    let is = match outcome {
        "rotated" | "issued" | "deleted" | "accepted" | "valid" | "recovered" => Is::Done,
        "invalid" | "already_gone" | "lost" => Is::Dead,
        "refused" | "not_replaced" => Is::Refused,
        "not_sent" | "bad_input" => Is::NotSent,
        _ => Is::Unknown,
    };
    Said {
        words: format!("{words} ({code})"),
        is,
        held: held
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .collect(),
        kept,
        output: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    }
}

//! Runs over the tokens of several apps, and the servers that are called.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, OLD_TOKEN, RawServer};

use crate::support::*;

/// What calls a provider for the tokens of a vault.
const CALLS: [&[&str]; 4] = [
    &["rotate", "--all"],
    &["rotate", "--all", "--dry-run"],
    &["check", "--all"],
    &["recover"],
];

fn import(folder: &TempDir, lines: &[Value]) {
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
    succeed(tokenturn(folder.path(), &import), &lines.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_the_vault_alone_names_gets_nothing() {
    let server = RawServer::start([""; 0]).await;
    let url = server.url();
    let github = json!({ "token": OLD_TOKEN, "client_id": CLIENT_ID, "server": url });
    let ohmygpt = json!({ "provider": "ohmygpt", "oauth_token": "omg-1", "server": url });
    for (row, option) in [(github, "--base-url"), (ohmygpt, "--ohmygpt-base-url")] {
        let folder = TempDir::new().unwrap();
        import(&folder, &[row]);
        for call in CALLS {
            let mut command = tokenturn(folder.path(), call);
            command.env(SECRET_VARIABLE, CLIENT_SECRET);
            let output = run(command, "");
            assert_bad_input(&output, &format!("nothing was sent: {url} is not known"));
            assert_bad_input(&output, &format!("name it: {option} {url}"));
        }
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_the_command_line_names_is_called() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let (url, folder) = (sandbox.url(), TempDir::new().unwrap());
    let (token, id) = (sandbox.new_github_token(), sandbox.client_id());
    import(
        &folder,
        &[json!({ "token": token, "client_id": id, "server": url })],
    );
    for option in ["--base-url", "--server"] {
        for call in CALLS {
            let named = [call, &[option, &url]].concat();
            let mut command = tokenturn(folder.path(), &named);
            command.env(SECRET_VARIABLE, sandbox.client_secret());
            succeed(command, "");
        }
    }
    // It is not the server of the tokens.
    let enterprise = [
        "--enterprise",
        "ghe.example",
        "--enterprise-version",
        "3.14",
    ];
    let command = tokenturn(folder.path(), &[CALLS[0], &enterprise].concat());
    let output = run(command, "");
    assert_ends(
        &output,
        8,
        "no token that is meant is of https://ghe.example/api/v3",
    );
}

/// Two apps, each at a server of its own.
struct Apps {
    sandboxes: [Sandbox; 2],
    folder: TempDir,
}

impl Apps {
    async fn start() -> Self {
        let sandboxes = [
            Sandbox::start(0).await.unwrap(),
            Sandbox::start(0).await.unwrap(),
        ];
        let folder = TempDir::new().unwrap();
        for (number, sandbox) in sandboxes.iter().enumerate() {
            sandbox.set_rate_limit(None);
            let tokens = sandbox.new_github_tokens(3).into_iter().zip(0..);
            let rows = tokens.map(|(token, row)| {
                json!({
                    "id": format!("{number}-{row}"),
                    "token": token,
                    "client_id": sandbox.client_id(),
                    "server": sandbox.url(),
                })
            });
            import(&folder, &rows.collect::<Vec<_>>());
            write_private(
                folder.path(),
                &format!("secret{number}"),
                &sandbox.client_secret(),
            );
        }
        Self { sandboxes, folder }
    }

    fn command(&self, more: &[&str]) -> Command {
        let urls = self.sandboxes.each_ref().map(Sandbox::url);
        let named = ["--base-url", &urls[0], "--base-url", &urls[1]];
        let arguments = [&["rotate", "--all"][..], &named, more].concat();
        tokenturn(self.folder.path(), &arguments)
    }

    fn option(&self, number: usize) -> String {
        format!("{}=secret{number}", self.sandboxes[number].client_id())
    }

    fn replacements(&self) -> [usize; 2] {
        let sandboxes = self.sandboxes.each_ref();
        sandboxes.map(Sandbox::replacement_count)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_is_over_the_tokens_of_several_apps() {
    let apps = Apps::start().await;
    let options = [apps.option(0), apps.option(1)];
    let both_secrets = [
        "--app-secret-file",
        &options[0],
        "--app-secret-file",
        &options[1],
    ];
    let text = succeed(apps.command(&both_secrets), "");
    assert!(text.starts_with("replaced               6\n"), "{text}");
    assert_eq!(apps.replacements(), [3, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_without_a_secret_is_named_before_anything_is_sent() {
    let apps = Apps::start().await;
    let [first, second] = apps.sandboxes.each_ref().map(Sandbox::client_id);
    let options = [apps.option(0), apps.option(1)];
    let mut command = apps.command(&["--app-secret-file", &options[0]]);
    // It could be anybody's.
    command.env(SECRET_VARIABLE, apps.sandboxes[1].client_secret());
    let output = run(command, "");
    assert_bad_input(
        &output,
        &format!("no client secret for the github app {second}"),
    );
    assert_bad_input(&output, &format!("give --app-secret-file {second}=FILE"));
    let output = run(apps.command(&["--client-secret-file", "secret0"]), "");
    assert_bad_input(&output, "no client secret for the github app");

    let twice = [
        "--app-secret-file",
        &options[0],
        "--app-secret-file",
        &options[0],
    ];
    let output = run(apps.command(&twice), "");
    assert_bad_input(&output, &format!("given twice for {first}"));
    let output = run(apps.command(&["--app-secret-file", "secret0"]), "");
    assert_bad_input(&output, "write it as CLIENT_ID=FILE");
    let nowhere = format!("{first}=none");
    let output = run(apps.command(&["--app-secret-file", &nowhere]), "");
    assert_bad_input(&output, "cannot read none");
    assert_eq!(apps.replacements(), [0, 0]);
    assert!(
        apps.sandboxes
            .iter()
            .all(|sandbox| sandbox.requests().is_empty())
    );

    // Where there is one, any of the three will do.
    let only = ["--client-id", &first, "--app-secret-file", &options[0]];
    succeed(apps.command(&only), "");
    let only = ["--client-id", &second, "--client-secret-file", "secret1"];
    succeed(apps.command(&only), "");
    assert_eq!(apps.replacements(), [3, 3]);
}

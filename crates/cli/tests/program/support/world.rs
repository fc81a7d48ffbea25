//! A machine for the commands of a page: its files lie in a folder, and its tokens at a sandbox.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use tokenturn::GitHub;
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::postgres::Cluster;

use super::expiring::ENDED;
use super::login::Waiting;
use super::page::{Block, Section};
use super::{both, run, signal, tokenturn};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tokenturn");
/// What stands on the page for the host of a database.
const HOSTS: [&str; 2] = ["db.example.com:5432", "db.example.com"];
/// What stands there for a client ID.
const CLIENT_ID: &str = "Iv1.8a61f9b3a7aba766";
/// What its paths begin with: they lie in the folder.
const FOLDERS: [&str; 3] = ["/etc/", "/var/", "/usr/local/"];
/// To this file, the world adds where the sandbox is.
const CONFIG: &str = "/etc/tokenturn/config.toml";
/// What a machine has, and this one need not.
const STUBS: [&str; 2] = ["systemctl", "systemd-sysusers"];

pub(crate) struct World<'a> {
    pub(crate) sandbox: Sandbox,
    pub(crate) tokens: Vec<String>,
    folder: TempDir,
    /// What the shell has been told for the commands to come.
    told: String,
    cluster: Option<&'a Cluster>,
}

impl<'a> World<'a> {
    pub(crate) async fn new(count: usize) -> Self {
        let sandbox = Sandbox::start(0).await.unwrap();
        sandbox.set_rate_limit(None);
        let world = Self {
            tokens: sandbox.new_github_tokens(count),
            sandbox,
            folder: TempDir::new().unwrap(),
            told: String::new(),
            cluster: None,
        };
        let programs = world.root("/usr/local/bin");
        for folder in [&programs, &world.root("/tmp"), &world.root("/root")] {
            fs::create_dir_all(folder).unwrap();
        }
        symlink(PROGRAM, programs.join("tokenturn")).unwrap();
        for stub in STUBS {
            write_program(&programs.join(stub), "#!/bin/sh\n");
        }
        let tokens = world.ids().into_iter().zip(world.tokens.clone());
        world.write_csv("tokens.csv", tokens);
        world
    }

    /// Lets what the page says of a database be about this one.
    pub(crate) fn stand_before(&mut self, cluster: &'a Cluster) {
        self.cluster = Some(cluster);
    }

    /// Where a path of the page is.
    pub(crate) fn root(&self, path: &str) -> PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    /// Does what a section says.
    #[track_caller]
    pub(crate) fn walk(&mut self, section: &Section) {
        for block in &section.blocks {
            match (&*block.language, block.path()) {
                (_, Some(path)) => self.write(path, &block.text),
                ("sh", None) => {
                    for (command, code) in block.commands() {
                        self.command(command, code);
                    }
                }
                ("sql", None) => self.statements(&block.text),
                // What a test gives to the pooler.
                ("ini", None) => {}
                (language, None) => panic!("{language}: {}", block.text),
            }
            match block.path() {
                Some(path) if path.starts_with("/etc/cron.d/") => self.as_cron(block),
                Some(path) if path.ends_with(".timer") => self.as_systemd(section, path),
                Some(path) if path.ends_with("/stays.conf") => self.as_service(&block.text),
                _ => {}
            }
        }
    }

    /// Writes a file of the page.
    fn write(&self, path: &str, text: &str) {
        let mut text = self.here(text);
        if path == CONFIG {
            text.push_str(&format!("base_url = \"{}\"\n", self.sandbox.url()));
        }
        let file = self.root(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        match text.starts_with("#!") {
            true => write_program(&file, &text),
            false => fs::write(file, text).unwrap(),
        }
    }

    /// What the page means here.
    fn here(&self, text: &str) -> String {
        let mut text = text.replace(CLIENT_ID, &self.sandbox.client_id());
        for folder in FOLDERS {
            // Not the path itself yet, which may have one of them in it.
            text = text.replace(folder, &format!("\0{folder}"));
        }
        text = text.replace('\0', self.folder.path().to_str().unwrap());
        if let Some(cluster) = self.cluster {
            let url = cluster.url();
            let (_, host) = url.rsplit_once('@').unwrap();
            let (host, _) = host.split_once('/').unwrap();
            for name in HOSTS {
                text = text.replace(name, host);
            }
        }
        text
    }

    #[track_caller]
    fn command(&mut self, command: &str, code: i32) {
        if command.starts_with("export ") {
            self.told.push_str(&format!("{}\n", self.here(command)));
            return;
        }
        let script = format!("{}{}", self.told, self.here(command));
        // What is typed in is the client secret.
        let input = match command.contains("/dev/stdin") {
            true => self.sandbox.client_secret(),
            false => String::new(),
        };
        let output = run(self.shell(&script), &input);
        let text = both(&output);
        assert_eq!(output.status.code(), Some(code), "{command}: {text}");
    }

    fn shell(&self, script: &str) -> Command {
        let home = self.root("/root");
        let set = tokenturn(&home, &[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).current_dir(&home);
        for (name, value) in set.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        for name in ["PGPASSWORD", "PGPASSFILE", "PGSSLMODE"] {
            shell.env_remove(name);
        }
        let programs = self.root("/usr/local/bin").into_os_string();
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = [programs, others].join(":".as_ref());
        shell.env("PATH", path).env("HOME", &home);
        shell.env("TMPDIR", self.root("/tmp"));
        for stream in [Command::stdin, Command::stdout, Command::stderr] {
            stream(&mut shell, std::process::Stdio::piped());
        }
        shell
    }

    /// Starts the program as the page does, which has to do it.
    #[track_caller]
    pub(crate) fn succeed(&mut self, command: &str) {
        self.command(command, 0);
    }

    /// Does each statement in the database that the first line names.
    fn statements(&self, text: &str) {
        let (first, statements) = text.split_once('\n').unwrap();
        let database = first.strip_prefix("-- database: ").unwrap();
        let cluster = self.cluster.unwrap();
        let url = cluster.url().replace("/postgres", &format!("/{database}"));
        for statement in statements.split_terminator(";\n") {
            cluster.sql(&url, statement);
        }
    }

    /// Runs each line of a table of cron's, which has a user in it.
    fn as_cron(&mut self, table: &Block) {
        for line in table.text.lines() {
            let is_time = line.starts_with(|c: char| c.is_ascii_digit() || c == '*');
            if is_time {
                let mut words = line.split_whitespace();
                assert_eq!(words.nth(5), Some("tokenturn"), "{line}");
                let command: Vec<_> = words.collect();
                self.command(&command.join(" "), 0);
            } else if !line.starts_with('#') {
                self.command(&format!("export {line}"), 0);
            }
        }
    }

    /// Runs what a timer starts: a service in the same section.
    fn as_systemd(&mut self, section: &Section, timer: &str) {
        let (unit, instance) = timer.split_once('@').unwrap();
        let instance = instance.strip_suffix(".timer").unwrap();
        let service = format!("{unit}@.service");
        let mut blocks = section.blocks.iter();
        let service = blocks.find(|block| block.path() == Some(&*service));
        let credentials = self.root("/tmp").join("credentials");
        fs::create_dir_all(&credentials).unwrap();
        for line in service.unwrap().text.lines() {
            if let Some(credential) = line.strip_prefix("LoadCredential=") {
                let (name, path) = credential.split_once(':').unwrap();
                fs::copy(self.root(path), credentials.join(name)).unwrap();
            } else if let Some(variable) = line.strip_prefix("Environment=") {
                self.command(&format!("export {variable}"), 0);
            } else if let Some(command) = line.strip_prefix("ExecStart=") {
                let command = command.replace("%d", credentials.to_str().unwrap());
                self.command(&command.replace("%i", instance), 0);
            }
        }
    }

    /// Starts what a service stays, lets it do what it does first, and asks it to stop.
    fn as_service(&self, differences: &str) {
        let credentials = self.root("/tmp").join("credentials");
        fs::create_dir_all(&credentials).unwrap();
        for name in ["key", "client-secret"] {
            let place = self.root("/etc/tokenturn").join(name);
            fs::copy(place, credentials.join(name)).unwrap();
        }
        let lines = differences.lines().rev();
        let command = lines
            .filter_map(|line| line.strip_prefix("ExecStart="))
            .next();
        let command = self.here(
            &command
                .unwrap()
                .replace("%d", credentials.to_str().unwrap()),
        );
        let mut program = Waiting::new(self.shell(&format!("{}exec {command}", self.told)));
        let mut line = String::new();
        let mut out = BufReader::new(program.child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        assert!(line.contains(" refreshed "), "{line}");
        signal("TERM", program.child.id());
        assert_eq!(program.child.wait().unwrap().code(), Some(0));
    }

    /// Lets somebody sign in, whose token has ended by now.
    pub(crate) async fn sign_in(&mut self, id: &str) {
        let (url, sandbox) = (self.sandbox.url(), &self.sandbox);
        sandbox.set_expiring_tokens(true);
        let github = GitHub::builder(sandbox.client_id(), sandbox.client_secret());
        let github = github.base_url(&url).build().unwrap();
        let request = github.authorize().redirect_uri("http://127.0.0.1/");
        let request = request.build().unwrap();
        let callback = sandbox.approve(&request.url).unwrap();
        let code = request.pending.callback(&callback).unwrap();
        let new = github.exchange_code(code).await.unwrap();
        let file = json!({
            "access_token": new.token.expose(),
            "refresh_token": new.refresh_token.unwrap().expose(),
            "expires_at": ENDED,
        });
        fs::write(self.root("/tmp/signed-in"), file.to_string()).unwrap();
        let file = self.root("/tmp/signed-in").display().to_string();
        self.succeed(&format!(
            "tokenturn vault put {id} --token-file {file} --server {url} --client-id {CLIENT_ID}"
        ));
    }

    /// The names of the tokens.
    pub(crate) fn ids(&self) -> Vec<String> {
        (0..self.tokens.len()).map(|n| format!("t{n}")).collect()
    }

    /// The token that the application holds.
    pub(crate) fn held(&self, id: &str) -> Option<String> {
        fs::read_to_string(self.root("/var/lib/my-app").join(id)).ok()
    }

    /// Replaces a token where the vault does not see it.
    pub(crate) fn replace_elsewhere(&mut self, number: usize) -> String {
        let old = self.root("/tmp/old");
        fs::write(&old, &self.tokens[number]).unwrap();
        let command = format!(
            "tokenturn rotate github --base-url {} --client-id {CLIENT_ID} --client-secret-file \
             /etc/tokenturn/client-secret --token-file {old} --out {old}",
            self.sandbox.url(),
            old = old.display(),
        );
        self.succeed(&command);
        fs::read_to_string(old).unwrap().trim().to_owned()
    }

    /// A line as a run writes it for a token that the vault does not take.
    pub(crate) fn rescued(&self, id: &str, token: &str) -> String {
        let line = json!({
            "id": id,
            "token": token,
            "provider": "github",
            "client_id": self.sandbox.client_id(),
            "server": self.sandbox.url(),
        });
        format!("{line}\n")
    }

    /// Writes a list of tokens as somebody has it.
    pub(crate) fn write_csv(&self, name: &str, tokens: impl IntoIterator<Item = (String, String)>) {
        let mut csv = "id,token,server\n".to_owned();
        for (id, token) in tokens {
            csv.push_str(&format!("{id},{token},{}\n", self.sandbox.url()));
        }
        fs::write(self.root("/root").join(name), csv).unwrap();
    }

    /// Changes the file of the vault.
    pub(crate) fn sqlite(&self, statement: &str) {
        let path = self.root("/var/lib/tokenturn/tokens.db");
        let database = rusqlite::Connection::open(path).unwrap();
        assert_eq!(database.execute(statement, []).unwrap(), 1);
    }
}

fn write_program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

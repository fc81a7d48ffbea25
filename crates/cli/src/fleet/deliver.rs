//! `--deliver`

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokenturn::Secret;
use tokenturn_vault::{Deliver, Entry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::sleep;
use zeroize::Zeroizing;

use super::group::Group;
use crate::token_file;
use crate::vault::visible;

/// How long a command may take.
const LONGEST: Duration = Duration::from_secs(60);
/// How much is kept of what it complains about.
const COMPLAINT: usize = 64 * 1024;
/// How much of it is shown.
const SHOWN: usize = 200;
/// How much of the beginning of a secret may be shown: no more than what kind of token it is.
const KIND: usize = 4;

/// Hands tokens on by a command of the shell.
#[derive(Clone)]
pub(super) struct ShellCommand(Arc<Inner>);

struct Inner {
    line: String,
    /// Whether the refresh token is given, too.
    gives_both: bool,
    trouble: Mutex<Option<String>>,
}

type Taken<'a> =
    Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send + 'a>>;

impl ShellCommand {
    /// `gives_both` says whether the refresh token is given, too.
    pub(super) fn new(line: &str, gives_both: bool) -> Self {
        Self(Arc::new(Inner {
            line: line.to_owned(),
            gives_both,
            trouble: Mutex::new(None),
        }))
    }

    /// How it failed last.
    pub(super) fn trouble(&self) -> Option<String> {
        let trouble = self.0.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs it once, and no longer than until `limit` comes. Whoever drops this ends it.
    async fn hand_on(&self, entry: &Entry, limit: impl Future<Output = ()>) -> Result<(), String> {
        let Some(token) = &entry.tokens.token else {
            return Ok(());
        };
        let input = self.input(entry, token).map_err(|e| e.to_string())?;
        let group = self.start(entry, token);
        let mut group = group.map_err(|e| format!("sh cannot be run: {e}"))?;
        let Some(shell) = group.command() else {
            return Ok(());
        };
        let ended = tokio::select! {
            biased;
            ended = attend(shell, &input) => ended.map_err(|e| e.to_string())?,
            () = limit => {
                group.end().await;
                return Err(format!("no end within {} seconds", LONGEST.as_secs()));
            }
        };
        match ended {
            (status, _) if status.success() => Ok(()),
            (status, said) => Err(complaint(status, &said, entry)),
        }
    }

    /// What it reads.
    fn input(&self, entry: &Entry, token: &Secret) -> io::Result<Zeroizing<Vec<u8>>> {
        if !self.0.gives_both {
            return Ok(Zeroizing::new(token.expose().as_bytes().to_vec()));
        }
        token_file::line(token, &entry.tokens)
    }

    fn start(&self, entry: &Entry, token: &Secret) -> io::Result<Group> {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(&self.0.line)
            .env("TOKENTURN_ID", &entry.id)
            .env("TOKENTURN_PROVIDER", entry.app.provider.as_str())
            .env("TOKENTURN_SERVER", &entry.app.server)
            .env("TOKENTURN_CLIENT_ID", &entry.app.client_id)
            .env(
                "TOKENTURN_LABEL",
                entry.label.as_deref().unwrap_or_default(),
            )
            .env("TOKENTURN_FINGERPRINT", token.fingerprint().to_string())
            .env("TOKENTURN_GENERATION", entry.generation.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        match entry.tokens.expires_at {
            Some(time) => command.env(EXPIRES_AT, time.to_string()),
            // Not that of somebody who has started us.
            None => command.env_remove(EXPIRES_AT),
        };
        for secret in OUR_SECRETS {
            command.env_remove(secret);
        }
        Group::start(&mut command)
    }
}

const EXPIRES_AT: &str = "TOKENTURN_EXPIRES_AT";

/// What it has no need to know.
const OUR_SECRETS: [&str; 6] = [
    "PGPASSWORD",
    "TOKENTURN_GITHUB_CLIENT_SECRET",
    "TOKENTURN_OHMYGPT_CLIENT_SECRET",
    "TOKENTURN_KEY",
    "TOKENTURN_NEW_KEY",
    "TOKENTURN_VAULT",
];

impl Deliver for ShellCommand {
    fn deliver<'a>(&'a self, entry: &'a Entry) -> Taken<'a> {
        Box::pin(async move {
            self.hand_on(entry, sleep(LONGEST)).await.map_err(|why| {
                let mut trouble = self.0.trouble.lock();
                **trouble.as_mut().unwrap_or_else(|e| e.get_mut()) = Some(why.clone());
                why.into()
            })
        })
    }
}

/// Gives it the token, and waits for the end of the shell. What that has left in the background may
/// keep both pipes open. Says what was written to its standard error until then.
async fn attend(shell: &mut Child, input: &[u8]) -> io::Result<(ExitStatus, Vec<u8>)> {
    let (stdin, mut stderr) = (shell.stdin.take(), shell.stderr.take());
    let mut said = Vec::new();
    let give = async {
        if let Some(mut stdin) = stdin {
            // Whoever does not read it has no need of it.
            let _ = stdin.write_all(input).await;
        }
    };
    let talk = async {
        tokio::join!(give, listen(stderr.as_mut(), &mut said));
        std::future::pending().await
    };
    let status = tokio::select! {
        status = shell.wait() => status?,
        never = talk => never,
    };
    if let Some(stderr) = stderr {
        take_the_rest(stderr, &mut said);
    }
    Ok((status, said))
}

/// Keeps the beginning of what it writes. The rest is read, too, so that it is not held up.
async fn listen(stderr: Option<&mut ChildStderr>, said: &mut Vec<u8>) {
    let Some(stderr) = stderr else { return };
    let mut piece = vec![0; 4096];
    while let Ok(length @ 1..) = stderr.read(&mut piece).await {
        keep(said, &piece[..length]);
    }
}

/// Reads what is there, and does not wait for more.
#[cfg(unix)]
fn take_the_rest(stderr: ChildStderr, said: &mut Vec<u8>) {
    let Ok(pipe) = stderr.into_owned_fd() else {
        return;
    };
    if rustix::io::ioctl_fionbio(&pipe, true).is_err() {
        return;
    }
    let mut piece = [0; 4096];
    while said.len() < COMPLAINT
        && let Ok(length @ 1..) = rustix::io::read(&pipe, &mut piece)
    {
        keep(said, &piece[..length]);
    }
}

/// Elsewhere, what was read by then has to do.
#[cfg(not(unix))]
fn take_the_rest(_: ChildStderr, _: &mut Vec<u8>) {}

fn keep(said: &mut Vec<u8>, piece: &[u8]) {
    let room = COMPLAINT - said.len();
    said.extend_from_slice(&piece[..piece.len().min(room)]);
}

/// How it failed, with the first line that it wrote: without the secrets, which it may complain about.
fn complaint(status: ExitStatus, said: &[u8], entry: &Entry) -> String {
    let mut said = String::from_utf8_lossy(said).into_owned();
    let tokens = &entry.tokens;
    for (secret, name) in [
        (&tokens.token, "[token]"),
        (&tokens.refresh_token, "[refresh token]"),
        (&tokens.oauth_token, "[OAuth token]"),
    ] {
        if let Some(secret) = secret {
            said = without(&said, secret.expose(), name);
        }
    }
    let line = said.lines().find(|line| !line.trim().is_empty());
    let line: String = line
        .unwrap_or_default()
        .trim()
        .chars()
        .take(SHOWN)
        .collect();
    match line.is_empty() {
        true => status.to_string(),
        false => format!("{status}: {}", visible(line)),
    }
}

/// A text with a name where the secret stands, also where the text ends within the secret.
fn without(text: &str, secret: &str, name: &str) -> String {
    let mut text = text.replace(secret, name);
    let begun = (KIND + 1..secret.len()).rev();
    let mut begun = begun.filter_map(|length| secret.get(..length));
    if let Some(begun) = begun.find(|begun| text.ends_with(begun)) {
        text.truncate(text.len() - begun.len());
        text.push_str(name);
    }
    text
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::path::{Path, PathBuf};

    use tempfile::TempDir;
    use tokenturn_vault::{App, Provider, Tokens};
    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    /// Only turns a hang into a failure.
    const NEVER: Duration = Duration::from_secs(600);

    fn entry() -> Entry {
        let app = App {
            provider: Provider::GITHUB,
            server: "https://api.github.com".to_owned(),
            client_id: "Iv1.app".to_owned(),
        };
        let mut tokens = Tokens::github("gho_canary");
        tokens.refresh_token = Some(Secret::new("ghr_canary"));
        Entry::new("t", app, tokens)
    }

    /// A command whose processes, which do not end when they are asked to, hold a pipe open.
    struct Stubborn {
        folder: TempDir,
        command: ShellCommand,
    }

    impl Stubborn {
        fn new() -> Self {
            let folder = TempDir::new().unwrap();
            let pipe = folder.path().join("pipe");
            let made = std::process::Command::new("mkfifo").arg(&pipe).status();
            assert!(made.unwrap().success());
            let pipe = pipe.display();
            let line = format!(
                "trap '' TERM; exec 3> '{pipe}'; (while :; do sleep 1; done) & \
                 while :; do sleep 1; done"
            );
            let command = ShellCommand::new(&line, false);
            Self { folder, command }
        }

        /// Says when it runs, and then when nothing of it does any more.
        fn watched(&self) -> (oneshot::Receiver<()>, oneshot::Receiver<()>) {
            let pipe: PathBuf = Path::new(self.folder.path()).join("pipe");
            let ((begun, has_begun), (ended, has_ended)) = (oneshot::channel(), oneshot::channel());
            std::thread::spawn(move || {
                let mut pipe = File::open(pipe).unwrap();
                let _ = begun.send(());
                assert_eq!(pipe.read(&mut [0]).unwrap(), 0);
                let _ = ended.send(());
            });
            (has_begun, has_ended)
        }
    }

    #[tokio::test]
    async fn all_that_it_has_started_ends_at_its_limit() {
        let stubborn = Stubborn::new();
        let (begun, ended) = stubborn.watched();
        let entry = entry();
        let limit = async { begun.await.unwrap() };
        let handed_on = stubborn.command.hand_on(&entry, limit);
        let why = timeout(NEVER, handed_on).await.unwrap().unwrap_err();
        assert_eq!(why, "no end within 60 seconds");
        timeout(NEVER, ended).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn all_that_it_has_started_ends_with_whoever_waits_for_it() {
        let stubborn = Stubborn::new();
        let (begun, ended) = stubborn.watched();
        let command = stubborn.command.clone();
        let waiting = tokio::spawn(async move { command.deliver(&entry()).await.is_ok() });
        timeout(NEVER, begun).await.unwrap().unwrap();
        waiting.abort();
        timeout(NEVER, ended).await.unwrap().unwrap();
    }

    #[test]
    fn all_that_it_has_started_ends_with_the_program() {
        let stubborn = Stubborn::new();
        let (begun, ended) = stubborn.watched();
        let command = stubborn.command.clone();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.spawn(async move { command.deliver(&entry()).await.is_ok() });
        begun.blocking_recv().unwrap();
        drop(runtime);
        ended.blocking_recv().unwrap();
    }

    async fn failed(line: &str) -> String {
        let entry = entry();
        let command = ShellCommand::new(line, true);
        let handed_on = command.hand_on(&entry, sleep(NEVER));
        handed_on.await.unwrap_err()
    }

    #[tokio::test]
    async fn what_it_leaves_in_the_background_is_not_waited_for() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("id");
        let line = format!(
            "sleep 600 & echo $! > '{}'; echo no place >&2; exit 7",
            file.display()
        );
        let why = failed(&line).await;
        assert_eq!(why, "exit status: 7: no place");
        let id: i32 = std::fs::read_to_string(file)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        // It was left alone.
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
    }

    #[tokio::test]
    async fn it_is_told_when_the_token_dies() {
        let mut entry = entry();
        entry.tokens.expires_at = Some("2026-11-22T10:00:00Z".parse().unwrap());
        let command = ShellCommand::new("echo $TOKENTURN_EXPIRES_AT >&2; exit 7", false);
        let why = command.hand_on(&entry, sleep(NEVER)).await.unwrap_err();
        assert_eq!(why, "exit status: 7: 2026-11-22T10:00:00Z");
    }

    #[tokio::test]
    async fn its_complaints_hold_no_secret() {
        let why = failed("echo \"no place for $(cat)\" >&2; exit 7").await;
        let told = r#"no place for {"access_token":"[token]","refresh_token":"[refresh token]"}"#;
        assert_eq!(why, format!("exit status: 7: {told}"));
        let why = failed("printf %s 'no place for gho_cana' >&2; exit 7").await;
        assert_eq!(why, "exit status: 7: no place for [token]");
        // What is kept ends within it.
        let line = format!(
            "head -c {} /dev/zero | tr '\\0' '\\n' >&2; echo gho_canary >&2; exit 7",
            COMPLAINT - 8
        );
        assert_eq!(failed(&line).await, "exit status: 7: [token]");
    }
}

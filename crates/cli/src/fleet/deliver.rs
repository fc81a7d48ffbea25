//! `--deliver`

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokenturn::Secret;
use tokenturn_vault::{Deliver, Entry};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::vault::visible;

/// How long a command may take.
const LONGEST: Duration = Duration::from_secs(60);
/// How much is kept of what it complains about.
const COMPLAINT: u64 = 64 * 1024;
/// How much of it is shown.
const SHOWN: usize = 200;

/// Hands tokens on by a command of the shell.
#[derive(Clone)]
pub(super) struct ShellCommand(Arc<Inner>);

struct Inner {
    line: String,
    trouble: Mutex<Option<String>>,
}

type Taken<'a> =
    Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send + 'a>>;

impl ShellCommand {
    pub(super) fn new(line: &str) -> Self {
        Self(Arc::new(Inner {
            line: line.to_owned(),
            trouble: Mutex::new(None),
        }))
    }

    /// How it failed last.
    pub(super) fn trouble(&self) -> Option<String> {
        let trouble = self.0.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn hand_on(&self, entry: &Entry) -> Result<(), String> {
        let Some(token) = &entry.tokens.token else {
            return Ok(());
        };
        let child = self.start(entry, token);
        let child = child.map_err(|e| format!("sh cannot be run: {e}"))?;
        match timeout(LONGEST, attend(child, token)).await {
            Ok(ended) => ended,
            Err(_) => Err(format!("no end within {} seconds", LONGEST.as_secs())),
        }
    }

    fn start(&self, entry: &Entry, token: &Secret) -> io::Result<Child> {
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
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for secret in OUR_SECRETS {
            command.env_remove(secret);
        }
        // The terminal's Ctrl-C is for us, and we wait for it.
        #[cfg(unix)]
        command.process_group(0);
        command.spawn()
    }
}

/// What it has no need to know.
const OUR_SECRETS: [&str; 5] = [
    "TOKENTURN_GITHUB_CLIENT_SECRET",
    "TOKENTURN_OHMYGPT_CLIENT_SECRET",
    "TOKENTURN_KEY",
    "TOKENTURN_NEW_KEY",
    "TOKENTURN_VAULT",
];

impl Deliver for ShellCommand {
    fn deliver<'a>(&'a self, entry: &'a Entry) -> Taken<'a> {
        Box::pin(async move {
            self.hand_on(entry).await.map_err(|why| {
                let mut trouble = self.0.trouble.lock();
                **trouble.as_mut().unwrap_or_else(|e| e.get_mut()) = Some(why.clone());
                why.into()
            })
        })
    }
}

/// Gives it the token, and waits for its end.
async fn attend(mut child: Child, token: &Secret) -> Result<(), String> {
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let give = async {
        if let Some(mut stdin) = stdin {
            // Whoever does not read it has no need of it.
            let _ = stdin.write_all(token.expose().as_bytes()).await;
        }
    };
    let ((), complaint, status) = tokio::join!(give, complaint(stderr), child.wait());
    let status = status.map_err(|e| e.to_string())?;
    if status.success() {
        return Ok(());
    }
    // It may complain about the token itself.
    let complaint = complaint.replace(token.expose(), "[token]");
    let line = complaint.lines().find(|line| !line.trim().is_empty());
    let line: String = line
        .unwrap_or_default()
        .trim()
        .chars()
        .take(SHOWN)
        .collect();
    Err(match line.is_empty() {
        true => status.to_string(),
        false => format!("{status}: {}", visible(line)),
    })
}

/// The beginning of what it writes. The rest is read, too, so that it is not held up.
async fn complaint(stderr: Option<impl AsyncRead + Unpin>) -> String {
    let mut kept = Vec::new();
    if let Some(mut stderr) = stderr {
        let _ = (&mut stderr).take(COMPLAINT).read_to_end(&mut kept).await;
        let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&kept).into_owned()
}

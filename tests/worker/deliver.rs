//! `--deliver`

use std::error::Error;
use std::pin::Pin;
use std::process::Stdio;

use tokenturn_vault::{Deliver, Entry};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Hands tokens on by a command of the shell, as the program does.
pub(crate) struct Shell(String);

type Taken<'a> =
    Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send + 'a>>;

impl Shell {
    pub(crate) fn new(line: &str) -> Self {
        Self(line.to_owned())
    }
}

impl Deliver for Shell {
    fn deliver<'a>(&'a self, entry: &'a Entry) -> Taken<'a> {
        Box::pin(async move {
            let token = entry.tokens.token.as_ref().unwrap();
            let mut command = Command::new("sh");
            command
                .args(["-c", &self.0])
                .env("TOKENTURN_ID", &entry.id)
                .env("TOKENTURN_GENERATION", entry.generation.to_string())
                .env("TOKENTURN_FINGERPRINT", token.fingerprint().to_string());
            let mut child = command.stdin(Stdio::piped()).kill_on_drop(true).spawn()?;
            let mut input = child.stdin.take().unwrap();
            input.write_all(token.expose().as_bytes()).await?;
            drop(input);
            match child.wait().await? {
                status if status.success() => Ok(()),
                status => Err(status.to_string().into()),
            }
        })
    }
}

//! `--report`

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Serialize;
use tokenturn::Timestamp;
use tokenturn_vault::{Outcome, Provider, Settled};

/// A file with a line of JSON for each token.
pub(super) struct Report(File);

/// What became of one token. There is no secret in it.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    provider: Provider,
    server: &'a str,
    client_id: Option<&'a str>,
    label: Option<&'a str>,
    outcome: &'static str,
    reason: Option<&'a str>,
    old_fingerprint: Option<&'a str>,
    new_fingerprint: Option<&'a str>,
    request_id: Option<&'a str>,
    rescued_in: Option<String>,
    at: Timestamp,
}

impl Report {
    /// Goes on behind what is in the file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).open(path)?;
        let is_torn = file.metadata()?.len() > 0 && {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            last != *b"\n"
        };
        if is_torn {
            // A run that was killed has not ended its line.
            file.write_all(b"\n")?;
        }
        Ok(Self(file))
    }

    pub(super) fn write(&mut self, settled: &Settled, rescued_in: Option<&Path>) -> io::Result<()> {
        let client_id = Some(settled.app.client_id.as_str());
        let line = Line {
            id: &settled.id,
            provider: settled.app.provider.clone(),
            server: &settled.app.server,
            client_id: client_id.filter(|id| !id.is_empty()),
            label: settled.label.as_deref(),
            outcome: settled.outcome.as_str(),
            reason: match &settled.outcome {
                Outcome::Refused(refusal) => Some(refusal.reason.as_str()),
                Outcome::Unknown(why) | Outcome::NotDelivered(why) => Some(why),
                _ => None,
            },
            old_fingerprint: settled.old.as_deref(),
            new_fingerprint: settled.new.as_deref(),
            request_id: settled.request_id.as_deref(),
            rescued_in: rescued_in.map(|path| path.display().to_string()),
            at: settled.at,
        };
        let mut line = serde_json::to_vec(&line)?;
        line.push(b'\n');
        // In one piece, and at once: a run that is killed leaves nothing in memory.
        self.0.write_all(&line)
    }
}

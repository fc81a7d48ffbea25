//! Telling a person or a script what happened.

mod called;
mod headline;
mod learned;
mod outcome;

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::json;
use tokenturn::{Deprecation, Fingerprint, Receipt, Refusal, RefusalReason, Secret, Timestamp};

pub(crate) use called::{
    adopted, call_failed, obtained, put_in, saved, still_unknown, stored, unchanged,
};
pub(crate) use learned::Details;
pub(crate) use outcome::Outcome;

use crate::exit::{self, Exit};
use crate::vault::visible;
use learned::Learned;

/// What a report is about.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Subject {
    provider: Provider,
    command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Provider {
    Github,
    Ohmygpt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Command {
    Login,
    Rotate,
    Refresh,
    Recover,
    Check,
    Scope,
    Revoke,
}

impl Subject {
    pub(crate) fn github(command: Command) -> Self {
        let provider = Provider::Github;
        Self { provider, command }
    }

    fn is_github(self, command: Command) -> bool {
        self.provider == Provider::Github && self.command == command
    }

    pub(crate) fn ohmygpt(command: Command) -> Self {
        let provider = Provider::Ohmygpt;
        Self { provider, command }
    }
}

/// The result of one command. There is no secret in it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    #[serde(flatten)]
    subject: Subject,
    outcome: Outcome,
    reason: Option<&'static str>,
    /// The provider's own word for the reason.
    code: Option<String>,
    retry_after_seconds: Option<u64>,
    status: Option<u16>,
    request_id: Option<String>,
    fingerprint: Option<String>,
    new_fingerprint: Option<String>,
    expires_at: Option<String>,
    #[serde(flatten)]
    learned: Learned,
    new_refresh_fingerprint: Option<String>,
    refresh_token_expires_at: Option<String>,
    receipt: Option<String>,
    out: Option<String>,
    /// The name under which a vault has it.
    id: Option<String>,
    /// The file with an answer that may have the new token in it.
    kept: Option<String>,
    message: Option<String>,
    /// What to know of something that was done all the same.
    warning: Option<String>,
}

impl Report {
    pub(crate) fn new(subject: Subject, outcome: Outcome) -> Self {
        Self {
            subject,
            outcome,
            reason: None,
            code: None,
            retry_after_seconds: None,
            status: None,
            request_id: None,
            fingerprint: None,
            new_fingerprint: None,
            expires_at: None,
            learned: Learned::default(),
            new_refresh_fingerprint: None,
            refresh_token_expires_at: None,
            receipt: None,
            out: None,
            id: None,
            kept: None,
            message: None,
            warning: None,
        }
    }

    /// A command that did not do what was asked.
    pub(crate) fn failure(
        subject: Subject,
        outcome: Outcome,
        error: impl Into<anyhow::Error>,
    ) -> Self {
        Self {
            message: Some(format!("{:#}", error.into())),
            ..Self::new(subject, outcome)
        }
    }

    pub(crate) fn about(mut self, token: &Secret) -> Self {
        self.fingerprint = Some(token.fingerprint().to_string());
        self
    }

    pub(crate) fn answered(mut self, status: Option<u16>, request_id: Option<String>) -> Self {
        self.status = status;
        self.request_id = request_id;
        self
    }

    pub(crate) fn saying(mut self, message: String) -> Self {
        self.message = Some(message);
        self
    }

    pub(crate) fn warning(mut self, warning: impl Display) -> Self {
        self.warning = Some(match self.warning {
            Some(before) => format!("{before}; {warning}"),
            None => warning.to_string(),
        });
        self
    }

    /// What the answer says of the token.
    pub(crate) fn learning(mut self, details: Option<&impl Details>) -> Self {
        self.learned = details.map(Details::learned).unwrap_or_default();
        self
    }

    pub(crate) fn expiring(mut self, at: Option<Timestamp>) -> Self {
        self.expires_at = at.map(|time| time.to_string());
        self
    }

    /// Warns of the end of what was called.
    pub(crate) fn ending(self, notice: Option<&Deprecation>) -> Self {
        match notice {
            Some(notice) => self.warning(ending(notice)),
            None => self,
        }
    }

    /// An answer with a token that may still be needed is in a file.
    pub(crate) fn keeping(mut self, kept: &Path) -> Self {
        self.kept = Some(kept.display().to_string());
        self
    }

    pub(crate) fn because(mut self, reason: RefusalReason, code: Option<String>) -> Self {
        self.reason = Some(reason.as_str());
        self.code = code;
        if let RefusalReason::RateLimited { retry_after } = reason {
            self.retry_after_seconds = retry_after.map(|wait| wait.as_secs());
        }
        self
    }

    fn refused(self, refusal: &Refusal) -> Self {
        self.because(refusal.reason, refusal.code.clone())
    }

    fn with_new(mut self, new: Fingerprint, receipt: Option<Receipt>) -> Self {
        self.new_fingerprint = Some(new.to_string());
        self.receipt = receipt.map(|receipt| receipt.to_string());
        self
    }

    /// Prints the report and turns it into an exit code, which stands even when nobody reads.
    pub(crate) fn finish(self, json: bool) -> Exit {
        if let Some(warning) = &self.warning {
            let _ = writeln!(io::stderr(), "warning: {warning}");
        }
        let exit = self.outcome.exit();
        let _ = match (json, self.outcome.is_answer()) {
            (true, _) => writeln!(io::stdout(), "{}", exit.tell(json!(self))),
            (false, true) => write!(io::stdout(), "{}", self.text()),
            (false, false) => write!(io::stderr(), "{}", self.text()),
        };
        exit
    }

    fn text(&self) -> String {
        let provider = match self.subject.provider {
            Provider::Github => "github",
            Provider::Ohmygpt => "ohmygpt",
        };
        let is_other = self.reason == Some(RefusalReason::Other.as_str());
        let headline =
            headline::headline(self.subject, self.outcome, self.kept.is_some(), is_other);
        let mut text = format!("{provider}: {headline}\n");
        let mut line = |name: &str, value: &str| {
            text.push_str(&format!("  {name:<15} {value}\n"));
        };
        for (name, value) in [
            ("because", &self.message),
            ("fingerprint", &self.fingerprint),
            ("new fingerprint", &self.new_fingerprint),
            ("expires", &self.expires_at),
            ("new refresh", &self.new_refresh_fingerprint),
            ("receipt", &self.receipt),
            ("saved in", &self.out),
            ("stored as", &self.id),
            ("kept in", &self.kept),
            ("request", &self.request_id),
        ] {
            if let Some(value) = value {
                line(name, value);
            }
        }
        for (name, value) in self.learned.lines() {
            if let Some(value) = value {
                line(name, &visible(value));
            }
        }
        text
    }
}

/// What a provider says of the end of what was called.
pub(crate) fn ending(notice: &Deprecation) -> String {
    format!("the provider ends what was called: {notice}")
}

/// The end of a command: its report, or why nothing was sent.
pub(crate) fn finish(subject: Subject, result: anyhow::Result<Report>, json: bool) -> Exit {
    let report = result.unwrap_or_else(|why| {
        let outcome = match exit::may_pass(&why) {
            true => Outcome::NotSent,
            false => Outcome::BadInput,
        };
        Report::failure(subject, outcome, why)
    });
    report.finish(json)
}

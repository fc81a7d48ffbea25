//! Telling a person or a script what happened.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;
use tokenturn::{Fingerprint, Receipt, Refusal, RefusalReason, Secret};

pub(crate) const GITHUB: &str = "github";
pub(crate) const OHMYGPT: &str = "ohmygpt";

/// What happened, in the words of `--json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Rotated,
    Valid,
    Invalid,
    NotReplaced,
    Lost,
    BadInput,
    Refused,
    NotSent,
    Unknown,
    StillUnknown,
    NotSaved,
}

impl Outcome {
    fn exit_code(self) -> u8 {
        match self {
            Self::Rotated | Self::Valid | Self::NotReplaced => 0,
            Self::Invalid | Self::Lost => 1,
            Self::BadInput => 2,
            Self::Refused => 3,
            Self::NotSent => 4,
            Self::Unknown | Self::StillUnknown => 5,
            Self::NotSaved => 6,
        }
    }
}

/// The result of one call. There is no secret in it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) provider: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<&'static str>,
    pub(crate) retry_after_seconds: Option<u64>,
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
    pub(crate) token_fingerprint: Option<String>,
    pub(crate) new_fingerprint: Option<String>,
    pub(crate) receipt: Option<String>,
    pub(crate) out: Option<String>,
    pub(crate) message: Option<String>,
}

impl Report {
    pub(crate) fn new(provider: &'static str, outcome: Outcome) -> Self {
        Self {
            provider,
            outcome,
            reason: None,
            retry_after_seconds: None,
            status: None,
            request_id: None,
            token_fingerprint: None,
            new_fingerprint: None,
            receipt: None,
            out: None,
            message: None,
        }
    }

    pub(crate) fn bad_input(provider: &'static str, error: &anyhow::Error) -> Self {
        Self {
            message: Some(format!("{error:#}")),
            ..Self::new(provider, Outcome::BadInput)
        }
    }

    /// A call that did not do what was asked.
    pub(crate) fn failure(
        provider: &'static str,
        outcome: Outcome,
        error: impl Into<anyhow::Error>,
        refusal: Option<&Refusal>,
    ) -> Self {
        let reason = refusal.map(|refusal| refusal.reason);
        let retry_after = match reason {
            Some(RefusalReason::RateLimited { retry_after }) => retry_after,
            _ => None,
        };
        Self {
            reason: reason.map(|reason| reason.as_str()),
            retry_after_seconds: retry_after.map(|wait| wait.as_secs()),
            message: Some(format!("{:#}", error.into())),
            ..Self::new(provider, outcome)
        }
    }

    pub(crate) fn about(mut self, old: &Secret) -> Self {
        self.token_fingerprint = Some(old.fingerprint().to_string());
        self
    }

    pub(crate) fn answered(mut self, status: Option<u16>, request_id: Option<String>) -> Self {
        self.status = status;
        self.request_id = request_id;
        self
    }

    pub(crate) fn with_new(mut self, new: Fingerprint, receipt: Option<Receipt>) -> Self {
        self.new_fingerprint = Some(new.to_string());
        self.receipt = receipt.map(|receipt| receipt.to_string());
        self
    }

    /// Prints the report and turns it into an exit code, which stands even when nobody reads.
    pub(crate) fn finish(self, json: bool) -> ExitCode {
        let is_answer = matches!(
            self.outcome,
            Outcome::Rotated
                | Outcome::Valid
                | Outcome::Invalid
                | Outcome::NotReplaced
                | Outcome::Lost
        );
        let _ = match (json, is_answer) {
            (true, _) => writeln!(io::stdout(), "{}", json!(self)),
            (false, true) => write!(io::stdout(), "{}", self.text()),
            (false, false) => write!(io::stderr(), "{}", self.text()),
        };
        ExitCode::from(self.outcome.exit_code())
    }

    fn text(&self) -> String {
        let headline = match self.outcome {
            Outcome::Rotated => "rotated",
            Outcome::Valid => "the token is valid",
            Outcome::Invalid => "the token is not valid; its user has to authorize the app again",
            Outcome::NotReplaced => "not replaced: the token works, so rotate it again",
            Outcome::Lost => {
                "lost: the token was replaced and the new one is gone; its user has to authorize \
                 the app again"
            }
            Outcome::BadInput => "error, nothing was sent",
            Outcome::Refused => "refused; the token is as it was",
            Outcome::NotSent => "not sent; the token is as it was, try again",
            Outcome::Unknown if self.provider == OHMYGPT => {
                "outcome unknown; run `tokenturn recover ohmygpt` with the same options: it issues \
                 another admin token"
            }
            Outcome::Unknown => {
                "outcome unknown; keep the token, don't rotate it again, and run `tokenturn recover \
                 github` with the same options but --out: it tells whether the token was replaced"
            }
            Outcome::StillUnknown => "still unknown; keep the token, and ask again later",
            Outcome::NotSaved => "rotated, but the new token is not where you asked for it",
        };
        let mut text = format!("{}: {headline}\n", self.provider);
        let mut line = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!("  {name:<8} {value}\n"));
            }
        };
        line("because", self.message.clone());
        line("token", self.token_fingerprint.clone());
        line("new", self.new_fingerprint.clone());
        line("receipt", self.receipt.clone());
        line("saved in", self.out.clone());
        line("request", self.request_id.clone());
        text
    }
}

//! One claimed row: what is asked of the provider, and what its answer means for the row.

use std::time::Duration;

use tokenturn::{RateLimit, RecoverError, Refusal, RefusalReason, RotateError, Secret};

use crate::change::{Claim, End, Kind};
use crate::client::{Client, Found, New};
use crate::kept::Kept;
use crate::tokens::Tokens;

/// What the provider made of a claimed row.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) end: End,
    pub(crate) verdict: Verdict,
    pub(crate) request_id: Option<String>,
    pub(crate) rate_limit: Option<RateLimit>,
    /// Whether the token was asked to be replaced, and not only asked about.
    pub(crate) sent: bool,
    /// Whether the answer contradicts itself about the new token.
    pub(crate) is_doubtful: bool,
}

/// The same in the caller's terms.
#[derive(Debug)]
pub(crate) enum Verdict {
    Replaced,
    /// The old token works, and was left alone.
    NotReplaced,
    Refused(Refusal),
    /// Nothing has changed: it was not sent, or the provider has no time for it.
    NotNow(RotateError),
    Invalid(Refusal),
    Lost,
    Unknown(RotateError),
}

/// How a claimed row is treated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Whether the token is replaced when it turns out that it was not. Without, doubts are
    /// resolved and that is all.
    pub(crate) replace: bool,
    /// Whether the provider is asked for something harmless first, to see if it is there.
    pub(crate) probe: bool,
    /// How long an unknown outcome is left alone.
    pub(crate) leave_alone: Duration,
}

/// Replaces the token of a claimed row. An earlier call whose outcome is unknown is resolved first.
pub(crate) async fn turn(client: &Client, tokens: &Tokens, claim: Claim, manner: Manner) -> Turn {
    taking(client, claim, manner)
        .take(client, tokens, &[])
        .await
}

fn taking(client: &Client, claim: Claim, manner: Manner) -> Taking {
    Taking {
        manner,
        is_bearer: client.can_repeat(),
        was_in_doubt: claim.in_doubt,
        // At OhMyGPT another rotation is what resolves it.
        is_in_doubt: claim.in_doubt,
        sent: false,
    }
}

impl Turn {
    /// Whether the new token was found in an answer that was kept, and not brought by a call.
    pub(crate) fn is_found(&self) -> bool {
        !self.sent && matches!(self.verdict, Verdict::Replaced)
    }

    /// What was found is not this row's token, as `taken` says then, too: looks for another one.
    pub(crate) async fn look_on(
        self,
        client: &Client,
        tokens: &Tokens,
        claim: Claim,
        manner: Manner,
        taken: &mut Vec<Secret>,
    ) -> Self {
        if let End::Replaced { tokens, .. } = self.end {
            taken.extend(tokens.token);
        }
        // It was put back among those in doubt.
        let manner = Manner {
            replace: false,
            ..manner
        };
        let taking = taking(client, claim, manner);
        taking.take(client, tokens, taken).await
    }

    /// What it makes of the row.
    pub(crate) fn settlement(&self, claim: Claim, run: Option<u64>) -> Kind {
        Kind::Settle {
            claim,
            end: self.end.clone(),
            run,
            request_id: self.request_id.clone(),
        }
    }
}

/// The reason in one line: an unknown outcome has one behind it.
pub(crate) fn reason(error: &RotateError) -> String {
    match error {
        RotateError::Unknown(unknown) => unknown.to_string(),
        error => error.to_string(),
    }
}

/// Whether it would be said to any other token of the app just now. `is_bearer` is whether what
/// authorizes a call is the token itself, and not the client's secret.
pub(crate) fn is_about_all_tokens(refusal: &Refusal, is_bearer: bool) -> bool {
    match (refusal.reason, refusal.status) {
        (RefusalReason::RateLimited { .. } | RefusalReason::Redirected, _) | (_, 405 | 410) => true,
        (
            RefusalReason::BadCredentials
            | RefusalReason::LockedOut
            | RefusalReason::ApplicationSuspended,
            _,
        )
        | (_, 400) => !is_bearer,
        _ => false,
    }
}

struct Taking {
    manner: Manner,
    /// Whether what authorizes a call is the row's own token, and not the client's secret.
    is_bearer: bool,
    was_in_doubt: bool,
    is_in_doubt: bool,
    sent: bool,
}

impl Taking {
    async fn take(mut self, client: &Client, tokens: &Tokens, taken: &[Secret]) -> Turn {
        if self.is_in_doubt && !client.can_repeat() {
            match client.recover(tokens, &tokens.candidates(taken)).await {
                Ok(Found::New(new)) => return self.replaced(new),
                Ok(Found::Lost { request_id }) => {
                    return self.ended(End::Lost, Verdict::Lost, request_id);
                }
                Ok(Found::NotReplaced) => self.is_in_doubt = false,
                // What came is about the old token.
                Err(RecoverError(error)) => return self.failed(error, None),
            }
        } else if self.manner.probe
            && let Err(error) = client.check(tokens).await
            && error.refusal().is_none()
        {
            // Whatever became of the question, the token is as it was.
            let request_id = error.request_id().map(str::to_owned);
            return self.ended(End::Released, Verdict::NotNow(error.into_why()), request_id);
        }
        if !self.manner.replace && !self.is_in_doubt {
            return self.ended(End::Kept, Verdict::NotReplaced, None);
        }
        self.sent = true;
        match client.replace(tokens).await {
            Ok(new) => self.replaced(new),
            Err(error) => {
                let kept = Kept::of(&error);
                self.failed(error, kept)
            }
        }
    }

    fn replaced(&self, new: New) -> Turn {
        let end = End::Replaced {
            tokens: new.tokens,
            is_unproven: false,
        };
        Turn {
            rate_limit: new.rate_limit,
            is_doubtful: new.is_doubtful,
            ..self.ended(end, Verdict::Replaced, new.request_id)
        }
    }

    fn failed(&self, error: RotateError, kept: Option<Kept>) -> Turn {
        let request_id = error.request_id().map(str::to_owned);
        match error {
            RotateError::Refused(refusal) => self.refused(refusal, request_id),
            // Nothing has happened by this call, nor has anything been found out.
            error if error.is_not_sent() => {
                self.ended(End::Released, Verdict::NotNow(error), request_id)
            }
            error => self.ended(self.unknown(kept), Verdict::Unknown(error), request_id),
        }
    }

    fn refused(&self, refusal: Refusal, request_id: Option<String>) -> Turn {
        match refusal.reason {
            _ if is_about_all_tokens(&refusal, self.is_bearer) => {
                let error = RotateError::Refused(refusal);
                self.ended(End::Released, Verdict::NotNow(error), request_id)
            }
            // The earlier call may have come to its end just now.
            RefusalReason::InvalidToken if self.was_in_doubt => {
                self.ended(End::Lost, Verdict::Lost, request_id)
            }
            RefusalReason::InvalidToken => {
                self.ended(End::Invalid, Verdict::Invalid(refusal), request_id)
            }
            _ if self.is_in_doubt => {
                self.ended(self.unknown(None), Verdict::Refused(refusal), request_id)
            }
            reason => self.ended(End::Refused(reason), Verdict::Refused(refusal), request_id),
        }
    }

    fn unknown(&self, kept: Option<Kept>) -> End {
        End::Unknown {
            leave_alone: self.manner.leave_alone,
            counts: !self.manner.probe,
            kept,
        }
    }

    fn ended(&self, end: End, verdict: Verdict, request_id: Option<String>) -> Turn {
        Turn {
            end,
            verdict,
            request_id,
            rate_limit: None,
            sent: self.sent,
            is_doubtful: false,
        }
    }
}

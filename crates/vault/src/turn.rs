//! One claimed row: what is asked of the provider, and what its answer means for the row.

use std::time::Duration;

use tokenturn::{Candidates, RateLimit, RecoverError, Refusal, RefusalReason, RotateError, Secret};

use crate::change::{Claim, End, Kind};
use crate::client::{Client, Found, New, Standing};
use crate::ended::Why;
use crate::entry::Entry;
use crate::kept::Kept;
use crate::time;
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
    /// The refresh token is none, as the provider says. The token may live.
    NotRefreshed(Refusal),
    /// Nothing has changed: it was not sent, or the provider has no time for it.
    NotNow(RotateError),
    /// The provider's own no, where it said one.
    Invalid(Option<Refusal>),
    Lost,
    Unknown(RotateError),
}

/// What is done with a token, once it is known that an earlier call has not replaced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Nothing: doubts are resolved and that is all.
    Resolve,
    /// There is to be a token that lives: it is refreshed.
    Refresh,
    /// There is to be another token. Where there is a refresh token, it is refreshed: whether a reset leaves
    /// the refresh token alive is not documented, and it may leave alive a stolen one. Otherwise it is reset.
    Rotate,
}

/// How a claimed row is treated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) aim: Aim,
    /// How far the store's clock is ahead of this host's, in milliseconds.
    pub(crate) clock_ahead: i64,
    /// Whether the provider is asked for something harmless first, to see if it is there.
    pub(crate) probe: bool,
    /// How long an unknown outcome is left alone.
    pub(crate) leave_alone: Duration,
}

/// Replaces the token of a claimed row. An earlier call whose outcome is unknown is resolved first.
pub(crate) async fn turn(client: &Client, entry: &Entry, claim: Claim, manner: Manner) -> Turn {
    taking(client, entry, claim, manner).take(&[]).await
}

fn taking<'a>(client: &'a Client, entry: &'a Entry, claim: Claim, manner: Manner) -> Taking<'a> {
    Taking {
        client,
        tokens: &entry.tokens,
        refresh_token: entry.refreshes_with(),
        has_ended: entry.tokens.have_ended(manner.clock()),
        manner,
        was_in_doubt: claim.in_doubt && entry.progress.ended.is_none(),
        // Where a rotation can be repeated, that is what resolves it.
        is_in_doubt: claim.in_doubt,
        sent: false,
    }
}

impl Manner {
    /// What the store's clock says.
    fn clock(self) -> i64 {
        time::now_millis().saturating_add(self.clock_ahead)
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
        entry: &Entry,
        claim: Claim,
        manner: Manner,
        taken: &mut Vec<Secret>,
    ) -> Self {
        if let End::Replaced { tokens, .. } = self.end {
            taken.extend(tokens.token);
        }
        // It was put back among those in doubt.
        let manner = Manner {
            aim: Aim::Resolve,
            ..manner
        };
        taking(client, entry, claim, manner).take(taken).await
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
        // It is about one refresh token, by whatever status.
        (RefusalReason::InvalidGrant, _) => false,
        (RefusalReason::RateLimited { .. } | RefusalReason::Redirected, _) | (_, 405 | 410) => true,
        (
            RefusalReason::BadCredentials
            | RefusalReason::LockedOut
            | RefusalReason::ApplicationSuspended
            | RefusalReason::UnauthorizedClient
            | RefusalReason::UnknownClient
            | RefusalReason::UnsupportedGrantType,
            _,
        )
        | (_, 400) => !is_bearer,
        _ => false,
    }
}

struct Taking<'a> {
    client: &'a Client,
    tokens: &'a Tokens,
    /// What the token can be refreshed with.
    refresh_token: Option<&'a Secret>,
    /// Whether the token is past its end, as far as is known.
    has_ended: bool,
    manner: Manner,
    /// Whether an earlier call may have replaced the token.
    was_in_doubt: bool,
    is_in_doubt: bool,
    sent: bool,
}

impl Taking<'_> {
    async fn take(mut self, taken: &[Secret]) -> Turn {
        let (client, tokens) = (self.client, self.tokens);
        let can_repeat = client.calls.can_repeat() && tokens.can_repeat();
        if self.is_in_doubt && !can_repeat {
            let answers = tokens.candidates(taken);
            let all = tokens.candidates(&[]);
            match self.recover(&answers).await {
                Ok(Found::New(new)) => return self.replaced(*new),
                Ok(Found::Dead { request_id }) => {
                    return self.refresh_the_dead(&all, taken, request_id).await;
                }
                Ok(Found::NotReplaced) => self.is_in_doubt = false,
                Err(RecoverError(error)) => return self.failed(error),
            }
        } else if self.manner.probe
            && client.calls.can_ask()
            && let Err(error) = client.calls.check(tokens).await
            && error.refusal().is_none()
        {
            // Whatever became of the question, the token is as it was.
            let request_id = error.request_id().map(str::to_owned);
            return self.ended(End::Released, Verdict::NotNow(error.into_why()), request_id);
        }
        if self.manner.aim == Aim::Resolve && !self.is_in_doubt {
            return self.ended(End::Kept, Verdict::NotReplaced, None);
        }
        let mut is_used_up = false;
        if let Some(refresh_token) = self.refresh_token {
            match self.refresh(refresh_token).await {
                Ok(new) => return self.replaced(new),
                Err(RotateError::Refused(no)) if no.reason == RefusalReason::InvalidToken => {
                    // Without a secret, nobody can reset it.
                    if self.manner.aim == Aim::Refresh || !client.calls.can_ask() {
                        return self.not_refreshed(Some(no)).await;
                    }
                    is_used_up = true;
                }
                Err(error) => return self.failed(error),
            }
        } else if self.manner.aim == Aim::Refresh {
            return self.not_refreshed(None).await;
        }
        self.sent = true;
        match client.calls.replace(tokens, &self.clock()).await {
            Ok(mut new) => {
                // A reset may leave it in force, and this one was not.
                if is_used_up && new.tokens.refresh_token == tokens.refresh_token {
                    new.tokens.refresh_token = None;
                    new.tokens.refresh_token_expires_at = None;
                }
                self.replaced(new)
            }
            Err(error) => self.failed(error),
        }
    }

    /// Where nobody can be asked, a second refresh tells.
    async fn recover(&self, answers: &[Candidates]) -> Result<Found, RecoverError> {
        let knows_nothing = self.refresh_token.is_none() && !self.has_ended;
        match self.client.calls.can_ask() || knows_nothing {
            true => {
                let clock = self.clock();
                let calls = &self.client.calls;
                calls.recover(self.tokens, answers, &clock).await
            }
            false => Ok(Found::Dead { request_id: None }),
        }
    }

    /// An earlier call may have killed the token, or its end has. A refresh tells which, and brings a new one
    /// unless the earlier call was a refresh: then the refresh token is used up, and the next one was in the
    /// answer alone.
    async fn refresh_the_dead(
        mut self,
        answers: &[Candidates],
        taken: &[Secret],
        mut request_id: Option<String>,
    ) -> Turn {
        let mut in_answers = answers.iter();
        let mut next = self.refresh_token.cloned();
        loop {
            let Some(refresh_token) = next.take() else {
                // Those in answers last: what is not the provider's word may be somebody else's.
                let Some(answer) = in_answers.next() else {
                    break;
                };
                match self.refresh_token_in(answer, taken).await {
                    Ok(found) => next = found,
                    Err(error) => return self.failed(error),
                }
                continue;
            };
            match self.refresh(&refresh_token).await {
                Ok(new) => return self.replaced(new),
                Err(RotateError::Refused(no)) if no.reason == RefusalReason::InvalidToken => {
                    if !self.client.calls.can_ask() && !self.has_ended {
                        return self.ended(
                            End::NotRefreshed,
                            Verdict::NotRefreshed(no),
                            request_id,
                        );
                    }
                    request_id = no.request_id.or(request_id);
                }
                // The provider refreshes nothing, whatever stands in the answer.
                Err(RotateError::NotSent(why))
                    if why.is_impossible() && self.refresh_token != Some(&refresh_token) => {}
                Err(error) => return self.failed(error),
            }
        }
        match self.was_in_doubt {
            true => self.ended(End::Lost, Verdict::Lost, request_id),
            false => {
                let end = End::Invalid(self.why());
                self.ended(end, Verdict::Invalid(None), request_id)
            }
        }
    }

    /// The refresh token in an answer that was kept, if it can be this row's. Where a token beside it lives,
    /// that is another row's or another user's: otherwise it would be the new one.
    async fn refresh_token_in(
        &self,
        answer: &Candidates,
        taken: &[Secret],
    ) -> Result<Option<Secret>, RotateError> {
        let [refresh_token] = answer.refresh_tokens() else {
            return Ok(None);
        };
        let is_anothers = answer.tokens().iter().any(|token| taken.contains(token));
        if !self.client.calls.can_ask() || is_anothers || self.refresh_token == Some(refresh_token)
        {
            return Ok(None);
        }
        for token in answer.tokens() {
            match self.client.calls.check(&Tokens::new(token.clone())).await {
                Ok(Standing::Invalid) => {}
                Ok(_) => return Ok(None),
                // The provider cannot even read it as a token.
                Err(error) if error.refusal().is_some() => {}
                Err(error) => return Err(error.into_why()),
            }
        }
        Ok(Some(refresh_token.clone()))
    }

    async fn refresh(&mut self, refresh_token: &Secret) -> Result<New, RotateError> {
        self.sent = true;
        let clock = self.clock();
        let calls = &self.client.calls;
        calls.refresh(self.tokens, refresh_token, &clock).await
    }

    /// It cannot be refreshed, as the provider has said or for want of a refresh token. It may live for a
    /// while.
    async fn not_refreshed(self, refusal: Option<Refusal>) -> Turn {
        let request_id = refusal.as_ref().and_then(|no| no.request_id.clone());
        let is_dead = match self.client.calls.can_ask() {
            true => matches!(
                self.client.calls.check(self.tokens).await,
                Ok(Standing::Invalid)
            ),
            false => self.has_ended,
        };
        match (is_dead, refusal) {
            // The earlier call may have come to its end just now.
            (true, _) if self.was_in_doubt => self.ended(End::Lost, Verdict::Lost, request_id),
            (true, refusal) => {
                let end = End::Invalid(self.why());
                self.ended(end, Verdict::Invalid(refusal), request_id)
            }
            (false, Some(refusal)) => {
                let verdict = Verdict::NotRefreshed(refusal);
                self.ended(End::NotRefreshed, verdict, request_id)
            }
            (false, None) => self.ended(End::Kept, Verdict::NotReplaced, request_id),
        }
    }

    /// Why it is dead, if it is.
    fn why(&self) -> Why {
        match self.refresh_token {
            Some(_) => Why::InvalidRefreshToken,
            None if self.has_ended => Why::Expired,
            None => Why::InvalidToken,
        }
    }

    fn clock(&self) -> impl Fn() -> i64 + use<> {
        let manner = self.manner;
        move || manner.clock()
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

    fn failed(&self, error: RotateError) -> Turn {
        // What came before is about the old token.
        let kept = Kept::of(&error).filter(|_| self.sent);
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
            _ if is_about_all_tokens(&refusal, self.client.is_bearer()) => {
                let error = RotateError::Refused(refusal);
                self.ended(End::Released, Verdict::NotNow(error), request_id)
            }
            // The earlier call may have come to its end just now.
            RefusalReason::InvalidToken if self.was_in_doubt => {
                self.ended(End::Lost, Verdict::Lost, request_id)
            }
            RefusalReason::InvalidToken => {
                let end = End::Invalid(self.why());
                self.ended(end, Verdict::Invalid(Some(refusal)), request_id)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_stops_all_tokens_of_an_app_only_where_it_is_about_the_app() {
        for (reason, status, is_about_all) in [
            (RefusalReason::InvalidGrant, 400, false),
            (RefusalReason::InvalidGrant, 200, false),
            (RefusalReason::UnsupportedGrantType, 200, true),
            (RefusalReason::UnauthorizedClient, 400, true),
            (RefusalReason::Invalid, 400, true),
            (RefusalReason::Gone, 410, true),
        ] {
            let refusal = Refusal::new(reason, status);
            assert_eq!(
                is_about_all_tokens(&refusal, false),
                is_about_all,
                "{reason}"
            );
        }
    }
}

//! What becomes of each token, and of all of them.

use std::collections::BTreeMap;
use std::fmt;

use tokenturn::{Refusal, RefusalReason, RotateError, Timestamp};

use super::left_alone::LeftAlone;
use crate::app::App;
use crate::error::{StoreError, whole};
use crate::time;
use crate::tokens::Tokens;

/// What became of one token.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settled {
    /// The name of the row.
    pub id: String,
    /// Whose token it is.
    pub app: App,
    /// The row's label.
    pub label: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The fingerprint of the token before, 64 hexadecimal digits.
    pub old: Option<String>,
    /// The fingerprint of the new one.
    pub new: Option<String>,
    /// The provider's name for the call, for its support.
    pub request_id: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What became of a token.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It was replaced, and the new one is stored.
    Replaced,
    /// It was replaced, and the new one is stored, after an earlier call had an unknown outcome.
    Resolved,
    /// An earlier call had an unknown outcome, and has not replaced it: it works.
    Kept,
    /// It was asked about, and is valid.
    Valid,
    /// It has expired, and can be refreshed, which whoever needs it does.
    Expired,
    /// It was taken for lost or revoked, and is valid, or the new one was found.
    Restored,
    /// It was made invalid at the provider.
    Revoked,
    /// The provider has no call to make it invalid. The token is as it was.
    NoCall,
    /// The provider has no such token any more: its user has to authorize the app again.
    Invalid,
    /// The provider said no. The token is as it was.
    Refused(Refusal),
    /// It was replaced, and the new one is lost, or not valid: its user has to authorize the app again.
    Lost,
    /// Whether it was replaced is unknown, and why; `recover` finds out later. Of a check or a
    /// revocation: whether it is valid.
    Unknown(String),
    /// It was replaced, and the store did not take the new one, which is this. Put it where it is
    /// safe.
    NotSaved(Box<Tokens>),
    /// It cannot be read, and nothing was done.
    Damaged,
    /// It was handed on, in this run or one before.
    Delivered,
    /// It was not taken over, and why; the next run hands it on again.
    NotDelivered(String),
}

impl Outcome {
    /// It as one word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Resolved => "resolved",
            Self::Kept => "kept",
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Restored => "restored",
            Self::Revoked => "revoked",
            Self::NoCall => "no_call",
            Self::Invalid => "invalid",
            Self::Refused(_) => "refused",
            Self::Lost => "lost",
            Self::Unknown(_) => "unknown",
            Self::NotSaved(_) => "not_saved",
            Self::Damaged => "damaged",
            Self::Delivered => "delivered",
            Self::NotDelivered(_) => "not_delivered",
        }
    }
}

impl Settled {
    /// Of a row that cannot be read, its name is known.
    pub(super) fn damaged(id: &str, app: App) -> Self {
        Self {
            id: id.to_owned(),
            app,
            label: None,
            outcome: Outcome::Damaged,
            old: None,
            new: None,
            request_id: None,
            at: time::now(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Unknown(why) => write!(f, "unknown: {why}"),
            Self::NotDelivered(why) => write!(f, "not delivered: {why}"),
            outcome => f.write_str(outcome.as_str()),
        }
    }
}

/// How many tokens had which outcome.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// They were replaced.
    pub replaced: u64,
    /// They were replaced after an unknown outcome.
    pub resolved: u64,
    /// They work; an earlier call has not replaced them.
    pub kept: u64,
    /// They were asked about, and are valid.
    pub valid: u64,
    /// They have expired, and can be refreshed.
    pub expired: u64,
    /// They were taken for lost or revoked, and are valid.
    pub restored: u64,
    /// They were made invalid at the provider.
    pub revoked: u64,
    /// The provider has no call to make them invalid. They are as they were.
    pub no_call: u64,
    /// The provider had no such tokens any more.
    pub invalid: u64,
    /// The provider said no, by its reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// They were replaced, and the new ones are lost.
    pub lost: u64,
    /// Whether they were replaced is unknown. Of a check or a revocation: whether they are valid.
    pub unknown: u64,
    /// They were replaced, and the store did not take the new ones.
    pub not_saved: u64,
    /// The run has not come to them. Known at the end.
    pub not_attempted: u64,
    /// They were lost or revoked before, or somebody else has said so meanwhile, and nothing was tried.
    /// [`check_all`](crate::Vault::check_all) asks about them again.
    pub dead: u64,
    /// An earlier part of the run, or another process, is through with them and has not replaced them,
    /// since the provider said no.
    pub passed_over: u64,
    /// They are of apps without a client, and not part of the run.
    pub without_client: u64,
    /// They cannot be read, and nothing was done.
    pub damaged: u64,
    /// They were handed on, also those of earlier runs.
    pub delivered: u64,
    /// They are of rows that are meant, and still have to be handed on. Known at the end.
    pub undelivered: u64,
    /// Why the run, or an app of it, stopped before its end.
    pub stopped: Option<Stop>,
}

impl Summary {
    pub(super) fn count(&mut self, settled: &Settled) {
        match &settled.outcome {
            Outcome::Replaced => self.replaced += 1,
            Outcome::Resolved => self.resolved += 1,
            Outcome::Kept => self.kept += 1,
            Outcome::Valid => self.valid += 1,
            Outcome::Expired => self.expired += 1,
            Outcome::Restored => self.restored += 1,
            Outcome::Revoked => self.revoked += 1,
            Outcome::NoCall => self.no_call += 1,
            Outcome::Invalid => self.invalid += 1,
            Outcome::Refused(refusal) => {
                *self.refused.entry(refusal.reason.as_str()).or_default() += 1;
            }
            Outcome::Lost => self.lost += 1,
            Outcome::Unknown(_) => self.unknown += 1,
            Outcome::NotSaved(_) => self.not_saved += 1,
            Outcome::Damaged => self.damaged += 1,
            Outcome::Delivered => self.delivered += 1,
            Outcome::NotDelivered(_) => {}
        }
    }

    /// Counts what the run leaves alone, of which it may have told itself.
    pub(super) fn count_alone(&mut self, all: LeftAlone) {
        let dead = self.invalid + self.lost;
        self.dead = self.dead.max(all.dead.saturating_sub(dead));
        // The run is through with those that cannot be read, too.
        let told = self.refused.values().sum::<u64>() + self.damaged;
        let passed_over = all.passed_over.saturating_sub(told);
        self.passed_over = self.passed_over.max(passed_over);
        self.unknown = self.unknown.max(all.unknown);
    }

    /// How many tokens the run is through with.
    pub fn settled(&self) -> u64 {
        let refused: u64 = self.refused.values().sum();
        [
            self.replaced,
            self.resolved,
            self.kept,
            self.valid,
            self.expired,
            self.restored,
            self.revoked,
            self.no_call,
            self.invalid,
            self.lost,
            self.unknown,
            self.not_saved,
            self.damaged,
        ]
        .into_iter()
        .sum::<u64>()
            + refused
    }
}

/// Why a run stopped before its end. A rotation goes on there when it is begun again.
///
/// Of a [refresh](crate::Vault::refresh_all) of several apps, credentials that are wrong, a no, a provider that
/// is away and a client that cannot make the calls end that app alone, and the others go on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stop {
    /// The client's own credentials are wrong.
    BadCredentials(Refusal),
    /// The provider, or what stands before it, says no to every token of the app.
    Refused(Refusal),
    /// The same no came for too many tokens in a row: see
    /// [`max_same_refusal`](crate::FleetOptions::max_same_refusal).
    SameRefusal(Refusal),
    /// One of the first tokens was replaced and is stored, and the provider does not say that the
    /// new one is valid. Why.
    Unproven(String),
    /// So many tokens of an app were lost to answers that did not come, or could not be found out
    /// about: see [`max_lost`](crate::FleetOptions::max_lost).
    Lost(u64),
    /// So many new tokens in a row came in answers that were not believed, and were found there. They
    /// are stored: see [`max_lost`](crate::FleetOptions::max_lost).
    NotBelieved(u64),
    /// Too many tokens in a row that were taken for valid were said not to be, when they were asked
    /// about: see [`max_same_refusal`](crate::FleetOptions::max_same_refusal).
    Invalid,
    /// The new token of this row is one that another row has or a row has had, or of another user. It
    /// was not stored.
    Duplicate(String),
    /// The provider was away for too long.
    ProviderUnavailable(String),
    /// The client cannot make the call: it has no client secret, or its server has no such call. Why.
    Impossible(String),
    /// The store was away for too long, or is broken.
    Store(StoreError),
    /// Somebody asked for it.
    Asked,
}

impl Stop {
    /// Because of a no that is about every token of the app.
    pub(super) fn of_all(refusal: Refusal) -> Self {
        match refusal.reason {
            RefusalReason::BadCredentials => Self::BadCredentials(refusal),
            _ => Self::Refused(refusal),
        }
    }

    /// Because of a call that was not made with these, if none like it can be.
    pub(super) fn of_impossible(error: &RotateError, tokens: &Tokens) -> Option<Self> {
        let has_token = tokens.authorizing().is_some() && tokens.are_sendable();
        match error {
            RotateError::NotSent(why) if why.is_impossible() && has_token => {
                Some(Self::Impossible(why.to_string()))
            }
            _ => None,
        }
    }

    /// Whether it is about one app alone, and nothing is lost by it.
    pub(super) fn is_of_app(&self) -> bool {
        matches!(
            self,
            Self::BadCredentials(_)
                | Self::Refused(_)
                | Self::SameRefusal(_)
                | Self::ProviderUnavailable(_)
                | Self::Impossible(_)
        )
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadCredentials(refusal) => write!(
                f,
                "the client's credentials are wrong, so no more tokens of the app were tried; mend them and \
                 run it again ({refusal})"
            ),
            Self::Refused(refusal) => write!(
                f,
                "that is said to every token of the app, so no more of them were tried; mend it and run it \
                 again ({refusal})"
            ),
            Self::SameRefusal(refusal) => write!(
                f,
                "the same no came for too many tokens in a row; find out why, and run it again, or \
                 allow for more of them ({refusal})"
            ),
            Self::Unproven(why) => write!(
                f,
                "a new token is stored, and not known to be valid, so no other was replaced; find out \
                 what answers for the provider, and run it again ({why})"
            ),
            Self::Lost(count) => write!(
                f,
                "{count} tokens of an app are lost to answers that did not come, or in doubt for good, \
                 so no other was replaced; find out what keeps the answers back, and run it again"
            ),
            Self::NotBelieved(count) => write!(
                f,
                "{count} new tokens in a row came in answers that are not the provider's own; they are \
                 stored, and no other was replaced; find out what answers for the provider, and run it \
                 again"
            ),
            Self::Invalid => f.write_str(
                "too many tokens in a row that were taken for valid are said not to be; find out what \
                 answers for the provider, and run it again, or allow for more of them",
            ),
            Self::Duplicate(id) => write!(
                f,
                "the new token of {id:?} is one that another row has or a row has had, or of another \
                 user, so it was not stored and no other was replaced; find out what answers for the provider, and run it again"
            ),
            Self::Impossible(why) => write!(
                f,
                "the client cannot make these calls; mend that, and run it again ({why})"
            ),
            Self::ProviderUnavailable(why) => {
                write!(
                    f,
                    "the provider was away for too long; run it again later ({why})"
                )
            }
            Self::Store(why) if why.is_unavailable() => {
                write!(f, "the vault cannot be used; run it again ({})", whole(why))
            }
            Self::Store(why) => write!(
                f,
                "the vault cannot be used; mend that, and run it again ({})",
                whole(why)
            ),
            Self::Asked => f.write_str("it was told to stop; run it again"),
        }
    }
}

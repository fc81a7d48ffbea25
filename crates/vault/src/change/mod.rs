//! The protocol of rotations: what may become of a row.
//!
//! A store locks the row, lets a [`Change`] decide, saves what it decided, and unlocks the row. So
//! the rules stand here once, and every store keeps to them.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod damaged;
mod delivery;
mod rules;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_deliver;
#[cfg(test)]
mod tests_ended;
#[cfg(test)]
mod tests_play;
#[cfg(test)]
mod tests_repeat;

use std::time::Duration;

use tokenturn::{RefusalReason, Secret, Timestamp};

use crate::app::App;
use crate::ended::{Ended, Why};
use crate::entry::{Entry, State};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::error::StoreError;
use crate::event::Event;
use crate::kept::Kept;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::store::Changed;
use crate::tokens::Tokens;
use crate::vault::Own;

/// What somebody wants to do to a row.
///
/// A store does three things with it, in one transaction: it locks the row, [applies](Self::apply)
/// the change, and does what [`Applied::action`] says.
#[derive(Clone, Debug)]
pub struct Change {
    pub(crate) actor: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Takes the row, so that nobody else replaces its token meanwhile.
    Claim {
        /// The app of the client that makes the calls: another one's tokens are not sent to its server.
        app: App,
        lease: Duration,
        condition: Condition,
        own: Own,
        /// Whether the new token is to be handed on.
        deliver: bool,
        /// Whether the token is to be made invalid.
        revokes: bool,
    },
    /// Ends a claim.
    Settle {
        claim: Claim,
        end: End,
        /// The fleet run that is through with the row by this.
        run: Option<u64>,
        request_id: Option<String>,
    },
    /// Takes the row to hand its token on.
    ClaimDelivery { lease: Duration },
    /// Ends that: the token was taken over, or why not and for how long it is left alone.
    EndDelivery {
        claim: DeliveryClaim,
        failed: Option<(String, Duration)>,
    },
    /// Other secrets, as after a new authorization. The label is for a row that cannot be read.
    Put {
        app: App,
        #[cfg_attr(
            not(any(feature = "sqlite", feature = "postgres")),
            expect(dead_code, reason = "only the engines of this crate find such rows")
        )]
        label: Option<String>,
        tokens: Tokens,
    },
    /// The provider says whether the token of this generation is valid.
    Check {
        generation: u64,
        /// The hash of the secrets, as in a [`Claim`].
        secrets: u64,
        is_valid: bool,
    },
    /// The token of this generation, which was just stored, is valid.
    Prove { generation: u64, secrets: u64 },
    /// The token of this generation was just stored, and the provider does not say that it is valid,
    /// or says that it is not.
    Doubt {
        generation: u64,
        secrets: u64,
        is_invalid: bool,
    },
    /// Takes it out.
    Remove,
}

/// When a row may be claimed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Condition {
    /// When its secrets are still those of this generation.
    Generation(u64),
    /// The same, and when they can be refreshed, as far as is known.
    Refresh(u64),
    /// When this fleet run is not through with it.
    Run {
        number: u64,
        began_at: Timestamp,
        /// And when it is to be refreshed within so many milliseconds.
        due_within: Option<i64>,
    },
    /// When the outcome of the last rotation is not known.
    InDoubt,
}

/// The right to replace the token of a row, until it runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) fence: u64,
    pub(crate) generation: u64,
    /// The hash of the secrets: the row may be taken out, and another one put in under its name.
    pub(crate) secrets: u64,
    /// Whether an earlier call may have replaced the token.
    pub(crate) in_doubt: bool,
    /// What was known of its end before, which stays where nothing comes of the claim.
    pub(crate) ended: Option<Ended>,
}

/// The right to hand a token on, until it runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeliveryClaim {
    pub(crate) fence: u64,
    pub(crate) generation: u64,
    /// The hash of the secrets, as in a [`Claim`].
    pub(crate) secrets: u64,
}

/// How a claim ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Replaced {
        tokens: Tokens,
        /// Whether it has to be shown first that the new token is valid: so long, it is not handed on.
        is_unproven: bool,
    },
    Refused(RefusalReason),
    /// There is nothing to refresh it with any more. It lives until it expires.
    NotRefreshed,
    Invalid(Why),
    Revoked,
    /// Nobody said whether it was made invalid. Whoever needs it asks about it.
    Unanswered,
    Lost,
    /// The earlier call has not replaced it.
    Kept,
    /// Nothing is known, and the row is left alone for so long.
    Unknown {
        leave_alone: Duration,
        /// Whether the row may be the reason, and not a provider that is in trouble.
        counts: bool,
        /// The answer, if the new token may be in it.
        kept: Option<Kept>,
    },
    /// Nothing was sent.
    Released,
    /// Nothing was sent, and the row, which is in doubt, is left alone for so long.
    LeftAlone(Duration),
}

/// What a [`Change`] has decided.
#[derive(Clone, Debug)]
#[must_use = "the store has to do it"]
pub struct Applied {
    pub(crate) action: Action,
    pub(crate) event: Option<Event>,
    pub(crate) reply: Reply,
}

/// What a store has to do with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Leave it as it is.
    Leave,
    /// Save what has become of it.
    Save,
    /// Delete it.
    Delete,
}

/// What whoever wanted the change is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Done,
    Claimed(Claim),
    Delivering(DeliveryClaim),
    /// Somebody else is at it.
    Held,
    /// The condition does not hold any more.
    Newer,
    /// There is no token that could be replaced.
    Dead(State),
    /// The row is of another app than what was to be put in.
    OtherApp,
    /// The token that was to be stored is not this row's.
    Duplicate,
    /// The row cannot be read.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    Damaged,
}

impl Condition {
    fn is_in_doubt(self) -> bool {
        matches!(self, Self::InDoubt)
    }
}

impl Change {
    pub(crate) fn new(actor: impl Into<String>, kind: Kind) -> Self {
        let actor = actor.into();
        Self { actor, kind }
    }

    /// Whether it begins something that has to be ended in the store, too.
    pub fn begins(&self) -> bool {
        matches!(
            self.kind,
            Kind::Claim { .. } | Kind::ClaimDelivery { .. } | Kind::Put { .. }
        )
    }

    /// The token that a rotation has brought, where the change is to store one. No two rows get one
    /// token, and none gets one twice: when another row has it, or has had it, the store
    /// [refuses](Self::refuse) the change. Those that come with this crate do so, too, when this row
    /// has had it.
    pub fn new_token(&self) -> Option<&Secret> {
        match &self.kind {
            Kind::Settle {
                end: End::Replaced { tokens, .. },
                ..
            } => tokens.token.as_ref(),
            _ => None,
        }
    }

    /// Whether that token must be new to the row, too: the change is not repeated, nor late.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn is_first(&self, entry: &Entry) -> bool {
        matches!(&self.kind, Kind::Settle { claim, .. } if claim.generation == entry.generation)
    }

    /// The name of that token in the history.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn new_name(&self) -> Option<String> {
        crate::event::name(self.new_token().map(Secret::fingerprint))
    }

    /// Whether it puts a row anew.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn is_put(&self) -> bool {
        matches!(self.kind, Kind::Put { .. })
    }

    /// What becomes of the row when the [new token](Self::new_token) is not its own: nothing.
    pub fn refuse(&self) -> Applied {
        Applied {
            action: Action::Leave,
            event: None,
            reply: Reply::Duplicate,
        }
    }

    /// Lets the change decide about a row that the store has locked, and changes `entry`
    /// accordingly.
    ///
    /// `now` is in milliseconds since 1970; the clock that all users of the store share is best.
    pub fn apply(&self, entry: &mut Entry, now: i64) -> Applied {
        rules::apply(self, entry, now)
    }

    /// The same for a row whose secrets cannot be read; `entry` is what else is known of it. `None`
    /// when nothing can be done.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn apply_to_damaged(&self, entry: &mut Entry, now: i64) -> Option<Applied> {
        damaged::apply(self, entry, now)
    }
}

impl Applied {
    /// What whoever asked is told of the row; what is wrong with a row that cannot be read is an error.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn of(self, entry: Entry) -> Result<Changed, StoreError> {
        match self.reply {
            Reply::Damaged => Err(StoreError::damaged(&entry.id)),
            _ => Ok(Changed::new(entry, self)),
        }
    }

    /// What the store has to do with the row.
    pub fn action(&self) -> Action {
        self.action
    }

    /// What the store adds to the history of the row, in the same transaction.
    pub fn event(&self) -> Option<&Event> {
        self.event.as_ref()
    }
}

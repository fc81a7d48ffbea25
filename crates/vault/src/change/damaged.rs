//! What may become of a row whose secrets cannot be read.

use std::time::Duration;

use super::rules::{event, save};
use super::{Action, Applied, Change, Condition, Kind, Reply, delivery};
use crate::entry::{Entry, Progress, State};
use crate::event::What;
use crate::time;

/// How long it is passed over by whoever looks for rows in doubt.
const IN_DOUBT: Duration = Duration::from_secs(60);
/// The same for rows to be handed on: a run waits for those that others may have under way.
const TO_HAND_ON: Duration = Duration::from_secs(5);

pub(super) fn apply(change: &Change, entry: &mut Entry, now: i64) -> Option<Applied> {
    let actor = change.actor.as_str();
    match &change.kind {
        Kind::Remove => Some(Applied {
            action: Action::Delete,
            event: Some(event(entry, actor, What::Removed, now)),
            reply: Reply::Done,
        }),
        // Nothing of it can be relied on but its name.
        Kind::Put { app, label, tokens } => {
            entry.app = app.clone();
            entry.label.clone_from(label);
            entry.tokens = tokens.clone();
            entry.generation += 1;
            entry.changed_at = time::from_millis(now);
            entry.progress = Progress {
                state: State::Active,
                // A late owner, and a late attempt to hand a token on, are noticed.
                fence: entry.progress.fence + 1,
                delivery: entry.progress.delivery.clone(),
                undelivered: entry.progress.undelivered || entry.progress.deliver,
                ..Progress::default()
            };
            delivery::begin_anew(&mut entry.progress.delivery);
            let mut event = event(entry, actor, What::Put, now);
            event.new = event.old.take();
            Some(save(Reply::Done, Some(event)))
        }
        Kind::Claim { condition, .. } => {
            let progress = &mut entry.progress;
            match condition {
                Condition::Generation(_) | Condition::Refresh(_) => return None,
                // Otherwise a run would come to it again and again.
                Condition::Run { number, .. } => progress.run = progress.run.max(*number),
                Condition::InDoubt => {
                    (progress.until, progress.span) = pass_over(IN_DOUBT, now);
                }
            }
            let event = event(entry, actor, What::Damaged, now);
            Some(save(Reply::Damaged, Some(event)))
        }
        Kind::ClaimDelivery { .. } => {
            let delivery = &mut entry.progress.delivery;
            (delivery.until, delivery.span) = pass_over(TO_HAND_ON, now);
            Some(save(Reply::Damaged, None))
        }
        Kind::Settle { .. }
        | Kind::EndDelivery { .. }
        | Kind::Check { .. }
        | Kind::Prove { .. }
        | Kind::Doubt { .. } => None,
    }
}

fn pass_over(span: Duration, now: i64) -> (i64, i64) {
    let span = time::millis(span);
    (now.saturating_add(span), span)
}

//! Handing tokens on: what waits for it is in the rows, and one attempt per row is under way.

use std::time::Duration;

use super::rules::{event, leave, save};
use super::{Applied, DeliveryClaim, Reply};
use crate::entry::{ATTEMPTS, Delivery, Entry, State, UNPROVEN};
use crate::event::What;
use crate::time;

/// Takes the row for one attempt with the token that it has now.
pub(super) fn claim(entry: &mut Entry, lease: Duration, now: i64) -> Applied {
    let progress = &mut entry.progress;
    if !progress.undelivered || progress.state != State::Active {
        return leave(Reply::Newer);
    }
    let delivery = &mut progress.delivery;
    if !delivery.is_over(now) {
        return leave(Reply::Held);
    }
    delivery.fence += 1;
    wait(delivery, lease, now);
    let claim = DeliveryClaim {
        fence: delivery.fence,
        generation: entry.generation,
        secrets: entry.tokens.hash(),
    };
    save(Reply::Delivering(claim), None)
}

/// Ends an attempt. One with a token that the row does not have any more, or that has died meanwhile,
/// says nothing about the row.
pub(super) fn end(
    entry: &mut Entry,
    actor: &str,
    claim: DeliveryClaim,
    failed: Option<&(String, Duration)>,
    now: i64,
) -> Applied {
    let is_of_this_token = entry.generation == claim.generation
        && entry.tokens.hash() == claim.secrets
        && !matches!(entry.progress.state, State::Lost | State::Revoked);
    let delivery = &mut entry.progress.delivery;
    if delivery.fence != claim.fence {
        return leave(Reply::Newer);
    }
    if !is_of_this_token {
        wait(delivery, Duration::ZERO, now);
        return save(Reply::Newer, None);
    }
    if let Some((error, pause)) = failed {
        delivery.attempts = delivery.attempts.saturating_add(1).min(ATTEMPTS);
        delivery.error = Some(error.clone());
        wait(delivery, *pause, now);
        return save(Reply::Done, None);
    }
    if !entry.progress.undelivered {
        return leave(Reply::Done);
    }
    entry.progress.undelivered = false;
    begin_anew(&mut entry.progress.delivery);
    wait(&mut entry.progress.delivery, Duration::ZERO, now);
    let event = event(entry, actor, What::Delivered, now);
    save(Reply::Done, Some(event))
}

/// Another token is to be handed on. An attempt with the one before comes to its end first.
pub(super) fn begin_anew(delivery: &mut Delivery) {
    delivery.attempts = 0;
    delivery.error = None;
    delivery.unproven_until = 0;
}

/// Whoever is at it for longer than anybody may be is not.
pub(super) fn end_the_endless(delivery: &mut Delivery, now: i64) {
    if delivery.is_over(now) {
        wait(delivery, Duration::ZERO, now);
    }
}

/// Nobody hands the token on before it is shown to be valid, or whoever was to show it has died.
pub(super) fn hold(entry: &mut Entry, now: i64) {
    entry.progress.delivery.unproven_until = now.saturating_add(UNPROVEN);
}

/// It is valid.
pub(super) fn release(entry: &mut Entry) -> Applied {
    entry.progress.delivery.unproven_until = 0;
    save(Reply::Done, None)
}

/// There is no living token to be handed on. Should it turn out to be alive, it is.
pub(super) fn suspend(entry: &mut Entry) {
    let progress = &mut entry.progress;
    progress.deliver |= std::mem::take(&mut progress.undelivered);
}

/// The token is alive, or there is another one: what was to be handed on is.
pub(super) fn resume(entry: &mut Entry) {
    let progress = &mut entry.progress;
    progress.undelivered |= std::mem::take(&mut progress.deliver);
}

fn wait(delivery: &mut Delivery, span: Duration, now: i64) {
    delivery.span = time::millis(span);
    delivery.until = now.saturating_add(delivery.span);
}

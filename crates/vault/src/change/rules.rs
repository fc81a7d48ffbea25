//! What each change does to a row.

use std::time::Duration;

use super::{Action, Applied, Change, Claim, Condition, End, Kind, Reply, delivery};
use crate::ended::{Ended, Why};
use crate::entry::{ATTEMPTS, Entry, State};
use crate::event::{self, Event, What};
use crate::time;
use crate::tokens::Tokens;
use crate::vault::Own;

pub(super) fn apply(change: &Change, entry: &mut Entry, now: i64) -> Applied {
    let actor = change.actor.as_str();
    match &change.kind {
        Kind::Claim { app, .. } if *app != entry.app => leave(Reply::OtherApp),
        Kind::Claim {
            app: _,
            lease,
            condition,
            own,
            deliver,
            revokes,
        } => {
            let mut applied = claim(entry, actor, *lease, *condition, own, now);
            if let Reply::Claimed(claim) = &applied.reply {
                // What was to be handed on before the outcome became unknown still is.
                entry.progress.deliver = *deliver || claim.in_doubt && entry.progress.deliver;
                if *revokes && !claim.in_doubt {
                    // Should this be cut short, nobody refreshes what was to end.
                    let (at, why) = (time::from_millis(now), Why::Revoked);
                    entry.progress.ended = Some(Ended { at, why });
                }
                applied.action = Action::Save;
            }
            applied
        }
        Kind::Settle {
            claim,
            end,
            run,
            request_id,
        } => {
            let mut applied = settle(entry, actor, *claim, end, *run, now);
            if let Some(event) = &mut applied.event {
                event.request_id.clone_from(request_id);
            }
            applied
        }
        Kind::ClaimDelivery { lease } => delivery::claim(entry, *lease, now),
        Kind::EndDelivery { claim, failed } => {
            delivery::end(entry, actor, *claim, failed.as_ref(), now)
        }
        Kind::Put { app, .. } if *app != entry.app => leave(Reply::OtherApp),
        Kind::Put { tokens, .. } => put(entry, actor, tokens, now),
        Kind::Check {
            generation,
            secrets,
            ..
        }
        | Kind::Prove {
            generation,
            secrets,
        }
        | Kind::Doubt {
            generation,
            secrets,
            ..
        } if entry.generation != *generation || entry.tokens.hash() != *secrets => {
            leave(Reply::Newer)
        }
        Kind::Check { is_valid, .. } => check(entry, actor, *is_valid, now),
        Kind::Prove { .. } => delivery::release(entry),
        Kind::Doubt { is_invalid, .. } => doubt(entry, actor, *is_invalid, now),
        Kind::Remove => remove(entry, actor, now),
    }
}

fn claim(
    entry: &mut Entry,
    actor: &str,
    lease: Duration,
    condition: Condition,
    own: &Own,
    now: i64,
) -> Applied {
    let progress = &entry.progress;
    // What was taken for dead by a wrong word is not, while there is an answer to look into.
    let may_be_alive = !entry.tokens.kept.is_empty() || entry.may_be_refreshed_once();
    let is_open = condition.is_in_doubt() && !entry.tokens.can_repeat() && may_be_alive;
    let in_doubt = match progress.state {
        State::Rotating | State::Unknown => true,
        State::Lost | State::Revoked => is_open,
        State::Active => false,
    };
    let holds = match condition {
        Condition::Generation(generation) => entry.generation == generation,
        Condition::Refresh(generation) => {
            entry.generation == generation && entry.refreshes_with().is_some()
        }
        Condition::Run {
            number,
            began_at,
            due_within,
        } => {
            let is_due = |span: i64| entry.refresh_by() <= now.saturating_add(span);
            if !due_within.is_none_or(is_due) {
                // What stands beside the secrets says something else: it is written anew.
                return save(Reply::Newer, None);
            }
            progress.run < number && !entry.has_changed_since(began_at, now)
        }
        Condition::InDoubt => in_doubt,
    };
    if !holds {
        return leave(Reply::Newer);
    }
    match progress.state {
        State::Lost | State::Revoked if !is_open => {
            return leave(Reply::Dead(progress.state));
        }
        State::Rotating if own.has(&entry.id, progress.fence) => return leave(Reply::Held),
        State::Rotating | State::Unknown if !progress.is_over(now) => return leave(Reply::Held),
        _ => {}
    }
    entry.progress.fence += 1;
    entry.progress.owner = Some(actor.to_owned());
    wait(entry, State::Rotating, lease, now);
    let claim = Claim {
        fence: entry.progress.fence,
        generation: entry.generation,
        secrets: entry.tokens.hash(),
        in_doubt,
        ended: entry.progress.ended,
    };
    save(Reply::Claimed(claim), None)
}

fn settle(
    entry: &mut Entry,
    actor: &str,
    claim: Claim,
    end: &End,
    run: Option<u64>,
    now: i64,
) -> Applied {
    let is_another_row =
        entry.generation == claim.generation && entry.tokens.hash() != claim.secrets;
    if is_another_row {
        return leave(Reply::Newer);
    }
    if let End::Replaced {
        tokens,
        is_unproven,
    } = end
    {
        // It is stored already: whoever stored it was not told so, and asks again.
        if entry.generation > claim.generation && entry.tokens == *tokens {
            return leave(Reply::Done);
        }
        // A claim that has run out does not matter as long as nothing newer is stored: at GitHub
        // only one of several resets of a token can have worked.
        return match entry.generation == claim.generation {
            true if !entry.tokens.are_of(tokens.user_id) => leave(Reply::Duplicate),
            true => {
                let applied = replaced(entry, actor, claim, tokens, run, now);
                if *is_unproven {
                    delivery::hold(entry, now);
                }
                applied
            }
            false => superseded(entry, actor, claim, tokens, now),
        };
    }
    if entry.progress.fence != claim.fence || entry.generation != claim.generation {
        return match end {
            // Whoever has the row now may need it.
            End::Unknown {
                kept: Some(kept), ..
            } if entry.generation == claim.generation => {
                entry.tokens.keep(kept);
                // It was taken for lost without this answer.
                if entry.progress.state == State::Lost {
                    entry.progress.ended = None;
                    wait(entry, State::Unknown, Duration::ZERO, now);
                }
                save(Reply::Newer, None)
            }
            _ => leave(Reply::Newer),
        };
    }
    if is_repeated(entry, claim, end) {
        return leave(Reply::Done);
    }
    let (state, what, why, reason) = match end {
        End::Replaced { .. } => return leave(Reply::Newer),
        End::Released if claim.in_doubt => {
            wait(entry, State::Unknown, Duration::ZERO, now);
            return save(Reply::Done, None);
        }
        End::LeftAlone(time) => {
            wait(entry, State::Unknown, *time, now);
            return save(Reply::Done, None);
        }
        End::Released => {
            give_back(entry, claim);
            return save(Reply::Done, None);
        }
        End::Unanswered => {
            entry.progress.state = State::Active;
            return save(Reply::Done, None);
        }
        End::Unknown {
            leave_alone,
            counts,
            kept,
        } => {
            if let Some(kept) = kept {
                entry.tokens.keep(kept);
            }
            entry.progress.ended = None;
            wait(entry, State::Unknown, *leave_alone, now);
            let doubts = entry.progress.doubts.saturating_add(u32::from(*counts));
            entry.progress.doubts = doubts.min(ATTEMPTS);
            through(entry, run);
            let event = event(entry, actor, What::Unknown, now);
            return save(Reply::Done, Some(event));
        }
        // The run goes on with it.
        End::Kept => {
            revive(entry);
            entry.progress.doubts = 0;
            let event = event(entry, actor, What::NotReplaced, now);
            return save(Reply::Done, Some(event));
        }
        End::Refused(reason) => (State::Active, What::Refused, None, Some(reason.as_str())),
        End::NotRefreshed => {
            let why = Why::InvalidRefreshToken;
            (State::Active, What::Refused, Some(why), Some(why.as_str()))
        }
        End::Invalid(why) => {
            let reason = Some(why.as_str()).filter(|_| *why != Why::InvalidToken);
            (State::Revoked, What::Invalid, Some(*why), reason)
        }
        End::Revoked => (State::Revoked, What::Revoked, Some(Why::Revoked), None),
        End::Lost => (State::Lost, What::Lost, Some(Why::AnswerLost), None),
    };
    match why {
        Some(why) => ends(entry, state, why, now),
        None => give_back(entry, claim),
    }
    entry.progress.doubts = 0;
    if state != State::Active {
        delivery::suspend(entry);
    }
    through(entry, run);
    let mut event = event(entry, actor, what, now);
    event.reason = reason.map(str::to_owned);
    save(Reply::Done, Some(event))
}

/// Whether this claim has ended like that already: whoever ended it was not told so, and asks again.
/// Until it ends, the row is rotating.
fn is_repeated(entry: &Entry, claim: Claim, end: &End) -> bool {
    let state = match end {
        End::Replaced { .. } => return false,
        End::Released if claim.in_doubt => State::Unknown,
        End::Released | End::Unanswered | End::Kept => State::Active,
        End::Refused(_) | End::NotRefreshed => State::Active,
        End::Unknown { .. } | End::LeftAlone(_) => State::Unknown,
        End::Invalid(_) | End::Revoked => State::Revoked,
        End::Lost => State::Lost,
    };
    entry.progress.state == state
}

fn replaced(
    entry: &mut Entry,
    actor: &str,
    claim: Claim,
    tokens: &Tokens,
    run: Option<u64>,
    now: i64,
) -> Applied {
    let is_own = entry.progress.fence == claim.fence;
    let event = exchange(entry, actor, tokens, What::Replaced, is_own, now);
    // Whoever waits for the last one still waits.
    delivery::begin_anew(&mut entry.progress.delivery);
    delivery::resume(entry);
    // Whoever has the row now replaces it once more.
    if entry.progress.state != State::Active {
        return save(Reply::Newer, Some(event));
    }
    through(entry, run);
    save(Reply::Done, Some(event))
}

/// A token that came late, when a newer one was stored already.
///
/// At GitHub it cannot be the living one. At OhMyGPT it can: calls that were under way together
/// have an order that only the provider knows. Another rotation settles that.
fn superseded(entry: &mut Entry, actor: &str, claim: Claim, tokens: &Tokens, now: i64) -> Applied {
    let mut event = event(entry, actor, What::Superseded, now);
    event.new = event::name(tokens.fingerprint());
    if entry.tokens.can_repeat() {
        let is_own = entry.progress.fence == claim.fence;
        match entry.progress.state {
            State::Rotating if is_own => wait(entry, State::Unknown, Duration::ZERO, now),
            State::Active => wait(entry, State::Unknown, Duration::ZERO, now),
            State::Rotating | State::Unknown | State::Lost | State::Revoked => {}
        }
        // Whoever has the row now is late, too: its call may have come before this one.
        entry.progress.fence += 1;
        entry.progress.run = 0;
    }
    save(Reply::Newer, Some(event))
}

fn put(entry: &mut Entry, actor: &str, tokens: &Tokens, now: i64) -> Applied {
    // Whoever holds a claim finds another generation.
    let event = exchange(entry, actor, tokens, What::Put, false, now);
    // It may have been nonsense. What has changed since a run began is done by that alone.
    entry.progress.run = 0;
    // So may these have been.
    entry.created_at = entry.created_at.min(entry.changed_at);
    if entry.progress.state == State::Active {
        wait(entry, State::Active, Duration::ZERO, now);
    }
    delivery::begin_anew(&mut entry.progress.delivery);
    delivery::end_the_endless(&mut entry.progress.delivery, now);
    // Whoever waits for a token is given this one: it may have been rescued.
    delivery::resume(entry);
    save(Reply::Done, Some(event))
}

fn check(entry: &mut Entry, actor: &str, is_valid: bool, now: i64) -> Applied {
    let has_ended = entry.tokens.have_ended(now);
    let what = match (entry.progress.state, is_valid) {
        (State::Active, false) => match (entry.refreshes_with(), has_ended) {
            // It is refreshed when somebody needs it.
            (Some(_), true) => return leave(Reply::Done),
            // Whoever comes to the row finds out whether its refresh token lives.
            (Some(_), false) => {
                ends(entry, State::Unknown, Why::InvalidToken, now);
                wait(entry, State::Unknown, Duration::ZERO, now);
                What::Unknown
            }
            (None, _) => {
                let why = match has_ended {
                    true => Why::Expired,
                    false => Why::InvalidToken,
                };
                ends(entry, State::Revoked, why, now);
                delivery::suspend(entry);
                What::Invalid
            }
        },
        (State::Lost | State::Revoked, true) => {
            revive(entry);
            delivery::resume(entry);
            What::Restored
        }
        // The call that is under way may be why it is not valid any more.
        (State::Rotating | State::Unknown, _) => return leave(Reply::Newer),
        // A call that was to end it has not.
        (State::Active, true) if entry.is_to_end() => {
            revive(entry);
            return save(Reply::Done, None);
        }
        (State::Active, true) | (State::Lost | State::Revoked, false) => {
            return leave(Reply::Done);
        }
    };
    let event = event(entry, actor, what, now);
    save(Reply::Done, Some(event))
}

fn doubt(entry: &mut Entry, actor: &str, is_invalid: bool, now: i64) -> Applied {
    if entry.progress.state != State::Active {
        return leave(Reply::Newer);
    }
    // Whoever comes to the row asks about the token first.
    wait(entry, State::Unknown, Duration::ZERO, now);
    entry.progress.run = 0;
    let what = match is_invalid {
        true => What::Lost,
        false => What::Unknown,
    };
    if is_invalid {
        // With a refresh token, whoever comes to the row finds out whether that lives.
        let state = match entry.refreshes_with() {
            Some(_) => State::Unknown,
            None => State::Lost,
        };
        ends(entry, state, Why::InvalidToken, now);
        delivery::suspend(entry);
    }
    let event = event(entry, actor, what, now);
    save(Reply::Done, Some(event))
}

fn remove(entry: &mut Entry, actor: &str, now: i64) -> Applied {
    if entry.progress.state == State::Rotating && !entry.progress.is_over(now) {
        return leave(Reply::Held);
    }
    let event = event(entry, actor, What::Removed, now);
    Applied {
        action: Action::Delete,
        event: Some(event),
        reply: Reply::Done,
    }
}

/// Gives the row other secrets, of which `is_own` says that nobody has claimed it since they were
/// asked for.
fn exchange(
    entry: &mut Entry,
    actor: &str,
    tokens: &Tokens,
    what: What,
    is_own: bool,
    now: i64,
) -> Event {
    let old = event::name(entry.tokens.fingerprint());
    if what == What::Put || entry.tokens.refresh_token != tokens.refresh_token {
        entry.progress.ended = None;
    }
    entry.tokens = tokens.clone();
    entry.generation += 1;
    entry.changed_at = time::from_millis(now);
    // At OhMyGPT a call that somebody else has under way replaces these secrets, too.
    let is_in_doubt = matches!(entry.progress.state, State::Rotating | State::Unknown);
    if is_own || !is_in_doubt || !entry.tokens.can_repeat() {
        revive(entry);
        entry.progress.doubts = 0;
    }
    let mut event = event(entry, actor, what, now);
    event.new = event.old.take();
    event.old = old;
    event
}

/// Notes why, and since when: the first time.
fn ends(entry: &mut Entry, state: State, why: Why, now: i64) {
    entry.progress.state = state;
    let at = time::from_millis(now);
    entry.progress.ended.get_or_insert(Ended { at, why });
}

/// Nothing has come of the claim.
fn give_back(entry: &mut Entry, claim: Claim) {
    entry.progress.state = State::Active;
    entry.progress.ended = claim.ended;
}

/// The token lives; what is known of its refresh token stays.
fn revive(entry: &mut Entry) {
    entry.progress.state = State::Active;
    let ended = entry.progress.ended.take();
    entry.progress.ended = ended.filter(|ended| ended.why == Why::InvalidRefreshToken);
}

fn wait(entry: &mut Entry, state: State, span: Duration, now: i64) {
    let span = time::millis(span);
    entry.progress.state = state;
    entry.progress.span = span;
    entry.progress.until = now.saturating_add(span);
}

fn through(entry: &mut Entry, run: Option<u64>) {
    // Who is late may be of an earlier run.
    entry.progress.run = entry.progress.run.max(run.unwrap_or_default());
}

pub(super) fn event(entry: &Entry, actor: &str, what: What, now: i64) -> Event {
    Event {
        id: entry.id.clone(),
        at: time::from_millis(now),
        actor: actor.to_owned(),
        what,
        generation: entry.generation,
        old: event::name(entry.tokens.fingerprint()),
        new: None,
        reason: None,
        request_id: None,
    }
}

pub(super) fn leave(reply: Reply) -> Applied {
    Applied {
        action: Action::Leave,
        event: None,
        reply,
    }
}

pub(super) fn save(reply: Reply, event: Option<Event>) -> Applied {
    Applied {
        action: Action::Save,
        event,
        reply,
    }
}

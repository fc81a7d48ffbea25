//! What waits to be handed on, and that an old token never follows a newer one.

use std::time::Duration;

use super::tests::{NOW, apply, apply_at, claim, entry, settle, stored};
use super::{Action, Change, Condition, DeliveryClaim, End, Kind, Reply};
use crate::app::Provider;
use crate::ended::Why;
use crate::entry::{Entry, State};
use crate::event::What;
use crate::tokens::Tokens;
use crate::vault::Own;

const LEASE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_secs(1);

fn claim_delivery(entry: &mut Entry, now: i64) -> Reply {
    apply_at(entry, Kind::ClaimDelivery { lease: LEASE }, now).reply
}

#[track_caller]
fn claimed(entry: &mut Entry, now: i64) -> DeliveryClaim {
    match claim_delivery(entry, now) {
        Reply::Delivering(claim) => claim,
        reply => panic!("{reply:?}"),
    }
}

fn end(entry: &mut Entry, claim: DeliveryClaim, is_taken: bool) -> super::Applied {
    let failed = (!is_taken).then(|| ("busy".to_owned(), PAUSE));
    apply(entry, Kind::EndDelivery { claim, failed })
}

/// Its token was replaced, and waits.
fn waiting() -> Entry {
    let mut entry = entry(Provider::GITHUB);
    replace(&mut entry, "second", true);
    assert!(entry.progress.undelivered);
    entry
}

fn replace(entry: &mut Entry, token: &str, deliver: bool) {
    let claim = claim_to(entry, Condition::Generation(entry.generation), deliver);
    let _ = settle(entry, claim, stored(Tokens::github(token)));
}

fn claim_to(entry: &mut Entry, condition: Condition, deliver: bool) -> super::Claim {
    let kind = Kind::Claim {
        app: entry.app.clone(),
        lease: LEASE,
        condition,
        own: Own::default(),
        deliver,
        revokes: false,
    };
    match apply(entry, kind).reply {
        Reply::Claimed(claim) => claim,
        reply => panic!("{reply:?}"),
    }
}

#[test]
fn a_token_is_handed_on_once() {
    let mut entry = waiting();
    let claim = claimed(&mut entry, NOW);
    assert_eq!(claim_delivery(&mut entry, NOW), Reply::Held);
    let applied = end(&mut entry, claim, true);
    assert_eq!(applied.event.map(|event| event.what), Some(What::Delivered));
    assert!(!entry.progress.undelivered);
    assert_eq!(claim_delivery(&mut entry, NOW), Reply::Newer);
    // Whoever was not told so asks again.
    let again = end(&mut entry, claim, true);
    assert_eq!((again.action, again.reply), (Action::Leave, Reply::Done));
}

#[test]
fn one_that_was_refused_is_left_alone_for_a_while() {
    let mut entry = waiting();
    for attempts in 1..4 {
        let claim = claimed(&mut entry, NOW);
        let _ = end(&mut entry, claim, false);
        let delivery = &entry.progress.delivery;
        assert_eq!(delivery.attempts, attempts);
        assert_eq!(delivery.error.as_deref(), Some("busy"));
        assert_eq!(claim_delivery(&mut entry, NOW + 999), Reply::Held);
        entry.progress.delivery.until = NOW;
    }
    replace(&mut entry, "third", false);
    assert!(entry.progress.undelivered, "whoever waits still does");
    assert_eq!(entry.progress.delivery.attempts, 0);
    assert_eq!(entry.progress.delivery.error, None);
}

/// The attempt with the second token comes to its end before one with the third is made, and its
/// success says nothing about the third.
#[test]
fn a_newer_token_waits_for_an_older_one_to_arrive() {
    let mut entry = waiting();
    let second = claimed(&mut entry, NOW);
    replace(&mut entry, "third", true);
    assert_eq!(claim_delivery(&mut entry, NOW + 1), Reply::Held);
    for is_taken in [true, false] {
        let mut entry = entry.clone();
        assert_eq!(end(&mut entry, second, is_taken).reply, Reply::Newer);
        assert!(entry.progress.undelivered);
        assert_eq!(entry.progress.delivery.attempts, 0);
        let third = claimed(&mut entry, NOW);
        assert_eq!(third.generation, 3);
    }
}

/// Its process came back when somebody else was at it.
#[test]
fn a_late_attempt_ends_nothing() {
    let mut entry = waiting();
    let late = claimed(&mut entry, NOW);
    let other = claimed(&mut entry, NOW + 120_000);
    assert_eq!(end(&mut entry, late, true).action, Action::Leave);
    assert!(entry.progress.undelivered);
    assert_eq!(end(&mut entry, other, true).reply, Reply::Done);
}

#[test]
fn another_row_of_the_name_is_not_taken_for_this_one() {
    let mut gone = waiting();
    let claim = claimed(&mut gone, NOW);
    let mut new = waiting();
    new.tokens = Tokens::github("other");
    let _ = claimed(&mut new, NOW);
    assert_eq!(end(&mut new, claim, true).reply, Reply::Newer);
    assert!(new.progress.undelivered);
}

#[test]
fn what_dies_waits_no_more_and_what_lives_after_all_does() {
    for dies in [End::Invalid(Why::InvalidToken), End::Lost, End::Revoked] {
        let mut entry = waiting();
        let claim = claim(&mut entry, NOW);
        let _ = settle(&mut entry, claim, dies.clone());
        assert!(!entry.progress.undelivered, "{dies:?}");
        assert_eq!(claim_delivery(&mut entry, NOW), Reply::Newer);
        let kind = Kind::Check {
            generation: entry.generation,
            secrets: entry.tokens.hash(),
            is_valid: true,
        };
        assert_eq!(apply(&mut entry, kind).reply, Reply::Done);
        assert!(entry.progress.undelivered, "{dies:?}");
    }
}

/// It may be the one that a store did not take.
#[test]
fn whoever_waits_is_given_what_is_put_in() {
    for waits in [true, false] {
        let mut entry = entry(Provider::GITHUB);
        let _ = claim_to(&mut entry, Condition::Generation(1), waits);
        let (app, tokens) = (entry.app.clone(), Tokens::github("put"));
        let label = None;
        let _ = apply(&mut entry, Kind::Put { app, label, tokens });
        assert_eq!(entry.state(), State::Active);
        assert_eq!(entry.progress.undelivered, waits);
    }
}

/// Whoever finds out what became of the call need not know that the token is to be handed on.
#[test]
fn it_survives_an_unknown_outcome() {
    let unknown = || End::Unknown {
        leave_alone: Duration::ZERO,
        counts: true,
        kept: None,
    };
    for deliver in [true, false] {
        let mut entry = entry(Provider::OHMYGPT);
        let condition = Condition::Generation(1);
        let claim = claim_to(&mut entry, condition, deliver);
        let _ = settle(&mut entry, claim, unknown());
        let claim = claim_to(&mut entry, Condition::InDoubt, false);
        let _ = settle(&mut entry, claim, stored(Tokens::github("second")));
        assert_eq!(entry.progress.undelivered, deliver);
    }
}

/// An earlier claim, whose outcome is known, has nothing to say about the next one.
#[test]
fn it_does_not_survive_a_known_outcome() {
    let mut entry = entry(Provider::GITHUB);
    let claim = claim_to(&mut entry, Condition::Generation(1), true);
    let _ = settle(&mut entry, claim, End::Released);
    replace(&mut entry, "second", false);
    assert!(!entry.progress.undelivered);
}

/// Nor when an attempt with the token before ends meanwhile.
#[test]
fn a_new_token_is_proven_first_where_that_is_asked() {
    for was_under_way in [false, true] {
        let mut entry = waiting();
        let old = was_under_way.then(|| claimed(&mut entry, NOW));
        let mine = claim(&mut entry, NOW);
        let new = End::Replaced {
            tokens: Tokens::github("third"),
            is_unproven: true,
        };
        let _ = settle(&mut entry, mine, new);
        if let Some(old) = old {
            let _ = end(&mut entry, old, true);
        }
        assert_eq!(claim_delivery(&mut entry, NOW + 599_999), Reply::Held);
        let mut orphan = entry.clone();
        let _ = claimed(&mut orphan, NOW + 600_000);
        for (generation, is_free) in [(2, false), (3, true)] {
            let secrets = entry.tokens.hash();
            let prove = Kind::Prove {
                generation,
                secrets,
            };
            let _ = apply(&mut entry, prove);
            let reply = claim_delivery(&mut entry.clone(), NOW + 1);
            assert_eq!(matches!(reply, Reply::Delivering(_)), is_free);
        }
    }
}

#[test]
fn what_is_in_doubt_is_not_handed_on() {
    for state in [State::Rotating, State::Unknown] {
        let mut entry = waiting();
        entry.progress.state = state;
        assert_eq!(claim_delivery(&mut entry, NOW), Reply::Newer, "{state}");
    }
}

#[cfg(feature = "sqlite")]
mod damaged {
    use super::*;

    fn apply(entry: &mut Entry, kind: Kind) -> Option<super::super::Applied> {
        Change::new("me", kind).apply_to_damaged(entry, NOW)
    }

    #[test]
    fn it_can_be_taken_out_and_given_other_secrets() {
        let mut damaged = waiting();
        let applied = apply(&mut damaged.clone(), Kind::Remove).unwrap();
        assert_eq!(applied.action, Action::Delete);

        damaged.progress.fence = 7;
        let app = entry(Provider::OHMYGPT).app;
        let tokens = Tokens::ohmygpt("omg", None);
        let label = Some("new".to_owned());
        let kind = Kind::Put { app, label, tokens };
        let applied = apply(&mut damaged, kind).unwrap();
        assert_eq!(applied.action, Action::Save);
        assert_eq!(applied.event.unwrap().what, What::Put);
        assert_eq!(damaged.app.provider, Provider::OHMYGPT);
        assert_eq!(damaged.label.as_deref(), Some("new"));
        assert_eq!((damaged.generation, damaged.progress.fence), (3, 8));
        assert_eq!(damaged.state(), State::Active);
    }

    #[test]
    fn a_run_comes_to_it_once() {
        let began_at = crate::time::from_millis(NOW);
        let number = 4;
        let app = waiting().app;
        let claim = |condition| Kind::Claim {
            app: app.clone(),
            lease: LEASE,
            condition,
            own: Own::default(),
            deliver: false,
            revokes: false,
        };
        let mut damaged = waiting();
        let kind = claim(Condition::Run {
            number,
            began_at,
            due_within: None,
        });
        let applied = apply(&mut damaged, kind).unwrap();
        assert_eq!(applied.reply, Reply::Damaged);
        assert_eq!(applied.event.unwrap().what, What::Damaged);
        assert_eq!(damaged.progress.run, 4);

        let _ = apply(&mut damaged, claim(Condition::InDoubt)).unwrap();
        assert!(!damaged.progress.is_over(NOW + 1));
        assert!(apply(&mut damaged, claim(Condition::Generation(2))).is_none());
        let check = Kind::Check {
            generation: 2,
            secrets: damaged.tokens.hash(),
            is_valid: true,
        };
        assert!(apply(&mut damaged, check).is_none());
    }
}

//! A store may have done what it could not say that it did: then the same is asked for again.

use tokenturn::RefusalReason;

use super::tests::{LEASE, NOW, apply, claim, entry, stored};
use super::{Action, Applied, Claim, End, Kind, Reply};
use crate::app::Provider;
use crate::ended::Why;
use crate::entry::{Entry, State};
use crate::tokens::Tokens;

fn settle(entry: &mut Entry, claim: Claim, end: End) -> Applied {
    apply(
        entry,
        Kind::Settle {
            claim,
            end,
            run: Some(7),
            request_id: None,
        },
    )
}

fn replaced(token: &str) -> End {
    stored(Tokens::github(token))
}

#[track_caller]
fn assert_same(applied: &Applied, before: &Entry, after: &Entry) {
    assert_eq!(applied.action, Action::Leave);
    assert_eq!(applied.reply, Reply::Done);
    assert!(applied.event.is_none(), "it has happened once");
    assert_eq!(after.generation, before.generation);
    assert_eq!(after.tokens, before.tokens);
    assert_eq!(after.progress, before.progress);
}

#[test]
fn a_token_is_stored_once() {
    for provider in [Provider::GITHUB, Provider::OHMYGPT] {
        let mut entry = entry(provider);
        let claim = claim(&mut entry, NOW);
        entry.progress.deliver = true;
        let first = settle(&mut entry, claim, replaced("second"));
        assert_eq!(first.action, Action::Save);
        let before = entry.clone();
        let again = settle(&mut entry, claim, replaced("second"));
        assert_same(&again, &before, &entry);
        assert!(entry.progress.undelivered);

        let other = settle(&mut entry, claim, replaced("third"));
        assert_eq!(other.reply, Reply::Newer, "that is another token");
    }
}

/// Even when somebody has taken the row on since.
#[test]
fn a_token_is_stored_once_beside_another_claim() {
    let mut entry = entry(Provider::OHMYGPT);
    let mine = claim(&mut entry, NOW);
    let _ = settle(&mut entry, mine, replaced("second"));
    let _ = claim(&mut entry, NOW);
    let before = entry.clone();
    let again = settle(&mut entry, mine, replaced("second"));
    assert_same(&again, &before, &entry);
    assert_eq!(entry.state(), State::Rotating);
}

/// At a provider that answers with the token that it was given, the first settlement is one.
#[test]
fn the_same_token_is_stored_when_it_is_the_answer() {
    let mut entry = entry(Provider::GITHUB);
    let claim = claim(&mut entry, NOW);
    let applied = settle(&mut entry, claim, replaced("first"));
    assert_eq!(applied.action, Action::Save);
    assert_eq!(entry.generation, 2);
    assert_eq!(entry.state(), State::Active);
}

#[test]
fn every_other_end_counts_once() {
    let leave_alone = LEASE;
    for (end, doubts) in [
        (
            End::Unknown {
                leave_alone,
                counts: true,
                kept: None,
            },
            1,
        ),
        (End::Refused(RefusalReason::MissingPermission), 0),
        (End::Invalid(Why::InvalidToken), 0),
        (End::Revoked, 0),
        (End::Lost, 0),
        (End::Kept, 0),
        (End::Released, 0),
        (End::LeftAlone(LEASE), 0),
    ] {
        let mut entry = entry(Provider::GITHUB);
        let claim = claim(&mut entry, NOW);
        let first = settle(&mut entry, claim, end.clone());
        assert_eq!(first.action, Action::Save, "{end:?}");
        assert_eq!(entry.progress.doubts, doubts, "{end:?}");
        let before = entry.clone();
        let again = settle(&mut entry, claim, end);
        assert_same(&again, &before, &entry);
    }
}

#[test]
fn a_later_claim_is_not_ended_by_an_earlier_one() {
    let mut entry = entry(Provider::GITHUB);
    let first = claim(&mut entry, NOW);
    let _ = settle(&mut entry, first, End::Released);
    let _ = claim(&mut entry, NOW);
    let again = settle(&mut entry, first, End::Released);
    assert_eq!(again.reply, Reply::Newer);
    assert_eq!(entry.state(), State::Rotating);
}

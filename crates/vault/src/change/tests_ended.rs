//! Since when and why a user has to authorize the app again, and when that is over.

use std::time::Duration;

use tokenturn::RefusalReason;

use super::tests::{LEASE, NOW, apply, apply_at, claim, entry, settle, stored};
use super::{Applied, Claim, Condition, End, Kind, Reply};
use crate::app::Provider;
use crate::ended::{Ended, Why};
use crate::entry::{Entry, State};
use crate::kept::Kept;
use crate::time;
use crate::tokens::Tokens;
use crate::vault::Own;

const LATER: i64 = NOW + 1000;

/// A row whose token can be refreshed.
fn refreshable() -> Entry {
    let mut entry = entry(Provider::GITHUB);
    entry.tokens = pair("first", "r1");
    entry
}

fn pair(token: &str, refresh_token: &str) -> Tokens {
    let mut tokens = Tokens::github(token);
    tokens.refresh_token = Some(refresh_token.into());
    tokens
}

/// The same at its end, for this reason.
fn ended(state: State, why: Why) -> Entry {
    let mut entry = refreshable();
    entry.progress.state = state;
    let at = time::from_millis(NOW);
    entry.progress.ended = Some(Ended { at, why });
    entry
}

fn why(entry: &Entry) -> Option<Why> {
    entry.progress.ended.map(|ended| ended.why)
}

fn unknown(kept: Option<Kept>) -> End {
    End::Unknown {
        leave_alone: Duration::ZERO,
        counts: true,
        kept,
    }
}

fn check(entry: &mut Entry, is_valid: bool) -> Applied {
    let generation = entry.generation;
    let kind = Kind::Check {
        generation,
        secrets: entry.tokens.hash(),
        is_valid,
    };
    apply(entry, kind)
}

fn claim_to_revoke(entry: &mut Entry) -> Claim {
    let kind = Kind::Claim {
        app: entry.app.clone(),
        lease: LEASE,
        condition: Condition::Generation(entry.generation),
        own: Own::default(),
        deliver: false,
        revokes: true,
    };
    match apply(entry, kind).reply {
        Reply::Claimed(claim) => claim,
        reply => panic!("{reply:?}"),
    }
}

#[test]
fn a_token_that_lives_is_not_at_its_end() {
    for (state, end) in [
        (State::Lost, Why::AnswerLost),
        (State::Revoked, Why::InvalidToken),
        (State::Revoked, Why::Revoked),
        (State::Active, Why::Revoked),
    ] {
        let mut entry = ended(state, end);
        let _ = check(&mut entry, true);
        assert_eq!((entry.state(), why(&entry)), (State::Active, None), "{end}");
    }
}

/// Whether it has to be used says the token's own end.
#[test]
fn a_refresh_token_that_was_refused_stays_so_while_it_is_there() {
    let refused = Some(Why::InvalidRefreshToken);
    let row = |state| ended(state, Why::InvalidRefreshToken);
    let mut entry = row(State::Revoked);
    let _ = check(&mut entry, true);
    assert_eq!((entry.state(), why(&entry)), (State::Active, refused));

    for end in [End::Kept, End::Released, stored(pair("second", "r1"))] {
        let mut entry = row(State::Active);
        let claim = claim(&mut entry, NOW);
        let _ = settle(&mut entry, claim, end.clone());
        assert_eq!((entry.state(), why(&entry)), (State::Active, refused));
        assert!(entry.refreshes_with().is_none(), "{end:?}");
    }

    let mut entry = row(State::Active);
    let claim = claim(&mut entry, NOW);
    let _ = settle(&mut entry, claim, stored(pair("second", "r2")));
    assert_eq!(why(&entry), None, "here is another one");

    let mut entry = row(State::Active);
    let (app, label) = (entry.app.clone(), None);
    let tokens = pair("second", "r1");
    let _ = apply(&mut entry, Kind::Put { app, label, tokens });
    assert_eq!(why(&entry), None, "somebody says that it is one");
}

/// Then the call that nobody knows the outcome of may have killed it.
#[test]
fn a_doubt_takes_the_place_of_an_end() {
    let mut entry = refreshable();
    let _ = check(&mut entry, false);
    assert_eq!(why(&entry), Some(Why::InvalidToken));
    assert_eq!(entry.state(), State::Unknown);
    let claim = claim(&mut entry, NOW);
    let _ = settle(&mut entry, claim, unknown(None));
    assert_eq!((entry.state(), why(&entry)), (State::Unknown, None));
    assert!(entry.refreshes_with().is_some());
}

#[test]
fn an_answer_that_comes_late_takes_back_that_it_is_lost() {
    let mut entry = refreshable();
    let late = claim(&mut entry, NOW);
    entry.progress.fence += 1;
    entry.progress.state = State::Lost;
    let (at, end) = (time::from_millis(NOW), Why::AnswerLost);
    entry.progress.ended = Some(Ended { at, why: end });
    let _ = settle(&mut entry, late, unknown(Some(Kept::new(*b"{}"))));
    assert_eq!((entry.state(), why(&entry)), (State::Unknown, None));
    assert!(entry.refreshes_with().is_some());
}

#[test]
fn a_revocation_is_one_until_it_is_known_not_to_be() {
    for (end, expected) in [
        (End::Revoked, (State::Revoked, Some(Why::Revoked))),
        (End::Unanswered, (State::Active, Some(Why::Revoked))),
        (End::Released, (State::Active, None)),
    ] {
        let mut entry = refreshable();
        let claim = claim_to_revoke(&mut entry);
        assert_eq!(why(&entry), Some(Why::Revoked), "should this be cut short");
        let _ = settle(&mut entry, claim, end);
        assert_eq!((entry.state(), why(&entry)), expected);
        let lives_on = expected.1.is_none();
        assert_eq!(entry.refreshes_with().is_some(), lives_on);
        assert!(!entry.may_be_refreshed_once());
        // A claim of which nothing comes, or a no, tells nothing of it.
        for end in [End::Released, End::Refused(RefusalReason::Invalid)] {
            if entry.state() == State::Active {
                let claim = claim_to_revoke(&mut entry);
                let _ = settle(&mut entry, claim, end);
                assert_eq!((entry.state(), why(&entry)), expected);
            }
        }
    }
}

#[test]
fn the_first_reason_and_its_time_stay() {
    let mut entry = ended(State::Active, Why::InvalidRefreshToken);
    let claim = claim(&mut entry, NOW);
    let (run, request_id) = (None, None);
    let kind = Kind::Settle {
        claim,
        end: End::Invalid(Why::InvalidToken),
        run,
        request_id,
    };
    let _ = apply_at(&mut entry, kind, LATER);
    let known = entry.progress.ended.unwrap();
    assert_eq!(entry.state(), State::Revoked);
    assert_eq!(known.why, Why::InvalidRefreshToken);
    assert_eq!(time::to_millis(known.at), NOW);
}

//! The rules, one by one.

use std::time::Duration;

use tokenturn::RefusalReason;

use super::{Action, Applied, Change, Claim, Condition, End, Kind, Reply};
use crate::app::{App, Provider};
use crate::ended::Why;
use crate::entry::{Entry, SLACK, State};
use crate::event::What;
use crate::kept::Kept;
use crate::time;
use crate::tokens::Tokens;
use crate::vault::Own;

pub(super) const NOW: i64 = 1_700_000_000_000;
pub(super) const LEASE: Duration = Duration::from_secs(60);
const LEASE_MILLIS: i64 = 60_000;
const BOTH: [Provider; 2] = [Provider::GITHUB, Provider::OHMYGPT];

pub(super) fn entry(provider: Provider) -> Entry {
    let app = App {
        provider,
        server: "https://api.example.com".into(),
        client_id: String::new(),
    };
    let tokens = match app.provider == Provider::OHMYGPT {
        true => Tokens::ohmygpt("oauth", Some("first".into())),
        false => Tokens::github("first"),
    };
    Entry::new("a", app, tokens)
}

/// A row in this state since `NOW`, for as long as a lease lasts.
fn entry_in(provider: Provider, state: State) -> Entry {
    let mut entry = entry(provider);
    entry.progress.state = state;
    entry.progress.fence = 5;
    entry.progress.run = 3;
    if matches!(state, State::Rotating | State::Unknown) {
        entry.progress.span = LEASE_MILLIS;
        entry.progress.until = NOW + LEASE_MILLIS;
    }
    entry
}

pub(super) fn apply_at(entry: &mut Entry, kind: Kind, now: i64) -> Applied {
    Change::new("me", kind).apply(entry, now)
}

pub(super) fn apply(entry: &mut Entry, kind: Kind) -> Applied {
    apply_at(entry, kind, NOW)
}

fn try_claim(entry: &mut Entry, condition: Condition, now: i64) -> Reply {
    try_claim_beside(entry, condition, Own::default(), now)
}

fn try_claim_beside(entry: &mut Entry, condition: Condition, own: Own, now: i64) -> Reply {
    let kind = Kind::Claim {
        app: entry.app.clone(),
        lease: LEASE,
        condition,
        own,
        deliver: false,
        revokes: false,
    };
    let applied = apply_at(entry, kind, now);
    let is_claimed = matches!(applied.reply, Reply::Claimed(_));
    assert_eq!(applied.action == Action::Save, is_claimed);
    assert!(applied.event.is_none());
    applied.reply
}

pub(super) fn claim(entry: &mut Entry, now: i64) -> Claim {
    match try_claim(entry, Condition::Generation(entry.generation), now) {
        Reply::Claimed(claim) => claim,
        reply => panic!("{reply:?}"),
    }
}

/// A run that begins after the rows were put in.
fn of_run(number: u64) -> Condition {
    let began_at = time::from_millis(NOW);
    Condition::Run {
        number,
        began_at,
        due_within: None,
    }
}

fn put(entry: &mut Entry) -> Applied {
    let (app, mut tokens) = (entry.app.clone(), entry.tokens.clone());
    tokens.token = Some("put".into());
    let label = None;
    apply(entry, Kind::Put { app, label, tokens })
}

pub(super) fn settle(entry: &mut Entry, claim: Claim, end: End) -> Applied {
    settle_in_run(entry, claim, end, None)
}

fn settle_in_run(entry: &mut Entry, claim: Claim, mut end: End, run: Option<u64>) -> Applied {
    if let End::Replaced { tokens, .. } = &mut end {
        tokens.oauth_token.clone_from(&entry.tokens.oauth_token);
    }
    let request_id = Some("request".to_owned());
    apply(
        entry,
        Kind::Settle {
            claim,
            end,
            run,
            request_id,
        },
    )
}

fn replaced(token: &str) -> End {
    stored(Tokens::github(token))
}

pub(super) fn stored(tokens: Tokens) -> End {
    End::Replaced {
        tokens,
        is_unproven: false,
    }
}

fn unknown() -> End {
    End::Unknown {
        leave_alone: Duration::from_secs(10),
        counts: true,
        kept: None,
    }
}

/// Whoever was late may bring the only answer that has the new token.
#[test]
fn a_late_answer_is_kept_with_the_token_that_it_was_asked_about() {
    use State::{Lost, Rotating, Unknown};
    let late = || End::Unknown {
        leave_alone: Duration::from_secs(10),
        counts: true,
        kept: Some(Kept::new(*b"{}")),
    };
    for (state, after) in [(Rotating, Rotating), (Unknown, Unknown), (Lost, Unknown)] {
        let mut entry = entry(Provider::GITHUB);
        let claim = claim(&mut entry, NOW);
        // Somebody else has gone on with the row.
        entry.progress.fence += 1;
        entry.progress.state = state;
        let applied = settle(&mut entry, claim, late());
        assert_eq!(
            (applied.action, applied.reply),
            (Action::Save, Reply::Newer)
        );
        assert_eq!(entry.state(), after, "{state}");
        assert_eq!(entry.tokens.kept, [Kept::new(*b"{}")]);

        entry.generation += 1;
        entry.tokens.kept.clear();
        let applied = settle(&mut entry, claim, late());
        assert_eq!(
            applied.action,
            Action::Leave,
            "{state}: there is a newer token"
        );
        assert!(entry.tokens.kept.is_empty());
    }
}

fn has(entry: &Entry, token: &str) -> bool {
    entry.tokens.token == Some(token.into())
}

/// What comes of a claim, in each state, before its time is over and after.
#[test]
fn a_claim_asks_for_a_row_that_nobody_is_at() {
    use State::{Active, Lost, Revoked, Rotating, Unknown};
    const DOUBT: Condition = Condition::InDoubt;
    let [same, other] = [1, 2].map(Condition::Generation);
    let [done, new] = [3, 4].map(of_run);
    let rows = [
        // State, condition, within its time, after it.
        (Active, same, "claimed", "claimed"),
        (Active, other, "newer", "newer"),
        (Active, new, "claimed", "claimed"),
        (Active, done, "newer", "newer"),
        (Active, DOUBT, "newer", "newer"),
        (Rotating, same, "held", "in doubt"),
        (Rotating, other, "newer", "newer"),
        (Rotating, new, "held", "in doubt"),
        (Rotating, done, "newer", "newer"),
        (Rotating, DOUBT, "held", "in doubt"),
        (Unknown, same, "held", "in doubt"),
        (Unknown, other, "newer", "newer"),
        (Unknown, new, "held", "in doubt"),
        (Unknown, done, "newer", "newer"),
        (Unknown, DOUBT, "held", "in doubt"),
        (Lost, same, "dead", "dead"),
        (Lost, other, "newer", "newer"),
        (Lost, new, "dead", "dead"),
        (Lost, DOUBT, "newer", "newer"),
        (Revoked, same, "dead", "dead"),
        (Revoked, other, "newer", "newer"),
        (Revoked, new, "dead", "dead"),
        (Revoked, DOUBT, "newer", "newer"),
    ];
    for (state, condition, within, after) in rows {
        for (now, expected) in [(NOW + 1, within), (NOW + LEASE_MILLIS, after)] {
            let mut entry = entry_in(Provider::GITHUB, state);
            let found = match try_claim(&mut entry, condition, now) {
                Reply::Claimed(Claim { in_doubt: true, .. }) => "in doubt",
                Reply::Claimed(_) => "claimed",
                Reply::Held => "held",
                Reply::Newer => "newer",
                Reply::Dead(found) if found == state => "dead",
                reply => panic!("{reply:?}"),
            };
            assert_eq!(found, expected, "{state} {condition:?} at {}", now - NOW);
            let is_claimed = ["claimed", "in doubt"].contains(&found);
            assert_eq!(entry.progress.fence, 5 + u64::from(is_claimed));
            if is_claimed {
                assert_eq!(entry.state(), State::Rotating);
                assert_eq!(entry.progress.owner.as_deref(), Some("me"));
                assert_eq!(entry.progress.until, now + LEASE_MILLIS);
            }
        }
    }
}

#[test]
fn a_clock_that_was_put_back_does_not_make_a_claim_last() {
    for state in [State::Rotating, State::Unknown] {
        for (put_back, is_over) in [(0, false), (SLACK, false), (SLACK + 1, true)] {
            let mut entry = entry_in(Provider::GITHUB, state);
            let reply = try_claim(&mut entry, Condition::InDoubt, NOW - put_back);
            let is_claimed = matches!(reply, Reply::Claimed(_));
            assert_eq!(is_claimed, is_over, "{state} {put_back}");
        }
    }
}

#[test]
fn what_is_under_way_here_is_not_claimed_again_whatever_the_clock_says() {
    let (long_after, long_before) = (NOW + 60 * LEASE_MILLIS, NOW - 60 * LEASE_MILLIS);
    for now in [long_after, long_before] {
        let (mut entry, own) = (entry(Provider::OHMYGPT), Own::default());
        let held = own.hold("a", claim(&mut entry, NOW));
        let reply = try_claim_beside(&mut entry, of_run(9), own.clone(), now);
        assert_eq!(reply, Reply::Held);
        drop(held);
        let reply = try_claim_beside(&mut entry, of_run(9), own, now);
        assert!(matches!(reply, Reply::Claimed(_)), "{reply:?}");
    }
}

/// Every end of a claim, where nothing has come between.
#[test]
fn a_claim_ends() {
    use State::{Active, Lost, Revoked, Unknown};
    let no = RefusalReason::MissingPermission;
    let rows = [
        // End, state, state when it was in doubt, event, whether a run is through with it.
        (
            replaced("second"),
            Active,
            Active,
            Some(What::Replaced),
            true,
        ),
        (End::Refused(no), Active, Active, Some(What::Refused), true),
        (
            End::Invalid(Why::InvalidToken),
            Revoked,
            Revoked,
            Some(What::Invalid),
            true,
        ),
        (End::Revoked, Revoked, Revoked, Some(What::Revoked), true),
        (End::Lost, Lost, Lost, Some(What::Lost), true),
        (unknown(), Unknown, Unknown, Some(What::Unknown), true),
        (End::Kept, Active, Active, Some(What::NotReplaced), false),
        (End::Released, Active, Unknown, None, false),
        (End::LeftAlone(LEASE), Unknown, Unknown, None, false),
    ];
    for provider in BOTH {
        for (end, state, when_in_doubt, what, is_through) in &rows {
            for (before, expected) in [(Active, state), (Unknown, when_in_doubt)] {
                let mut entry = entry_in(provider.clone(), before);
                entry.progress.doubts = 1;
                let claim = claim(&mut entry, NOW + LEASE_MILLIS);
                let applied = settle_in_run(&mut entry, claim, end.clone(), Some(8));
                let case = format!("{provider}, {before}: {end:?}");
                assert_eq!(applied.action, Action::Save, "{case}");
                assert_eq!(applied.reply, Reply::Done, "{case}");
                assert_eq!(entry.state(), *expected, "{case}");
                assert_eq!(applied.event.as_ref().map(|event| event.what), *what);
                assert_eq!(entry.progress.run, if *is_through { 8 } else { 3 });
                let doubts = match end {
                    End::Unknown { .. } => 2,
                    End::Released | End::LeftAlone(_) => 1,
                    _ => 0,
                };
                assert_eq!(entry.progress.doubts, doubts, "{case}");
                let is_replaced = matches!(end, End::Replaced { .. });
                assert_eq!(entry.generation, 1 + u64::from(is_replaced));
                assert_eq!(has(&entry, "second"), is_replaced);
                if let Some(event) = applied.event {
                    assert_eq!(event.request_id.as_deref(), Some("request"));
                    assert_eq!(event.generation, entry.generation);
                    assert_eq!(event.new.is_some(), is_replaced);
                    assert_eq!(event.reason.is_some(), matches!(end, End::Refused(_)));
                    assert_eq!(event.old.as_deref(), Some(fingerprint("first").as_str()));
                }
            }
        }
    }
}

/// Nobody takes it for replaced: whoever comes to the row asks about it first.
#[test]
fn a_new_token_may_not_be_proven() {
    for (is_invalid, state) in [(true, State::Lost), (false, State::Unknown)] {
        let mut entry = entry(Provider::GITHUB);
        let claim = claim(&mut entry, NOW);
        let _ = settle_in_run(&mut entry, claim, replaced("second"), Some(8));
        let secrets = entry.tokens.hash();
        let of = |generation, secrets| Kind::Doubt {
            generation,
            secrets,
            is_invalid,
        };
        let doubt = |generation| of(generation, secrets);
        assert_eq!(apply(&mut entry, doubt(1)).reply, Reply::Newer);
        assert_eq!(apply(&mut entry, of(2, secrets + 1)).reply, Reply::Newer);
        assert_eq!(apply(&mut entry, doubt(2)).reply, Reply::Done);
        assert_eq!((entry.state(), entry.progress.run), (state, 0));
        assert!(entry.progress.is_over(NOW) && has(&entry, "second"));
        assert_eq!(apply(&mut entry, doubt(2)).reply, Reply::Newer);
    }
}

/// Where there is an answer to look into, a row that was taken for dead can be asked about again.
#[test]
fn what_is_dead_with_an_answer_may_be_claimed_for_that() {
    for (provider, is_open) in BOTH.into_iter().zip([true, false]) {
        for state in [State::Lost, State::Revoked] {
            let mut entry = entry_in(provider.clone(), state);
            let reply = try_claim(&mut entry, Condition::InDoubt, NOW);
            assert_eq!(reply, Reply::Newer);
            entry.tokens.keep(&Kept::new(*b"{}"));
            let reply = try_claim(&mut entry, of_run(8), NOW);
            assert_eq!(reply, Reply::Dead(state));
            let reply = try_claim(&mut entry, Condition::InDoubt, NOW);
            assert_eq!(
                matches!(reply, Reply::Claimed(claim) if claim.in_doubt),
                is_open
            );
        }
    }
}

#[test]
fn a_token_of_another_user_is_not_stored() {
    for (known, told, is_stored) in [
        (None, Some(2), true),
        (Some(1), None, true),
        (Some(1), Some(1), true),
        (Some(1), Some(2), false),
    ] {
        let mut entry = entry(Provider::GITHUB);
        entry.tokens.user_id = known;
        let claim = claim(&mut entry, NOW);
        let mut tokens = Tokens::github("second");
        tokens.user_id = told;
        let applied = settle(&mut entry, claim, stored(tokens));
        assert_eq!(applied.reply == Reply::Done, is_stored);
        assert_eq!(applied.reply == Reply::Duplicate, !is_stored);
        assert_eq!(entry.generation == 2, is_stored);
    }
}

fn fingerprint(token: &str) -> String {
    let fingerprint = Tokens::github(token).fingerprint();
    fingerprint.unwrap().to_string()
}

#[test]
fn an_outage_does_not_count_as_a_doubt_of_the_row() {
    let mut entry = entry(Provider::GITHUB);
    let claim = claim(&mut entry, NOW);
    let leave_alone = Duration::from_secs(10);
    let counts = false;
    let _ = settle(
        &mut entry,
        claim,
        End::Unknown {
            leave_alone,
            counts,
            kept: None,
        },
    );
    assert_eq!((entry.state(), entry.progress.doubts), (State::Unknown, 0));
    assert_eq!(entry.progress.until, NOW + 10_000);
}

#[test]
fn an_earlier_run_does_not_take_a_later_one_back() {
    let mut entry = entry_in(Provider::GITHUB, State::Active);
    let claim = claim(&mut entry, NOW);
    let _ = settle_in_run(&mut entry, claim, replaced("second"), Some(2));
    assert_eq!(entry.progress.run, 3);
}

/// Whoever comes late with anything but a token has nothing to say.
#[test]
fn a_late_end_changes_nothing() {
    for provider in BOTH {
        for end in [
            End::Refused(RefusalReason::MissingPermission),
            End::Invalid(Why::InvalidToken),
            End::Revoked,
            End::Lost,
            End::Kept,
            End::Released,
            unknown(),
        ] {
            let mut entry = entry(provider.clone());
            let late = claim(&mut entry, NOW);
            let _ = claim(&mut entry, NOW + LEASE_MILLIS);
            let before = entry.progress.clone();
            let applied = settle(&mut entry, late, end);
            assert_eq!(applied.reply, Reply::Newer);
            assert_eq!(applied.action, Action::Leave);
            assert_eq!(entry.progress, before);
        }
    }
}

/// Of several resets at GitHub one has worked, so its token is the one, whatever the row says.
#[test]
fn a_late_token_of_github_is_stored_while_nothing_newer_is() {
    for end in [
        None,
        Some(End::Lost),
        Some(End::Invalid(Why::InvalidToken)),
        Some(End::Kept),
    ] {
        let mut entry = entry(Provider::GITHUB);
        let late = claim(&mut entry, NOW);
        let other = claim(&mut entry, NOW + LEASE_MILLIS);
        if let Some(end) = &end {
            let _ = settle(&mut entry, other, end.clone());
        }
        let applied = settle(&mut entry, late, replaced("second"));
        assert_eq!(applied.reply, Reply::Done, "{end:?}");
        assert_eq!(entry.state(), State::Active, "{end:?}");
        assert!(has(&entry, "second"));
        let beside = settle(&mut entry, other, End::Lost);
        assert_eq!(beside.reply, Reply::Newer);
        assert_eq!(entry.state(), State::Active);
    }
}

#[test]
fn a_late_token_of_github_is_not_stored_when_something_newer_is() {
    let mut entry = entry(Provider::GITHUB);
    let late = claim(&mut entry, NOW);
    let _ = put(&mut entry);
    let before = entry.progress.clone();
    let applied = settle(&mut entry, late, replaced("second"));
    assert_eq!(applied.reply, Reply::Newer);
    let event = applied.event.unwrap();
    assert_eq!(event.what, What::Superseded);
    assert_eq!(event.old, Some(fingerprint("put")));
    assert_eq!(event.new, Some(fingerprint("second")));
    assert!(has(&entry, "put"));
    assert_eq!((entry.generation, &entry.progress), (2, &before));
}

/// Which of two rotations came last, only OhMyGPT knows.
#[test]
fn a_late_token_of_ohmygpt_puts_an_active_row_in_doubt() {
    let mut entry = entry_in(Provider::OHMYGPT, State::Active);
    let late = claim(&mut entry, NOW);
    let other = claim(&mut entry, NOW + LEASE_MILLIS);
    let applied = settle(&mut entry, other, replaced("second"));
    assert_eq!((applied.reply, entry.state()), (Reply::Done, State::Active));
    let applied = settle(&mut entry, late, replaced("third"));
    assert_eq!(applied.reply, Reply::Newer);
    assert_eq!(entry.state(), State::Unknown);
    assert!(has(&entry, "second"));
    assert_eq!(entry.progress.run, 0, "a run comes to it again");
    assert!(matches!(
        try_claim(&mut entry, Condition::InDoubt, NOW),
        Reply::Claimed(Claim { in_doubt: true, .. })
    ));
}

/// It is stored, but the owner of now may have replaced it already, and may die.
#[test]
fn a_late_token_of_ohmygpt_does_not_end_the_claim_of_another() {
    let mut entry = entry(Provider::OHMYGPT);
    let late = claim(&mut entry, NOW);
    let other = claim(&mut entry, NOW + LEASE_MILLIS);
    let until = entry.progress.until;
    let _ = settle(&mut entry, late, replaced("second"));
    assert!(has(&entry, "second"));
    assert_eq!(entry.state(), State::Rotating);
    assert_eq!(entry.progress.until, until);
    // Its own token came before the stored one, or after.
    let applied = settle(&mut entry, other, replaced("third"));
    assert_eq!(applied.reply, Reply::Newer);
    assert!(has(&entry, "second"));
    assert_eq!(entry.state(), State::Unknown);
    let last = claim(&mut entry, NOW);
    let _ = settle(&mut entry, last, replaced("fourth"));
    assert_eq!(entry.state(), State::Active);
}

/// Three at once: the second one's token is stored when the first one's comes, and the third one
/// has a call under way that may have been done before the first one's.
#[test]
fn a_late_token_of_ohmygpt_puts_the_claim_of_now_in_doubt() {
    let mut entry = entry(Provider::OHMYGPT);
    let first = claim(&mut entry, NOW);
    let second = claim(&mut entry, NOW + LEASE_MILLIS);
    let _ = settle(&mut entry, second, replaced("second"));
    let third = claim(&mut entry, NOW + LEASE_MILLIS);
    let _ = settle(&mut entry, first, replaced("the living one"));
    assert_eq!(entry.state(), State::Rotating, "nobody cuts in");
    let _ = settle(&mut entry, third, replaced("third"));
    assert!(has(&entry, "third"));
    assert_ne!(entry.state(), State::Active);
    let last = claim(&mut entry, NOW + 2 * LEASE_MILLIS);
    assert!(last.in_doubt);
    let _ = settle(&mut entry, last, replaced("fourth"));
    assert_eq!(entry.state(), State::Active);
}

#[test]
fn a_late_token_is_not_put_into_another_row_of_the_same_name() {
    for provider in BOTH {
        let mut first = entry(provider.clone());
        let late = claim(&mut first, NOW);
        let mut second = entry(provider.clone());
        second.tokens = Tokens::github("another");
        for end in [replaced("late"), End::Lost, End::Released] {
            let applied = settle(&mut second, late, end);
            assert_eq!(applied.reply, Reply::Newer);
            assert_eq!(applied.action, Action::Leave);
        }
    }
}

#[test]
fn secrets_of_another_app_are_not_put_in() {
    let (app, tokens) = (entry(Provider::GITHUB).app, Tokens::github("put"));
    let mut entry = entry(Provider::OHMYGPT);
    let label = None;
    let applied = apply(&mut entry, Kind::Put { app, label, tokens });
    assert_eq!(applied.reply, Reply::OtherApp);
    assert_eq!(applied.action, Action::Leave);
}

#[test]
fn whoever_waits_for_a_token_waits_for_the_next_one_too() {
    let mut entry = entry(Provider::GITHUB);
    entry.progress.undelivered = true;
    let claim = claim(&mut entry, NOW);
    let _ = settle(&mut entry, claim, replaced("second"));
    assert!(entry.progress.undelivered);
}

#[test]
fn other_secrets_end_every_claim() {
    for provider in BOTH {
        for state in State::ALL {
            let mut entry = entry_in(provider.clone(), state);
            entry.progress.undelivered = true;
            let applied = put(&mut entry);
            assert_eq!(applied.event.unwrap().what, What::Put);
            assert_eq!(entry.generation, 2);
            assert!(has(&entry, "put") && entry.progress.undelivered);
            assert_eq!(time::to_millis(entry.changed_at), NOW);
            // At OhMyGPT a call that is under way replaces these, too.
            let stays =
                provider == Provider::OHMYGPT && matches!(state, State::Rotating | State::Unknown);
            let expected = if stays { state } else { State::Active };
            assert_eq!(entry.state(), expected, "{provider} {state}");
        }
    }
}

#[test]
fn a_check_counts_for_the_token_that_it_was_of() {
    use State::{Active, Lost, Revoked, Rotating, Unknown};
    for (state, is_valid, expected, what) in [
        (Active, true, Active, None),
        (Active, false, Revoked, Some(What::Invalid)),
        (Revoked, true, Active, Some(What::Restored)),
        (Revoked, false, Revoked, None),
        (Rotating, false, Rotating, None),
        (Unknown, false, Unknown, None),
        (Unknown, true, Unknown, None),
        (Lost, true, Active, Some(What::Restored)),
        (Lost, false, Lost, None),
    ] {
        for generation in [1, 2] {
            let mut entry = entry_in(Provider::GITHUB, state);
            let kind = Kind::Check {
                generation,
                secrets: entry.tokens.hash(),
                is_valid,
            };
            let applied = apply(&mut entry, kind);
            let counts = generation == 1;
            assert_eq!(entry.state(), if counts { expected } else { state });
            let found = applied.event.map(|event| event.what);
            assert_eq!(found, what.filter(|_| counts));
        }
    }
}

#[test]
fn a_row_is_not_taken_out_under_its_owner() {
    for state in State::ALL {
        let mut entry = entry_in(Provider::GITHUB, state);
        let within = apply_at(&mut entry.clone(), Kind::Remove, NOW + 1);
        let is_held = state == State::Rotating;
        let expected = if is_held { Reply::Held } else { Reply::Done };
        assert_eq!(within.reply, expected, "{state}");
        let after = apply_at(&mut entry, Kind::Remove, NOW + LEASE_MILLIS);
        assert_eq!(after.action, Action::Delete);
        assert_eq!(after.event.unwrap().what, What::Removed);
    }
}

/// Its token would be sent to the server of the other app.
#[test]
fn a_row_of_another_app_is_not_claimed() {
    let mut entry = entry(Provider::GITHUB);
    let mut kind = Kind::Claim {
        app: entry.app.clone(),
        lease: LEASE,
        condition: Condition::Generation(1),
        own: Own::default(),
        deliver: false,
        revokes: true,
    };
    if let Kind::Claim { app, .. } = &mut kind {
        app.client_id.push('x');
    }
    let applied = apply(&mut entry, kind);
    assert_eq!(
        (applied.action, applied.reply),
        (Action::Leave, Reply::OtherApp)
    );
    assert_eq!((entry.state(), entry.progress.fence), (State::Active, 0));
}

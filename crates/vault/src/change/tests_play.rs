//! Random plays: several owners claim one row, pause, die and come back late, at a tiny model of
//! each provider. Whatever they do, the stored token is the living one, or somebody knows better.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::tests::stored;
use super::{Change, Claim, Condition, End, Kind, Reply};
use crate::app::{App, Provider};
use crate::ended::Why;
use crate::entry::{Entry, State};
use crate::tokens::Tokens;
use crate::vault::Own;

const OWNERS: usize = 3;
const LEASE: Duration = Duration::from_secs(60);
const LEAVE_ALONE: Duration = Duration::from_secs(10);
/// So many milliseconds after a call was sent, a provider does not do it any more.
const GIVES_UP: i64 = 10_000;

/// One move of a play. An owner that cannot make it does nothing.
#[derive(Clone, Copy, Debug)]
enum Move {
    Claim {
        owner: usize,
        replace: bool,
    },
    Step(usize),
    NotSent(usize),
    NoAnswer(usize),
    /// The store does it, and cannot say so.
    SettleUnheard(usize),
    Die(usize),
    /// The provider does a call that is under way.
    Do(usize),
    Wait(i64),
    /// The clock is put back.
    PutBack(i64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let owner = || 0..OWNERS;
    let one = prop_oneof![
        4 => (owner(), any::<bool>()).prop_map(|(owner, replace)| Move::Claim { owner, replace }),
        8 => owner().prop_map(Move::Step),
        1 => owner().prop_map(Move::NotSent),
        1 => owner().prop_map(Move::NoAnswer),
        1 => owner().prop_map(Move::SettleUnheard),
        1 => owner().prop_map(Move::Die),
        5 => owner().prop_map(Move::Do),
        3 => prop::sample::select(vec![1_000, 10_000, 61_000]).prop_map(Move::Wait),
        1 => prop::sample::select(vec![1_000, 90_000]).prop_map(Move::PutBack),
    ];
    prop::collection::vec(one, 1..60)
}

/// A token is a number; the provider counts up.
type Token = u32;

#[derive(Clone, Copy, Debug)]
struct Call {
    old: Token,
    sent_at: i64,
    answer: Option<Option<Token>>,
}

#[derive(Clone, Debug)]
enum Step {
    Idle,
    Check,
    Send,
    /// For the answer to this call.
    Await(usize),
    Settle(End),
}

#[derive(Clone, Debug)]
struct Owner {
    step: Step,
    claim: Claim,
    claimed_at: i64,
    old: Token,
    replace: bool,
}

struct World {
    /// Whether owners send while their claim holds and the call can be done before it runs out, and
    /// no clock is put back. Without, a paused owner sends at any time.
    in_time: bool,
    entry: Entry,
    living: Token,
    /// Those whose answer nobody will ever read.
    wasted: Vec<Token>,
    calls: Vec<Call>,
    owners: Vec<Owner>,
    /// Time as it is, and the clock's distance from it.
    time: i64,
    off: i64,
}

fn tokens(provider: &Provider, token: Token) -> Tokens {
    let token = token.to_string();
    match *provider == Provider::OHMYGPT {
        true => Tokens::ohmygpt("oauth", Some(token.into())),
        false => Tokens::github(token),
    }
}

impl World {
    fn new(provider: Provider, in_time: bool) -> Self {
        let tokens = tokens(&provider, 0);
        let app = App {
            provider,
            server: "https://api.example.com".into(),
            client_id: String::new(),
        };
        let nobody = Owner {
            step: Step::Idle,
            claim: Claim {
                secrets: 0,
                fence: 0,
                generation: 0,
                in_doubt: false,
                ended: None,
            },
            claimed_at: 0,
            old: 0,
            replace: false,
        };
        Self {
            in_time,
            entry: Entry::new("a", app, tokens),
            living: 0,
            wasted: Vec::new(),
            calls: Vec::new(),
            owners: vec![nobody; OWNERS],
            time: 1_700_000_000_000,
            off: 0,
        }
    }

    fn is_github(&self) -> bool {
        self.entry.app.provider == Provider::GITHUB
    }

    fn apply(&mut self, kind: Kind) -> Reply {
        let change = Change::new("somebody", kind);
        change.apply(&mut self.entry, self.time + self.off).reply
    }

    fn play(&mut self, one: Move) {
        match one {
            Move::Claim { owner, replace } => self.claim(owner, replace),
            Move::Step(owner) => self.step(owner),
            Move::NotSent(owner) => {
                if matches!(self.owners[owner].step, Step::Check | Step::Send) {
                    self.owners[owner].step = Step::Settle(End::Released);
                }
            }
            Move::NoAnswer(owner) => {
                if matches!(self.owners[owner].step, Step::Await(_)) {
                    self.forget(owner);
                    self.owners[owner].step = Step::Settle(unknown());
                }
            }
            Move::SettleUnheard(owner) => self.settle(owner),
            Move::Die(owner) => self.forget(owner),
            Move::Do(nth) => {
                let mut waiting = (0..self.calls.len()).filter(|&call| self.is_under_way(call));
                if let Some(call) = waiting.nth(nth) {
                    self.done(call);
                }
            }
            Move::Wait(millis) => self.time += millis,
            Move::PutBack(millis) if !self.in_time => self.off -= millis,
            Move::PutBack(_) => {}
        }
    }

    fn claim(&mut self, owner: usize, replace: bool) {
        if !matches!(self.owners[owner].step, Step::Idle) {
            return;
        }
        let condition = match replace {
            true => Condition::Generation(self.entry.generation),
            false => Condition::InDoubt,
        };
        let kind = Kind::Claim {
            app: self.entry.app.clone(),
            lease: LEASE,
            condition,
            own: Own::default(),
            deliver: false,
            revokes: false,
        };
        if let Reply::Claimed(claim) = self.apply(kind) {
            let must_check = claim.in_doubt && self.is_github();
            self.owners[owner] = Owner {
                step: if must_check { Step::Check } else { Step::Send },
                claim,
                claimed_at: self.time,
                old: self.stored(),
                replace,
            };
        }
    }

    /// As `turn` does it.
    fn step(&mut self, owner: usize) {
        let Owner {
            step,
            claim,
            claimed_at,
            old,
            replace,
        } = self.owners[owner].clone();
        let can_send = self.time - claimed_at + GIVES_UP <= 60_000 || !self.in_time;
        let next = match step {
            Step::Idle => Step::Idle,
            Step::Check if old != self.living => Step::Settle(End::Lost),
            Step::Check if replace => Step::Send,
            Step::Check => Step::Settle(End::Kept),
            Step::Send if !can_send => Step::Settle(End::Released),
            Step::Send => {
                self.calls.push(Call {
                    old,
                    sent_at: self.time,
                    answer: None,
                });
                Step::Await(self.calls.len() - 1)
            }
            Step::Await(call) => match self.calls[call].answer {
                None => Step::Await(call),
                Some(Some(new)) => Step::Settle(stored(tokens(&self.entry.app.provider, new))),
                Some(None) if claim.in_doubt => Step::Settle(End::Lost),
                Some(None) => Step::Settle(End::Invalid(Why::InvalidToken)),
            },
            Step::Settle(_) => {
                self.settle(owner);
                Step::Idle
            }
        };
        self.owners[owner].step = next;
    }

    fn settle(&mut self, owner: usize) {
        let Owner { step, claim, .. } = self.owners[owner].clone();
        if let Step::Settle(end) = step {
            let (run, request_id) = (None, None);
            self.apply(Kind::Settle {
                claim,
                end,
                run,
                request_id,
            });
        }
    }

    fn is_under_way(&self, call: usize) -> bool {
        let call = self.calls[call];
        call.answer.is_none() && self.time < call.sent_at + GIVES_UP
    }

    fn done(&mut self, call: usize) {
        // At OhMyGPT the OAuth token counts, which stays.
        let works = !self.is_github() || self.calls[call].old == self.living;
        if works {
            self.living += 1;
            let awaits = |owner: &Owner| matches!(owner.step, Step::Await(its) if its == call);
            if !self.owners.iter().any(awaits) {
                self.wasted.push(self.living);
            }
        }
        self.calls[call].answer = Some(works.then_some(self.living));
    }

    /// What an owner has in its hands is gone.
    fn forget(&mut self, owner: usize) {
        if self.holds(&self.owners[owner]) {
            self.wasted.push(self.living);
        }
        self.owners[owner].step = Step::Idle;
    }

    /// Whether an owner has the answer with the living token, or will be given it.
    fn holds(&self, owner: &Owner) -> bool {
        match &owner.step {
            Step::Await(call) => self.calls[*call].answer == Some(Some(self.living)),
            Step::Settle(End::Replaced { tokens: held, .. }) => {
                *held == tokens(&self.entry.app.provider, self.living)
            }
            _ => false,
        }
    }

    fn stored(&self) -> Token {
        let token = self.entry.tokens.token.as_ref().unwrap();
        token.expose().parse().unwrap()
    }

    /// The row has the living token, or does not claim to, or somebody holds that.
    fn check(&self) -> Result<(), TestCaseError> {
        let state = self.entry.state();
        if self.stored() == self.living {
            return Ok(());
        }
        if self.in_time {
            prop_assert_ne!(state, State::Active);
            prop_assert_ne!(state, State::Revoked);
        }
        let in_doubt = matches!(state, State::Rotating | State::Unknown);
        let is_held = self.owners.iter().any(|owner| self.holds(owner));
        let is_wasted = self.wasted.contains(&self.living);
        prop_assert!(in_doubt || is_held || is_wasted, "{}", state);
        if self.is_github() {
            prop_assert!(is_held || is_wasted, "a token was thrown away");
        }
        Ok(())
    }

    /// Every owner ends, all claims run out, and doubts are resolved.
    fn end(&mut self) -> Result<(), TestCaseError> {
        for owner in 0..OWNERS {
            if let Step::Await(call) = self.owners[owner].step
                && self.calls[call].answer.is_none()
            {
                self.play(Move::NoAnswer(owner));
            }
            while !matches!(self.owners[owner].step, Step::Idle) {
                self.step(owner);
                self.play(Move::Do(0));
            }
        }
        for _ in 0..5 {
            self.play(Move::Wait(100_000));
            self.play(Move::Claim {
                owner: 0,
                replace: false,
            });
            while !matches!(self.owners[0].step, Step::Idle) {
                self.step(0);
                self.play(Move::Do(0));
            }
        }
        self.check()?;
        let state = self.entry.state();
        prop_assert!(
            !matches!(state, State::Rotating | State::Unknown),
            "{}",
            state
        );
        if !self.is_github() {
            prop_assert_eq!(state, State::Active);
        }
        Ok(())
    }
}

fn unknown() -> End {
    End::Unknown {
        leave_alone: LEAVE_ALONE,
        counts: true,
        kept: None,
    }
}

fn play(provider: Provider, in_time: bool, moves: &[Move]) -> Result<(), TestCaseError> {
    let mut world = World::new(provider, in_time);
    for one in moves {
        let before = world.stored();
        world.play(*one);
        prop_assert!(world.stored() >= before, "an older token was stored");
        world.check()?;
    }
    world.end()
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        cases: 500,
        ..ProptestConfig::default()
    })]

    #[test]
    fn github_in_time(moves in moves()) {
        play(Provider::GITHUB, true, &moves)?;
    }

    #[test]
    fn github_paused(moves in moves()) {
        play(Provider::GITHUB, false, &moves)?;
    }

    #[test]
    fn ohmygpt_in_time(moves in moves()) {
        play(Provider::OHMYGPT, true, &moves)?;
    }

    #[test]
    fn ohmygpt_paused(moves in moves()) {
        play(Provider::OHMYGPT, false, &moves)?;
    }
}

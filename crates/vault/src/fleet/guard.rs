//! What a run has to show before it goes on, and when it has burnt enough.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::options::FleetOptions;

/// How much a run may begin, from the least caution to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// As many rows as there is room for.
    Many,
    /// One row, and the next when it is settled: a canary.
    One,
    /// One row, and only one in doubt: whatever becomes of it, no more than that many tokens may get
    /// lost.
    Doubts,
}

/// What the run of one app has seen so far. Only its own calls count: what a process left behind
/// that died says nothing about the provider.
#[derive(Debug)]
pub(super) struct Guard {
    /// Whether tokens are replaced, and not only found out about.
    replaces: bool,
    max_lost: u64,
    max_same_refusal: u64,
    seen: Mutex<Seen>,
    under_way: watch::Sender<usize>,
}

#[derive(Debug)]
struct Seen {
    /// So many new tokens that calls have brought are to be stored and valid, one by one, before many are
    /// replaced at once: two at first, which shows that not all get the same one, and one after each doubt.
    to_prove: u64,
    /// The rows whose calls got no answer that told what became of the token.
    doubts: HashSet<String>,
    /// Those that were among them, and of which somebody else has found that the old tokens live.
    spared: HashSet<String>,
    /// Those whose tokens were lost all the same, or could not be found out about.
    lost: u64,
    /// How many new tokens in a row were only found in answers that were not believed.
    found: u64,
    /// The last reason for a no, and how often it came in a row.
    refusal: Option<(&'static str, u64)>,
}

/// A row between its claim and its end.
#[derive(Debug)]
#[must_use = "the row is under way as long as this lives"]
pub(super) struct UnderWay(Arc<Guard>);

impl Guard {
    pub(super) fn new(options: &FleetOptions, replaces: bool) -> Self {
        Self {
            replaces,
            max_lost: options.max_lost,
            max_same_refusal: options.max_same_refusal,
            seen: Mutex::new(Seen {
                to_prove: 2,
                doubts: HashSet::new(),
                spared: HashSet::new(),
                lost: 0,
                found: 0,
                refusal: None,
            }),
            under_way: watch::Sender::new(0),
        }
    }

    pub(super) fn mode(&self) -> Mode {
        let seen = self.seen();
        // Any doubt may end in either way.
        match seen.lost.max(seen.found) + seen.doubts.len() as u64 {
            _ if !self.replaces || seen.to_prove == 0 => Mode::Many,
            most if most >= self.max_lost => Mode::Doubts,
            _ => Mode::One,
        }
    }

    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.send_modify(|rows| *rows += 1);
        UnderWay(Arc::clone(self))
    }

    /// Waits until nothing is under way.
    pub(super) async fn idle(&self) {
        let mut under_way = self.under_way.subscribe();
        // It fails when the sender is gone, and that is `self`.
        let _ = under_way.wait_for(|rows| *rows == 0).await;
    }

    /// A new token is stored and valid.
    pub(super) fn prove(&self) {
        let mut seen = self.seen();
        if seen.doubts.is_empty() {
            seen.to_prove = seen.to_prove.saturating_sub(1);
        }
    }

    /// A call of this run may have replaced the token of this row.
    pub(super) fn doubt(&self, id: &str) {
        let mut seen = self.seen();
        seen.to_prove = seen.to_prove.max(1);
        seen.doubts.insert(id.to_owned());
    }

    /// The new token of this row was in an answer that was not believed. How many there are in a row,
    /// if that is enough to stop the run.
    pub(super) fn find(&self, id: &str) -> Option<u64> {
        let mut seen = self.seen();
        seen.found += u64::from(seen.doubts.remove(id));
        (self.replaces && seen.found >= self.max_lost).then_some(seen.found)
    }

    /// What became of that call is known, and nothing is lost.
    pub(super) fn resolve(&self, id: &str) {
        let mut seen = self.seen();
        seen.doubts.remove(id);
        seen.spared.remove(id);
    }

    /// Somebody else says that it did nothing, which may turn out to be wrong.
    pub(super) fn spare(&self, id: &str) {
        let mut seen = self.seen();
        if seen.doubts.remove(id) {
            seen.spared.insert(id.to_owned());
        }
    }

    /// The token of this row is lost, or is given up. How many were lost by calls of this run, if
    /// that is enough to stop it.
    pub(super) fn lose(&self, id: &str) -> Option<u64> {
        let mut seen = self.seen();
        let is_ours = seen.doubts.remove(id) | seen.spared.remove(id);
        seen.lost += u64::from(is_ours);
        (self.replaces && seen.lost >= self.max_lost).then_some(seen.lost)
    }

    /// The rows that [`doubt`](Self::doubt) was said of, and nothing since.
    pub(super) fn doubts(&self) -> Vec<String> {
        self.seen().doubts.iter().cloned().collect()
    }

    /// The provider said no for this reason. Whether that came too often in a row.
    pub(super) fn refuse(&self, reason: &'static str) -> bool {
        let mut seen = self.seen();
        let times = match seen.refusal {
            Some((last, times)) if last == reason => times + 1,
            _ => 1,
        };
        seen.refusal = Some((reason, times));
        self.max_same_refusal > 0 && times >= self.max_same_refusal
    }

    /// The provider did what it was asked for.
    pub(super) fn accept(&self) {
        let mut seen = self.seen();
        seen.refusal = None;
        seen.found = 0;
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|rows| *rows -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(&FleetOptions::new(), true)
    }

    fn proven() -> Guard {
        let guard = guard();
        guard.prove();
        guard.prove();
        guard
    }

    #[test]
    fn a_run_begins_with_a_canary() {
        let guard = guard();
        assert_eq!(guard.mode(), Mode::One);
        guard.prove();
        assert_eq!(guard.mode(), Mode::One, "the next may get the same token");
        guard.prove();
        assert_eq!(guard.mode(), Mode::Many);
        // Whoever replaces nothing has nothing to prove.
        let resolving = Guard::new(&FleetOptions::new(), false);
        assert_eq!(resolving.mode(), Mode::Many);
    }

    #[test]
    fn a_doubt_takes_the_proof_away_until_it_is_resolved() {
        let guard = proven();
        guard.doubt("a");
        assert_eq!(guard.mode(), Mode::One);
        guard.prove();
        assert_eq!(guard.mode(), Mode::One, "one is still in doubt");
        guard.resolve("a");
        assert_eq!(guard.mode(), Mode::One, "another canary");
        guard.prove();
        assert_eq!(guard.mode(), Mode::Many);
    }

    #[test]
    fn as_many_doubts_as_may_be_lost_let_nothing_new_begin() {
        let guard = guard();
        for id in ["a", "b", "c", "c"] {
            guard.doubt(id);
        }
        assert_eq!(guard.mode(), Mode::Doubts);
        assert_eq!(guard.lose("a"), None);
        assert_eq!(guard.mode(), Mode::Doubts, "the other two may be lost, too");
        guard.resolve("b");
        assert_eq!(guard.mode(), Mode::One);
        assert_eq!(guard.lose("c"), None);
        guard.prove();
        guard.prove();
        assert_eq!(guard.mode(), Mode::Many);
        guard.doubt("d");
        assert_eq!(guard.mode(), Mode::Doubts, "what was lost stays lost");
        assert_eq!(guard.lose("d"), Some(3));
    }

    #[test]
    fn a_token_that_was_said_to_live_may_be_lost() {
        let guard = guard();
        for id in ["a", "b", "c", "d"] {
            guard.doubt(id);
            guard.spare(id);
        }
        assert_eq!(guard.mode(), Mode::One);
        guard.resolve("a");
        let lost = ["a", "b", "c", "d"].map(|id| guard.lose(id));
        assert_eq!(lost, [None, None, None, Some(3)]);
    }

    #[test]
    fn only_its_own_calls_count() {
        let guard = guard();
        for id in ["a", "b", "c", "d"] {
            assert_eq!(guard.lose(id), None);
        }
        assert_eq!(guard.mode(), Mode::One);
    }

    #[test]
    fn tokens_that_are_only_found_are_counted_in_a_row() {
        let guard = guard();
        let find = |id| {
            guard.doubt(id);
            guard.find(id)
        };
        assert_eq!(["a", "b"].map(find), [None; 2]);
        assert_eq!(guard.mode(), Mode::One);
        guard.doubt("c");
        assert_eq!(guard.mode(), Mode::Doubts, "it may be the third");
        guard.resolve("c");
        guard.accept();
        assert_eq!(["c", "d", "e"].map(find), [None, None, Some(3)]);
        // Those of others are not.
        let guard = proven();
        assert_eq!(["a", "b", "c"].map(|id| guard.find(id)), [None; 3]);
    }

    #[test]
    fn the_same_no_is_counted_in_a_row() {
        let guard = Guard::new(&FleetOptions::new().max_same_refusal(3), true);
        let times =
            |reason, times: usize| -> Vec<_> { (0..times).map(|_| guard.refuse(reason)).collect() };
        assert_eq!(times("a", 2), [false, false]);
        assert_eq!(times("b", 2), [false, false]);
        guard.accept();
        assert_eq!(times("b", 3), [false, false, true]);
        let patient = Guard::new(&FleetOptions::new().max_same_refusal(0), true);
        assert!((0..100).all(|_| !patient.refuse("a")));
    }

    #[tokio::test]
    async fn it_is_idle_when_nothing_is_under_way() {
        let guard = Arc::new(guard());
        guard.idle().await;
        let rows = [guard.begin(), guard.begin()];
        let mut idle = std::pin::pin!(guard.idle());
        let is_idle = std::future::poll_fn(|context| {
            std::task::Poll::Ready(idle.as_mut().poll(context).is_ready())
        });
        assert!(!is_idle.await);
        drop(rows);
        idle.await;
    }
}

//! Changing rows: whole, one after the other, and written down.

use std::collections::HashSet;
use std::time::Duration;

use super::{
    ACTOR, HOUR, ROWS, World, changed, claim, claiming, ok, page, replaced, settle, settling,
    with_token,
};
use crate::change::{Change, Claim, Condition, End, Kind, Reply};
use crate::entry::State;
use crate::event::{self, What};
use crate::filter::Filter;
use crate::kept::Kept;
use crate::store::Ready;
use crate::time::{from_millis, to_millis};
use crate::vault::Vault;

/// A change is done as a whole and by one at a time, whoever has the store open; what has happened is in the
/// history; and no two rows get one token.
///
/// # Panics
///
/// Where the store does not do what [`Store`](crate::Store) says.
pub async fn changes(fresh: &impl AsyncFn() -> [Vault; 2]) {
    one_of_two_claims_a_row(World::new(fresh).await).await;
    what_was_decided_is_read_back(World::new(fresh).await).await;
    what_has_happened_is_told(World::new(fresh).await).await;
    no_two_rows_get_one_token(World::new(fresh).await).await;
    the_next_ones_are_those_that_are_ready(World::new(fresh).await).await;
    two_share_the_next_ones(World::new(fresh).await).await;
    a_row_is_taken_out(World::new(fresh).await).await;
}

async fn one_of_two_claims_a_row(world: World) {
    for row in &world.rows {
        let claiming = claiming(row, Condition::Generation(row.generation), false);
        let (one, two) = tokio::join!(
            changed(&world.one, &row.id, claiming.clone()),
            changed(&world.two, &row.id, claiming),
        );
        let replies = [one.applied.reply, two.applied.reply];
        let claimed = replies
            .iter()
            .filter(|one| matches!(one, Reply::Claimed(_)));
        assert_eq!(claimed.count(), 1, "one of two has it: {replies:?}");
        assert!(replies.contains(&Reply::Held), "{replies:?}");
    }
    for row in page(&world.two, &Filter::new()).await {
        assert_eq!(row.state(), State::Rotating, "what is claimed says so");
        assert_eq!(row.progress.owner.as_deref(), Some(ACTOR));
    }
}

async fn what_was_decided_is_read_back(world: World) {
    let rows = &world.rows;
    let end = replaced(&rows[0], "gho_new");
    let said = settle(&world.one, &rows[0], true, end, Some(3)).await.entry;
    let kept = Kept::new(&b"{\"token\":\xFF"[..]);
    let unknown = End::Unknown {
        leave_alone: HOUR,
        counts: true,
        kept: Some(kept.clone()),
    };
    let in_doubt = settle(&world.one, &rows[1], false, unknown, None)
        .await
        .entry;
    for (number, said) in [(0, said), (1, in_doubt)] {
        let read = world.row(number).await;
        assert_eq!(read.tokens, said.tokens);
        assert_eq!(read.progress, said.progress);
        assert_eq!(read.generation, said.generation);
        assert_eq!(read.label, rows[number].label);
        let [read_at, said_at] = [&read, &said].map(|row| to_millis(row.changed_at));
        assert_eq!(read_at, said_at);
    }
    let new = world.row(0).await;
    assert_eq!(new.tokens, with_token(&rows[0], "gho_new"));
    assert_eq!(new.generation, rows[0].generation + 1);
    assert!(new.progress.undelivered && new.progress.run == 3);
    assert_eq!(world.row(1).await.tokens.kept, [kept]);
    for (number, before) in rows.iter().enumerate().skip(2) {
        let read = world.row(number).await;
        assert_eq!(read.tokens, before.tokens, "the others are as they were");
        assert_eq!(read.progress, before.progress);
    }
    // Whoever comes late is told of it, and changes nothing.
    let late = claiming(&rows[0], Condition::Generation(rows[0].generation), false);
    let told = changed(&world.two, &rows[0].id, late).await;
    assert_eq!(told.applied.reply, Reply::Newer);
    assert_eq!(told.entry.tokens, new.tokens);
    assert_eq!(world.row(0).await.progress, new.progress);
}

async fn what_has_happened_is_told(world: World) {
    let (rows, store) = (&world.rows, &world.two.store);
    // What was there before, such as that rows were put in.
    let before = ok(store.history(None, 0, 100).await);
    let before = before.last().map_or(0, |(number, _)| *number);
    for (number, token) in [(0, "gho_a"), (1, "gho_b"), (0, "gho_c")] {
        let row = world.row(number).await;
        settle(&world.one, &row, false, replaced(&row, token), None).await;
    }
    let all = ok(store.history(None, before, 100).await);
    let told: Vec<_> = all.iter().map(|(_, event)| event.id.as_str()).collect();
    assert_eq!(
        told,
        [&rows[0].id, &rows[1].id, &rows[0].id],
        "oldest first"
    );
    assert!(all.is_sorted_by_key(|(number, _)| *number));
    let (first, last) = (&all[0], &all[2].1);
    let name = |token: &str| event::name(with_token(&rows[0], token).fingerprint());
    assert_eq!((last.what, last.actor.as_str()), (What::Replaced, ACTOR));
    assert_eq!(last.generation, rows[0].generation + 2);
    assert_eq!((&last.old, &last.new), (&name("gho_a"), &name("gho_c")));
    assert_eq!(last.request_id.as_deref(), Some("C0DE:1"));
    let after = ok(store.history(Some(&rows[0].id), first.0, 100).await);
    assert_eq!(after, [all[2].clone()], "behind a number, of one row");
    let some = ok(store.history(None, before, 2).await);
    assert_eq!(some, all[..2], "no more than asked for");
}

async fn no_two_rows_get_one_token(world: World) {
    let rows = &world.rows;
    settle(
        &world.one,
        &rows[0],
        false,
        replaced(&rows[0], "gho_first"),
        None,
    )
    .await;
    let now = world.row(0).await;
    settle(&world.one, &now, false, replaced(&now, "gho_second"), None).await;
    let secret = |number: usize| {
        let token = rows[number].tokens.token.as_ref();
        token.expect("each row has a token").expose()
    };
    for (what, token) in [
        ("has got", "gho_second"),
        ("had got", "gho_first"),
        ("had at first", secret(0)),
        ("has had all along", secret(2)),
    ] {
        let row = world.row(1).await;
        let claim = claim(&world.two, &row, false).await;
        let end = replaced(&row, token);
        let told = changed(&world.two, &row.id, settling(claim, end, None)).await;
        assert_eq!(
            told.applied.reply,
            Reply::Duplicate,
            "another row {what} this token"
        );
        let row = world.row(1).await;
        assert_eq!(row.tokens, rows[1].tokens);
        let released = settling(claim, End::Released, None);
        changed(&world.two, &row.id, released).await;
    }
    // Two at once.
    let (three, four) = (&rows[3], &rows[4]);
    let (first, second) = (
        claim(&world.one, three, false).await,
        claim(&world.two, four, false).await,
    );
    let same = |row, claim: Claim| settling(claim, replaced(row, "gho_same"), None);
    let (one, two) = tokio::join!(
        changed(&world.one, &three.id, same(three, first)),
        changed(&world.two, &four.id, same(four, second)),
    );
    let replies = [one.applied.reply, two.applied.reply];
    assert!(replies.contains(&Reply::Done), "{replies:?}");
    assert!(replies.contains(&Reply::Duplicate), "{replies:?}");
}

async fn the_next_ones_are_those_that_are_ready(world: World) {
    let (one, rows) = (&world.one, &world.rows);
    for (number, leave_alone) in [(0, HOUR), (1, Duration::ZERO), (2, Duration::ZERO)] {
        let unknown = End::Unknown {
            leave_alone,
            counts: true,
            kept: None,
        };
        settle(one, &rows[number], false, unknown, None).await;
    }
    settle(
        one,
        &rows[3],
        true,
        replaced(&rows[3], "gho_handed_on"),
        None,
    )
    .await;
    let resolving = claiming(&rows[0], Condition::InDoubt, false);
    let delivering = Change::new(ACTOR, Kind::ClaimDelivery { lease: HOUR });
    for (ready, change, wanted) in [
        (Ready::InDoubt, resolving, vec![&rows[1].id, &rows[2].id]),
        (Ready::Undelivered, delivering, vec![&rows[3].id]),
    ] {
        let mut taken = Vec::new();
        for _ in 0..=wanted.len() {
            let next = next(&world.two, &Filter::new(), ready, 1, &change).await;
            assert!(next.len() <= 1, "no more than asked for");
            taken.extend(next);
        }
        taken.sort();
        let mut wanted: Vec<_> = wanted.into_iter().cloned().collect();
        wanted.sort();
        assert_eq!(taken, wanted, "{ready:?}");
    }
    // A filter narrows them down.
    let number = 9;
    let began_at = from_millis(one.store.clock());
    let of_run = Condition::Run {
        number,
        began_at,
        due_within: None,
    };
    let (ready, claiming) = (
        Ready::ForRun { number, began_at },
        claiming(&rows[4], of_run, false),
    );
    let filter = Filter::new().id(&rows[4].id);
    let taken = next(&world.two, &filter, ready, 100, &claiming).await;
    assert_eq!(taken, [rows[4].id.clone()]);
}

/// The names of those that the change has taken.
async fn next(
    vault: &Vault,
    filter: &Filter,
    ready: Ready,
    limit: usize,
    change: &Change,
) -> Vec<String> {
    let store = &vault.store;
    let changed = ok(store
        .change_next(filter, ready, limit, change.clone())
        .await);
    let changed = changed.into_iter().map(ok);
    let taken = changed.filter(|changed| {
        let reply = &changed.applied.reply;
        matches!(reply, Reply::Claimed(_) | Reply::Delivering(_))
    });
    taken.map(|changed| changed.entry.id).collect()
}

async fn two_share_the_next_ones(world: World) {
    let (number, filter) = (1, Filter::new());
    let began_at = from_millis(world.one.store.clock());
    let condition = Condition::Run {
        number,
        began_at,
        due_within: None,
    };
    let (ready, change) = (
        Ready::ForRun { number, began_at },
        claiming(&world.rows[0], condition, false),
    );
    let mut taken = Vec::new();
    // Each is told of others' rows at most, which it passes over.
    for _ in 0..2 * ROWS {
        let (one, two) = tokio::join!(
            next(&world.one, &filter, ready, 2, &change),
            next(&world.two, &filter, ready, 2, &change),
        );
        taken.extend(one.into_iter().chain(two));
    }
    assert_eq!(taken.len(), ROWS, "each row is taken: {taken:?}");
    let different: HashSet<_> = taken.iter().collect();
    assert_eq!(different.len(), ROWS, "and once: {taken:?}");
}

async fn a_row_is_taken_out(world: World) {
    let id = &world.rows[5].id;
    let remove = Change::new(ACTOR, Kind::Remove);
    let store = &world.one.store;
    let removed = ok(store.change(id, remove.clone()).await);
    assert!(removed.is_some());
    assert!(ok(world.two.store.get(id).await).is_none());
    assert!(ok(store.change(id, remove).await).is_none(), "it is gone");
    assert_eq!(
        ok(world.two.store.count(&Filter::new()).await),
        ROWS as u64 - 1
    );
    let history = ok(store.history(Some(id), 0, 100).await);
    let last = history.last().map(|(_, event)| event.what);
    assert_eq!(last, Some(What::Removed), "its history stays");
}

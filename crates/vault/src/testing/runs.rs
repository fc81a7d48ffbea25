//! Fleet runs.

use std::time::Duration;

use tokenturn::RefusalReason;

use super::{HOUR, ROWS, World, ok, page, replaced, settle};
use crate::change::End;
use crate::filter::Filter;
use crate::store::{Run, RunCount};
use crate::vault::Vault;

/// Runs are begun, gone on with, counted and ended, by whoever has the store open.
///
/// # Panics
///
/// Where the store does not do what [`Store`](crate::Store) says.
pub async fn runs(fresh: &impl AsyncFn() -> [Vault; 2]) {
    a_run_is_gone_on_with_until_it_ends(World::new(fresh).await).await;
    what_has_nothing_left_or_is_too_old_is_begun_anew(World::new(fresh).await).await;
    a_run_that_is_overtaken_gets_the_next_number(World::new(fresh).await).await;
}

async fn begin(vault: &Vault, filter: &Filter) -> Run {
    ok(vault.store.begin_run(filter, HOUR).await)
}

/// What is counted is what [`Run::is_through`] says.
async fn count(world: &World, run: &Run) -> RunCount {
    let all = Filter::new();
    let count = ok(world.two.store.count_run(&all, run).await);
    let now = world.two.store.clock();
    let rows = page(&world.two, &all).await;
    let done = rows.iter().filter(|row| run.is_through(row, now)).count();
    assert_eq!(count.done, done as u64, "of {run:?}");
    count
}

/// Without another token.
fn refused() -> End {
    End::Refused(RefusalReason::MissingPermission)
}

async fn a_run_is_gone_on_with_until_it_ends(world: World) {
    let (all, rows) = (Filter::new(), &world.rows);
    assert!(ok(world.one.store.open_run(&all, HOUR).await).is_none());
    let run = begin(&world.one, &all).await;
    assert!(run.number >= 1 && !run.is_resumed, "{run:?}");
    let (left, done) = (ROWS as u64, 0);
    assert_eq!(count(&world, &run).await, RunCount { done, left });
    let open = ok(world.two.store.open_run(&all, HOUR).await);
    let same = begin(&world.two, &all).await;
    assert!(same.is_resumed, "another process goes on with it");
    for same in [open.expect("it is open"), same] {
        assert_eq!((same.number, same.began_at), (run.number, run.began_at));
    }
    let other = Filter::new().id(&rows[0].id);
    assert!(ok(world.one.store.open_run(&other, HOUR).await).is_none());

    // What changes in the same millisecond may have changed before.
    while world.one.store.clock() <= crate::time::to_millis(run.began_at) + 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    settle(&world.one, &rows[0], false, refused(), Some(run.number)).await;
    settle(
        &world.one,
        &rows[1],
        false,
        replaced(&rows[1], "gho_by_hand"),
        None,
    )
    .await;
    let after = count(&world, &run).await;
    assert_eq!((after.done, after.left), (2, ROWS as u64 - 2));
    settle(&world.one, &rows[2], false, End::Revoked, None).await;
    let after = count(&world, &run).await;
    assert_eq!(
        (after.done, after.left),
        (2, ROWS as u64 - 3),
        "a dead one is left alone"
    );

    ok(world.one.store.end_run(run.number).await);
    assert!(ok(world.two.store.open_run(&all, HOUR).await).is_none());
    let next = begin(&world.two, &all).await;
    assert!(!next.is_resumed && next.number > run.number, "{next:?}");
}

async fn what_has_nothing_left_or_is_too_old_is_begun_anew(world: World) {
    let all = Filter::new();
    let run = begin(&world.one, &all).await;
    let too_old = ok(world.two.store.open_run(&all, Duration::ZERO).await);
    assert!(too_old.is_none(), "{too_old:?}");
    let next = ok(world.two.store.begin_run(&all, Duration::ZERO).await);
    assert_eq!(next.instead_of, Some(run.began_at), "it was too old");
    assert!(!next.is_resumed && next.number > run.number, "{next:?}");
    for row in &world.rows {
        settle(&world.one, row, false, refused(), Some(next.number)).await;
    }
    let after = begin(&world.two, &all).await;
    assert!(!after.is_resumed && after.number > next.number, "{after:?}");
    assert_eq!(after.instead_of, None, "it had nothing left");
}

async fn a_run_that_is_overtaken_gets_the_next_number(world: World) {
    let (all, rows) = (Filter::new(), &world.rows);
    let first = begin(&world.one, &all).await;
    settle(&world.one, &rows[0], false, refused(), Some(first.number)).await;
    let of_one = Filter::new().id(&rows[1].id);
    let later = begin(&world.two, &of_one).await;
    assert!(later.number > first.number);
    settle(&world.two, &rows[1], false, refused(), Some(later.number)).await;
    ok(world.two.store.end_run(later.number).await);

    let again = begin(&world.two, &all).await;
    assert!(again.is_resumed && again.number > later.number, "{again:?}");
    assert_eq!(again.began_at, first.began_at);
    let through = count(&world, &again).await.done;
    assert_eq!(through, 1, "what it is through with, and not the later one");
    assert_eq!(world.row(0).await.progress.run, again.number);

    // One that may still mean its rows keeps them.
    let later = begin(&world.one, &of_one).await;
    let again = begin(&world.two, &all).await;
    assert!(again.number > later.number, "{again:?}");
    assert!(world.row(0).await.progress.run < later.number);
    assert_eq!(count(&world, &again).await.done, 0);
}

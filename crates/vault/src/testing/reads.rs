//! Reading.

use super::{HOUR, ROWS, World, ok, page, replaced, settle};
use crate::app::Provider;
use crate::change::End;
use crate::entry::State;
use crate::filter::Filter;
use crate::vault::Vault;

/// Rows are found one by one, page by page, and by every filter.
///
/// # Panics
///
/// Where the store does not do what [`Store`](crate::Store) says.
pub async fn reads(fresh: &impl AsyncFn() -> [Vault; 2]) {
    pages_follow_each_other(World::new(fresh).await).await;
    filters_choose(World::new(fresh).await).await;
}

async fn pages_follow_each_other(world: World) {
    let store = &world.one.store;
    let mut found = Vec::new();
    loop {
        let after = found.last().map(String::as_str);
        let rows = ok(store.page(&Filter::new(), after, 4).await);
        assert!(rows.len() <= 4, "a page is no longer than asked for");
        if rows.is_empty() {
            break;
        }
        found.extend(rows.into_iter().map(|row| ok(row).id));
        assert!(found.len() <= ROWS, "the pages have an end: {found:?}");
    }
    let all: Vec<_> = world.rows.iter().map(|row| row.id.clone()).collect();
    assert_eq!(
        found, all,
        "the pages have all rows, in an order that stays"
    );
    for row in &world.rows {
        let read = ok(store.get(&row.id).await).expect("the row is there");
        assert_eq!((&read.id, &read.tokens), (&row.id, &row.tokens));
    }
    let nobody = ok(store.get("there is nobody of this name").await);
    assert!(nobody.is_none(), "{nobody:?}");
}

/// As [`Filter::fits`] says.
async fn filters_choose(world: World) {
    let (one, rows) = (&world.one, &world.rows);
    settle(one, &rows[0], false, End::Revoked, None).await;
    settle(
        one,
        &rows[1],
        true,
        replaced(&rows[1], "gho_handed_on"),
        None,
    )
    .await;
    settle(
        one,
        &rows[2],
        false,
        replaced(&rows[2], "gho_not_handed_on"),
        None,
    )
    .await;
    let unknown = End::Unknown {
        leave_alone: HOUR,
        counts: true,
        kept: None,
    };
    settle(one, &rows[3], false, unknown, None).await;

    let app = &rows[0].app;
    let new = Filter::new;
    let delivered = Filter {
        undelivered: Some(false),
        ..new()
    };
    let label = rows[2].label.as_deref().unwrap_or("nobody's");
    let filters = [
        new(),
        new().id(&rows[4].id),
        new().id("there is nobody of this name"),
        new().app(app),
        new().provider(Provider::from_static("nobody")),
        new().server("https://nobody.example"),
        new().client_id("nobody"),
        new().label(label),
        new().label("nobody's"),
        new().undelivered(),
        delivered,
        new().older_than(HOUR),
        new().due_within(HOUR),
        new().app(app).state(State::Active).undelivered(),
        new().id(&rows[0].id).state(State::Active),
    ];
    let of_state = State::ALL.map(|state| new().state(state));
    let all = page(&world.two, &new()).await;
    for filter in filters.into_iter().chain(of_state) {
        let now = world.two.store.clock();
        let wanted = all.iter().filter(|row| filter.fits(row, now));
        let wanted: Vec<_> = wanted.map(|row| row.id.as_str()).collect();
        let found = page(&world.two, &filter).await;
        let found: Vec<_> = found.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(found, wanted, "{filter:?}");
        let count = ok(world.two.store.count(&filter).await);
        assert_eq!(count, wanted.len() as u64, "{filter:?}");
    }
}

//! Many rows, and which.

use std::time::Duration;

use tokenturn_vault::{App, Entry, Filter, Provider, State, Vault};

use crate::vault::place::Place;
use crate::vault::{entry, github, key, on_all, stream, tokens};

on_all!(
    rows_come_in_the_order_of_their_names,
    filters_choose,
    no_filter_chooses_all
);

async fn names(vault: &Vault, filter: Filter) -> Vec<String> {
    let mut listing = vault.list(filter);
    let mut names = Vec::new();
    while let Some(entry) = listing.next().await {
        names.push(entry.unwrap().id);
    }
    names
}

/// More than two pages, in an order that no language has.
async fn rows_come_in_the_order_of_their_names(place: Place) {
    let vault = place.open(&key()).await;
    let mut wanted: Vec<String> = (0..1203)
        .map(|n| match n % 4 {
            0 => format!("user-{n}"),
            1 => format!("User {n}"),
            2 => format!("ü{n}"),
            _ => format!("_{n}/a"),
        })
        .collect();
    let rows = wanted.iter().map(|name| Ok(entry(name)));
    assert_eq!(vault.import(stream(rows)).await.unwrap(), 1203);
    wanted.sort_unstable();
    assert_eq!(names(&vault, Filter::new()).await, wanted);
}

async fn no_filter_chooses_all(place: Place) {
    let vault = place.open(&key()).await;
    assert!(names(&vault, Filter::new()).await.is_empty());
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 0);
    // A page that is full, and nothing behind it.
    let rows = (0..500).map(|n| Ok(entry(&format!("{n:03}"))));
    vault.import(stream(rows)).await.unwrap();
    assert_eq!(names(&vault, Filter::new()).await.len(), 500);
}

async fn filters_choose(place: Place) {
    let vault = place.open(&key()).await;
    let ohmygpt = App {
        provider: Provider::OHMYGPT,
        server: "https://api.ohmygpt.com".into(),
        client_id: String::new(),
    };
    let enterprise = App {
        server: "https://github.example.com/api/v3".into(),
        client_id: "another".into(),
        ..github()
    };
    for (id, app, label) in [
        ("a", github(), Some("blue")),
        ("b", github(), None),
        ("c", ohmygpt.clone(), Some("blue")),
        ("d", enterprise.clone(), Some("red")),
        ("e", github(), Some("red")),
    ] {
        let mut entry = Entry::new(id, app, tokens(id));
        entry.label = label.map(str::to_owned);
        vault.put(entry).await.unwrap();
    }
    place.sql("UPDATE token SET state = 'revoked' WHERE id = 'b'");
    place.sql("UPDATE token SET undelivered = 1 WHERE id IN ('a', 'c')");
    place.sql("UPDATE token SET changed_at = changed_at - 3600000 WHERE id IN ('a', 'd')");

    let all = Filter::new;
    let hour = Duration::from_secs(3600);
    let mut delivered = all();
    delivered.undelivered = Some(false);
    for (filter, wanted) in [
        (all().id("c"), "c"),
        (all().id("nobody"), ""),
        (all().provider(Provider::GITHUB), "abde"),
        (all().provider(Provider::OHMYGPT), "c"),
        (all().server("https://github.example.com/api/v3"), "d"),
        (all().client_id("another"), "d"),
        (all().client_id(""), "c"),
        (all().label("blue"), "ac"),
        (all().state(State::Active), "acde"),
        (all().state(State::Revoked), "b"),
        (all().older_than(hour), "ad"),
        (all().older_than(2 * hour), ""),
        (all().older_than(Duration::MAX), ""),
        (all().undelivered(), "ac"),
        (delivered, "bde"),
        (all().app(&github()), "abe"),
        (all().label("blue").older_than(hour), "a"),
        (all().provider(Provider::GITHUB).label("red"), "de"),
        (all().state(State::Active).undelivered(), "ac"),
        (all().app(&enterprise).state(State::Revoked), ""),
    ] {
        let found = names(&vault, filter.clone()).await.concat();
        assert_eq!(found, wanted, "{filter:?}");
        let count = vault.count(&filter).await.unwrap();
        assert_eq!(count, wanted.len() as u64, "{filter:?}");
    }
}

//! The tables that are of the page alone.

use tokenturn_bench::{Fleet, Store};

use crate::build;
use crate::calls::{CONCURRENCY, Calls};
use crate::table::{grouped, table};

/// Each target, and whether it was met.
pub(super) fn targets(calls: &Calls, builds: &[build::Row], fleet: &Fleet) -> String {
    let mut rows = Vec::new();
    let mut add = |what: String, measured: Option<f64>, least: bool, limit: f64| {
        let met = measured.map(|measured| match least {
            true => measured >= limit,
            false => measured <= limit,
        });
        rows.push(vec![
            what,
            format!("{} {limit:.2}", if least { "≥" } else { "≤" }),
            measured.map_or_else(|| "-".into(), |measured| format!("{measured:.2}")),
            match met {
                Some(true) => "yes",
                Some(false) => "no",
                None => "not measured",
            }
            .to_owned(),
        ]);
    };
    let over =
        |own: Option<f64>, other: Option<f64>| own.zip(other).map(|(own, other)| own / other);

    let count = |name| calls.row(name).and_then(|row| row.instructions);
    for (peer, limit) in [("bare", 1.05), ("octocrab", 1.0)] {
        let what = format!("instructions of a reset / {peer}");
        add(what, over(count("tokenturn"), count(peer)), false, limit);
    }
    for (place, concurrency) in CONCURRENCY.iter().enumerate() {
        let rate = |name| calls.row(name).map(|row| row.per_second[place]);
        for (peer, limit) in [("bare", 0.95), ("octocrab", 1.0), ("octokit", 15.0)] {
            let what = format!("resets per second, {concurrency} at a time / {peer}");
            add(what, over(rate("tokenturn"), rate(peer)), true, limit);
        }
    }
    for cost in &fleet.costs {
        if cost.store == Store::Sqlite && cost.concurrency == 256 {
            let what = "a fleet over SQLite, every token durable / bare that saves nothing";
            add(what.to_owned(), Some(cost.ratio), true, 0.5);
        }
    }
    type Cost = fn(&build::Row) -> f64;
    let kinds: [(&str, Cost); 2] = [("debug", |row| row.debug), ("release", |row| row.release)];
    for (kind, cost) in kinds {
        let of = |name: &str| builds.iter().find(|row| row.name == name).map(cost);
        for (peer, limit) in [("bare", 1.25), ("octocrab", 0.5)] {
            let what = format!("CPU time of a {kind} build / {peer}");
            add(what, over(of("tokenturn"), of(peer)), false, limit);
        }
    }
    table(&["tokenturn", "target", "measured", "met"], &rows)
}

pub(super) fn fleet(fleet: &Fleet) -> String {
    let head = [
        "store",
        "tokens",
        "tokens / s",
        "peak MiB",
        "bytes on disk, each",
    ];
    let rows: Vec<Vec<String>> = fleet
        .sizes
        .iter()
        .map(|size| {
            vec![
                name(size.store).to_owned(),
                grouped(size.tokens as f64),
                grouped(size.tokens_per_second),
                format!("{:.1}", size.peak_mib),
                grouped(size.disk_bytes_per_token),
            ]
        })
        .collect();
    let skipped = fleet.skipped.iter().map(|why| format!("\n{why}\n"));
    table(&head, &rows) + &skipped.collect::<String>()
}

/// Where the time of a token goes.
pub(super) fn parts(fleet: &Fleet) -> String {
    let Some(first) = fleet.costs.first() else {
        return String::new();
    };
    let parts: Vec<String> = first
        .parts
        .iter()
        .map(|part| format!("{:?}", part.name).to_lowercase() + " µs")
        .collect();
    let mut head = vec!["µs for a token", "at a time", "/ bare"];
    head.extend(parts.iter().map(String::as_str));
    let rows: Vec<Vec<String>> = fleet
        .costs
        .iter()
        .map(|cost| {
            let mut cells = vec![
                name(cost.store).to_owned(),
                cost.concurrency.to_string(),
                format!("{:.2}", cost.ratio),
            ];
            let micros = cost.parts.iter();
            cells.extend(
                micros.map(|part| format!("{:.0} ({:.0} %)", part.micros, 100.0 * part.share)),
            );
            cells
        })
        .collect();
    table(&head, &rows)
}

fn name(store: Store) -> &'static str {
    match store {
        Store::Sqlite => "SQLite",
        Store::Postgres => "PostgreSQL",
    }
}

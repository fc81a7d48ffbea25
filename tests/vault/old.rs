//! Vaults as earlier versions made them.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use tokenturn::Secret;
use tokenturn_vault::{Filter, Key, Tokens, Vault};

use crate::vault::place::Place;
use crate::vault::{entry, on_all};

on_all!(
    an_old_version_stays_where_it_is_only_read,
    what_an_old_version_has_is_refreshed_in_time,
);

/// Two rows, `mona` with the label `blue`, and `hubot` with a token that expires.
const VERSION_2: &str = include_str!("version-2.sql");
const KEY: &str = "6647807603682ba2d1b339bf83ae08eae6394d7f70732e2075619e938f0be8f4";
/// Puts back what the row had at first.
const PUT_BACK: &str =
    "UPDATE token SET sealed = (SELECT sealed FROM kept WHERE kept.id = token.id)";

/// Takes an empty vault back to this version.
pub(crate) fn make(place: &Place, version: u32) {
    let new = [
        "deliver",
        "deliver_fence",
        "deliver_until",
        "deliver_span",
        "deliver_attempts",
        "deliver_error",
        "deliver_unproven_until",
        "expires_at",
        "ended_since",
        "ended_why",
        "refresh_by",
    ];
    let mut sql = "DROP INDEX token_undelivered; DROP INDEX token_refresh;".to_owned();
    for column in new {
        sql.push_str(&format!("ALTER TABLE token DROP COLUMN {column};"));
    }
    sql.push_str("CREATE INDEX token_undelivered ON token (id) WHERE undelivered = 1;");
    if version < 2 {
        sql.push_str("DROP INDEX event_by_new;");
    }
    sql.push_str(&match place {
        Place::Sqlite(_) => {
            format!("PRAGMA application_id = 0; PRAGMA user_version = {version}")
        }
        _ => format!("UPDATE version SET number = {version}"),
    });
    place.sql(&sql);
}

/// An empty file for its owner alone.
fn private(path: &Path) {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).unwrap();
}

fn version(place: &Place) -> i64 {
    let sql = match place {
        Place::Sqlite(_) => "SELECT user_version FROM pragma_user_version",
        _ => "SELECT number FROM tokenturn.version",
    };
    place.number(sql)
}

async fn an_old_version_stays_where_it_is_only_read(place: Place) {
    let key = crate::vault::key();
    drop(place.open(&key).await);
    make(&place, 2);
    let vault = place.built(Vault::builder().read_only(), &key).await;
    let vault = vault.unwrap();
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 0);
    assert!(vault.overview().await.unwrap().apps.is_empty());
    let due = Filter::new().due_within(Duration::from_secs(3600));
    let error = vault.count(&due).await.unwrap_err();
    assert!(error.to_string().contains("earlier version"), "{error}");
    assert!(vault.list(due).next().await.unwrap().is_err());
    assert!(vault.put(entry("a")).await.is_err());
    assert_eq!(version(&place), 2);
    place.open(&key).await.put(entry("a")).await.unwrap();
    assert_eq!(version(&place), 4);
}

/// It did not note when tokens end. More rows than are read at once.
async fn what_an_old_version_has_is_refreshed_in_time(place: Place) {
    const ROWS: u64 = 1200;
    let key = crate::vault::key();
    let vault = place.open(&key).await;
    let rows = (0..=ROWS).map(|number| {
        let mut row = entry(&format!("{number:04}"));
        row.tokens = Tokens::github(format!("ghu_{number}"));
        // All but the first can be refreshed, and every other one has ended.
        if number > 0 {
            row.tokens.refresh_token = Some(format!("ghr_{number}").into());
        }
        let year = if number % 2 == 0 { 2020 } else { 2099 };
        let end = format!("{year}-01-01T00:00:00Z");
        row.tokens.expires_at = Some(end.parse().unwrap());
        Ok(row)
    });
    let rows = futures_util::stream::iter(rows.collect::<Vec<_>>());
    assert_eq!(vault.import(rows).await.unwrap(), ROWS + 1);
    drop(vault);
    make(&place, 2);
    let vault = place.open(&key).await;
    let due = Filter::new().due_within(Duration::from_secs(3600));
    assert_eq!(vault.count(&due).await.unwrap(), ROWS / 2);
    let app = &vault.overview().await.unwrap().apps[0];
    assert_eq!((app.refreshable, app.due, app.expired), (ROWS, ROWS / 2, 1));
}

#[tokio::test]
async fn rows_of_the_first_seal_are_taken_until_there_is_a_new_key() {
    let place = Place::sqlite();
    private(&place.file());
    place.sql(VERSION_2);
    let key = Key::parse(&Secret::new(KEY)).unwrap();
    let reading = place.built(Vault::builder().read_only(), &key).await;
    assert_rows(&reading.unwrap()).await;
    assert_eq!(version(&place), 2);

    let vault = place.built(Vault::builder().existing(), &key).await;
    let vault = vault.unwrap();
    assert_eq!(version(&place), 4);
    assert_rows(&vault).await;
    place.sql("CREATE TABLE kept AS SELECT id, sealed FROM token");

    let new = Key::generate().unwrap();
    let rekeyed = vault.rekey(&new).await.unwrap();
    assert_eq!((rekeyed.rows, rekeyed.damaged.len()), (2, 0));
    let vault = place.open(&new).await;
    assert_rows(&vault).await;
    let expiry = vault.overview().await.unwrap().apps[0].next_expiry;
    assert_eq!(expiry.unwrap().to_string(), "2026-11-22T10:00:00Z");
    // Also under the key that it had.
    vault.rekey(&key).await.unwrap();
    let vault = place.open(&key).await;
    place.sql(PUT_BACK);
    for id in ["mona", "hubot"] {
        let error = vault.get(id).await.unwrap_err();
        assert!(error.is_damaged(), "{error}");
    }
}

async fn assert_rows(vault: &Vault) {
    let mona = vault.get("mona").await.unwrap().unwrap();
    assert_eq!(mona.label.as_deref(), Some("blue"));
    let token = mona.tokens.token.unwrap();
    assert_eq!(token.expose(), "gho_mona0000000000000000000000000000000000");
    let hubot = vault.get("hubot").await.unwrap().unwrap();
    assert_eq!(hubot.tokens.refresh_token.unwrap().expose(), "ghr_hubot");
    let verified = vault.verify().await.unwrap();
    assert_eq!(verified.faults, []);
}

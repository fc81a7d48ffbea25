//! Copies and backups of whole vaults.

use tokenturn_vault::{Filter, FleetOptions, Kept, Key, State, Vault};

use crate::vault::fleet::World;
use crate::vault::place::Place;
use crate::vault::provider::{assert_alive, fast};
use crate::vault::{entry, key, on_all, stream, tokens};

on_all!(
    all_of_it_is_copied_to_either_engine,
    what_cannot_be_read_is_left_out_and_named,
    a_copy_needs_an_empty_vault,
    a_backup_opens_with_the_same_key,
    a_backup_is_of_one_moment,
    a_copy_works_as_the_vault_did,
);

/// Everything but what is encrypted, a line for each row. The numbers of events are their order.
const TABLES: [(&str, &str); 4] = [
    (
        "token",
        "id, provider, server, client_id, label, generation, created_at, changed_at, state, fence, \
         owner, until, span, run, doubts, undelivered, deliver, deliver_fence, deliver_until, \
         deliver_span, deliver_attempts, deliver_error, deliver_unproven_until",
    ),
    (
        "event",
        "id, at, actor, what, generation, old, new, reason, request_id",
    ),
    ("run", "number, filter, began_at, ended_at"),
    ("pace", "app, next, written"),
];

fn tables(place: &Place) -> Vec<String> {
    let lines = TABLES.map(|(table, columns)| {
        let columns = columns.split(", ");
        let columns = columns.map(|column| format!("coalesce(cast({column} AS text), '-')"));
        let columns = columns.collect::<Vec<_>>().join(" || '|' || ");
        let (schema, order) = match (place, table) {
            (Place::Sqlite(_), "event") => ("", "number"),
            (Place::Sqlite(_), _) => ("", "1"),
            (Place::Postgres(..), "event") => ("tokenturn.", "number"),
            (Place::Postgres(..), _) => ("tokenturn.", "1 COLLATE \"C\""),
        };
        let sql = format!("SELECT {columns} FROM {schema}{table} ORDER BY {order}");
        let sql = sql.replace(
            "ORDER BY 1 COLLATE",
            &format!("ORDER BY ({columns}) COLLATE"),
        );
        match place {
            Place::Sqlite(_) => {
                let connection = rusqlite::Connection::open(place.file()).unwrap();
                let mut statement = connection.prepare(&sql).unwrap();
                let rows = statement.query_map([], |row| row.get::<_, String>(0));
                rows.unwrap().map(Result::unwrap).collect()
            }
            Place::Postgres(cluster, url) => {
                let text = cluster.sql(url, &sql);
                text.lines().map(str::to_owned).collect::<Vec<_>>()
            }
        }
    });
    lines.concat()
}

/// A vault on each engine that there is.
fn targets() -> Vec<Place> {
    let mut places = vec![Place::sqlite()];
    places.extend(Place::postgres());
    places
}

async fn secrets(vault: &Vault) -> Vec<(String, String)> {
    let mut rows = vault.list(Filter::new());
    let mut secrets = Vec::new();
    while let Some(row) = rows.next().await {
        let row = row.unwrap();
        secrets.push((row.id, row.tokens.to_json().to_string()));
    }
    secrets
}

/// Rows in every state, with all that can be marked, runs, and a history.
async fn full(place: &Place, key: &Key) -> Vault {
    let vault = place.open(key).await;
    let rows = (0..1100).map(|n| Ok(entry(&format!("{n:04}")).with_label("ä \"b\"|")));
    vault.import(stream(rows)).await.unwrap();
    let mut doubtful = entry("doubtful");
    doubtful.tokens.kept = vec![Kept::new(&b"an answer"[..])];
    vault.put(doubtful).await.unwrap();
    let mut again = entry("0007");
    again.tokens = tokens("second");
    vault.put(again).await.unwrap();
    vault.remove("0008").await.unwrap();
    for (number, state) in State::ALL.into_iter().enumerate() {
        let state = state.as_str();
        place.sql(&format!(
            "UPDATE token SET state = '{state}' WHERE id = '000{number}'"
        ));
    }
    place.sql(
        "UPDATE token SET fence = 2, owner = 'me', until = 3, span = 4, run = 5, doubts = 6, \
         undelivered = 1, deliver = 1, deliver_fence = 7, deliver_until = 8, deliver_span = 9, \
         deliver_attempts = 10, deliver_error = 'no', deliver_unproven_until = 11 \
         WHERE id = '0009'",
    );
    place.sql("INSERT INTO run (number, filter, began_at, ended_at) VALUES (1, 'a', 2, 3)");
    place.sql("INSERT INTO run (number, filter, began_at) VALUES (7, 'b', 4)");
    place.sql("INSERT INTO pace (app, next, written) VALUES ('x', 5, 6)");
    vault
}

async fn all_of_it_is_copied_to_either_engine(place: Place) {
    let key = key();
    drop(full(&place, &key).await);
    // Reading is enough.
    let vault = place
        .built(Vault::builder().read_only(), &key)
        .await
        .unwrap();
    for target in targets() {
        let other_key = self::key();
        let copy = target.open(&other_key).await;
        let copied = vault.copy_to(&copy).await.unwrap();
        assert_eq!((copied.rows, copied.rotating), (1100, 1));
        assert_eq!(copied.damaged, [""; 0]);
        let (source, copied) = (tables(&place), tables(&target));
        assert_eq!(source.len(), 1100 + 1103 + 2 + 1);
        for (one, other) in source.iter().zip(&copied) {
            assert_eq!(one, other);
        }
        assert_eq!(source.len(), copied.len());
        assert_eq!(secrets(&copy).await, secrets(&vault).await);
        drop(copy);
        let error = target.try_open(&key).await.unwrap_err();
        assert!(error.is_wrong_key(), "{error}");
    }
}

async fn what_cannot_be_read_is_left_out_and_named(place: Place) {
    let vault = place.open(&key()).await;
    for name in ["a", "b", "c"] {
        vault.put(entry(name)).await.unwrap();
    }
    place.sql("UPDATE token SET generation = 9 WHERE id = 'b'");
    for target in targets() {
        let copy = target.open(&key()).await;
        let copied = vault.copy_to(&copy).await.unwrap();
        assert_eq!((copied.rows, &*copied.damaged), (2, &["b".to_owned()][..]));
        assert_eq!(secrets(&copy).await.len(), 2);
    }
    // It may be of use to somebody.
    let folder = tempfile::TempDir::new().unwrap();
    let copied = vault.backup(folder.path().join("backup")).await.unwrap();
    assert_eq!((copied.rows, copied.damaged.len()), (3, 0));
}

async fn a_copy_needs_an_empty_vault(place: Place) {
    let key = key();
    let vault = place.open(&key).await;
    vault.put(entry("a")).await.unwrap();
    for target in targets() {
        let copy = target.open(&key).await;
        copy.put(entry("b")).await.unwrap();
        let error = vault.copy_to(&copy).await.unwrap_err();
        assert!(error.to_string().contains("is not empty"), "{error}");
        copy.remove("b").await.unwrap();
        // Its history would say what is not so.
        let error = vault.copy_to(&copy).await.unwrap_err();
        assert!(error.to_string().contains("is not empty"), "{error}");
        assert!(secrets(&copy).await.is_empty());
    }
    let error = vault.copy_to(&vault).await.unwrap_err();
    assert!(error.to_string().contains("is not empty"), "{error}");
}

async fn a_backup_opens_with_the_same_key(place: Place) {
    let key = key();
    let vault = full(&place, &key).await;
    let backup = Place::sqlite();
    let copied = vault.backup(backup.file()).await.unwrap();
    assert_eq!((copied.rows, copied.rotating), (1100, 1));
    use std::os::unix::fs::PermissionsExt;
    let mode = backup.file().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let beside = backup.file().parent().unwrap().read_dir().unwrap().count();
    assert_eq!(beside, 1, "all is in the file");
    let read = backup.built(Vault::builder().read_only(), &key).await;
    assert_eq!(secrets(&read.unwrap()).await, secrets(&vault).await);
    assert_eq!(tables(&backup), tables(&place));
    backup.open(&key).await.put(entry("new")).await.unwrap();

    let error = vault.backup(backup.file()).await.unwrap_err();
    assert!(error.to_string().contains("is there already"), "{error}");
    let nowhere = backup.file().join("in a file");
    vault.backup(nowhere).await.unwrap_err();
    let beside = backup.file().parent().unwrap().read_dir().unwrap();
    let is_left = |name: &str| name.starts_with(".tokenturn");
    assert!(
        !beside
            .into_iter()
            .any(|file| is_left(file.unwrap().file_name().to_str().unwrap()))
    );
}

/// Each row and its event are in it, or neither is.
async fn a_backup_is_of_one_moment(place: Place) {
    let key = key();
    let vault = place.open(&key).await;
    // To read these takes longer than to put another one in.
    let rows = (0..3000).map(|n| Ok(entry(&format!("first {n}"))));
    vault.import(stream(rows)).await.unwrap();
    let writing = vault.clone();
    let (stop, mut stopped) = tokio::sync::watch::channel(());
    let writer = tokio::spawn(async move {
        for number in 0.. {
            if stopped.has_changed().is_err() {
                break;
            }
            stopped.mark_unchanged();
            writing.put(entry(&format!("{number:06}"))).await.unwrap();
        }
    });
    let mut before = 0;
    for _ in 0..5 {
        let backup = Place::sqlite();
        let copied = vault.backup(backup.file()).await.unwrap();
        let lines = tables(&backup);
        assert_eq!(lines.len() as u64, 2 * copied.rows);
        assert!(copied.rows >= before);
        before = copied.rows;
    }
    drop(stop);
    writer.await.unwrap();
}

/// It goes on with the run, and knows which tokens there have been.
async fn a_copy_works_as_the_vault_did(place: Place) {
    for target in targets() {
        let place = match &place {
            Place::Sqlite(_) => Place::sqlite(),
            Place::Postgres(..) => Place::postgres().unwrap(),
        };
        let world = World::new(&place, 6).await;
        let mut fleet = world.begin(FleetOptions::new().concurrency(1)).await;
        fleet.next().await.unwrap();
        drop(fleet);
        world.vault.drain().await;
        let done = world.resets() as u64;
        assert!(done < 6, "{done}");

        let copy = target.open(&key()).await;
        world.vault.copy_to(&copy).await.unwrap();
        let clients = [world.client.clone()];
        let options = fast();
        let mut fleet = copy
            .rotate_all(clients, Filter::new(), options)
            .await
            .unwrap();
        assert!(fleet.runs()[0].is_resumed);
        assert_eq!(fleet.expected().done, done);
        while fleet.next().await.is_some() {}
        assert_eq!(world.resets(), 6);
        world.assert_once_each();
        assert_alive(&copy, &world.sandbox, 6).await;
    }
}

//! A pooler between the vault and its server, which lets others use the same sessions.

use std::time::{Duration, Instant};

use tokenturn_tests::crash::PATIENCE;
use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{Filter, Vault};

use crate::vault::provider::{assert_alive, fast, provider};
use crate::vault::{key, stream};

const ROWS: usize = 100;

/// With one session for all, what is left behind in it is what the next one gets.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_run_is_left_in_the_sessions() {
    let settings = "pool_mode = transaction\ndefault_pool_size = 1\nserver_idle_timeout = 600";
    let Some(cluster) = Cluster::pooled(settings) else {
        return;
    };
    let url = cluster.new_database();
    // Each session has the like of these of its client, by PgBouncer.
    let changed = "SELECT name, setting FROM pg_settings WHERE source = 'session' AND name NOT IN \
        ('application_name', 'client_encoding', 'DateStyle', 'IntervalStyle', 'TimeZone', \
        'standard_conforming_strings')";
    let questions = [
        "SHOW search_path",
        "SHOW plan_cache_mode",
        "SHOW enable_seqscan",
        "SHOW idle_in_transaction_session_timeout",
        "SHOW default_transaction_isolation",
        changed,
        "SELECT count(*) FROM pg_prepared_statements",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
    ];
    let ask = || {
        let ask = |question| cluster.sql_as_client(&url, question);
        tokio::task::block_in_place(|| questions.map(ask))
    };
    let before = ask();
    assert_eq!(before[5..], ["", "0", "0"]);
    replace_all(&url).await;
    assert_eq!(ask(), before, "{questions:?}");
}

/// Statements have names where that is good for something.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_its_own_has_names() {
    let Some(cluster) = Cluster::find() else {
        return;
    };
    let looker = cluster.mover(false).await;
    replace_all(&looker.url(&cluster.new_database())).await;
    assert!(looker.named() > 0);
}

/// It tells of a session that it then takes away.
#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_is_taken_for_a_server_is_found_out() {
    let Some(cluster) = Cluster::find() else {
        return;
    };
    let mover = cluster.mover(true).await;
    replace_all(&mover.url(&cluster.new_database())).await;
    // Of those that were under way together.
    assert!((1..ROWS).contains(&mover.named()), "{}", mover.named());
}

/// What was planned for it is planned anew.
#[tokio::test(flavor = "multi_thread")]
async fn tables_may_change_under_a_run() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let url = cluster.new_database();
    let (sandbox, client, entries) = provider(ROWS).await;
    let vault = Vault::builder().postgres(&url, &key()).await.unwrap();
    let entries = stream(entries.into_iter().map(Ok));
    vault.import(entries).await.unwrap();
    let fleet = vault.rotate_all([client], Filter::new(), fast()).await;
    let mut fleet = fleet.unwrap();
    for at in 0.. {
        if at == ROWS / 2 {
            let change = "ALTER TABLE tokenturn.token ALTER COLUMN label TYPE varchar";
            tokio::task::block_in_place(|| cluster.sql(&url, change));
        }
        if fleet.next().await.is_none() {
            break;
        }
    }
    assert_eq!(fleet.summary().replaced, ROWS as u64);
    assert_alive(&vault, &sandbox, ROWS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_sessions_will_do() {
    if let Some(cluster) = Cluster::pooled("pool_mode = session") {
        replace_all(&cluster.new_database()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn single_statements_will_not_do() {
    let Some(cluster) = Cluster::pooled("pool_mode = statement") else {
        return;
    };
    let url = cluster.new_database();
    let error = Vault::builder().postgres(&url, &key()).await.unwrap_err();
    assert!(!error.is_unavailable(), "{error}");
    assert!(
        error.to_string().contains("pool_mode=transaction"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_behind_a_pooler_may_come() {
    // It keeps questions for two minutes unless told otherwise.
    let settings = "pool_mode = transaction\nquery_wait_timeout = 5";
    let Some(mut cluster) = Cluster::pooled(settings) else {
        return;
    };
    let (url, key) = (cluster.new_database(), key());
    let vault = Vault::builder().postgres(&url, &key).await.unwrap();
    tokio::task::block_in_place(|| cluster.kill());
    for error in [
        vault.count(&Filter::new()).await.unwrap_err(),
        Vault::builder().postgres(&url, &key).await.unwrap_err(),
    ] {
        assert!(error.is_unavailable(), "{error}");
    }
    tokio::task::block_in_place(|| cluster.restart());
    // PgBouncer tries it once a second.
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        match vault.count(&Filter::new()).await {
            Ok(count) => return assert_eq!(count, 0),
            Err(error) => assert!(error.is_unavailable(), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the vault does not come back");
}

/// It says so under a code that otherwise says that the server is away.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_pooler_never_takes_is_not_waited_for() {
    let Some(cluster) = Cluster::shared_pooled() else {
        return;
    };
    let url = cluster.new_database() + "?options=-c%20statement_timeout%3D0";
    let error = Vault::builder().postgres(&url, &key()).await.unwrap_err();
    assert!(!error.is_unavailable(), "{error}");
    let why = "unsupported startup parameter";
    assert!(format!("{error:?}").contains(why), "{error:?}");
}

/// PgBouncer names whom it does not know.
#[tokio::test(flavor = "multi_thread")]
async fn whom_a_pooler_does_not_know_it_does_not_name() {
    let Some(cluster) = Cluster::shared_pooled() else {
        return;
    };
    let url = cluster.url().replace("//tokenturn@", "//canary:canary@");
    let error = Vault::builder().postgres(&url, &key()).await.unwrap_err();
    assert!(!error.is_unavailable(), "{error}");
    assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
}

async fn replace_all(url: &str) {
    let (sandbox, client, entries) = provider(ROWS).await;
    let vault = Vault::builder().postgres(url, &key()).await.unwrap();
    let entries = stream(entries.into_iter().map(Ok));
    vault.import(entries).await.unwrap();
    let fleet = vault.rotate_all([client], Filter::new(), fast()).await;
    let mut fleet = fleet.unwrap();
    while fleet.next().await.is_some() {}
    assert_eq!(sandbox.replacements().len(), ROWS);
    assert_alive(&vault, &sandbox, ROWS).await;
}

//! Opening a vault.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{KeyFile, Vault};

use crate::vault::place::Place;
use crate::vault::{entry, key, on_all};

on_all!(it_is_opened_again, many_make_it_at_the_same_time);

async fn it_is_opened_again(place: Place) {
    let key = key();
    place.open(&key).await.put(entry("a")).await.unwrap();
    for _ in 0..3 {
        let vault = place.open(&key).await;
        assert!(vault.get("a").await.unwrap().is_some());
    }
}

async fn many_make_it_at_the_same_time(place: Place) {
    let key = key();
    let place = std::sync::Arc::new(place);
    let tasks: Vec<_> = (0..6)
        .map(|n| {
            let (place, key) = (place.clone(), key.clone());
            tokio::spawn(async move {
                let vault = place.open(&key).await;
                vault.put(entry(&format!("{n}"))).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let vault = place.open(&key).await;
    assert_eq!(vault.count(&Default::default()).await.unwrap(), 6);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn files_are_for_their_owner_alone() {
    let (place, key) = (Place::sqlite(), key());
    let vault = place.open(&key).await;
    vault.put(entry("a")).await.unwrap();
    KeyFile::new(place.file().with_file_name("key"))
        .create()
        .unwrap();
    let folder = place.file().parent().unwrap().to_owned();
    let mut found = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        found += 1;
    }
    assert!(found >= 4, "the vault, its -wal and -shm, the key");
}

#[tokio::test]
async fn files_that_others_can_read_are_refused() {
    let (place, key) = (Place::sqlite(), key());
    let vault = place.open(&key).await;
    vault.put(entry("a")).await.unwrap();
    for suffix in ["", "-wal"] {
        let path = format!("{}{suffix}", place.file().display());
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = place.try_open(&key).await.unwrap_err();
            assert!(error.is_exposed(), "{error}");
            let command = format!("chmod 600 '{path}'");
            assert!(error.to_string().contains(&command), "{error}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        place.open(&key).await;
    }
    let file = KeyFile::new(place.file().with_file_name("key"));
    file.create().unwrap();
    let path = place.file().with_file_name("key");
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let error = file.read().unwrap_err();
    assert!(error.is_exposed(), "{error}");
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[tokio::test]
async fn a_password_is_never_shown() {
    for url in [
        "postgres://user:canary@%2Fnowhere/db",
        "host=/nowhere user=user password=canary",
        "host=/nowhere user=user password=can ary canary=1",
    ] {
        let error = Vault::builder().postgres(url, &key()).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}

/// Not every name could be stored there, and a byte that is no text would close all of it.
#[tokio::test(flavor = "multi_thread")]
async fn no_vault_is_made_in_another_encoding() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let url = cluster.new_database();
    let name = url.rsplit('/').next().unwrap();
    for statement in [
        format!("DROP DATABASE {name}"),
        format!("CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"),
    ] {
        tokio::task::block_in_place(|| cluster.sql(&cluster.url(), &statement));
    }
    let error = Vault::builder().postgres(&url, &key()).await.unwrap_err();
    assert!(error.to_string().contains("ENCODING 'UTF8'"), "{error}");
    let there = "SELECT to_regnamespace('tokenturn') IS NULL";
    assert_eq!(
        tokio::task::block_in_place(|| cluster.sql(&url, there)),
        "t"
    );
}

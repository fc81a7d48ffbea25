//! The page for operators: whatever stands in its fenced blocks is done, in order, each section in a
//! world of its own. A command ends as the page says.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use tempfile::TempDir;
use tokenturn_tests::postgres::Cluster;
use tokenturn_tests::{Authority, skip};

use crate::support::page::{Section, sections};
use crate::support::world::World;
use crate::support::*;

const PAGE: &str = include_str!("../../../../docs/operations.md");
/// What every other one begins with.
const FIRST: &str = "Set up a machine";
/// What the application has written down.
const HELD: &str = "held-by-the-application.csv";

fn section(title: &str) -> Section {
    let mut sections = sections(PAGE).into_iter();
    let found = sections.find(|section| section.title == title);
    found.unwrap_or_else(|| panic!("there is no section {title:?}"))
}

/// A machine as the page sets it up, with three tokens.
async fn machine<'a>() -> World<'a> {
    let mut world = World::new(3).await;
    world.walk(&section(FIRST));
    world
}

/// What has happened before somebody reads the section.
async fn prepare(world: &mut World<'_>, title: &str) {
    match title {
        "Keep tokens alive" => world.sign_in("mona").await,
        "Incident: the client secret leaked" => {
            let secret = world.root("/etc/tokenturn/client-secret");
            fs::write(secret, "the one that leaked").unwrap();
        }
        "Incident: the database was restored from a backup" => {
            world.succeed("tokenturn vault backup /var/lib/backup.db");
            // Replaced so often that a generation is less than the application has seen.
            for id in ["t0", "t0", "t0", "t1"] {
                let command = format!("tokenturn rotate --all --new-run --id {id}");
                world.succeed(&command);
            }
            world.succeed("mkdir /var/lib/tokenturn/broken");
            world.succeed("mv /var/lib/tokenturn/tokens.db* /var/lib/tokenturn/broken");
            world.succeed("mv /var/lib/backup.db /var/lib/tokenturn/tokens.db");
            // The application has one of them, and a file the other.
            let held = ["t0", "t1"].map(|id| (id.to_owned(), world.held(id).unwrap()));
            let rescued = world.root("/var/lib/tokenturn/broken/tokenturn-rescued-1.jsonl");
            let [_, (id, token)] = &held;
            fs::write(rescued, world.rescued(id, token)).unwrap();
            world.write_csv(HELD, held.into_iter().take(1));
        }
        "Incident: a row is damaged" => {
            world.succeed("tokenturn rotate --all");
            let token = world.held("t1").unwrap();
            world.write_csv(HELD, [("t1".to_owned(), token)]);
            world.sqlite("UPDATE token SET sealed = zeroblob(99) WHERE id = 't1'");
        }
        "Incident: the disk was full" => {
            let new = world.replace_elsewhere(1);
            let rescued = world.root("/var/lib/tokenturn/tokenturn-rescued-1.jsonl");
            fs::write(rescued, world.rescued("t1", &new)).unwrap();
        }
        "Incident: the provider was away" => {
            // Nobody has answered the call, and it was not done.
            world.sqlite("UPDATE token SET state = 'unknown' WHERE id = 't1'");
        }
        _ => {}
    }
}

/// Whatever the application holds lives, unless it was to end.
fn judge(world: &World<'_>, title: &str) {
    let is_ended = title == "Incident: a token list leaked";
    for token in world.ids().iter().filter_map(|id| world.held(id)) {
        assert_eq!(world.sandbox.is_alive(token.trim()), !is_ended, "{title}");
    }
}

/// Does what a section says.
async fn walk(title: &str) {
    let mut world = match title {
        FIRST => World::new(3).await,
        _ => machine().await,
    };
    prepare(&mut world, title).await;
    world.walk(&section(title));
    judge(&world, title);
}

/// A test for each section that needs no database.
macro_rules! sections {
    ($($test:ident: $title:literal,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                walk($title).await;
            }
        )*
        const WALKED: &[&str] = &[$($title),*];
    };
}

sections! {
    a_machine_is_set_up: "Set up a machine",
    systemd_starts_it: "systemd",
    cron_starts_it: "cron",
    tokens_are_kept_alive: "Keep tokens alive",
    tokens_are_delivered: "Delivery",
    a_monitor_reads: "What a monitor reads",
    backups_are_made_and_restored: "Backup and restore",
    a_vault_is_moved: "Moving a vault",
    machines_are_upgraded: "Upgrades",
    the_client_secret_leaked: "Incident: the client secret leaked",
    a_token_list_leaked: "Incident: a token list leaked",
    the_key_leaked: "Incident: the vault's key leaked",
    the_database_was_restored: "Incident: the database was restored from a backup",
    a_row_is_damaged: "Incident: a row is damaged",
    the_disk_was_full: "Incident: the disk was full",
    the_provider_was_away: "Incident: the provider was away",
}

const OF_POSTGRES: [&str; 3] = [ROLES, POOLERS, TLS];
const ROLES: &str = "PostgreSQL: roles";
const POOLERS: &str = "PostgreSQL: poolers";
const TLS: &str = "PostgreSQL: TLS";

#[test]
fn every_section_has_its_test() {
    let titles = sections(PAGE).into_iter().filter_map(|section| {
        let has_blocks = !section.blocks.is_empty();
        has_blocks.then_some(section.title)
    });
    let tested = WALKED
        .iter()
        .chain(&OF_POSTGRES)
        .map(|&title| title.to_owned());
    assert_eq!(titles.collect::<BTreeSet<_>>(), tested.collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_do_with_what_they_are_granted() {
    let Some(cluster) = Cluster::find() else {
        return;
    };
    let mut world = machine().await;
    world.stand_before(&cluster);
    world.walk(&section(ROLES));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_is_set_so() {
    let section = section(POOLERS);
    let settings = section.blocks.iter().find(|block| block.language == "ini");
    let settings = settings.unwrap().text.replace("[pgbouncer]", "");
    let Some(cluster) = Cluster::pooled(&settings) else {
        return;
    };
    cluster.sql(&cluster.url(), "CREATE DATABASE tokens");
    let mut world = machine().await;
    world.stand_before(&cluster);
    world.walk(&section);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_a_private_authority_is_named_so() {
    let authority = Authority::new();
    let server = authority.pem_for_server("127.0.0.1");
    let rules = "host all all 127.0.0.1/32 scram-sha-256";
    let Some(cluster) = Cluster::with_tls(&server, &authority, rules) else {
        return;
    };
    for statement in [
        "CREATE ROLE tokenturn_run LOGIN PASSWORD 'PASSWORD'",
        "CREATE DATABASE tokens OWNER tokenturn_run",
    ] {
        cluster.sql(&cluster.url(), statement);
    }
    let mut world = machine().await;
    world.stand_before(&cluster);
    fs::write(world.root("/etc/tokenturn/db-ca.pem"), authority.pem()).unwrap();
    world.walk(&section(TLS));
}

/// systemd says of a unit what it does not understand.
#[test]
fn systemd_takes_the_units() {
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        skip("systemd-analyze is missing");
        return;
    }
    let folder = TempDir::new().unwrap();
    let sections = ["systemd", "Keep tokens alive"].map(section);
    let units = sections.into_iter().flat_map(|section| section.blocks);
    let units = units.filter(|block| block.language == "ini");
    let program = env!("CARGO_BIN_EXE_tokenturn");
    let mut paths = Vec::new();
    for unit in units {
        let path = unit.path().unwrap();
        let name = path.strip_prefix("/etc/systemd/system/").unwrap();
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(
            &path,
            unit.text.replace("/usr/local/bin/tokenturn", program),
        )
        .unwrap();
        paths.push(path);
    }
    assert_eq!(paths.len(), 4);
    // What has differences is a unit with a name of its own.
    let keeps = paths.pop().unwrap();
    let keeps = keeps.parent().unwrap().with_extension("");
    std::os::unix::fs::symlink("tokenturn@.service", &keeps).unwrap();
    paths.push(keeps);
    let mut verify = Command::new("systemd-analyze");
    let output = verify.arg("verify").args(&paths).output().unwrap();
    let text = both(&output);
    // Of units that are not ours it may say something, too.
    assert!(output.status.success(), "{text}");
    assert!(!text.contains(folder.path().to_str().unwrap()), "{text}");
}

#[test]
fn every_exit_code_has_its_row() {
    let folder = TempDir::new().unwrap();
    let help = succeed(tokenturn(folder.path(), &["help"]), "");
    let codes = help.lines().filter_map(|line| {
        let (code, _) = line.strip_prefix("  ")?.split_once("  ")?;
        code.parse::<u8>().ok()
    });
    let rows = PAGE.lines().filter_map(|line| {
        let (code, _) = line.strip_prefix("| ")?.split_once(" |")?;
        code.parse().ok()
    });
    let codes: BTreeSet<_> = codes.collect();
    assert!(codes.len() > 9, "{help}");
    assert_eq!(rows.collect::<BTreeSet<u8>>(), codes);
}

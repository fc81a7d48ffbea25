//! Where the servers' programs are.

use std::fs;
use std::path::PathBuf;

use crate::skip;

/// Where PostgreSQL's programs are. Without them, the test is skipped.
pub(super) fn installed() -> Option<PathBuf> {
    let programs = programs();
    if programs.is_none() {
        skip("PostgreSQL is missing (Debian's postgresql)");
    }
    programs
}

/// Where PostgreSQL's programs are: the newest of Debian's versions, or what is in the `PATH`.
pub(super) fn programs() -> Option<PathBuf> {
    let version = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .max_by_key(version);
    let newest = newest.map(|folder| folder.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = newest.into_iter().chain(std::env::split_paths(&path));
    places.find(|place| {
        ["initdb", "pg_ctl", "psql"]
            .iter()
            .all(|name| place.join(name).exists())
    })
}

/// Where PgBouncer is, which Debian keeps out of users' `PATH`. Without it, the test is skipped.
pub(super) fn pgbouncer() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found =
        places.find_map(|place| Some(place.join("pgbouncer")).filter(|program| program.exists()));
    if found.is_none() {
        skip("PgBouncer is missing (Debian's pgbouncer)");
    }
    found
}

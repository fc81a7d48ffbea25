//! The program as its users meet it: arguments, output, exit codes, files. One program for all of it,
//! since each takes as long to link as all together.

// The futures of these tests are deep.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod apps;
#[cfg(unix)]
mod browser;
mod commands;
mod config;
mod copies;
#[cfg(unix)]
mod crash;
#[cfg(unix)]
mod damage;
#[cfg(unix)]
mod deliver;
mod evidence;
mod family;
mod files;
mod fleet;
mod git_credential;
mod into_vault;
#[cfg(unix)]
mod keep;
#[cfg(unix)]
mod keys;
mod learned;
mod log;
mod login;
#[cfg(unix)]
mod lying_fleet;
mod manual;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
mod operations;
#[cfg(unix)]
mod outbox;
#[cfg(unix)]
mod places;
#[cfg(unix)]
mod postgres;
#[cfg(unix)]
mod postgres_address;
mod proxy;
#[cfg(unix)]
mod reading;
mod refresh;
mod rekey;
mod rescue;
#[cfg(unix)]
mod runs;
mod sandbox;
mod support;
mod token;
mod told;
#[cfg(unix)]
mod unread;
mod vault;

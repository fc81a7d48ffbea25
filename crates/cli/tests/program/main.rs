//! The program as its users meet it: arguments, output, exit codes, files. One program for all of it,
//! since each takes as long to link as all together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(unix)]
mod browser;
mod commands;
mod config;
#[cfg(unix)]
mod crash;
mod evidence;
mod family;
mod files;
mod fleet;
mod log;
mod login;
#[cfg(unix)]
mod lying_fleet;
mod manual;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(unix)]
mod postgres;
mod proxy;
mod refresh;
mod rekey;
mod support;
mod told;
mod vault;

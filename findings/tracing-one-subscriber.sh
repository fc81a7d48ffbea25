#!/usr/bin/env bash
# tracing-core 0.1.36, tracing-subscriber 0.3.23: a thread's own subscriber does not see an event that
# another thread, which has none, came by first.
#
# `set_default` gives a thread a subscriber (https://docs.rs/tracing-subscriber, `SubscriberInitExt`), as
# tests that look at a log do. Expected: the thread's events of its level are seen, whatever other
# threads do.
# What happens: while it is the only subscriber of the program, whoever comes by an event first settles
# whether anybody wants it, and a thread without a subscriber settles that nobody does. So a line is
# missing in one run of parallel tests and there in the next. With a second subscriber anywhere, all are asked,
# and the line is there.
#
# Needs cargo. Ends with 0 where it happens as said.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
tracing = { version = "=0.1.44", default-features = false, features = ["std"] }
tracing-core = "=0.1.36"
tracing-subscriber = { version = "=0.3.23", default-features = false, features = ["fmt"] }
TOML
cat >src/main.rs <<'RUST'
use tracing_subscriber::util::SubscriberInitExt;

fn event() {
    tracing::info!("seen");
}

fn main() {
    let has_second = std::env::args().nth(1).is_some();
    let _second = has_second.then(|| tracing_subscriber::registry().set_default());
    let subscriber = tracing_subscriber::fmt().with_ansi(false).without_time().finish();
    let _default = subscriber.set_default();
    std::thread::spawn(event).join().unwrap();
    event();
}
RUST
cargo build -q
alone=$(target/debug/finding)
two=$(target/debug/finding second)
echo "one subscriber:  '$alone'"
echo "two subscribers: '$two'"
test "$alone" = ""
test "$two" = " INFO finding: seen"

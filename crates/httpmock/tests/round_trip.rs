//! Every operation of every spec, from the client to its mock, and every declared answer back.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

// A new spec is covered because the folder's own list names it.
#[rustfmt::skip]
mod generated;

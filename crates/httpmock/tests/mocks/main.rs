//! Mocks: every operation of every spec, from the client to its mock, and every declared answer back; and
//! what is no mock's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

// The list of modules is generated, too, so a new spec is covered on the day it is added.
#[rustfmt::skip]
#[allow(unreachable_pub, reason = "the same list stands in libraries")]
#[path = "../generated/mod.rs"]
mod generated;
mod loud;

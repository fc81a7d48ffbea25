//! Tools for those who write specs.

pub(crate) mod diff;

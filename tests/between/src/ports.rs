//! Ports of a network in which nobody else is.

use std::sync::atomic::{AtomicU16, Ordering};

/// One that nobody has had yet, below those that the system gives to clients.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(10_000);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

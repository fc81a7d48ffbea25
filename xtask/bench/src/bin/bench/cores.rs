//! Client and server on a core each: where the system puts them otherwise decides more than what they
//! do.

use anyhow::Result;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// One of those that this process may use.
#[derive(Clone, Copy)]
pub(crate) enum Core {
    Client,
    Server,
}

/// Starts processes that stay on a core, where there is one for each.
pub(crate) fn run_on<T>(core: Core, start: impl FnOnce() -> Result<T>) -> Result<T> {
    let all = sched_getaffinity(None)?;
    let mut usable = (0..CpuSet::MAX_CPU).filter(|number| all.is_set(*number));
    let pair = usable.next().zip(usable.next());
    let Some((client, server)) = pair else {
        return start();
    };
    let mut one = CpuSet::new();
    one.set(match core {
        Core::Client => client,
        Core::Server => server,
    });
    sched_setaffinity(None, &one)?;
    let started = start();
    sched_setaffinity(None, &all)?;
    started
}

//! How many files and sockets tests may have open together.

use tokio::sync::{Semaphore, SemaphorePermit};

/// So few that they get by with the 1,024 of a process, however many tests a machine with many cores
/// runs at a time.
const SEATS: usize = ALL_SEATS as usize;

/// All of them: nobody else has any then.
pub(crate) const ALL_SEATS: u32 = 16;

/// Waits until a test may open many files and sockets, about 32 for each seat. Others may when it is
/// dropped. Whoever has some does not ask for more.
pub async fn seats(count: u32) -> SemaphorePermit<'static> {
    static FREE: Semaphore = Semaphore::const_new(SEATS);
    FREE.acquire_many(count).await.expect("it is never closed")
}

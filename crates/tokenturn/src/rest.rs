//! Waits at which a call may end because nobody waits for it any more.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

tokio::task_local! {
    /// Whether the call of this task rests: nothing of it is under way, so nothing can be lost.
    pub(crate) static RESTS: Arc<AtomicBool>;
}

/// Waits. A caller who goes away ends the call here, and not before.
pub(crate) async fn rest(duration: Duration) {
    let set = |rests| {
        // There is no such flag outside of the front door.
        let _ = RESTS.try_with(|flag| flag.store(rests, Relaxed));
    };
    set(true);
    tokio::time::sleep(duration).await;
    set(false);
}

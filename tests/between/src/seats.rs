//! How many products are at work at once.

use tokio::sync::Semaphore;

/// Two cores are busy with as many. On a machine that is much busier, gateways give up where nobody is slow.
pub(crate) static SEATS: Semaphore = Semaphore::const_new(24);

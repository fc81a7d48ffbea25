//! Handing new tokens on.

use std::error::Error;

use futures_core::future::BoxFuture;

use crate::entry::Entry;

/// Takes a new token to where else it is needed.
///
/// ```
/// use std::error::Error;
/// use std::pin::Pin;
/// use tokenturn_vault::{Deliver, Entry, FleetOptions};
///
/// struct Cache;
///
/// impl Deliver for Cache {
///     fn deliver<'a>(
///         &'a self,
///         entry: &'a Entry,
///     ) -> Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send + 'a>> {
///         Box::pin(async move {
///             println!("{} has generation {}", entry.id, entry.generation);
///             Ok(())
///         })
///     }
/// }
///
/// let options = FleetOptions::new().deliver(Cache);
/// println!("{options:?}");
/// ```
pub trait Deliver: Send + Sync + 'static {
    /// Takes over the secrets of `entry`, which the vault has stored. After a failure it is asked
    /// again, for [as long](crate::FleetOptions::deliver_within) as the run says, and by the next run, so it gets
    /// every token at least once.
    ///
    /// Of one row, one attempt is under way at a time, whichever process makes it, and always with the
    /// token that the row has then. An attempt that takes longer than 90 seconds is dropped. A process
    /// that was suspended may still wake up in the middle of an old one: who must not take an old token
    /// for a new one compares [`Entry::generation`], which grows with every token, and begins again only
    /// when the row is taken out or a backup is restored.
    fn deliver<'a>(
        &'a self,
        entry: &'a Entry,
    ) -> BoxFuture<'a, Result<(), Box<dyn Error + Send + Sync>>>;
}

//! Where a new token is saved before anybody is told of it.

mod file;
mod from_fn;
mod memory;

use std::error::Error;

pub use file::FileSink;
pub use from_fn::{FromFn, from_fn};
pub use memory::MemorySink;

use crate::rotated::Rotated;

/// Saves a new token.
///
/// One of your own takes ten lines:
///
/// ```
/// use tokenturn::github::Authorization;
/// use tokenturn::{Rotated, Sink};
/// # struct Database;
/// # impl Database {
/// #     async fn ping(&self) -> std::io::Result<()> { Ok(()) }
/// #     async fn update(&self, _: u64, _: &str) -> std::io::Result<()> { Ok(()) }
/// # }
///
/// struct Row { database: Database, user: u64 }
///
/// impl Sink<Authorization> for Row {
///     type Error = std::io::Error;
///
///     async fn prepare(&mut self) -> std::io::Result<()> {
///         self.database.ping().await
///     }
///
///     async fn save(&mut self, new: &Rotated<Authorization>) -> std::io::Result<()> {
///         self.database.update(self.user, new.token.expose()).await
///     }
/// }
/// ```
pub trait Sink<D>: Send + 'static {
    /// Why it cannot save. It is shown to people: keep the token out of it.
    type Error: Into<Box<dyn Error + Send + Sync>> + Send;

    /// Proves, as far as that can be done, that [`save`](Self::save) will work. After a failure
    /// nothing is sent.
    fn prepare(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Makes the token durable before it returns, and with it the refresh token, where there is one.
    ///
    /// After a failure, a panic or 30 seconds it is called again, five times in all, with the same
    /// token.
    fn save(&mut self, new: &Rotated<D>) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

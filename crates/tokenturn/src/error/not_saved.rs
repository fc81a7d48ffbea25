//! A new token that is in an error and nowhere else.

use std::error::Error;

use tokenturn_client::Secret;

use crate::rotated::Rotated;

/// A new token that its sink did not save. Put it where it is safe: the old one is dead.
///
/// The sink's own error is the `source()`:
///
/// ```
/// use std::error::Error;
/// use std::io;
///
/// fn is_full(unsaved: &tokenturn::NotSaved) -> bool {
///     let why = unsaved.source().and_then(|why| why.downcast_ref::<io::Error>());
///     why.is_some_and(|why| why.kind() == io::ErrorKind::StorageFull)
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("the token was replaced, and the new one is not saved")]
pub struct NotSaved {
    /// The sink has seen the details.
    new: Box<Rotated<()>>,
    #[source]
    why: Box<dyn Error + Send + Sync>,
}

impl NotSaved {
    /// The provider has issued this token, and a sink has failed to save it.
    pub fn new<D>(new: &Rotated<D>, why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            new: Box::new(new.without_details()),
            why: why.into(),
        }
    }

    /// The new token.
    pub fn token(&self) -> &Secret {
        &self.new.token
    }

    /// The refresh token that came with it.
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.new.refresh_token.as_ref()
    }

    /// The new token and all that belongs to it, such as another sink takes it.
    pub fn rotated(&self) -> &Rotated<()> {
        &self.new
    }

    /// The same, and the sink's own error.
    pub fn into_parts(self) -> (Rotated<()>, Box<dyn Error + Send + Sync>) {
        (*self.new, self.why)
    }
}

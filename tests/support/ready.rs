//! A provider without a network, so that the clock can be stopped.

use tokenturn::{Provider, RecoverError, Recovery, RotateError, Rotated, Secret};

/// Gives this token out, at once.
#[derive(Clone, Debug)]
pub struct Ready(pub &'static str);

impl Provider for Ready {
    type Details = ();

    async fn replace(&self, _: &Secret) -> Result<Rotated<()>, RotateError> {
        Ok(Rotated::new(self.0))
    }

    async fn recover(&self, _: &Secret) -> Result<Recovery<()>, RecoverError> {
        Ok(Recovery::Rotated(Rotated::new(self.0)))
    }
}

//! A sink for tests.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use tokenturn_client::Secret;

use super::Sink;
use crate::rotated::Rotated;

/// Keeps new tokens in memory, where a clone of it finds them. It saves nothing from a crash.
#[derive(Clone, Debug, Default)]
pub struct MemorySink(Arc<Mutex<Vec<Rotated<()>>>>);

impl MemorySink {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every token so far.
    pub fn tokens(&self) -> Vec<Secret> {
        self.saved().into_iter().map(|new| new.token).collect()
    }

    /// Every token so far, with its refresh token, and without the provider's details.
    pub fn saved(&self) -> Vec<Rotated<()>> {
        let saved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        saved.clone()
    }
}

impl<D: Sync> Sink<D> for MemorySink {
    type Error = Infallible;

    async fn prepare(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    async fn save(&mut self, new: &Rotated<D>) -> Result<(), Infallible> {
        let mut saved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        saved.push(new.without_details());
        Ok(())
    }
}

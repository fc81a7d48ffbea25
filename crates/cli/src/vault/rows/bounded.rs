//! A source that gives no more than a line may have.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Fails when more is read than its [`Allowance`] has left, so that a quote that nobody closes does
/// not bring a whole file into memory.
pub(super) struct Bounded<R> {
    source: R,
    allowance: Allowance,
}

/// How much may be read until it is renewed.
#[derive(Clone)]
pub(super) struct Allowance {
    left: Arc<AtomicUsize>,
}

impl<R: Read> Bounded<R> {
    pub(super) fn new(source: R, most: usize) -> (Self, Allowance) {
        let left = Arc::new(AtomicUsize::new(most));
        let allowance = Allowance { left };
        let bounded = Self {
            source,
            allowance: allowance.clone(),
        };
        (bounded, allowance)
    }
}

impl Allowance {
    pub(super) fn renew(&self, most: usize) {
        self.left.store(most, Ordering::Relaxed);
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.allowance.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let most = buffer.len().min(left);
        let read = self.source.read(&mut buffer[..most])?;
        self.allowance.left.store(left - read, Ordering::Relaxed);
        Ok(read)
    }
}

//! Bodies in memory: bounded, and overwritten before the memory is given back.
//!
//! What reqwest and hyper hold of a message while it passes through them is theirs, and they do
//! not overwrite it.

use std::io::{self, Write};

use bytes::Bytes;
use reqwest::{Body, Response, Version};
use zeroize::Zeroizing;

use super::coding;
use crate::RawResponse;

/// Grows by hand: a `Vec` that grows by itself leaves its old content behind in freed memory.
#[derive(Default)]
pub(crate) struct Buffer(Zeroizing<Vec<u8>>);

impl Buffer {
    fn extend(&mut self, bytes: &[u8]) {
        /// Enough for most requests, which are written in small pieces.
        const FIRST: usize = 256;
        let body = &mut self.0;
        if body.capacity() - body.len() < bytes.len() {
            let needed = body.len() + bytes.len();
            let mut larger = Vec::with_capacity(needed.max(body.capacity() * 2).max(FIRST));
            larger.extend_from_slice(body);
            *body = Zeroizing::new(larger);
        }
        body.extend_from_slice(bytes);
    }

    /// Takes in what fits below `limit`, and tells whether that was all.
    pub(super) fn extend_up_to(&mut self, limit: usize, bytes: &[u8]) -> bool {
        let room = limit.saturating_sub(self.0.len());
        self.extend(&bytes[..bytes.len().min(room)]);
        bytes.len() <= room
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn into_inner(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<&[u8]> for Buffer {
    fn from(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }
}

impl From<Buffer> for Body {
    fn from(buffer: Buffer) -> Self {
        Self::from(Bytes::from_owner(buffer.0))
    }
}

/// Reads a body up to `limit` bytes. What arrived before a failure is kept: a token may be in it.
pub(super) async fn read(mut response: Response, limit: usize) -> RawResponse {
    let status = response.status();
    // HTTP/0.9 has no status, and whatever a server writes is its body: nobody has said that it is a success.
    let has_status = response.version() > Version::HTTP_09;
    let headers = std::mem::take(response.headers_mut());
    let mut body = Buffer::default();
    let complete = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if !body.extend_up_to(limit, &chunk) => break false,
            Ok(Some(_)) => {}
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    let plain = coding::decode(&headers, body, limit);
    RawResponse {
        status,
        headers,
        body: plain.body.into_inner(),
        complete: complete && has_status && plain.is_whole,
        decoded: plain.is_decoded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_grows_without_losing_anything() {
        let mut body = Buffer::default();
        for _ in 0..1000 {
            body.extend(b"abc");
        }
        assert_eq!(*body.0, b"abc".repeat(1000));
    }

    #[test]
    fn a_body_is_sent_from_the_memory_that_is_overwritten() {
        let mut buffer = Buffer::default();
        buffer.extend(b"canary");
        let at = buffer.as_slice().as_ptr();
        // No copy is made, and its owner overwrites it when nobody has it any more.
        let body = Body::from(buffer);
        assert_eq!(body.as_bytes().map(<[u8]>::as_ptr), Some(at));
    }

    #[test]
    fn a_body_stops_at_the_limit() {
        let mut body = Buffer::default();
        assert!(body.extend_up_to(4, b"abc"));
        assert!(body.extend_up_to(4, b"d"));
        assert!(!body.extend_up_to(4, b"ef"));
        assert_eq!(*body.0, b"abcd");
    }
}

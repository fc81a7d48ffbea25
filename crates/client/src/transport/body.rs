//! Bodies in memory: bounded, and overwritten before the memory is given back.
//!
//! What reqwest and hyper hold of a message while it passes through them is theirs, and they do
//! not overwrite it.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use reqwest::header::CONTENT_ENCODING;
use reqwest::{Body, Response};
use zeroize::Zeroizing;

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
    fn extend_up_to(&mut self, limit: usize, bytes: &[u8]) -> bool {
        let room = limit.saturating_sub(self.0.len());
        self.extend(&bytes[..bytes.len().min(room)]);
        bytes.len() <= room
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

impl From<Buffer> for Body {
    fn from(buffer: Buffer) -> Self {
        Self::from(Bytes::from_owner(buffer.0))
    }
}

/// Reads a body up to `limit` bytes. What arrived before a failure is kept: a token may be in it.
pub(super) async fn read(mut response: Response, limit: usize) -> RawResponse {
    let status = response.status();
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
    let is_gzip = headers
        .get(CONTENT_ENCODING)
        .is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let (body, complete) = if is_gzip {
        let (plain, whole) = gunzip(&body.0, limit);
        (plain, complete && whole)
    } else {
        (body, complete)
    };
    RawResponse {
        status,
        headers,
        body: body.0,
        complete,
    }
}

/// Unpacks as much as there is. Nobody was asked for gzip, but a token may be in it.
fn gunzip(packed: &[u8], limit: usize) -> (Buffer, bool) {
    let mut decoder = MultiGzDecoder::new(packed);
    let mut plain = Buffer::default();
    let mut chunk = Zeroizing::new([0; 4096]);
    loop {
        match decoder.read(&mut chunk[..]) {
            Ok(0) => return (plain, true),
            Ok(read) if !plain.extend_up_to(limit, &chunk[..read]) => return (plain, false),
            Ok(_) => {}
            Err(_) if plain.0.is_empty() => {
                plain.extend(packed);
                return (plain, false);
            }
            Err(_) => return (plain, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_body_grows_without_losing_anything() {
        let mut body = Buffer::default();
        for _ in 0..1000 {
            body.extend(b"abc");
        }
        assert_eq!(*body.0, b"abc".repeat(1000));
    }

    #[test]
    fn a_body_stops_at_the_limit() {
        let mut body = Buffer::default();
        assert!(body.extend_up_to(4, b"abc"));
        assert!(body.extend_up_to(4, b"d"));
        assert!(!body.extend_up_to(4, b"ef"));
        assert_eq!(*body.0, b"abcd");
    }

    #[test]
    fn unpacks_what_there_is() {
        let plain: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let packed = gzip(&plain);
        let (all, whole) = gunzip(&packed, usize::MAX);
        assert!(whole && *all.0 == plain);

        let (some, whole) = gunzip(&packed[..packed.len() / 2], usize::MAX);
        assert!(!whole && !some.0.is_empty() && plain.starts_with(&some.0));

        // A bomb fills no more than the limit.
        let (some, whole) = gunzip(&packed, 10_000);
        assert!(!whole && *some.0 == plain[..10_000]);

        let (raw, whole) = gunzip(b"plain after all", usize::MAX);
        assert!(!whole && *raw.0 == b"plain after all");
        let (empty, whole) = gunzip(b"", usize::MAX);
        assert!(!whole && empty.0.is_empty());
    }
}

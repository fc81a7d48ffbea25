//! Content and transfer codings, and how much of a coded text has arrived.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

/// As far as it goes.
pub(crate) fn gunzip(packed: &[u8]) -> Vec<u8> {
    let mut decoder = GzDecoder::new(packed);
    let (mut text, mut byte) = (Vec::new(), [0]);
    while let Ok(1) = decoder.read(&mut byte) {
        text.push(byte[0]);
    }
    text
}

/// Chunks so small that they cut through the token.
const CHUNK: usize = 10;

pub(crate) fn chunked(payload: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for chunk in payload.chunks(CHUNK) {
        wire.extend(format!("{:x}\r\n", chunk.len()).bytes());
        wire.extend(chunk);
        wire.extend(b"\r\n");
    }
    wire.extend(b"0\r\n\r\n");
    wire
}

/// As far as it goes.
pub(crate) fn unchunked(wire: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    for chunk in wire.chunks(CHUNK + 5) {
        let start = chunk.len().min(3);
        let length = usize::from_str_radix(&String::from_utf8_lossy(&chunk[..start.min(1)]), 16);
        let end = chunk.len().min(start + length.unwrap_or(0));
        payload.extend(&chunk[start..end]);
    }
    payload
}

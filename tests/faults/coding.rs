//! Content and transfer codings, and how much of a coded text has arrived.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

/// What RFC 9110 calls deflate.
pub(crate) fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

/// What some servers call deflate.
pub(crate) fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

pub(crate) fn base64(text: &[u8]) -> String {
    STANDARD.encode(text)
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

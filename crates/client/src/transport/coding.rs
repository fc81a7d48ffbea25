//! Content codings (RFC 9110, section 8.4). Nobody is asked for one, but a token may be in it.

use std::io::{self, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use zeroize::Zeroizing;

use super::body::Buffer;

/// How often a body is unpacked at most. Servers do it once, and a gateway may do it once more.
const MOST: usize = 8;
/// How much [`decoded`] unpacks. It is what a transport reads unless another limit is set.
const LIMIT: usize = super::builder::BODY_LIMIT;

/// A body without its codings, as far as they could be taken off.
pub(super) struct Plain {
    pub(super) body: Buffer,
    /// Whether nothing of what was unpacked is missing.
    pub(super) is_whole: bool,
    /// Whether every coding that the headers name was taken off.
    pub(super) is_decoded: bool,
}

/// How bytes are packed.
#[derive(Clone, Copy)]
enum Packing {
    Gzip,
    Zlib,
    /// What `deflate` means to some servers: no bytes around it tell what it is (RFC 9110, section
    /// 8.4.1.2).
    Raw,
}

/// A kept body as plain text: packed as gzip or zlib, as its first bytes tell, it is unpacked up to
/// 1 MiB. Any other bytes come back as they are, and so do those that cannot be unpacked.
///
/// A [`RawResponse`](crate::RawResponse) is unpacked already. This is for bytes whose headers are
/// gone.
pub fn decoded(body: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut plain = Plain::from(Buffer::from(body));
    plain.unpack_by_start(MOST, LIMIT);
    plain.body.into_inner()
}

/// Takes the codings off, those that the headers name and those that they should have named.
pub(super) fn decode(headers: &HeaderMap, body: Buffer, limit: usize) -> Plain {
    let mut plain = Plain::from(body);
    let mut left = MOST;
    for coding in names(headers) {
        if coding.eq_ignore_ascii_case("identity") {
            continue;
        }
        let by_name = ["gzip", "x-gzip", "deflate"].map(|known| coding.eq_ignore_ascii_case(known));
        let packed = plain.body.as_slice();
        if packed.is_empty() {
            break;
        }
        // Which of them it is, its start tells better than its name.
        let raw = by_name[2] && !is_text(packed);
        let packing = Packing::of(packed).or(raw.then_some(Packing::Raw));
        let packing = packing.filter(|_| by_name.contains(&true) && left > 0);
        plain.is_decoded = packing.is_some_and(|packing| plain.unpack(packing, limit));
        if !plain.is_decoded {
            break;
        }
        left -= 1;
    }
    plain.unpack_by_start(left, limit);
    plain
}

/// The codings that are named, the last that was applied first. In a name that is not text,
/// nothing can be read: it is unknown.
fn names(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(CONTENT_ENCODING).iter().rev();
    let names = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    names.map(str::trim).filter(|name| !name.is_empty())
}

impl From<Buffer> for Plain {
    fn from(body: Buffer) -> Self {
        Self {
            body,
            is_whole: true,
            is_decoded: true,
        }
    }
}

impl Plain {
    fn unpack_by_start(&mut self, most: usize, limit: usize) {
        for _ in 0..most {
            match Packing::of(self.body.as_slice()) {
                Some(packing) if self.unpack(packing, limit) => {}
                _ => return,
            }
        }
    }

    /// Unpacks as much as there is. Where that is nothing, the bytes stay.
    fn unpack(&mut self, packing: Packing, limit: usize) -> bool {
        let packed = self.body.as_slice();
        let (plain, end) = match packing {
            Packing::Gzip => read(MultiGzDecoder::new(packed), limit),
            Packing::Zlib => read(Inflate::new(packed, true), limit),
            Packing::Raw => read(Inflate::new(packed, false), limit),
        };
        let is_unpacked = match (packing, end) {
            (_, End::Whole) => true,
            // Two bytes or none are not enough to be sure that it was packed at all.
            (Packing::Zlib | Packing::Raw, End::Damaged) => false,
            _ => !plain.as_slice().is_empty(),
        };
        if is_unpacked {
            self.body = plain;
            self.is_whole &= end == End::Whole;
        }
        is_unpacked
    }
}

impl Packing {
    /// What the first bytes tell.
    fn of(body: &[u8]) -> Option<Self> {
        match body {
            // RFC 1952, section 2.3.1: a mark, and 8 for deflate.
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            // RFC 1950, section 2.2: 8 for deflate, a window of up to 32 KiB, a sum. "x^" and "hC"
            // fit too, so what is text stays text.
            [method, flags, ..]
                if method & 0x0f == 8
                    && method >> 4 <= 7
                    && u16::from_be_bytes([*method, *flags]) % 31 == 0
                    && !is_text(body) =>
            {
                Some(Self::Zlib)
            }
            _ => None,
        }
    }
}

fn is_text(body: &[u8]) -> bool {
    str::from_utf8(body).is_ok()
}

/// How unpacking ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    /// There is no more of it, or no room for more.
    Cut,
    Damaged,
}

fn read(mut packed: impl Read, limit: usize) -> (Buffer, End) {
    let mut plain = Buffer::default();
    let mut chunk = Zeroizing::new([0; 4096]);
    loop {
        match packed.read(&mut chunk[..]) {
            Ok(0) => return (plain, End::Whole),
            Ok(read) if !plain.extend_up_to(limit, &chunk[..read]) => return (plain, End::Cut),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return (plain, End::Cut),
            Err(_) => return (plain, End::Damaged),
        }
    }
}

/// A reader that tells a stream that is cut from one that has ended: flate2's own do not.
struct Inflate<'a> {
    packed: &'a [u8],
    state: Decompress,
}

impl<'a> Inflate<'a> {
    fn new(packed: &'a [u8], has_header: bool) -> Self {
        let state = Decompress::new(has_header);
        Self { packed, state }
    }
}

impl Read for Inflate<'_> {
    fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        loop {
            let (taken, given) = (self.state.total_in(), self.state.total_out());
            let flush = FlushDecompress::None;
            let status = self.state.decompress(self.packed, chunk, flush)?;
            let taken = (self.state.total_in() - taken) as usize;
            let given = (self.state.total_out() - given) as usize;
            self.packed = &self.packed[taken..];
            match status {
                Status::StreamEnd => return Ok(given),
                _ if given > 0 => return Ok(given),
                _ if taken == 0 => return Err(ErrorKind::UnexpectedEof.into()),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use reqwest::header::HeaderValue;

    use super::*;

    const PLAIN: &[u8] = br#"{"token":"ghu_16C7e42F292c6912E7710c838347Ae178B4a","id":1}"#;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(plain: &[u8], level: Compression) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), level);
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn raw(plain: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn decode_up_to(limit: usize, lines: &[&'static str], body: &[u8]) -> Plain {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(
                CONTENT_ENCODING,
                HeaderValue::from_bytes(line.as_bytes()).unwrap(),
            );
        }
        decode(&headers, Buffer::from(body), limit)
    }

    #[test]
    fn takes_off_the_codings_that_the_headers_name() {
        let twice = gzip(&zlib(PLAIN, Compression::best()));
        let (gzip, raw) = (gzip(PLAIN), raw(PLAIN));
        let none: &[&str] = &[];
        let zlib = |level| zlib(PLAIN, Compression::new(level));
        for (lines, body) in [
            (none, PLAIN),
            (&["identity"], PLAIN),
            (&["gzip"], &gzip),
            (&["X-GZip"], &gzip),
            (&["gzip, identity"], &gzip),
            (&[" ,, gzip ,"], &gzip),
            (&["deflate"], &zlib(9)),
            (&["deflate"], &zlib(1)),
            (&["deflate"], &zlib(0)),
            (&["Deflate"], &raw),
            (&["deflate, gzip"], &twice),
            (&["deflate", "identity", "gzip"], &twice),
            // A wrong name.
            (&["gzip, deflate"], &twice),
            (&["deflate"], &gzip),
            (&["gzip"], &twice),
            // No name.
            (none, &gzip),
            (none, &zlib(9)),
            (none, &zlib(0)),
            (&["identity"], &twice),
            (&["gzip"], b""),
        ] {
            let plain = decode_up_to(usize::MAX, lines, body);
            let expected = if body.is_empty() { body } else { PLAIN };
            assert_eq!(plain.body.as_slice(), expected, "{lines:?} {body:?}");
            assert!(plain.is_whole && plain.is_decoded, "{lines:?} {body:?}");
        }
    }

    #[test]
    fn keeps_what_it_does_not_understand() {
        let gzip = gzip(PLAIN);
        let mut damaged = gzip.clone();
        damaged[10..].fill(0xff);
        for (lines, body, expected) in [
            (["br"], &b"\x0b\x02\x80"[..], &b"\x0b\x02\x80"[..]),
            (["zstd, gzip"], &gzip, PLAIN),
            (["gz\u{e9}"], PLAIN, PLAIN),
            (["gzip"], PLAIN, PLAIN),
            (["deflate"], PLAIN, PLAIN),
            (["gzip"], &damaged, &damaged),
            // Named once too often, or wholly wrong, and unpacked all the same.
            (["gzip, gzip"], &gzip, PLAIN),
            (["br"], &gzip, PLAIN),
        ] {
            let plain = decode_up_to(usize::MAX, &lines, body);
            assert_eq!(plain.body.as_slice(), expected, "{lines:?}");
            assert!(plain.is_whole && !plain.is_decoded, "{lines:?}");
        }
    }

    #[test]
    fn text_is_never_taken_for_packed() {
        for text in [
            "",
            "x",
            "x^abc",
            "x\u{1}",
            "hC{\"token\":\"a\"}",
            "8O",
            "XG\u{e9}",
        ] {
            for lines in [&[][..], &["deflate"]] {
                let plain = decode_up_to(usize::MAX, lines, text.as_bytes());
                assert_eq!(plain.body.as_slice(), text.as_bytes());
            }
            assert_eq!(*decoded(text.as_bytes()), text.as_bytes());
        }
        // Text in Latin-1.
        let text = b"x^ \xe9t\xe9, {\"token\":\"a\"}";
        assert_eq!(*decoded(text), text);
    }

    #[test]
    fn unpacks_what_there_is() {
        let plain: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let packed = [
            (gzip(&plain), "gzip"),
            (zlib(&plain, Compression::fast()), "deflate"),
            (raw(&plain), "deflate"),
        ];
        for (packed, name) in packed {
            let all = decode_up_to(usize::MAX, &[name], &packed);
            assert!(all.is_whole && all.body.as_slice() == plain);

            let some = decode_up_to(usize::MAX, &[name], &packed[..packed.len() / 2]);
            let text = some.body.as_slice();
            assert!(!some.is_whole && some.is_decoded);
            assert!(!text.is_empty() && plain.starts_with(text));

            // A bomb fills no more than the limit.
            let some = decode_up_to(10_000, &[name], &packed);
            assert!(!some.is_whole && some.body.as_slice() == &plain[..10_000]);
        }
    }

    #[test]
    fn a_chain_is_bounded() {
        let chain = |length| (0..length).fold(PLAIN.to_vec(), |body, _| gzip(&body));
        let names = ["gzip"; MOST + 1];
        let plain = decode_up_to(usize::MAX, &names[1..], &chain(MOST));
        assert!(plain.body.as_slice() == PLAIN && plain.is_decoded);
        let plain = decode_up_to(usize::MAX, &names, &chain(MOST + 1));
        assert!(plain.body.as_slice() == gzip(PLAIN) && !plain.is_decoded);
        assert_eq!(*decoded(&chain(2)), PLAIN);
    }
}

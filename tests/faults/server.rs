//! The words of the column `server`.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tokenturn_tests::{Reply, Then};

use crate::provider::Provider;

/// Where the call goes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Nobody,
    NoHost,
    ClosesUnread,
    Plain,
    Tls {
        host: &'static str,
        expired: bool,
        trusted: bool,
    },
}

/// What the connection has been through before the call.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Pool {
    Fresh,
    /// It was used, and the server has closed it.
    Stale,
    /// It was used, and is open.
    Used,
    /// It was used, and an answer that nobody asked for lies on it.
    Used408,
}

/// One case of a row.
pub(crate) struct Case {
    pub(crate) place: Place,
    pub(crate) pool: Pool,
    pub(crate) reply: Reply,
    /// The part of the body's text that arrives.
    pub(crate) text: Vec<u8>,
    /// Whether the client has to run into its timeout.
    pub(crate) is_slow: bool,
}

impl Case {
    fn at(place: Place) -> Self {
        Self {
            place,
            pool: Pool::Fresh,
            reply: Vec::new().into(),
            text: Vec::new(),
            is_slow: false,
        }
    }
}

/// All cases of a row; `elsewhere` is where redirects lead.
pub(crate) fn cases(words: &str, provider: Provider, elsewhere: &str) -> Vec<Case> {
    let (words, literal) = match words.split_once(" :: ") {
        Some((words, literal)) => (words, Some(literal)),
        None => (words, None),
    };
    let mut answer = Answer::new(provider, literal);
    let mut case = Case::at(Place::Plain);
    let tls = |host, expired, trusted| Place::Tls {
        host,
        expired,
        trusted,
    };
    for word in words.split_whitespace() {
        match word {
            "nobody-listens" => case.place = Place::Nobody,
            "no-such-host" => case.place = Place::NoHost,
            "close-unread" => case.place = Place::ClosesUnread,
            "tls" => case.place = tls("127.0.0.1", false, true),
            "tls-untrusted" => case.place = tls("127.0.0.1", false, false),
            "tls-wrong-host" => case.place = tls("192.0.2.1", false, true),
            "tls-expired" => case.place = tls("127.0.0.1", true, true),
            "stale" => case.pool = Pool::Stale,
            "stale-race" => case.pool = Pool::Used,
            "stale-408" => case.pool = Pool::Used408,
            "close" => answer.status = None,
            "stall" => {
                case.is_slow = true;
                answer.status = None;
            }
            "raw" => {
                case.reply.bytes = literal.expect("raw bytes").into();
                answer.status = None;
            }
            "not-a-header" => answer.lines.push("this is no header\r\n".into()),
            "space-in-header" => answer.lines.push("x-a : b\r\n".into()),
            "folded-header" => answer.lines.push("x-a: b\r\n  c\r\n".into()),
            "many-headers" => answer
                .lines
                .extend((0..200).map(|n| format!("x-{n}: {n}\r\n"))),
            "elsewhere" => answer
                .headers
                .push(("location".into(), format!("{elsewhere}/"))),
            word => answer.take(word),
        }
    }
    if answer.status.is_none() {
        if case.is_slow {
            case.reply.then = Then::Hold;
        }
        return vec![case];
    }
    let deliveries = answer.deliveries();
    deliveries
        .into_iter()
        .map(|(reply, text)| Case {
            is_slow: matches!(reply.then, Then::Hold),
            reply,
            text,
            ..case
        })
        .collect()
}

/// An answer while it is put together.
struct Answer {
    provider: Provider,
    status: Option<u16>,
    version: &'static str,
    headers: Vec<(String, String)>,
    /// Further lines of the head, to the letter.
    lines: Vec<String>,
    /// What comes before the status line.
    before: &'static str,
    /// One body for each case.
    bodies: Vec<Vec<u8>>,
    gzip: bool,
    chunked: bool,
    until_close: bool,
    cut: Cut,
    endless: Option<Then>,
}

enum Cut {
    No,
    At(usize),
    HoldAt(usize),
    Everywhere,
}

impl Answer {
    fn new(provider: Provider, literal: Option<&str>) -> Self {
        Self {
            provider,
            status: None,
            version: "HTTP/1.1",
            headers: Vec::new(),
            lines: Vec::new(),
            before: "",
            bodies: vec![literal.unwrap_or(provider.seed()).as_bytes().to_vec()],
            gzip: false,
            chunked: false,
            until_close: false,
            cut: Cut::No,
            endless: None,
        }
    }

    fn body(&mut self) -> &mut Vec<u8> {
        &mut self.bodies[0]
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bodies[0]).expect("a text")
    }

    fn take(&mut self, word: &str) {
        let new = self.provider.new_token();
        match word {
            "empty" => self.body().clear(),
            "html" => *self.body() = b"<html><body><h1>Oops</h1></body></html>".to_vec(),
            "refusal" => {
                let status = self.status.expect("a status comes first");
                *self.body() = self.provider.refusal(status).to_string().into();
            }
            "without-token" => self.edit(|token| {
                token.as_object_mut().expect("an object").remove("token");
            }),
            "each-missing" => self.each_other_field(|object, name| {
                object.remove(name);
            }),
            "each-null" => self.each_other_field(|object, name| object[name] = Value::Null),
            "each-wrong" => self.each_other_field(|object, name| {
                object[name] = match object[name] {
                    Value::Object(_) | Value::Array(_) => json!("text"),
                    _ => json!({ "an": ["object"] }),
                };
            }),
            "token-twice" => {
                let token = format!("\"token\":\"{new}\"");
                let twice = format!("\"token\":\"the-wrong-one\",{token}");
                *self.body() = self.compact().replace(&token, &twice).into();
            }
            "field-twice" => {
                let twice = self.compact().replacen(
                    '{',
                    "{\"message\":1,\"message\":2,\"id\":1,\"id\":1,",
                    1,
                );
                *self.body() = twice.into();
            }
            "latin-1" => {
                let text = self.compact().replacen('{', "{\"note\":\"caf#\",", 1);
                *self.body() = text
                    .bytes()
                    .map(|b| if b == b'#' { 0xE9 } else { b })
                    .collect();
            }
            "utf-16" => {
                let units: Vec<u16> = self.text().encode_utf16().collect();
                *self.body() = units.into_iter().flat_map(u16::to_le_bytes).collect();
            }
            "mark" => *self.body() = [b"\xEF\xBB\xBF", self.text().as_bytes()].concat(),
            "warning" => *self.body() = format!("<b>Notice</b>: \"x\"\n{}", self.text()).into(),
            "gzip" => self.gzip = true,
            "chunked" => self.chunked = true,
            "until-close" => self.until_close = true,
            "http-1.0" => {
                self.version = "HTTP/1.0";
                self.until_close = true;
            }
            "informed" => {
                self.before =
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n";
            }
            "gigabyte" => {
                let open = self.text().trim_end_matches('}').to_owned();
                *self.body() = open.into();
                self.endless = Some(Then::Repeat(vec![b' '; 1 << 16], 1 << 14));
            }
            "headers-without-end" => {
                let line = format!("x-more: {}\r\n", "x".repeat(1000));
                self.endless = Some(Then::Repeat(line.into(), 1 << 20));
                self.version = "headers";
            }
            "cut" => self.cut = Cut::Everywhere,
            word => self.take_pair(word),
        }
    }

    fn take_pair(&mut self, word: &str) {
        if let Ok(status) = word.parse() {
            self.status = Some(status);
        } else if let Some((field, value)) = word.split_once('=') {
            let value: Value = serde_json::from_str(value).expect("a JSON value");
            self.edit(|object| object[field] = value);
        } else if let Some(("refusal", status)) = word.split_once(':') {
            let status = status.parse().expect("a status");
            *self.body() = self.provider.refusal(status).to_string().into();
        } else if let Some(("cut-at", at)) = word.split_once(':') {
            self.cut = Cut::At(at.parse().expect("a number"));
        } else if let Some(("hold-at", at)) = word.split_once(':') {
            let at: isize = at.parse().expect("a number");
            let length = self.bodies[0].len();
            self.cut = Cut::HoldAt(
                length
                    .checked_add_signed(at)
                    .filter(|_| at < 0)
                    .unwrap_or(at.unsigned_abs()),
            );
        } else if let Some((name, value)) = word.split_once(':') {
            self.headers.push((name.to_owned(), value.to_owned()));
        } else {
            panic!("no such word: {word}");
        }
    }

    fn compact(&self) -> String {
        let value: Value = serde_json::from_str(self.text()).expect("JSON");
        value.to_string()
    }

    /// Changes the object that holds the token.
    fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut value: Value = serde_json::from_str(self.text()).expect("JSON");
        change(
            value
                .pointer_mut(self.provider.token_object())
                .expect("the token's object"),
        );
        *self.body() = value.to_string().into();
    }

    /// One body for each field at any depth, but for the token and what it stands in.
    fn each_other_field(&mut self, change: impl Fn(&mut serde_json::Map<String, Value>, &str)) {
        let whole: Value = serde_json::from_str(self.text()).expect("JSON");
        let token = format!("{}/token", self.provider.token_object());
        let mut places = Vec::new();
        find_fields(&whole, "", &mut places);
        self.bodies = places
            .iter()
            .filter(|(parent, name)| {
                !token.starts_with(&format!("{parent}/{name}")) || name.starts_with("token_")
            })
            .map(|(parent, name)| {
                let mut copy = whole.clone();
                let object = copy.pointer_mut(parent).and_then(Value::as_object_mut);
                change(object.expect("an object"), name);
                copy.to_string().into()
            })
            .collect();
    }

    /// What is sent in each case, and the part of the text that arrives.
    fn deliveries(self) -> Vec<(Reply, Vec<u8>)> {
        let mut all = Vec::new();
        for body in &self.bodies {
            let payload = if self.gzip { gzip(body) } else { body.clone() };
            let wire = if self.chunked {
                chunked(&payload)
            } else {
                payload.clone()
            };
            let head = self.head(wire.len());
            let mut deliver = |end: usize, then: Then| {
                let arrived = if self.chunked {
                    unchunked(&wire[..end])
                } else {
                    wire[..end].to_vec()
                };
                let text = if self.gzip { gunzip(&arrived) } else { arrived };
                let bytes = [head.as_bytes(), &wire[..end]].concat();
                all.push((Reply { bytes, then }, text));
            };
            match self.cut {
                Cut::No => deliver(wire.len(), self.endless.clone().unwrap_or(Then::Close)),
                Cut::At(at) => deliver(at, Then::Close),
                Cut::HoldAt(at) => deliver(at, Then::Hold),
                Cut::Everywhere => (0..=wire.len()).for_each(|at| deliver(at, Then::Close)),
            }
        }
        all
    }

    fn head(&self, length: usize) -> String {
        if self.version == "headers" {
            return "HTTP/1.1 200 OK\r\n".into();
        }
        let status = self.status.expect("a status");
        let mut head = format!("{}{} {status} Reason\r\n", self.before, self.version);
        let mut header = |name: &str, value: &str| head.push_str(&format!("{name}: {value}\r\n"));
        if !self.headers.iter().any(|(name, _)| name == "content-type") {
            header("content-type", "application/json");
        }
        if self.gzip {
            header("content-encoding", "gzip");
        }
        if self.chunked {
            header("transfer-encoding", "chunked");
        } else if self.endless.is_some() {
            header("content-length", &(length + (1 << 30)).to_string());
        } else if !self.until_close {
            header("content-length", &length.to_string());
        }
        for (name, value) in &self.headers {
            header(name, value);
        }
        head + &self.lines.concat() + "\r\n"
    }
}

fn find_fields(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    for (name, child) in value.as_object().into_iter().flatten() {
        found.push((at.to_owned(), name.clone()));
        find_fields(child, &format!("{at}/{name}"), found);
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

/// As far as it goes.
fn gunzip(packed: &[u8]) -> Vec<u8> {
    let mut decoder = GzDecoder::new(packed);
    let (mut text, mut byte) = (Vec::new(), [0]);
    while let Ok(1) = decoder.read(&mut byte) {
        text.push(byte[0]);
    }
    text
}

/// Chunks so small that they cut through the token.
const CHUNK: usize = 10;

fn chunked(payload: &[u8]) -> Vec<u8> {
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
fn unchunked(wire: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    for chunk in wire.chunks(CHUNK + 5) {
        let start = chunk.len().min(3);
        let length = usize::from_str_radix(&String::from_utf8_lossy(&chunk[..start.min(1)]), 16);
        let end = chunk.len().min(start + length.unwrap_or(0));
        payload.extend(&chunk[start..end]);
    }
    payload
}

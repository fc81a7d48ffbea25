//! An answer of the fault server: the provider's own example, changed word by word.

use serde_json::{Value, json};
use tokenturn_tests::{Reply, Then};

use crate::coding::{chunked, gunzip, gzip, unchunked};
use crate::operation::Operation;

/// An answer while it is put together.
pub(crate) struct Answer {
    operation: Operation,
    pub(crate) status: Option<u16>,
    version: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    /// Further lines of the head, to the letter.
    pub(crate) lines: Vec<String>,
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
    pub(crate) fn new(operation: Operation, literal: Option<&str>) -> Self {
        Self {
            operation,
            status: None,
            version: "HTTP/1.1",
            headers: Vec::new(),
            lines: Vec::new(),
            before: "",
            bodies: vec![literal.unwrap_or(operation.seed()).as_bytes().to_vec()],
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

    pub(crate) fn take(&mut self, word: &str) {
        let new = self.operation.new_tokens().swap_remove(0);
        let field = self.operation.token_field();
        match word {
            "empty" => self.body().clear(),
            "html" => *self.body() = b"<html><body><h1>Oops</h1></body></html>".to_vec(),
            "refusal" => {
                let status = self.status.expect("a status comes first");
                *self.body() = self.operation.refusal(status).to_string().into();
            }
            "without-token" => self.edit(|token| {
                token.as_object_mut().expect("an object").remove(field);
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
                let token = format!("\"{field}\":\"{new}\"");
                let twice = format!("\"{field}\":\"the-wrong-one\",{token}");
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
            let field = match field {
                "token" => self.operation.token_field(),
                field => field,
            };
            self.edit(|object| object[field] = value);
        } else if let Some(("refusal", status)) = word.split_once(':') {
            let status = status.parse().expect("a status");
            *self.body() = self.operation.refusal(status).to_string().into();
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
                .pointer_mut(self.operation.token_object())
                .expect("the token's object"),
        );
        *self.body() = value.to_string().into();
    }

    /// One body for each field at any depth, but for the token and what it stands in.
    fn each_other_field(&mut self, change: impl Fn(&mut serde_json::Map<String, Value>, &str)) {
        let whole: Value = serde_json::from_str(self.text()).expect("JSON");
        let (object, field) = (self.operation.token_object(), self.operation.token_field());
        let token = format!("{object}/{field}");
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
    pub(crate) fn deliveries(self) -> Vec<(Reply, Vec<u8>)> {
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

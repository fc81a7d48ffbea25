//! Requests and answers as they travel: HTTP/1.1, read without a library, so that nothing is put right
//! on the way.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

pub(crate) type Headers = Vec<(String, String)>;

/// A request, whole.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    version: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

/// An answer, as far as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// Those of the informational ones before it.
    pub(crate) hints: Vec<u16>,
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
    /// Whether nothing is missing.
    pub(crate) is_whole: bool,
}

impl Request {
    /// Reads one.
    pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = head_end(&bytes) {
                break end;
            }
            more(from, &mut bytes).await?;
        };
        let (line, headers) = head(&bytes[..end]);
        let mut words = line.split(' ').map(str::to_owned);
        let [method, path, version] = [0; 3].map(|_| words.next().unwrap_or_default());
        let mut body = bytes.split_off(end);
        let body = if is_chunked(&headers) {
            loop {
                match unchunked(&body) {
                    (body, true) => break body,
                    _ => more(from, &mut body).await?,
                }
            }
        } else {
            let length = length(&headers).unwrap_or(0);
            while body.len() < length {
                more(from, &mut body).await?;
            }
            body
        };
        Ok(Self {
            method,
            path,
            version,
            headers,
            body,
        })
    }

    /// Whether it is of a protocol without chunks and without connections that are kept.
    pub(crate) fn is_old(&self) -> bool {
        self.version == "HTTP/1.0"
    }

    /// Whether the connection is not to be kept.
    pub(crate) fn is_last(&self) -> bool {
        let wish = self
            .header("connection")
            .unwrap_or_default()
            .to_ascii_lowercase();
        wish.contains("close") || self.is_old() && !wish.contains("keep-alive")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// As it goes on to the sandbox, on a connection for it alone.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        let own = [
            "connection",
            "content-length",
            "transfer-encoding",
            "expect",
            "keep-alive",
        ];
        for (name, value) in &self.headers {
            if !own.contains(&name.as_str()) {
                text += &format!("{name}: {value}\r\n");
            }
        }
        text += &format!(
            "connection: close\r\ncontent-length: {}\r\n\r\n",
            self.body.len()
        );
        [text.as_bytes(), &self.body].concat()
    }
}

impl Answer {
    /// Reads the first one in what a server has sent until now; `None` before its headers are there.
    pub(crate) fn parse(mut bytes: &[u8], is_closed: bool) -> Option<Self> {
        let mut hints = Vec::new();
        loop {
            let end = head_end(bytes)?;
            let (line, headers) = head(&bytes[..end]);
            let status = line.split(' ').nth(1).and_then(|word| word.parse().ok())?;
            bytes = &bytes[end..];
            if (100..200).contains(&status) {
                hints.push(status);
                continue;
            }
            let (body, is_whole) = if status == 204 || status == 304 {
                (Vec::new(), true)
            } else if is_chunked(&headers) {
                unchunked(bytes)
            } else if let Some(length) = length(&headers) {
                (
                    bytes[..bytes.len().min(length)].to_vec(),
                    bytes.len() >= length,
                )
            } else {
                (bytes.to_vec(), is_closed)
            };
            return Some(Self {
                hints,
                status,
                headers,
                body,
                is_whole,
            });
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The status and the headers, as they are sent.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += "\r\n";
        text.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        204 => "No Content",
        404 => "Not Found",
        422 => "Unprocessable Entity",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Other",
    }
}

fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    let mut found = headers.iter().filter(|(found, _)| found == name);
    found.next().map(|(_, value)| value.as_str())
}

fn length(headers: &Headers) -> Option<usize> {
    header(headers, "content-length")?.parse().ok()
}

fn is_chunked(headers: &Headers) -> bool {
    header(headers, "transfer-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
}

/// Where the body begins.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(end + 4)
}

/// The first line and the headers, names in lower case.
fn head(bytes: &[u8]) -> (String, Headers) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    (line, headers.collect())
}

/// What is in the chunks that are whole, or begun, and whether the last one is there.
fn unchunked(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let size = size.split(';').next().unwrap_or_default().trim().to_owned();
        let Ok(size) = usize::from_str_radix(&size, 16) else {
            break;
        };
        bytes = &bytes[end + 2..];
        if size == 0 {
            return (body, bytes.ends_with(b"\r\n"));
        }
        body.extend(&bytes[..size.min(bytes.len())]);
        match bytes.get(size + 2..) {
            Some(rest) => bytes = rest,
            None => break,
        }
    }
    (body, false)
}

async fn more(from: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> io::Result<()> {
    match from.read_buf(bytes).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

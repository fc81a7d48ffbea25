//! One request and its answer, by a socket.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use super::LONGEST;

/// What a browser gets, headers and all.
pub(crate) fn get(url: &str) -> String {
    send("GET", url, "")
}

/// The answer to any request, headers and all.
pub(crate) fn send(method: &str, url: &str, body: &str) -> String {
    try_send(method, url, body).unwrap()
}

pub(crate) fn try_send(method: &str, url: &str, body: &str) -> io::Result<String> {
    let (host, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(LONGEST))?;
    let length = body.len();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while !(method != "HEAD" && is_whole(&answer)) {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend(&piece[..length]),
            // A read with a limit of time is not taken up again when the process had a signal or stood.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    String::from_utf8(answer).map_err(io::Error::other)
}

/// Not every server closes the connection.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let head_length = head.len() + 4;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().unwrap())
    });
    length.is_some_and(|length| answer.len() >= head_length + length)
}

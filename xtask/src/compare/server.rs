//! A server on loopback that gives one answer to every call for a token.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::answers::json;

/// It answers as long as this program lives: its thread waits for calls.
pub(super) struct Server {
    url: String,
    shared: Arc<Shared>,
}

/// What each connection needs.
struct Shared {
    answer: Vec<u8>,
    calls: AtomicUsize,
    /// The values of `accept-encoding`.
    codings: Mutex<String>,
}

impl Server {
    pub(super) fn start(answer: Vec<u8>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            answer,
            calls: AtomicUsize::default(),
            codings: Mutex::default(),
        });
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A peer may open a second connection before it closes the first one.
                let shared = Arc::clone(&for_thread);
                thread::spawn(move || serve(&stream, &shared));
            }
        });
        Ok(Self { url, shared })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// How many calls for a token have come.
    pub(super) fn calls(&self) -> usize {
        self.shared.calls.load(Ordering::SeqCst)
    }

    /// Whether one of them said that it takes this coding.
    pub(super) fn was_asked_for(&self, coding: &str) -> bool {
        let codings = self.shared.codings.lock();
        codings.is_ok_and(|codings| codings.contains(coding))
    }
}

/// One request; then the connection is closed.
fn serve(mut stream: &TcpStream, shared: &Shared) -> Option<()> {
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            Some((name, value)) if name.eq_ignore_ascii_case("accept-encoding") => {
                *shared.codings.lock().ok()? += value;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let path = line.split(' ').nth(1)?;
    let answer = match path {
        // What gh asks before and after.
        path if path.ends_with("/login/device/code") => device_code(),
        path if path.ends_with("/graphql") => {
            json("200 OK", &[], r#"{"data":{"viewer":{"login":"mona"}}}"#)
        }
        _ => {
            shared.calls.fetch_add(1, Ordering::SeqCst);
            shared.answer.clone()
        }
    };
    stream.write_all(&answer).ok()?;
    stream.shutdown(Shutdown::Write).ok()
}

fn device_code() -> Vec<u8> {
    let body = r#"{"device_code":"d","user_code":"ABCD-1234","verification_uri":"http://127.0.0.1/",
        "expires_in":900,"interval":0}"#;
    json("200 OK", &[], body)
}

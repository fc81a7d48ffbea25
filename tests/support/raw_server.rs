//! A server without an HTTP library: it notes the bytes that arrive and sends the bytes that it
//! was given.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Answers requests until it is dropped, and closes the connection after each answer that does not
/// say `connection: keep-alive`.
#[derive(Debug)]
pub struct RawServer {
    address: SocketAddr,
    requests: Log,
    task: JoinHandle<()>,
}

type Log = Arc<Mutex<Vec<RawRequest>>>;
type Answers = Arc<Mutex<dyn FnMut() -> Vec<u8> + Send>>;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// Which connection it came on, counted from 0.
    pub connection: usize,
    /// The first line.
    pub line: String,
    /// The headers in the order of arrival, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl RawRequest {
    /// The headers by name; fails on one that came twice.
    pub fn headers(&self) -> BTreeMap<&str, &str> {
        let mut map = BTreeMap::new();
        for (name, value) in &self.headers {
            assert!(
                map.insert(name.as_str(), value.as_str()).is_none(),
                "two {name}"
            );
        }
        map
    }
}

impl RawServer {
    /// Sends `answers` in turn. An empty answer closes the connection after the request was read;
    /// after the last one every connection is closed like that.
    pub async fn start<A: Into<Vec<u8>>>(answers: impl IntoIterator<Item = A>) -> Self {
        let mut answers: VecDeque<Vec<u8>> = answers.into_iter().map(Into::into).collect();
        Self::start_with(move || answers.pop_front().unwrap_or_default()).await
    }

    /// Asks `answer` for an answer to each request.
    pub async fn start_with(answer: impl FnMut() -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let requests = Log::default();
        let log = Arc::clone(&requests);
        let answers: Answers = Arc::new(Mutex::new(answer));
        let task = tokio::spawn(async move {
            // The connections end with the server: dropping the set aborts them.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answers) = (Arc::clone(&log), Arc::clone(&answers));
                connections.spawn(serve(connections.len(), stream, log, answers));
            }
        });
        Self {
            address,
            requests,
            task,
        }
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Host and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<RawRequest> {
        self.requests.lock().expect("no test panics here").clone()
    }

    /// The only request so far.
    pub fn only_request(&self) -> RawRequest {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "requests");
        requests.remove(0)
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A base URL at which nobody listens.
pub fn refusing_url() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("a bound address"))
}

/// A whole answer with a JSON body.
pub fn json_answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json; charset=utf-8\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    )
}

async fn serve(connection: usize, mut stream: TcpStream, log: Log, answers: Answers) {
    while let Ok(request) = read(connection, &mut stream).await {
        log.lock().expect("no test panics here").push(request);
        let answer = answers.lock().expect("no test panics here")();
        let written = stream.write_all(&answer).await;
        let head = String::from_utf8_lossy(&answer);
        if written.is_err() || !head.contains("connection: keep-alive\r\n") {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

async fn read(connection: usize, stream: &mut TcpStream) -> io::Result<RawRequest> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(RawRequest {
        connection,
        line,
        headers,
        body,
    })
}

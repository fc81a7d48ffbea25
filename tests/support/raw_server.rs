//! A server without an HTTP library: it notes the bytes that arrive and sends the bytes that it
//! was given.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// Answers requests until it is dropped.
#[derive(Debug)]
pub struct RawServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
    scheme: &'static str,
}

#[derive(Debug, Default)]
struct Shared {
    requests: Mutex<Vec<RawRequest>>,
    closed: AtomicUsize,
}

type Answers = Arc<Mutex<dyn FnMut(&RawRequest) -> Reply + Send>>;

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

/// What the server does after a request.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Sent first.
    pub bytes: Vec<u8>,
    /// Done then.
    pub then: Then,
}

/// What the server does after it has sent the first bytes of a reply.
#[derive(Clone, Debug)]
pub enum Then {
    /// Closes the connection.
    Close,
    /// Reads the next request.
    KeepAlive,
    /// Sends nothing more and keeps the connection open.
    Hold,
    /// Sends these bytes this many times, and closes the connection.
    Repeat(Vec<u8>, usize),
}

impl From<Vec<u8>> for Reply {
    /// Keeps the connection open where the answer has the header `connection: keep-alive`.
    fn from(bytes: Vec<u8>) -> Self {
        let then = if String::from_utf8_lossy(&bytes).contains("connection: keep-alive\r\n") {
            Then::KeepAlive
        } else {
            Then::Close
        };
        Self { bytes, then }
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl RawServer {
    /// Sends `answers` in turn. An empty answer closes the connection after the request was read;
    /// after the last one every connection is closed like that.
    pub async fn start<A: Into<Vec<u8>>>(answers: impl IntoIterator<Item = A>) -> Self {
        let mut answers: VecDeque<Vec<u8>> = answers.into_iter().map(Into::into).collect();
        Self::start_with(move |_| answers.pop_front().unwrap_or_default().into()).await
    }

    /// Asks `answer` for a reply to each request.
    pub async fn start_with(answer: impl FnMut(&RawRequest) -> Reply + Send + 'static) -> Self {
        Self::listen(None, answer).await
    }

    /// The same over TLS.
    pub async fn start_tls(
        tls: TlsAcceptor,
        answer: impl FnMut(&RawRequest) -> Reply + Send + 'static,
    ) -> Self {
        Self::listen(Some(tls), answer).await
    }

    async fn listen(
        tls: Option<TlsAcceptor>,
        answer: impl FnMut(&RawRequest) -> Reply + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let shared = Arc::<Shared>::default();
        let for_task = Arc::clone(&shared);
        let answers: Answers = Arc::new(Mutex::new(answer));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let task = tokio::spawn(async move {
            // The connections end with the server: dropping the set aborts them.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, answers) = (Arc::clone(&for_task), Arc::clone(&answers));
                let (tls, number) = (tls.clone(), connections.len());
                connections.spawn(async move {
                    match tls {
                        None => serve(number, stream, &shared, &answers).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(number, stream, &shared, &answers).await;
                            }
                        }
                    }
                    shared.closed.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self {
            address,
            shared,
            task,
            scheme,
        }
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Host and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<RawRequest> {
        self.shared
            .requests
            .lock()
            .expect("no test panics here")
            .clone()
    }

    /// The only request so far.
    pub fn only_request(&self) -> RawRequest {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "requests");
        requests.remove(0)
    }

    /// Waits until the server has closed its first connection.
    pub async fn until_closed(&self) {
        until("a connection is closed", || {
            self.shared.closed.load(Ordering::SeqCst) > 0
        })
        .await;
    }

    /// Waits until this many requests have arrived.
    pub async fn until_requests(&self, count: usize) {
        until("a request arrives", || self.requests().len() >= count).await;
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits for a condition, in vain for far longer than anything takes on a busy machine.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    const PATIENCE: Duration = Duration::from_secs(600);
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A base URL at which nobody listens, and nobody will.
pub fn refusing_url() -> String {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(any).expect("a free port");
    let address = socket.local_addr().expect("a bound address");
    // The port is taken as long as the process lives: another test's server does not get it.
    std::mem::forget(socket);
    format!("http://{address}")
}

/// A base URL at which connections are accepted and closed, until the task is aborted.
pub async fn closing_url() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    (format!("http://{address}"), task)
}

/// A whole answer with a JSON body.
pub fn json_answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    // Said before it is done: a client could send its next request on a connection that is just closed.
    let close = match headers.contains("connection: ") {
        true => "",
        false => "connection: close\r\n",
    };
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json; charset=utf-8\r\n\
         content-length: {length}\r\n{close}{headers}\r\n{body}"
    )
}

async fn serve(
    connection: usize,
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    shared: &Shared,
    answers: &Answers,
) {
    while let Ok(request) = read(connection, &mut stream).await {
        let reply = answers.lock().expect("no test panics here")(&request);
        shared
            .requests
            .lock()
            .expect("no test panics here")
            .push(request);
        if !write(&mut stream, reply).await.unwrap_or(false) {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

/// Tells whether the connection stays open.
async fn write(stream: &mut (impl AsyncWrite + Unpin), reply: Reply) -> io::Result<bool> {
    stream.write_all(&reply.bytes).await?;
    stream.flush().await?;
    match reply.then {
        Then::Close => Ok(false),
        Then::KeepAlive => Ok(true),
        Then::Hold => std::future::pending().await,
        Then::Repeat(bytes, times) => {
            for _ in 0..times {
                stream.write_all(&bytes).await?;
            }
            Ok(false)
        }
    }
}

async fn read(connection: usize, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<RawRequest> {
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

//! The provider, as a gateway sees it: the sandbox, behind something that answers in odd ways and keeps
//! the log by which all is judged.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::does::Does;
use crate::message::{Answer, Request};
use crate::ports::free_port;

/// How long a gateway may take to see that a connection was closed.
const PATIENCE: Duration = Duration::from_secs(2);

/// A call that is looked for in what arrives.
#[derive(Clone)]
pub(crate) struct Case {
    sandbox: SocketAddr,
    does: Does,
    /// How many times it is done so; the call is answered after that.
    times: usize,
    /// The answer waits until this is true.
    gate: Option<watch::Receiver<bool>>,
    pub(crate) seen: Seen,
}

/// What the provider knows of a call.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    /// How many times it came.
    pub(crate) times: usize,
    /// Whether it came without `Authorization`.
    pub(crate) was_bare: bool,
    /// The provider's answers to those that were applied.
    pub(crate) answers: Vec<Answer>,
}

pub(crate) struct Origin {
    shared: Arc<Shared>,
    pub(crate) port: u16,
    server: Option<JoinHandle<()>>,
}

struct Shared {
    /// By what is in their `User-Agent`.
    cases: Mutex<HashMap<String, Case>>,
    /// Connections on which nothing is under way end when it changes.
    idle: watch::Sender<()>,
    /// Each of them has a clone.
    is_idle: Arc<()>,
    /// Whether the gateway closes its end of them, too, before it uses one again.
    notices: AtomicBool,
}

impl Case {
    /// A call to the provider at `sandbox`.
    pub(crate) fn new(sandbox: SocketAddr, does: Does) -> Self {
        Self {
            sandbox,
            does,
            times: usize::MAX,
            gate: None,
            seen: Seen::default(),
        }
    }

    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    pub(crate) fn gate(mut self, gate: watch::Receiver<bool>) -> Self {
        self.gate = Some(gate);
        self
    }
}

impl Origin {
    pub(crate) async fn start() -> Self {
        let mut origin = Self {
            port: free_port(),
            shared: Arc::new(Shared {
                cases: Mutex::default(),
                idle: watch::channel(()).0,
                is_idle: Arc::default(),
                notices: AtomicBool::new(true),
            }),
            server: None,
        };
        origin.come_back().await;
        origin
    }

    /// Nobody listens any more, and all connections are gone.
    pub(crate) async fn leave(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            let _ = server.await;
        }
    }

    /// Listens, and answers.
    pub(crate) async fn come_back(&mut self) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await;
        let listener = listener.expect("its port");
        let shared = Arc::clone(&self.shared);
        self.server = Some(tokio::spawn(async move {
            // They end with the server: dropping the set aborts them.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                connections.spawn(async move { shared.attend(stream).await });
            }
        }));
    }

    /// Ends the connections on which nothing is under way, and waits until the gateway has seen it. Some
    /// look only when they use one again.
    pub(crate) async fn close_idle(&self) {
        let gone = async {
            // One may have become idle just now.
            while Arc::strong_count(&self.shared.is_idle) > 1 {
                let _ = self.shared.idle.send(());
                sleep(Duration::from_millis(1)).await;
            }
        };
        // Some always have one ready.
        let _ = timeout(2 * PATIENCE, gone).await;
    }

    pub(crate) fn expect(&self, agent: &str, case: Case) {
        self.shared.cases().insert(agent.to_owned(), case);
    }

    pub(crate) fn seen(&self, agent: &str) -> Seen {
        let cases = self.shared.cases();
        cases
            .get(agent)
            .map(|case| case.seen.clone())
            .unwrap_or_default()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

impl Shared {
    fn cases(&self) -> std::sync::MutexGuard<'_, HashMap<String, Case>> {
        self.cases.lock().expect("nobody panics here")
    }

    async fn attend(&self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let mut idle = self.idle.subscribe();
        loop {
            let is_idle = Arc::clone(&self.is_idle);
            let request = tokio::select! {
                request = Request::read(&mut stream) => request,
                _ = idle.changed() => return self.end(stream).await,
            };
            drop(is_idle);
            let Ok(request) = request else {
                return;
            };
            match self.answer(&request, &mut stream).await {
                Ok(true) => {}
                _ => {
                    // What was sent arrives: a reset could overtake it.
                    let _ = stream.shutdown().await;
                    return;
                }
            }
            idle.mark_unchanged();
        }
    }

    /// Ends a connection, and waits until the gateway does.
    async fn end(&self, mut stream: TcpStream) {
        let _ = stream.shutdown().await;
        if self.notices.load(Ordering::Relaxed) {
            let ended = timeout(PATIENCE, stream.read_u8()).await;
            self.notices.store(ended.is_ok(), Ordering::Relaxed);
        }
    }

    /// Whether the connection stays open.
    async fn answer(&self, request: &Request, stream: &mut TcpStream) -> io::Result<bool> {
        let agent = request.header("user-agent").unwrap_or_default();
        let only_asks = only_asks(request);
        let mut does = Does::Answers;
        let mut gate = None;
        let sandbox = {
            let mut cases = self.cases();
            let Some(case) = cases.get_mut(agent) else {
                return Ok(false);
            };
            if !only_asks {
                case.seen.was_bare |= request.header("authorization").is_none();
                case.seen.times += 1;
                if case.seen.times <= case.times {
                    (does, gate) = (case.does, case.gate.clone());
                }
            }
            case.sandbox
        };
        let answer = match does {
            Does::Fails(status) => page(status),
            _ => does.dated(ask(sandbox, request).await?),
        };
        if !matches!(does, Does::Fails(_))
            && !only_asks
            && let Some(case) = self.cases().get_mut(agent)
        {
            case.seen.answers.push(answer.clone());
        }
        if let Some(mut gate) = gate {
            let _ = gate.wait_for(|is_open| *is_open).await;
        }
        // A connection that a gateway closes after each call is closed by us, too, and we say so: else
        // it would keep it for the next call.
        let is_last = request.is_last();
        let mut answer = answer;
        if is_last && does != Does::SaysClose {
            answer.headers.push(("connection".into(), "close".into()));
        }
        Ok(does.send(stream, answer).await? && !is_last)
    }
}

/// The sandbox's answer.
async fn ask(sandbox: SocketAddr, request: &Request) -> io::Result<Answer> {
    let mut sandbox = TcpStream::connect(sandbox).await?;
    sandbox.write_all(&request.bytes()).await?;
    let mut bytes = Vec::new();
    sandbox.read_to_end(&mut bytes).await?;
    let mut answer = Answer::parse(&bytes, true).ok_or(io::ErrorKind::InvalidData)?;
    answer.headers.retain(|(name, _)| name != "connection");
    Ok(answer)
}

/// Whether a request changes nothing: it is made to have a connection in use.
fn only_asks(request: &Request) -> bool {
    let is_check = request.method == "POST"
        && request.path.starts_with("/applications/")
        && request.path.ends_with("/token");
    let path = request.path.as_str();
    is_check || path.ends_with("/device/code") || path.ends_with("query-user-basic-info")
}

fn page(status: u16) -> Answer {
    let body =
        format!("<html><body><h1>{status} from the provider</h1></body></html>").into_bytes();
    let mut headers = vec![
        ("content-type".into(), "text/html".into()),
        ("content-length".into(), body.len().to_string()),
    ];
    if status == 503 {
        headers.push(("retry-after".into(), "7".into()));
    }
    Answer {
        status,
        headers,
        body,
        is_whole: true,
        ..Answer::default()
    }
}

//! A place between a program and the sandbox, where calls can be held up, and answers can lie.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::process::PATIENCE;

/// Where a call is held up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Before the sandbox hears of it.
    Request,
    /// After the sandbox has done it.
    Answer,
}

/// Passes calls on to the sandbox, and answers back, until it is dropped.
pub struct Gate {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    behind: String,
    rules: Mutex<Vec<Rule>>,
    fate: Mutex<Option<Teller>>,
}

type Teller = Box<dyn FnMut(&[u8]) -> Fate + Send>;

/// What becomes of a call.
pub enum Fate {
    /// It is passed on, and so is its answer.
    Pass,
    /// The sandbox does not hear of it. This is the answer.
    Instead(Vec<u8>),
    /// It is passed on, and this makes the answer out of the one that came.
    Altered(Box<dyn FnOnce(Vec<u8>) -> Vec<u8> + Send>),
}

#[derive(Debug)]
struct Rule {
    start: &'static str,
    point: Point,
    stage: watch::Sender<Stage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum Stage {
    Waiting,
    Held,
    Released,
    Through,
}

/// A call that is held up, or will be.
#[derive(Debug)]
pub struct Held(watch::Sender<Stage>);

impl Gate {
    /// Starts it in front of the server at this base URL.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub async fn start(behind: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            behind: behind.trim_start_matches("http://").to_owned(),
            rules: Mutex::default(),
            fate: Mutex::default(),
        });
        let for_task = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&for_task);
                // It ends with its connection.
                tokio::spawn(async move { shared.serve(stream).await });
            }
        });
        Self {
            address,
            shared,
            task,
        }
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Holds up the next call that starts so, with its method or its path, too, and none after it.
    pub fn hold(&self, start: &'static str, point: Point) -> Held {
        let stage = watch::Sender::new(Stage::Waiting);
        self.shared.rules.lock().unwrap().push(Rule {
            start,
            point,
            stage: stage.clone(),
        });
        Held(stage)
    }

    /// Asks what becomes of each call from now on, which is given as it came.
    pub fn tell(&self, fate: impl FnMut(&[u8]) -> Fate + Send + 'static) {
        *self.shared.fate.lock().unwrap() = Some(Box::new(fate));
    }

    /// Passes all on from now on.
    pub fn pass(&self) {
        *self.shared.fate.lock().unwrap() = None;
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Held {
    /// Waits until the call is there.
    pub async fn is_there(&self) {
        self.until(Stage::Held).await;
    }

    /// Lets it go on, and waits until its answer is on the way.
    pub async fn release(self) {
        self.0.send_replace(Stage::Released);
        self.until(Stage::Through).await;
    }

    /// Waits until it is there, and lets it go on.
    pub async fn pass(self) {
        self.is_there().await;
        self.release().await;
    }

    async fn until(&self, stage: Stage) {
        let mut reached = self.0.subscribe();
        let reached = reached.wait_for(|now| *now >= stage);
        let reached = timeout(PATIENCE, reached).await;
        reached.expect("the call comes in time").unwrap();
    }
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut behind = TcpStream::connect(&self.behind).await?;
        while let Some(request) = message(&mut stream).await? {
            let rule = self.rule_of(&request);
            hold(&rule, Point::Request).await;
            let answer = match self.fate_of(&request) {
                Fate::Instead(answer) => answer,
                fate => {
                    behind.write_all(&request).await?;
                    let answer = message(&mut behind).await?.unwrap_or_default();
                    match fate {
                        Fate::Altered(altered) => altered(answer),
                        _ => answer,
                    }
                }
            };
            hold(&rule, Point::Answer).await;
            stream.write_all(&answer).await?;
            if let Some(rule) = rule {
                rule.stage.send_replace(Stage::Through);
            }
        }
        Ok(())
    }

    fn fate_of(&self, request: &[u8]) -> Fate {
        let mut fate = self.fate.lock().unwrap();
        fate.as_mut().map_or(Fate::Pass, |fate| fate(request))
    }

    fn rule_of(&self, request: &[u8]) -> Option<Rule> {
        let mut rules = self.rules.lock().unwrap();
        let fits = |rule: &Rule| request.starts_with(rule.start.as_bytes());
        let found = rules.iter().position(fits)?;
        Some(rules.remove(found))
    }
}

async fn hold(rule: &Option<Rule>, here: Point) {
    if let Some(rule) = rule.as_ref().filter(|rule| rule.point == here) {
        rule.stage.send_replace(Stage::Held);
        // The sender is in `rule`.
        let _ = rule
            .stage
            .subscribe()
            .wait_for(|now| *now == Stage::Released)
            .await;
    }
}

/// A request or an answer with the length that it says, as it came. `None` at the end.
async fn message(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let mut lines = head.lines();
            let length = lines.find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return Ok(Some(bytes));
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

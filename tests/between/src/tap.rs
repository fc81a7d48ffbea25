//! A wire between the client and a gateway that keeps what went over it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::message::Answer;

pub(crate) struct Tap {
    pub(crate) address: SocketAddr,
    wires: Arc<Mutex<Vec<Wire>>>,
    server: JoinHandle<()>,
}

/// What went over one connection.
#[derive(Default)]
struct Wire {
    sent: Vec<u8>,
    came: Vec<u8>,
    is_closed: bool,
    /// The client has closed it, and sees no more.
    is_left: bool,
}

/// What came of the first request.
pub(crate) enum Came {
    Nothing,
    /// The gateway closed the connection.
    Close,
    PartOfHeaders,
    Answer(Answer),
}

impl Tap {
    pub(crate) async fn start(gateway: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let wires = Arc::<Mutex<Vec<Wire>>>::default();
        let kept = Arc::clone(&wires);
        let server = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let wires = Arc::clone(&kept);
                connections.spawn(async move {
                    if let Ok(gateway) = TcpStream::connect((Ipv4Addr::LOCALHOST, gateway)).await {
                        join(client, gateway, &wires).await;
                    }
                });
            }
        });
        Self {
            address,
            wires,
            server,
        }
    }

    /// Forgets what went over it until now.
    pub(crate) fn forget(&self) {
        for wire in lock(&self.wires).iter_mut() {
            (wire.sent, wire.came) = Default::default();
        }
    }

    /// How many requests the client has sent.
    pub(crate) fn requests(&self) -> usize {
        let wires = lock(&self.wires);
        let count = |wire: &Wire| {
            let text = String::from_utf8_lossy(&wire.sent);
            text.matches(" HTTP/1.1\r\n").count()
        };
        wires.iter().map(count).sum()
    }

    pub(crate) fn came(&self) -> Came {
        let wires = lock(&self.wires);
        let Some(wire) = wires.iter().find(|wire| !wire.sent.is_empty()) else {
            // One that closes at once may be faster than the client.
            return match wires.iter().any(|wire| wire.is_closed) {
                true => Came::Close,
                false => Came::Nothing,
            };
        };
        match Answer::parse(&wire.came, wire.is_closed) {
            Some(answer) => Came::Answer(answer),
            None if !wire.came.is_empty() => Came::PartOfHeaders,
            None if wire.is_closed => Came::Close,
            None => Came::Nothing,
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(wires: &Mutex<Vec<Wire>>) -> MutexGuard<'_, Vec<Wire>> {
    wires.lock().expect("nobody panics here")
}

async fn join(client: TcpStream, gateway: TcpStream, wires: &Mutex<Vec<Wire>>) {
    let _ = (client.set_nodelay(true), gateway.set_nodelay(true));
    let number = {
        let mut wires = lock(wires);
        wires.push(Wire::default());
        wires.len() - 1
    };
    let ((from_client, mut to_client), (from_gateway, mut to_gateway)) =
        (client.into_split(), gateway.into_split());
    let upward = async {
        let is_left = copy(from_client, &mut to_gateway, |bytes| {
            lock(wires)[number].sent.extend(bytes);
            until_early_in_a_second()
        })
        .await;
        lock(wires)[number].is_left = is_left;
        drop(to_gateway);
    };
    let downward = async {
        copy(from_gateway, &mut to_client, |bytes| {
            let wire = &mut lock(wires)[number];
            if !wire.is_left {
                wire.came.extend(bytes);
            }
            Duration::ZERO
        })
        .await;
        {
            let wire = &mut lock(wires)[number];
            wire.is_closed = !wire.is_left;
        }
        // The client sees the end only now: once it does, somebody looks at what came.
        drop(to_client);
    };
    tokio::join!(upward, downward);
}

/// Whether all was copied until the end. `note` says how long they wait before they are passed on.
async fn copy(
    mut from: OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    note: impl Fn(&[u8]) -> Duration,
) -> bool {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        sleep(note(&buffer[..count])).await;
        if to.write_all(&buffer[..count]).await.is_err() {
            return false;
        }
    }
    true
}

/// The rest of the second of the clock, in its second half: some caches count in whole seconds, and to them
/// an answer that came in the next second is one second old.
fn until_early_in_a_second() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    match now.expect("a clock after 1970").subsec_millis() {
        millis @ 500.. => Duration::from_millis(1010 - u64::from(millis)),
        _ => Duration::ZERO,
    }
}

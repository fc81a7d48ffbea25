//! A proxy that asks for credentials, and may break off at each stage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What it says when it has connected.
pub(crate) const CONNECTED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";
/// The base64 of `user:can@ry`.
const CREDENTIALS: &str = "\r\nproxy-authorization: basic dxnlcjpjyw5acnk=\r\n";

/// How it goes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Tunnel {
    /// To the end.
    Whole,
    /// The client has no credentials.
    Anonymous,
    /// The proxy answers CONNECT with this status and a page.
    Refused(u16),
    /// This many bytes of the answer to CONNECT arrive.
    Answer(usize),
    /// This many bytes of the server's part of the handshake arrive.
    Handshake(usize),
    /// Of what the server says after the request, all but this many bytes arrive.
    Rest(usize),
}

/// It ends when it is dropped.
pub(crate) struct Proxy {
    /// For the client.
    pub(crate) url: String,
    _connections: JoinSet<()>,
}

impl Proxy {
    /// Begins one that connects everybody with `server`, which makes `asked` true when the
    /// request has come that matters.
    pub(crate) async fn start(tunnel: Tunnel, server: String, asked: Arc<AtomicBool>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (server, asked) = (server.clone(), Arc::clone(&asked));
                connections.spawn(async move {
                    // What goes wrong here is what the client sees.
                    let _ = serve(client, tunnel, &server, &asked).await;
                });
            }
        });
        let user = match tunnel {
            Tunnel::Anonymous => "",
            _ => "user:can%40ry@",
        };
        Self {
            url: format!("http://{user}{address}"),
            _connections: connections,
        }
    }
}

async fn serve(
    mut client: TcpStream,
    tunnel: Tunnel,
    server: &str,
    asked: &AtomicBool,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    assert!(head.starts_with("connect ghe.invalid:"), "{head}");
    let refusal = match tunnel {
        _ if !head.contains(CREDENTIALS) => Some(407),
        Tunnel::Refused(status) => Some(status),
        _ => None,
    };
    if let Some(status) = refusal {
        let page = r#"{"message":"Not Found","token":"of-a-proxy"}"#;
        let length = page.len();
        let answer = format!("HTTP/1.1 {status} No\r\ncontent-length: {length}\r\n\r\n{page}");
        return client.write_all(answer.as_bytes()).await;
    }
    let end = match tunnel {
        Tunnel::Answer(end) => end,
        _ => CONNECTED.len(),
    };
    client.write_all(&CONNECTED.as_bytes()[..end]).await?;
    if let Tunnel::Answer(_) = tunnel {
        return Ok(());
    }
    let mut server = TcpStream::connect(server).await?;
    if tunnel == Tunnel::Whole {
        return copy_bidirectional(&mut client, &mut server).await.map(drop);
    }
    relay(client, server, tunnel, asked).await
}

async fn relay(
    client: TcpStream,
    server: TcpStream,
    tunnel: Tunnel,
    asked: &AtomicBool,
) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        tokio::io::copy(&mut from_client, &mut to_server)
            .await
            .map(drop)
    };
    let down = async {
        let mut left = match tunnel {
            Tunnel::Handshake(left) => left,
            _ => usize::MAX,
        };
        let mut bytes = Vec::new();
        while left > 0 {
            bytes.clear();
            if from_server.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
            if let Tunnel::Rest(missing) = tunnel
                && asked.swap(false, Ordering::SeqCst)
            {
                from_server.read_to_end(&mut bytes).await?;
                bytes.truncate(bytes.len().saturating_sub(missing));
                return to_client.write_all(&bytes).await;
            }
            bytes.truncate(left);
            left -= bytes.len();
            to_client.write_all(&bytes).await?;
        }
        Ok(())
    };
    tokio::select! {
        // It ends with the client, or goes on until the server does.
        Err(error) = up => Err(error),
        done = down => done,
    }
}

//! A pooler that tells its clients of one session, and gives them another one for each second transaction.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, Result};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use super::{Cluster, USER};

/// It ends with the runtime that it was started on.
pub struct Mover {
    port: u16,
    named: Arc<AtomicUsize>,
}

impl Cluster {
    /// Starts one before this server, or, if it is not to move anybody, one that only looks.
    pub async fn mover(&self, moves: bool) -> Mover {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let named = Arc::<AtomicUsize>::default();
        let (server, count) = (self.folder.join(".s.PGSQL.5432"), Arc::clone(&named));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, count) = (server.clone(), Arc::clone(&count));
                // It ends with an error when either side does.
                tokio::spawn(async move { serve(client, server, moves, &count).await });
            }
        });
        Mover { port, named }
    }
}

impl Mover {
    /// The same database, by this way.
    pub fn url(&self, url: &str) -> String {
        let (_, database) = url.rsplit_once('/').expect("it names a database");
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// How often a statement was asked by its name.
    pub fn named(&self) -> usize {
        self.named.load(Ordering::Relaxed)
    }
}

async fn serve(
    mut client: TcpStream,
    server: PathBuf,
    moves: bool,
    named: &AtomicUsize,
) -> Result<()> {
    client.set_nodelay(true)?;
    let length = client.read_u32().await?;
    let mut startup = length.to_be_bytes().to_vec();
    startup.resize(length as usize, 0);
    client.read_exact(&mut startup[4..]).await?;
    let mut sessions = [
        UnixStream::connect(&server).await?,
        UnixStream::connect(&server).await?,
    ];
    let mut told = Vec::new();
    for session in sessions.iter_mut().rev() {
        session.write_all(&startup).await?;
        told = answers(session).await?.0;
    }
    client.write_all(&told).await?;
    let mut at = 0;
    loop {
        let mut asked = Vec::new();
        loop {
            let (kind, message) = message(&mut client).await?;
            asked.extend(&message);
            // The name of the portal, and of the statement.
            if kind == b'B' && message[5..].splitn(3, |byte| *byte == 0).nth(1) != Some(&[]) {
                named.fetch_add(1, Ordering::Relaxed);
            }
            if [b'S', b'Q', b'X'].contains(&kind) {
                break;
            }
        }
        sessions[at].write_all(&asked).await?;
        let (answers, has_ended) = answers(&mut sessions[at]).await?;
        client.write_all(&answers).await?;
        if moves && has_ended {
            at = 1 - at;
        }
    }
}

/// All until the server is ready for more, and whether that is outside of a transaction.
async fn answers(session: &mut UnixStream) -> Result<(Vec<u8>, bool)> {
    let mut all = Vec::new();
    loop {
        let (kind, message) = message(session).await?;
        all.extend(&message);
        if kind == b'Z' {
            return Ok((all, message.last() == Some(&b'I')));
        }
    }
}

/// Its kind, and all of it.
async fn message(from: &mut (impl AsyncRead + Unpin)) -> Result<(u8, Vec<u8>)> {
    let (kind, length) = (from.read_u8().await?, from.read_u32().await?);
    let mut message = vec![kind];
    message.extend(length.to_be_bytes());
    message.resize(1 + length as usize, 0);
    from.read_exact(&mut message[5..]).await?;
    Ok((kind, message))
}

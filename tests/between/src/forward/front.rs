//! The provider, as it is reached from outside: TLS by an authority of its own, at an address that is
//! not loopback.

use std::net::Ipv4Addr;
use std::sync::OnceLock;

use tokenturn_tests::Authority;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::ports::free_port;

/// The name of the provider, which only the hosts file of this network knows.
pub(crate) const NAME: &str = "ghe.example";
/// Its address, which is only in this network.
pub(crate) const ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

/// The authority of the provider.
pub(crate) fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(Authority::new)
}

pub(crate) struct Front {
    host: String,
    pub(crate) port: u16,
    origin: u16,
    server: Option<JoinHandle<()>>,
}

impl Front {
    /// Stands before an origin, with a certificate for `host`.
    pub(crate) async fn start(host: &str, origin: u16) -> Self {
        let mut front = Self {
            host: host.to_owned(),
            port: free_port(),
            origin,
            server: None,
        };
        front.come_back().await;
        front
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}:{}", self.host, self.port)
    }

    /// Nobody listens any more, and all connections are gone.
    pub(crate) async fn leave(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            let _ = server.await;
        }
    }

    pub(crate) async fn come_back(&mut self) {
        let acceptor = authority().server(&self.host, false);
        let listener = TcpListener::bind((ADDRESS, self.port)).await;
        let listener = listener.expect("the address is there: the verb adds it");
        let origin = self.origin;
        self.server = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                connections.spawn(async move {
                    let _ = stream.set_nodelay(true);
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let origin = TcpStream::connect((Ipv4Addr::LOCALHOST, origin)).await;
                    let mut origin = origin.expect("the origin listens");
                    let _ = copy_bidirectional(&mut stream, &mut origin).await;
                });
            }
        }));
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

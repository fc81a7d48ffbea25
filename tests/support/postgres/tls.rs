//! A server that speaks TLS, with an authority of its own.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

use super::programs::installed;
use super::servant::write;
use super::{Cluster, processes};
use crate::{Authority, short_temp_dir};

impl Cluster {
    /// Starts one on loopback, with a certificate and its key. It believes clients whom `authority`
    /// knows, and lets in whom `rules`, lines of `pg_hba.conf`, let in; its own programs come through a
    /// socket. `None`, and the test is skipped, where PostgreSQL is not installed.
    pub fn with_tls(
        (certificate, key): &(String, String),
        authority: &Authority,
        rules: &str,
    ) -> Option<Self> {
        let programs = installed()?;
        let (socket, port) = kept_port();
        let options = format!(
            "-c fsync=off -c autovacuum=off -c shared_buffers=16MB -c listen_addresses=127.0.0.1 \
             -c port={port}"
        );
        let mut cluster = Self::new(programs, &short_temp_dir(), &options);
        cluster.host = format!("127.0.0.1:{port}");
        cluster.server = format!("{}:{port}", cluster.server);
        cluster.port = Some(socket);
        for (file, content) in [
            ("server.crt", &**certificate),
            ("server.key", &**key),
            ("root.crt", authority.pem()),
            (
                "postgresql.auto.conf",
                "ssl = on\nssl_ca_file = 'root.crt'\n",
            ),
            ("pg_hba.conf", &*format!("local all all trust\n{rules}\n")),
        ] {
            let path = format!("{}/{file}", cluster.data());
            write(cluster.servant, path.as_ref(), content);
        }
        cluster.launch();
        Some(cluster)
    }

    /// Lets it speak no TLS any more.
    ///
    /// # Panics
    ///
    /// When the server does not run.
    pub fn end_tls(&self) {
        let sql = |statement| self.sql(&self.url(), statement);
        sql("ALTER SYSTEM SET ssl = off");
        sql("SELECT pg_reload_conf()");
        processes::until("TLS is off", || sql("SHOW ssl") == "off");
    }

    /// The port of loopback that it listens at.
    ///
    /// # Panics
    ///
    /// When it listens at none.
    pub fn port(&self) -> u16 {
        let port = self.port.as_ref().expect("it listens at a port");
        port.local_addr().unwrap().port()
    }
}

/// A port that nobody else is given. A server may still listen there, for both let others have it.
fn kept_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(any).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

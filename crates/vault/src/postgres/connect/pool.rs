//! The connections of a process.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, RecycleError, RecycleResult, Timeouts};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::{Client, Config, Connection, Error, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::WAIT;
use super::session::Session;
use crate::error::StoreError;

/// Each is busy for a few milliseconds at a time, and servers have a hundred for all.
const CONNECTIONS: usize = 8;
/// A connection that was used so recently is not tried before it is used again.
const FRESH: Duration = Duration::from_secs(10);
/// How long a trial may take.
const TRIAL: Duration = Duration::from_secs(5);

pub(in super::super) type Pool = managed::Pool<Manager>;
pub(in super::super) type PooledSession = managed::Object<Manager>;

type Connected<S> = Result<(Client, Connection<Socket, S>), Error>;

pub(in super::super) struct Manager {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    moves: Arc<AtomicBool>,
}

/// Connections are made when they are needed.
pub(super) fn pool(config: Config, tls: Option<ClientConfig>) -> Result<Pool, StoreError> {
    let manager = Manager {
        config,
        tls: tls.map(MakeRustlsConnect::new),
        moves: Arc::default(),
    };
    let pool = Pool::builder(manager)
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(WAIT),
            create: Some(WAIT),
            recycle: Some(TRIAL),
        })
        .build();
    pool.map_err(|e| StoreError::other("the database cannot be used", e))
}

impl managed::Manager for Manager {
    type Type = Session;
    type Error = Error;

    async fn create(&self) -> Result<Session, Error> {
        match &self.tls {
            Some(tls) => self.session(self.config.connect(tls.clone()).await).await,
            None => self.session(self.config.connect(NoTls).await).await,
        }
    }

    async fn recycle(&self, session: &mut Session, used: &Metrics) -> RecycleResult<Error> {
        if session.is_closed() {
            return Err(RecycleError::message("closed"));
        }
        match used.last_used() < FRESH {
            true => Ok(()),
            false => session
                .check_connection()
                .await
                .map_err(RecycleError::Backend),
        }
    }
}

impl Manager {
    async fn session<S>(&self, connected: Connected<S>) -> Result<Session, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (client, connection) = connected?;
        let connection = tokio::spawn(async {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the database has ended");
            }
        });
        Ok(Session::new(client, connection, Arc::clone(&self.moves)).await)
    }
}

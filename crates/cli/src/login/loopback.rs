//! The port of this host to which the browser comes back.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use tokenturn::{AuthorizationCode, CallbackError, PendingAuthorization};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::page::Page;

const PATH: &str = "/callback";
/// How long the browser may take to fetch its page.
const GOODBYE: Duration = Duration::from_secs(2);

/// A free port on which nobody is answered yet.
#[derive(Debug)]
pub(super) struct Loopback {
    listener: TcpListener,
    port: u16,
}

/// What the browser came back with. It waits for a page.
#[derive(Debug)]
pub(super) struct Callback {
    pub(super) result: Result<AuthorizationCode, CallbackError>,
    pub(super) browser: oneshot::Sender<Page>,
}

/// Answers browsers until it is closed.
#[derive(Debug)]
pub(super) struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

struct Waiting {
    pending: PendingAuthorization,
    /// Taken by the first callback.
    callback: Mutex<Option<oneshot::Sender<Callback>>>,
}

impl Loopback {
    pub(super) async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    pub(super) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Answers from now on. The receiver gets the one callback that belongs to `pending`.
    pub(super) fn serve(
        self,
        pending: PendingAuthorization,
    ) -> (oneshot::Receiver<Callback>, Server) {
        let (callback, arrival) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let callback = Mutex::new(Some(callback));
        let routes = Router::new()
            .fallback(answer)
            .with_state(Arc::new(Waiting { pending, callback }));
        let task = tokio::spawn(async move {
            let server = axum::serve(self.listener, routes).with_graceful_shutdown(async {
                let _ = stopped.await;
            });
            let _ = server.await;
        });
        (arrival, Server { stop, task })
    }
}

impl Server {
    /// Lets the pages that are on their way arrive.
    pub(super) async fn close(mut self) {
        let _ = self.stop.send(());
        if timeout(GOODBYE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

async fn answer(State(waiting): State<Arc<Waiting>>, request: Request) -> Page {
    if request.method() != Method::GET || request.uri().path() != PATH {
        return Page::NOT_FOUND;
    }
    let query = request.uri().query().unwrap_or_default();
    let result = waiting.pending.callback(query);
    // Any page can send a browser here. Only the provider knows the state.
    if result.as_ref().is_err_and(CallbackError::is_state_mismatch) {
        return Page::STRANGER;
    }
    let callback = waiting.callback.lock();
    let callback = callback.unwrap_or_else(PoisonError::into_inner).take();
    let Some(callback) = callback else {
        return Page::OVER;
    };
    let (browser, page) = oneshot::channel();
    if callback.send(Callback { result, browser }).is_err() {
        return Page::OVER;
    }
    page.await.unwrap_or(Page::FAILED)
}

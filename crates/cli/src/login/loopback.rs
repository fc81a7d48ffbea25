//! The port of this host to which the browser comes back.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY};
use axum::response::{IntoResponse, Redirect, Response};
use tokenturn::{AuthorizationCode, AuthorizationRequest, CallbackError, PendingAuthorization};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::page::Page;

const START: &str = "/";
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
    /// The provider's page. Taken by the first browser.
    page: Mutex<Option<String>>,
    /// Taken by the first callback.
    callback: Mutex<Option<oneshot::Sender<Callback>>>,
}

impl Loopback {
    pub(super) async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// Leads to the provider's page, once: what a browser is started with can be read by others, and
    /// the address of that page has the state in it.
    pub(super) fn start(&self) -> String {
        format!("http://127.0.0.1:{}{START}", self.port)
    }

    pub(super) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Answers from now on. The receiver gets the one callback that belongs to `request`.
    pub(super) fn serve(
        self,
        request: AuthorizationRequest,
    ) -> (oneshot::Receiver<Callback>, Server) {
        let (callback, arrival) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let waiting = Waiting {
            pending: request.pending,
            page: Mutex::new(Some(request.url)),
            callback: Mutex::new(Some(callback)),
        };
        let routes = Router::new().fallback(answer).with_state(Arc::new(waiting));
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

async fn answer(State(waiting): State<Arc<Waiting>>, request: Request) -> Response {
    let uri = request.uri();
    match (request.method(), uri.path()) {
        (&Method::GET, START) => waiting.begin(),
        (&Method::GET, PATH) => {
            let page = waiting.end(uri.query().unwrap_or_default()).await;
            page.into_response()
        }
        _ => Page::NOT_FOUND.into_response(),
    }
}

impl Waiting {
    fn begin(&self) -> Response {
        let headers = [
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "no-referrer"),
        ];
        match take(&self.page) {
            Some(page) => (headers, Redirect::to(&page)).into_response(),
            None => Page::OVER.into_response(),
        }
    }

    async fn end(&self, query: &str) -> Page {
        let result = self.pending.callback(query);
        // Any page can send a browser here. Only the provider knows the state.
        if result.as_ref().is_err_and(CallbackError::is_state_mismatch) {
            return Page::STRANGER;
        }
        let Some(callback) = take(&self.callback) else {
            return Page::OVER;
        };
        let (browser, page) = oneshot::channel();
        if callback.send(Callback { result, browser }).is_err() {
            return Page::OVER;
        }
        page.await.unwrap_or(Page::FAILED)
    }
}

fn take<T>(once: &Mutex<Option<T>>) -> Option<T> {
    once.lock().unwrap_or_else(PoisonError::into_inner).take()
}

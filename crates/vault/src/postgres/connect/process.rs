//! Which process of the server a connection was told to be served by.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Client;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// `tokio-postgres` (0.7.18) tells it in requests to cancel alone. So one is written, and sent to
/// nobody.
pub(super) async fn told(client: &Client) -> Option<i32> {
    let mut request = Request::default();
    let token = client.cancel_token();
    token.cancel_query_raw(&mut request, NoTls).await.ok()?;
    // The last of it: the process, and a secret.
    let (process, _) = request.0.last_chunk::<8>()?.split_first_chunk()?;
    Some(i32::from_be_bytes(*process))
}

#[derive(Default)]
struct Request(Vec<u8>);

/// Unlike that of the library, it may be where TLS is required: nothing leaves this process.
struct NoTls;

impl AsyncWrite for Request {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// It says that there is TLS, whenever it is asked.
impl AsyncRead for Request {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        into.put_slice(b"S");
        Poll::Ready(Ok(()))
    }
}

impl TlsStream for &mut Request {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<'r> TlsConnect<&'r mut Request> for NoTls {
    type Stream = &'r mut Request;
    type Error = Infallible;
    type Future = Ready<Result<&'r mut Request, Infallible>>;

    fn connect(self, request: &'r mut Request) -> Self::Future {
        ready(Ok(request))
    }
}

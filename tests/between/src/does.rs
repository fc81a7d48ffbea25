//! What the provider does with a call.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

use crate::cell::tokens;
use crate::message::Answer;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Does {
    Answers,
    /// With a page of its own, and without the change.
    Fails(u16),
    /// So long after the change.
    IsSlow(Duration),
    /// After the change, and without an answer.
    Closes,
    ClosesWithinHeaders,
    /// In the middle of the token.
    ClosesWithinBody,
    ClosesAfter,
    ByteByByte,
    EarlyHints,
    ManyHeaders,
    LongHeader,
    /// All of the body, and not the end of it.
    ChunksWithoutEnd,
    SaysClose,
    /// By a clock that is three seconds behind.
    IsBehind,
}

/// How long a gateway has to pass on what it has of an answer, before it sees that there is no more.
const NOTICE: Duration = Duration::from_millis(200);

use Does::*;

impl Does {
    /// The answer to send, before anything happens to it.
    pub(crate) fn dated(self, mut answer: Answer) -> Answer {
        let dates = answer.headers.iter_mut().filter(|(name, _)| name == "date");
        for (_, date) in dates.filter(|_| self == IsBehind) {
            *date = behind(date, 3).expect("a date");
        }
        answer
    }

    /// Sends the answer. Whether the connection stays open.
    pub(crate) async fn send(
        self,
        to: &mut (impl AsyncWrite + Unpin),
        mut answer: Answer,
    ) -> io::Result<bool> {
        match self {
            Answers | Fails(_) | ClosesAfter | ByteByByte | EarlyHints => {}
            IsSlow(delay) => sleep(delay).await,
            Closes => return Ok(false),
            ManyHeaders => {
                for number in 0..100 {
                    answer
                        .headers
                        .push((format!("x-filler-{number}"), "1".into()));
                }
            }
            LongHeader => answer
                .headers
                .push(("x-filler".into(), "1".repeat(20 << 10))),
            SaysClose => answer.headers.push(("connection".into(), "close".into())),
            ChunksWithoutEnd if !answer.body.is_empty() => {
                let chunked = ("transfer-encoding".into(), "chunked".into());
                answer.headers.retain(|(name, _)| name != "content-length");
                answer.headers.push(chunked);
                let length = answer.body.len();
                answer.body =
                    [format!("{length:x}\r\n").as_bytes(), &answer.body, b"\r\n"].concat();
            }
            ClosesWithinHeaders | ClosesWithinBody | ChunksWithoutEnd | IsBehind => {}
        }
        let (head, body) = (answer.head(), &answer.body);
        if self == EarlyHints {
            let hint = "HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n";
            to.write_all(hint.as_bytes()).await?;
            to.flush().await?;
            sleep(NOTICE).await;
        }
        match self {
            ClosesWithinHeaders => to.write_all(&head[..head.len() / 2]).await?,
            ClosesWithinBody => {
                // In two parts: some pass on no part before they have seen the next.
                let part = &body[..middle(&answer)];
                let (first, second) = part.split_at(part.len() / 2);
                to.write_all(&[&head, first].concat()).await?;
                to.flush().await?;
                if !body.is_empty() {
                    sleep(NOTICE).await;
                }
                to.write_all(second).await?;
            }
            ByteByByte => {
                for byte in [&head[..], body].concat() {
                    to.write_all(&[byte]).await?;
                    to.flush().await?;
                }
            }
            _ => to.write_all(&[&head[..], body].concat()).await?,
        }
        to.flush().await?;
        if matches!(self, ClosesWithinBody | ChunksWithoutEnd) && !body.is_empty() {
            sleep(NOTICE).await;
        }
        Ok(!matches!(
            self,
            ClosesWithinHeaders | ClosesWithinBody | ClosesAfter | ChunksWithoutEnd | SaysClose
        ))
    }
}

/// The middle of the token, or else of the body.
fn middle(answer: &Answer) -> usize {
    let text = String::from_utf8_lossy(&answer.body);
    let token = tokens(answer).into_iter().next();
    let found = token.and_then(|token| Some(text.find(&token)? + token.len() / 2));
    found.unwrap_or(text.len() / 2)
}

/// An HTTP date, so many seconds before.
fn behind(date: &str, seconds: u64) -> Option<String> {
    let date = httpdate::parse_http_date(date).ok()?;
    Some(httpdate::fmt_http_date(date - Duration::from_secs(seconds)))
}

//! Statements that are sent together.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use tokio_postgres::Error;

use super::columns::Bound;
use super::error::store_error;
use super::lease::Lease;
use crate::error::StoreError;

type Sent<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// Executes all statements and then `COMMIT`, in one round trip. When one fails, the server refuses
/// those behind it and commits nothing.
pub(super) async fn commit<V: Bound>(
    lease: &Lease,
    statements: &[(impl AsRef<str> + Sync, Vec<V>)],
) -> Result<(), StoreError> {
    lease.name(statements).await?;
    let mut sent: Vec<Sent<'_>> = Vec::with_capacity(statements.len() + 1);
    for (sql, values) in statements {
        sent.push(Box::pin(async move {
            lease.ask(sql.as_ref(), values).await.map(drop)
        }));
    }
    sent.push(Box::pin(lease.batch_execute("COMMIT")));
    all(sent).await.map_err(store_error)
}

/// Sends them in their order, and waits for all answers: the first error is what went wrong.
async fn all(mut sent: Vec<Sent<'_>>) -> Result<(), Error> {
    let mut answers: Vec<Option<Result<(), Error>>> = sent.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (statement, answer) in sent.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let Poll::Ready(result) = statement.as_mut().poll(context)
            {
                *answer = Some(result);
            }
        }
        match answers.iter().all(Option::is_some) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    answers.into_iter().flatten().collect()
}

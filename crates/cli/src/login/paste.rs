//! A code that the provider shows to the user, who brings it here.

use std::io;
use std::thread;

use anyhow::{Context, Result, anyhow};
use tokenturn::{AuthorizationCode, RotateError, Rotated, Secret, obtain};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::place::Place;
use super::{PATIENCE, browser};
use crate::args::Login;
use crate::report::{Details, Outcome, Report, Subject};
use crate::{input, patience};

/// Sends the user to the page, and gives the code from standard input to `exchange`.
pub(super) async fn login<D, F>(
    subject: Subject,
    how: &Login,
    place: &Place,
    page: &str,
    exchange: impl FnOnce(AuthorizationCode) -> F,
) -> Result<Report>
where
    D: Details + Send + Sync + 'static,
    F: Future<Output = Result<Rotated<D>, RotateError>> + Send + 'static,
{
    let what_for = "to sign in, paste here the code that you are shown after you open";
    browser::print(what_for, page);
    browser::open(page.to_owned(), how);
    let Ok(line) = timeout(PATIENCE, line()).await else {
        let why = anyhow!("no code came within 10 minutes");
        return Ok(Report::failure(subject, Outcome::NotSent, why));
    };
    let code = input::word("the line with the code", line?.expose())?;
    let call = exchange(AuthorizationCode::new(code));
    let result = patience::to_the_end(obtain(call, place.sink())).await;
    Ok(place.told(subject, result).await)
}

/// One line of standard input, read by a thread for which the end of the program does not wait.
async fn line() -> Result<Secret> {
    let (sender, line) = oneshot::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = io::stdin().read_line(&mut text);
        let text = Secret::new(text);
        let _ = sender.send(read.map(|_| text));
    });
    line.await?.context("cannot read standard input")
}

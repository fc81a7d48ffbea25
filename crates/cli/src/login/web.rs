//! The web flow: the user says yes in a browser, which comes back to this program.

use anyhow::{Context, Result, anyhow};
use tokenturn::{
    AuthorizationCode, AuthorizationRequest, BuildError, CallbackError, RotateError, Rotated,
    obtain,
};
use tokio::time::timeout;

use super::loopback::{Callback, Loopback};
use super::page::Page;
use super::place::Place;
use super::{PATIENCE, browser};
use crate::args::Login;
use crate::patience;
use crate::report::{Details, Outcome, Report, Subject};

/// Sends the user to the page that `authorize` makes for a redirect URI, and gives the code that
/// comes back to `exchange`.
pub(super) async fn login<D, F>(
    subject: Subject,
    how: &Login,
    place: &Place,
    authorize: impl FnOnce(&str) -> Result<AuthorizationRequest, BuildError>,
    exchange: impl FnOnce(AuthorizationCode) -> F,
) -> Result<Report>
where
    D: Details + Send + Sync + 'static,
    F: Future<Output = Result<Rotated<D>, RotateError>> + Send + 'static,
{
    let loopback = Loopback::bind()
        .await
        .context("cannot listen on a port of this host")?;
    let request = authorize(&loopback.redirect_uri())?;
    browser::print("to sign in, open", &request.url);
    let start = loopback.start();
    let (callback, server) = loopback.serve(request);
    browser::open(start, how);

    let report = match timeout(PATIENCE, callback).await {
        Ok(Ok(Callback { result, browser })) => {
            let (report, page) = match result {
                Ok(code) => exchanged(subject, place, exchange(code)).await,
                Err(why) => (refused(subject, why), Page::REFUSED),
            };
            // A browser that has gone away needs no page.
            let _ = browser.send(page);
            report
        }
        Ok(Err(_)) => return Err(anyhow!("the port was closed")),
        Err(_) => {
            let why = anyhow!("nobody came back from the browser within 10 minutes");
            Report::failure(subject, Outcome::NotSent, why)
        }
    };
    server.close().await;
    Ok(report)
}

/// Gets the token and saves it, and then knows what to tell the user.
async fn exchanged<D: Details + Send + Sync + 'static>(
    subject: Subject,
    place: &Place,
    call: impl Future<Output = Result<Rotated<D>, RotateError>> + Send + 'static,
) -> (Report, Page) {
    let result = patience::to_the_end(obtain(call, place.sink())).await;
    let page = match &result {
        Ok(_) => Page::SIGNED_IN,
        Err(_) => Page::FAILED,
    };
    (place.told(subject, result).await, page)
}

fn refused(subject: Subject, why: CallbackError) -> Report {
    let (reason, code) = (why.reason(), why.code().map(str::to_owned));
    let report = Report::failure(subject, Outcome::Refused, why);
    match reason {
        Some(reason) => report.because(reason, code),
        None => report,
    }
}

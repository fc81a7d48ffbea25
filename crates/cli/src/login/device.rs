//! The device flow: the user types a code in.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::anyhow;
use tokenturn::{GitHub, Rotated, Rotations, Sink, obtain};

use super::place::{Place, PlaceSink};
use super::{browser, trouble};
use crate::args::Login;
use crate::patience;
use crate::report::{Details, Outcome, Report, Subject, call_failed};
use crate::vault::visible;

/// Shows the user a code, and waits until it is typed in.
pub(super) async fn login(
    subject: Subject,
    how: &Login,
    place: Place,
    github: &GitHub,
    scopes: &[String],
) -> Report {
    let device = match github.device_code(scopes).await {
        Ok(device) => device,
        Err(error) => return call_failed(subject, error),
    };
    let stop = patience::asked_to_stop();
    let code = visible(device.user_code.clone());
    let what_for = format!("to sign in, type the code {code} at");
    browser::print(&what_for, &visible(device.verification_uri.clone()));
    browser::open(device.verification_uri.clone(), how);
    trouble::tell();

    let saved = Arc::default();
    let sink = Remembering {
        subject,
        sink: place.sink(),
        place: place.clone(),
        saved: Arc::clone(&saved),
    };
    tokio::select! {
        biased;
        result = obtain(github.wait_for_device(device), sink) => {
            place.told(subject, result).await
        }
        // The wait may be long, so it is ended; a poll that is under way is not.
        () = stop => {
            let unheard = Rotations::shared().drain().await.pop();
            let saved = lock(&saved).take();
            match (unheard, saved) {
                (Some(unheard), _) => {
                    let result = Err::<Rotated<()>, _>(unheard.into());
                    place.told(subject, result).await
                }
                (None, Some(report)) => report,
                (None, None) => {
                    let why = anyhow!("stopped before the code was typed in");
                    Report::failure(subject, Outcome::NotSent, why)
                }
            }
        }
    }
}

/// A place, and the report about what was saved in it when nobody waits any more.
struct Remembering {
    subject: Subject,
    place: Place,
    sink: PlaceSink,
    saved: Arc<Mutex<Option<Report>>>,
}

impl<D: Details + Send + Sync> Sink<D> for Remembering {
    type Error = Box<dyn Error + Send + Sync>;

    async fn prepare(&mut self) -> Result<(), Self::Error> {
        Sink::<D>::prepare(&mut self.sink).await
    }

    async fn save(&mut self, new: &Rotated<D>) -> Result<(), Self::Error> {
        self.sink.save(new).await?;
        *lock(&self.saved) = Some(self.place.saved(self.subject, new));
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! One call through a gateway, while something happens.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::call::{Call, Clients, Is, Outcome, Prepared, Provider};
use crate::cell::{self, Cell};
use crate::does::Does;
use crate::instance::Instance;
use crate::origin::Case;
use crate::row::Row;
use crate::tap::{Came, Tap};

/// How long a gateway has to see that a connection was closed.
pub(crate) const NOTICE: Duration = Duration::from_millis(100);

/// How long the client waits where nothing is slow on purpose. Whoever sends nothing until then is
/// taken for somebody who never will.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it waits among others: longer than a queue that gives up, and not as long as one that does
/// not.
const QUEUED: Duration = Duration::from_secs(3);
/// A call that was made, with what it was seen by.
pub(crate) struct Made {
    pub(crate) cell: Cell,
    pub(crate) headers: String,
    pub(crate) wrong: Option<String>,
}

/// A call on its way, with all that looks at it.
struct Trial {
    provider: Provider,
    prepared: Prepared,
    agent: String,
    tap: Tap,
    clients: Clients,
}

impl Trial {
    async fn new(instance: &Instance, row: Row, call: Call) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        // Those that wait beside the others would all start at once, and nobody else would be in time.
        static STARTS: Semaphore = Semaphore::const_new(2);
        let start = STARTS.acquire().await;
        let (provider, prepared) = Provider::new(call).await;
        drop(start);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let agent = match row {
            Row::Refuses(status) => format!("between/{number} refuse-{status}"),
            _ => format!("between/{number}"),
        };
        let tap = Tap::start(instance.place.port).await;
        let timeout = match row {
            Row::Crowded(_) => QUEUED,
            _ if row.is_slow() => Duration::from_secs(120),
            _ => PATIENCE,
        };
        let url = format!("http://{}", tap.address);
        let clients = provider.clients(&url, |transport| {
            // How often the provider sees it is up to the gateway.
            let transport = transport.max_attempts(1);
            transport.user_agent(&agent).timeout(timeout)
        });
        let mut case = Case::new(provider.address(), row.does());
        // A gateway that tries again gets an answer.
        if row == Row::ProviderClosesKept {
            case = case.times(1);
        }
        instance.origin.expect(&agent, case);
        Self {
            provider,
            prepared,
            agent,
            tap,
            clients,
        }
    }

    /// Uses the connections that the call will be made on.
    async fn ask(&self) {
        // A busy gateway may not have seen yet that a connection of the row before was closed.
        for _ in 0..50 {
            if self.clients.ask(&self.prepared).await {
                self.tap.forget();
                return;
            }
            sleep(NOTICE).await;
        }
        panic!("a call that only asks is answered");
    }

    async fn make(&self) -> Outcome {
        self.clients.make(&self.prepared).await
    }

    async fn judge(&self, instance: &Instance, call: Call, outcome: &Outcome) -> Made {
        let seen = instance.origin.seen(&self.agent);
        let log = (&seen, &self.tap, outcome);
        let wrong = cell::wrong(&self.provider, &self.prepared, log);
        let mut cell = Cell::new(call, &seen, &self.tap, outcome);
        if call == Call::Rotate && outcome.is == Is::Dead && seen.was_bare {
            cell.outcome += ", though it lives";
        }
        Made {
            cell,
            headers: cell::headers(&seen, &self.tap),
            wrong: wrong.await,
        }
    }
}

/// A row in which nothing happens but at the provider, or in the rules of the gateway.
pub(crate) async fn provided(instance: &Instance, row: Row, call: Call) -> Made {
    let trial = Trial::new(instance, row, call).await;
    let outcome = trial.make().await;
    trial.judge(instance, call, &outcome).await
}

pub(crate) async fn one(instance: &mut Instance, row: Row, call: Call) -> Made {
    instance.origin.close_idle().await;
    sleep(NOTICE).await;
    let trial = Trial::new(instance, row, call).await;
    let outcome = match row {
        Row::Provider(_) | Row::Refuses(_) => trial.make().await,
        Row::ProviderIsAway => {
            instance.origin.leave().await;
            let outcome = trial.make().await;
            instance.origin.come_back().await;
            // Some do not try again at once.
            sleep(3 * NOTICE).await;
            outcome
        }
        Row::ProviderClosesKept => {
            trial.ask().await;
            // A gateway that keeps no connection of its clients' has closed it then.
            sleep(NOTICE).await;
            trial.make().await
        }
        Row::ProviderRestarted => {
            trial.ask().await;
            instance.origin.close_idle().await;
            // Longer, as a tunnel has to take the end of one connection to another.
            sleep(5 * NOTICE).await;
            trial.make().await
        }
        Row::Reloaded => {
            trial.ask().await;
            instance.reload().await;
            trial.make().await
        }
        Row::Restarted => {
            trial.ask().await;
            instance.restart(|| {}).await;
            trial.make().await
        }
        Row::ReloadedUnderWay | Row::RestartedUnderWay => under_way(&trial, instance, row).await,
        Row::Crowded(others) => crowded(&trial, instance, others).await,
    };
    trial.judge(instance, call, &outcome).await
}

/// The provider answers when the gateway has been told to reload or to end.
async fn under_way(trial: &Trial, instance: &mut Instance, row: Row) -> Outcome {
    let (open, gate) = watch::channel(false);
    let case = Case::new(trial.provider.address(), row.does()).gate(gate);
    instance.origin.expect(&trial.agent, case);
    let disturb = async {
        arrival(instance, &trial.agent).await;
        if row == Row::ReloadedUnderWay {
            instance.reload().await;
            let _ = open.send(true);
        } else {
            let release = || {
                open.send_replace(true);
            };
            instance.restart(release).await;
        }
    };
    tokio::join!(trial.make(), disturb).0
}

/// As many others as the gateway passes on at once are waiting for their answers.
async fn crowded(trial: &Trial, instance: &Instance, others: usize) -> Outcome {
    // They wait as long as it takes.
    let patient = Row::Provider(Does::IsSlow(Duration::ZERO));
    let (open, gate) = watch::channel(false);
    let mut waiting = Vec::new();
    for _ in 0..others {
        let other = Trial::new(instance, patient, Call::Reset).await;
        let case = Case::new(other.provider.address(), Does::Answers).gate(gate.clone());
        instance.origin.expect(&other.agent, case);
        waiting.push(other);
    }
    let all = join_all(waiting.iter().map(Trial::make));
    let this = async {
        for other in &waiting {
            let arrived = timeout(PATIENCE, arrival(instance, &other.agent)).await;
            arrived.expect("the gateway passes so many on at once");
        }
        let outcome = trial.make().await;
        // The gateway sees a client that has given up, before there is room.
        sleep(NOTICE).await;
        let _ = open.send(true);
        outcome
    };
    let (outcome, _) = tokio::join!(this, all);
    // Their connections are gone, too, which a gateway may wait for.
    drop(waiting);
    if matches!(trial.tap.came(), Came::Nothing) {
        // It may still send the call when it is its turn.
        let _ = timeout(10 * NOTICE, arrival(instance, &trial.agent)).await;
    }
    outcome
}

/// Waits until the provider has made the change of a call.
async fn arrival(instance: &Instance, agent: &str) {
    while instance.origin.seen(agent).answers.is_empty() {
        sleep(Duration::from_millis(1)).await;
    }
}

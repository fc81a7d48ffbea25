//! One product with one setting: every row, with every call.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::call::{Call, Clients, Outcome, Prepared, Provider};
use crate::cell::{self, Cell};
use crate::does::Does;
use crate::instance::Instance;
use crate::origin::Case;
use crate::product::{Product, Setting};
use crate::row::Row;
use crate::tap::Tap;

/// How long the client waits where nothing is slow on purpose. Whoever sends nothing until then is
/// taken for somebody who never will.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a gateway has to see that a connection was closed.
const NOTICE: Duration = Duration::from_millis(100);

pub(crate) struct Table {
    pub(crate) setting: &'static Setting,
    /// What becomes of the headers.
    pub(crate) headers: String,
    pub(crate) rows: Vec<(Row, Vec<Cell>)>,
    /// What is not right.
    pub(crate) wrong: Vec<String>,
}

/// A call that was made, with what it was seen by.
struct Made {
    cell: Cell,
    headers: String,
    wrong: Option<String>,
}

/// Runs all rows. What is slow waits beside the others, on an instance of its own.
pub(crate) async fn run(
    product: &'static Product,
    setting: &'static Setting,
    folder: &Path,
) -> Table {
    let all = Row::all(product, setting);
    let start = || Instance::start(product, setting, folder);
    let mut instance = start().await;
    let beside = Arc::new(start().await);
    let mut slow = JoinSet::new();
    for (at, row) in all.iter().copied().enumerate() {
        for call in Call::ALL {
            if row.is_slow() {
                let instance = Arc::clone(&beside);
                slow.spawn(async move { (at, provided(&instance, row, call).await) });
            }
        }
    }
    let mut made: Vec<Vec<Made>> = all.iter().map(|_| Vec::new()).collect();
    for (row, made) in all.iter().copied().zip(&mut made) {
        for call in Call::ALL.into_iter().filter(|_| !row.is_slow()) {
            made.push(one(&mut instance, row, call).await);
        }
    }
    while let Some(done) = slow.join_next().await {
        let (at, done) = done.expect("no row panics");
        made[at].push(done);
    }
    let name = |row: Row, call: Call| {
        format!(
            "{}, {}, {}, {}",
            product.name,
            setting.name,
            row.name(),
            call.name()
        )
    };
    let mut table = Table {
        setting,
        headers: String::new(),
        rows: Vec::new(),
        wrong: Vec::new(),
    };
    for (row, mut made) in all.into_iter().zip(made) {
        made.sort_by_key(|made| Call::ALL.iter().position(|call| *call == made.cell.call));
        if let Some(first) = made.first().filter(|_| table.headers.is_empty()) {
            table.headers.clone_from(&first.headers);
        }
        let wrong = made.iter().filter_map(|made| {
            let wrong = made.wrong.as_ref()?;
            Some(format!("{}: {wrong}", name(row, made.cell.call)))
        });
        table.wrong.extend(wrong);
        table
            .rows
            .push((row, made.into_iter().map(|made| made.cell).collect()));
    }
    table
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
        let (provider, prepared) = Provider::new(call).await;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let agent = match row {
            Row::Refuses(status) => format!("between/{number} refuse-{status}"),
            _ => format!("between/{number}"),
        };
        let tap = Tap::start(instance.place.port).await;
        let timeout = if row.is_slow() {
            Duration::from_secs(120)
        } else {
            PATIENCE
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
        assert!(
            self.clients.ask(&self.prepared).await,
            "a call that only asks is answered"
        );
        self.tap.forget();
    }

    async fn make(&self) -> Outcome {
        self.clients.make(&self.prepared).await
    }

    async fn judge(&self, instance: &Instance, call: Call, outcome: &Outcome) -> Made {
        let seen = instance.origin.seen(&self.agent);
        let log = (&seen, &self.tap, outcome);
        let wrong = cell::wrong(&self.provider, &self.prepared, log);
        Made {
            cell: Cell::new(call, &seen, &self.tap, outcome),
            headers: cell::headers(&seen, &self.tap),
            wrong: wrong.await,
        }
    }
}

/// A row in which nothing happens but at the provider, or in the rules of the gateway.
async fn provided(instance: &Instance, row: Row, call: Call) -> Made {
    let trial = Trial::new(instance, row, call).await;
    let outcome = trial.make().await;
    trial.judge(instance, call, &outcome).await
}

async fn one(instance: &mut Instance, row: Row, call: Call) -> Made {
    instance.origin.close_idle();
    sleep(NOTICE).await;
    let trial = Trial::new(instance, row, call).await;
    let outcome = match row {
        Row::Provider(_) | Row::Refuses(_) => trial.make().await,
        Row::ProviderIsAway => {
            instance.origin.leave().await;
            let outcome = trial.make().await;
            instance.origin.come_back().await;
            outcome
        }
        Row::ProviderClosesKept => {
            trial.ask().await;
            trial.make().await
        }
        Row::ProviderRestarted => {
            trial.ask().await;
            instance.origin.close_idle();
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

/// Others are waiting for their answers.
async fn crowded(trial: &Trial, instance: &Instance, others: usize) -> Outcome {
    let (open, gate) = watch::channel(false);
    let mut waiting = Vec::new();
    for _ in 0..others {
        let other = Trial::new(instance, Row::Crowded(0), Call::Reset).await;
        let case = Case::new(other.provider.address(), Does::Answers).gate(gate.clone());
        instance.origin.expect(&other.agent, case);
        waiting.push(other);
    }
    let all = join_all(waiting.iter().map(Trial::make));
    let this = async {
        for other in &waiting {
            // Those beyond the limit may wait in the gateway.
            let arrived = arrival(instance, &other.agent);
            let _ = timeout(5 * NOTICE, arrived).await;
        }
        let outcome = trial.make().await;
        let _ = open.send(true);
        outcome
    };
    tokio::join!(this, all).0
}

/// Waits until the provider has seen a call.
async fn arrival(instance: &Instance, agent: &str) {
    while instance.origin.seen(agent).times == 0 {
        sleep(Duration::from_millis(1)).await;
    }
}

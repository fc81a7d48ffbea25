//! Every fault in `matrix.txt`, on sockets: each outcome is named rightly, nothing is sent twice,
//! no redirect is followed, memory stays bounded, and a token that arrives is handed over. And every
//! answer in `lies.txt`.

mod answer;
#[path = "../sandbox/clock.rs"]
mod clock;
mod coding;
mod lies;
mod operation;
mod proxy;
mod row;
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use peak_alloc::PeakAlloc;
use tokenturn_tests::{Authority, RawRequest, RawServer, Reply, Then, closing_url, refusing_url};
use tokio::sync::Mutex;

use operation::Operation;
use proxy::Proxy;
use row::Row;
use server::{Case, Place, Pool};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One test at a time: memory is counted for the whole process.
static ALONE: Mutex<()> = Mutex::const_new(());

/// What a call may take at most, with its client, its server and the answer: four times the limit
/// for bodies.
const MEMORY_LIMIT: usize = 4 << 20;

/// What came of all cases of a row on one operation.
#[derive(Default)]
struct Tally {
    cases: usize,
    /// Each once.
    outcomes: Vec<String>,
    peak: usize,
    problems: Vec<String>,
}

#[tokio::test]
async fn every_fault_has_the_outcome_in_the_matrix() {
    let _alone = ALONE.lock().await;
    let _clock = clock::stop();
    let authority = Authority::new();
    let elsewhere = RawServer::start([String::new()]).await;
    println!(
        "{:<48} {:>5}  {:<30} {:<30} {:<30} {:>4} {:>8}",
        "fault",
        "cases",
        "GitHub reset",
        "code, refresh",
        "OhMyGPT rotate, issue",
        "sent",
        "peak KiB"
    );
    let (mut problems, mut cases) = (Vec::new(), 0);
    for row in row::rows() {
        let mut tallies = Vec::new();
        for (operations, wanted) in Operation::COLUMNS.into_iter().zip(row.outcomes) {
            let mut tally = Tally::default();
            for operation in operations {
                for case in server::cases(row.server, *operation, &elsewhere.url()) {
                    tally.add(&row, *operation, &case, &authority).await;
                }
            }
            // In the order of the matrix: unknown, salvaged, rotated.
            tally.outcomes.sort_by(|a, b| b.cmp(a));
            if tally.outcomes.join(", ") != wanted {
                tally.problems.push(format!("wanted {wanted:?}"));
            }
            tallies.push(tally);
        }
        println!(
            "{:<48} {:>5}  {:<30} {:<30} {:<30} {:>4} {:>8}",
            row.fault,
            tallies.iter().map(|tally| tally.cases).sum::<usize>(),
            tallies[0].outcomes.join(", "),
            tallies[1].outcomes.join(", "),
            tallies[2].outcomes.join(", "),
            row.sent,
            tallies
                .iter()
                .map(|tally| tally.peak)
                .max()
                .unwrap_or_default()
                >> 10,
        );
        for tally in tallies {
            cases += tally.cases;
            for problem in tally.problems {
                println!("    {problem}");
                problems.push(format!("{}: {problem}", row.fault));
            }
        }
    }
    println!("{cases} cases, {} problems", problems.len());
    assert!(elsewhere.requests().is_empty(), "a redirect was followed");
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(cases > 5_000, "only {cases} cases");
}

impl Tally {
    async fn add(&mut self, row: &Row, operation: Operation, case: &Case, authority: &Authority) {
        self.cases += 1;
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let problems = self.run(row, operation, case, authority).await;
        let peak = MEMORY.peak_usage().saturating_sub(before);
        self.peak = self.peak.max(peak);
        let number = self.cases;
        self.problems.extend(
            problems
                .into_iter()
                .map(|problem| format!("case {number}: {problem}")),
        );
        if peak > MEMORY_LIMIT {
            self.problems
                .push(format!("case {number}: {peak} bytes of memory"));
        }
    }

    async fn run(
        &mut self,
        row: &Row,
        operation: Operation,
        case: &Case,
        authority: &Authority,
    ) -> Vec<&'static str> {
        let asked = Arc::<AtomicBool>::default();
        let server = start(row, operation, case, authority, &asked).await;
        let proxy = match case.place {
            Place::Tunnel(tunnel) => Some(Proxy::start(tunnel, server.host(), asked).await),
            _ => None,
        };
        let mut through = proxy.as_ref().map(|proxy| proxy.url.clone());
        let (url, root, _closing) = match case.place {
            Place::Nobody => (refusing_url(), None, None),
            // A label of more than 63 characters is refused before anybody is asked for it.
            Place::NoHost => {
                let root = Some(authority.pem().to_owned());
                (format!("https://{}.example", "x".repeat(64)), root, None)
            }
            Place::ClosesUnread => {
                let (url, task) = closing_url().await;
                (url, None, Some(task))
            }
            Place::Plain => (server.url(), None, None),
            Place::Tls { trusted, .. } => {
                let other = Authority::new();
                let root = if trusted { authority } else { &other };
                (server.url(), Some(root.pem().to_owned()), None)
            }
            Place::Tunnel(_) => {
                let root = Some(authority.pem().to_owned());
                ("https://ghe.invalid:8443".into(), root, None)
            }
            Place::PlainProxy => {
                through = Some(server.url());
                ("http://ghe.invalid".into(), None, None)
            }
        };
        let (root, through) = (root.as_deref(), through.as_deref());
        let client = operation.client(&url, root, through, clock::LONGEST);
        let used = usize::from(case.pool != Pool::Fresh);
        if used == 1 {
            client.use_connection().await;
        }
        if case.pool == Pool::Stale {
            clock::passes(server.until_closed()).await;
        }

        let outcome = if case.is_slow {
            let something_comes = !case.reply.bytes.is_empty();
            clock::run_out(&server, something_comes, client.call()).await
        } else {
            client.call().await
        };
        let mut problems = Vec::new();
        if server.requests().len() - used != row.sent {
            problems.push("the wrong number of requests");
        }
        if outcome.is_unknown && row.sent > 0 && !client.recovers(row.made).await {
            problems.push("recover did not find out");
        }
        for token in operation.new_tokens() {
            let whole = format!("\"{token}\"");
            let mut windows = case.text.windows(whole.len());
            let arrived = windows.any(|window| window == whole.as_bytes());
            let is_held = outcome.held.iter().any(|held| held.contains(&token));
            if arrived && row.sent > 0 && !is_held {
                problems.push("a token arrived, and the caller does not have it");
            }
        }
        if !self.outcomes.contains(&outcome.words) {
            self.outcomes.push(outcome.words);
        }
        problems
    }
}

/// A server that answers the operation as the case wants it, and everything else in good order.
async fn start(
    row: &Row,
    operation: Operation,
    case: &Case,
    authority: &Authority,
    asked: &Arc<AtomicBool>,
) -> RawServer {
    let asked = Arc::clone(asked);
    let (reply, pool, made) = (case.reply.clone(), case.pool, row.made);
    let (mut is_used, mut is_done) = (pool == Pool::Fresh, false);
    let answer = move |request: &_| {
        if !is_used {
            is_used = true;
            return first_use(operation, request, pool);
        }
        if operation.is(request) && !is_done {
            is_done = true;
            asked.store(true, Ordering::SeqCst);
            return reply.clone();
        }
        operation.healthy(request, made, "").into()
    };
    match case.place {
        Place::Tls { host, expired, .. } => {
            RawServer::start_tls(authority.server(host, expired), answer).await
        }
        Place::Tunnel(_) => {
            RawServer::start_tls(authority.server("ghe.invalid", false), answer).await
        }
        _ => RawServer::start_with(answer).await,
    }
}

fn first_use(operation: Operation, request: &RawRequest, pool: Pool) -> Reply {
    let mut bytes = operation
        .healthy(request, false, "connection: keep-alive\r\n")
        .into_bytes();
    if pool == Pool::Used408 {
        bytes.extend(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n");
    }
    let then = if pool == Pool::Stale {
        Then::Close
    } else {
        Then::KeepAlive
    };
    Reply { bytes, then }
}

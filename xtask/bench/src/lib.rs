//! What the program `fleet` measures, and the JSON that it writes.

use serde::{Deserialize, Serialize};

/// The whole of a measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fleet {
    /// Whether it was cut short: fewer sizes and rounds.
    pub quick: bool,
    /// What the fleets of `sizes` were run with.
    pub concurrency: usize,
    /// Each store with each number of tokens.
    pub sizes: Vec<Size>,
    /// Each store with each concurrency, next to requests that save nothing.
    pub costs: Vec<Cost>,
    /// What was not measured, and why.
    pub skipped: Vec<String>,
}

/// Where the tokens are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// A file.
    Sqlite,
    /// A PostgreSQL server on the same host, set up as it is installed.
    Postgres,
}

/// A fleet in a process of its own. Every token was replaced, and durable before it was told of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Size {
    /// Where the tokens were.
    pub store: Store,
    /// How many.
    pub tokens: usize,
    /// The middle one of several runs, where they were short.
    pub tokens_per_second: f64,
    /// The most memory that the process had; not the server's, with PostgreSQL.
    pub peak_mib: f64,
    /// What the tokens and their history take after the run, each replaced once, with what an empty
    /// database takes, and without SQLite's log: of use for many tokens.
    pub disk_bytes_per_token: f64,
    /// How fast the tokens were put in before.
    pub imported_per_second: f64,
}

/// What a token costs, by what there is more in each stage than in the one before it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cost {
    /// Where the tokens were.
    pub store: Store,
    /// How many calls were under way at a time.
    pub concurrency: usize,
    /// How many tokens each stage replaced in each round.
    pub tokens: usize,
    /// How often each stage was measured, in turn with the others.
    pub rounds: usize,
    /// Requests by hand whose answers are parsed and dropped: tokens per second, the middle one.
    pub bare_per_second: f64,
    /// The fleet on a disk: tokens per second, the middle one.
    pub fleet_per_second: f64,
    /// How fast the fleet is for each time that the requests are: the middle one of the rounds.
    pub ratio: f64,
    /// Their sum is the time of the fleet.
    pub parts: Vec<Part>,
}

/// A part of the time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// What it goes to.
    pub name: PartName,
    /// Microseconds per token, as a fleet takes them: several tokens are under way at a time, on
    /// several cores. One below zero is less than what rounds differ by.
    pub micros: f64,
    /// Of the whole.
    pub share: f64,
}

/// What the time of a fleet goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartName {
    /// The requests themselves, and the provider: the sandbox, on the same machine.
    Network,
    /// Claims, tasks, what an answer means: a fleet over a store that is nothing but memory.
    Engine,
    /// Encrypting and decrypting, measured apart in a loop on one core.
    Crypto,
    /// The database's statements: the store on a file system in memory, less what is above.
    Sql,
    /// Waiting for the disk: the same on a disk, less the same in memory.
    Commit,
}

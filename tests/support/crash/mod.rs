//! Vaults whose users are killed and stopped, and a judge who knows what was done.
//!
//! The sandbox runs in the harness's process and keeps the log by which is judged; the vault is
//! used by other processes, so that they can be killed.

mod application;
mod deliveries;
mod gate;
mod judge;
mod kills;
mod place;
mod process;
mod scene;
mod tally;

pub use application::{Application, Handed};
pub use gate::{Fate, Gate, Held, Point};
pub use judge::{Rules, Verdict, judge};
pub use kills::{Kill, Plan, kill_and_finish};
pub use place::Place;
pub use process::{PATIENCE, Process, until};
pub use scene::{Scene, Shares, Stock, clients};
pub use tally::{Tally, run, run_delivering, table};

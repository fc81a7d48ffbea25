//! `cargo xtask crash`: kills a fleet as often as wanted, and prints what has become of it; and once more
//! with tokens that are handed on.

use std::path::PathBuf;
use std::process::ExitCode;

use tokenturn_tests::crash::{Plan, run, run_delivering, table};
use tokenturn_tests::postgres::Cluster;

const HELP: &str = "\
cargo xtask crash [OPTIONS]
  --kills N          how often the program is killed, 50 unless given
  --tokens N         how many tokens it replaces, 10000 unless given
  --handed-on N      how many tokens there are when they are handed on, 1000 unless given
  --engine NAME      sqlite, postgres, pooled (PostgreSQL behind PgBouncer) or all, which is so unless given
  --program PATH     what is killed, called as `tokenturn rotate --all` and `tokenturn deliver`; our own unless given
  --seed N           where the random delays begin, to repeat a run";

/// What is wanted.
struct Wanted {
    plan: Plan,
    tokens: usize,
    handed_on: usize,
    engine: String,
    program: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(wanted) = read() else {
        eprintln!("{HELP}");
        return ExitCode::from(2);
    };
    let Wanted {
        plan,
        tokens,
        handed_on,
        engine,
        program,
    } = wanted;
    println!("seed {}, program {}", plan.seed, program.display());
    let mut tallies = Vec::new();
    let is_wanted = |name| engine == "all" || engine == name;
    if is_wanted("sqlite") {
        tallies.push(run(&program, None, tokens, plan).await);
        tallies.push(run_delivering(&program, None, handed_on, plan).await);
    }
    let find: [(_, fn() -> _); 2] = [
        ("postgres", Cluster::find),
        ("pooled", Cluster::find_pooled),
    ];
    for (name, find) in find {
        if is_wanted(name)
            && let Some(cluster) = find()
        {
            tallies.push(run(&program, Some(&cluster), tokens, plan).await);
            tallies.push(run_delivering(&program, Some(&cluster), handed_on, plan).await);
        }
    }
    print!("{}", table(&tallies));
    match tallies.iter().all(|tally| tally.faults().is_empty()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// `None` when something else is written than what the help says.
fn read() -> Option<Wanted> {
    let ours = std::env::current_exe().ok()?.with_file_name("tokenturn");
    let mut wanted = Wanted {
        plan: Plan::new(50),
        tokens: 10_000,
        handed_on: 1_000,
        engine: "all".into(),
        program: ours,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        match name.as_str() {
            "--kills" => wanted.plan.kills = value.parse().ok()?,
            "--seed" => wanted.plan.seed = value.parse().ok()?,
            "--tokens" => wanted.tokens = value.parse().ok()?,
            "--handed-on" => wanted.handed_on = value.parse().ok()?,
            "--engine" if ["sqlite", "postgres", "pooled", "all"].contains(&&*value) => {
                wanted.engine = value;
            }
            "--program" => wanted.program = value.into(),
            _ => return None,
        }
    }
    Some(wanted)
}

//! `-v` and TOKENTURN_LOG: what the program does, on standard error.

use std::env;
use std::io;

use anyhow::{Context, Result};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::login::POLLING;

const VARIABLE: &str = "TOKENTURN_LOG";
/// The beginning of the names of all our crates.
const OURS: &str = "tokenturn";

/// Begins to log, if that is asked for. The command line goes before the environment.
pub(crate) fn start(verbose: u8) -> Result<()> {
    let Some(asked) = asked(verbose)? else {
        return Ok(());
    };
    let layer = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false)
        // It would panic where standard error is closed.
        .log_internal_errors(false)
        .with_filter(filter_fn(move |metadata| is_logged(&asked, metadata)));
    // Not `init`, which might log what comes through the crate `log` besides: PostgreSQL's client says
    // there what it stores.
    tracing::subscriber::set_global_default(registry().with(layer))?;
    Ok(())
}

fn asked(verbose: u8) -> Result<Option<Targets>> {
    let ours = |level: LevelFilter| Ok(Some(Targets::new().with_target(OURS, level)));
    match verbose {
        0 => match env::var(VARIABLE) {
            Ok(text) if !text.is_empty() => {
                let targets = text.parse().with_context(|| {
                    format!("{VARIABLE} is no level, such as debug, nor TARGET=LEVEL with commas between")
                });
                targets.map(Some)
            }
            _ => Ok(None),
        },
        1 => ours(LevelFilter::INFO),
        2 => ours(LevelFilter::DEBUG),
        _ => ours(LevelFilter::TRACE),
    }
}

/// Our own events have no secret in them. Of other crates that is not known: what they say that is less
/// than a warning may be headers and bodies.
fn is_logged(asked: &Targets, metadata: &Metadata<'_>) -> bool {
    let (target, level) = (metadata.target(), *metadata.level());
    let is_ours =
        target == OURS || target.starts_with("tokenturn::") || target.starts_with("tokenturn_");
    // Whoever waits for a user is told what keeps the answer back, in any case.
    asked.would_enable(target, &level) && (is_ours || level <= Level::WARN)
        || target == POLLING && level <= Level::INFO
}

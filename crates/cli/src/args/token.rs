//! What `tokenturn token` asks for.

use std::time::Duration;

use clap::Args;

use super::{Claims, Providers, VaultPlace};

/// For how long a token can be asked to live.
const MOST: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// The name of the token.
    pub(crate) id: String,
    /// How long the token has to live, such as 10m; 5m unless given, and a day at most. One that does not
    /// is refreshed first. One whose whole life is shorter lives for half of it.
    #[arg(long, value_name = "TIME", value_parser = fresh_for)]
    pub(crate) fresh_for: Option<Duration>,
    /// Print it even on a terminal, where it can be seen and stays.
    #[arg(long)]
    pub(crate) to_terminal: bool,
    #[command(flatten)]
    pub(crate) claims: Claims,
    #[command(flatten)]
    pub(crate) place: VaultPlace,
    #[command(flatten)]
    pub(crate) providers: Providers,
}

fn fresh_for(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time > MOST => Err("a day is the most".to_owned()),
        parsed => parsed.map_err(|error| error.to_string()),
    }
}

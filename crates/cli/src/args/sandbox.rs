//! What `sandbox` asks for.

use std::time::Duration;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct SandboxOptions {
    /// The port on this host; a free one unless given.
    #[arg(long, default_value_t = 0, value_name = "N", hide_default_value = true)]
    pub(crate) port: u16,
    /// Answer every change with 502, before it is made or after; or every call with 503.
    #[arg(long, value_name = "WHEN")]
    pub(crate) fault: Option<Fault>,
    /// Let GitHub's tokens expire, as those of GitHub Apps do: each comes with a refresh token.
    #[arg(long)]
    pub(crate) expiring: bool,
    /// How long such a token works, such as 10m; 8h unless given. The sandbox says how its clock is
    /// turned.
    #[arg(long, value_name = "TIME", value_parser = lifetime, requires = "expiring")]
    pub(crate) token_lifetime: Option<Duration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Fault {
    Before,
    After,
    Outage,
}

/// GitHub tells of it in whole seconds.
fn lifetime(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time < Duration::from_secs(1) {
        return Err("it is shorter than a second".into());
    }
    Ok(time)
}

//! What commands on all tokens of a vault ask for.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, value_parser};

use super::{Filters, VaultPlace};

/// What is not there when the program brings its own sandbox.
const NOT_IN_A_SANDBOX: [&str; 13] = [
    "vault",
    "vault_file",
    "key_file",
    "client_secret_file",
    "app_secret_file",
    "enterprise",
    "base_url",
    "ohmygpt_base_url",
    "ca_file",
    "new_run",
    "resume_within",
    "lease",
    "leave_alone",
];

/// `tokenturn rotate --all`
#[derive(Debug, Args)]
pub(crate) struct RotateAll {
    /// Replace the tokens of a vault: each once, whatever happens meanwhile.
    #[arg(long, required = true)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) renewal: Renewal,
}

/// `tokenturn refresh --all`
#[derive(Debug, Args)]
pub(crate) struct RefreshAll {
    /// Refresh the tokens of a vault that have a refresh token: each once, whatever happens meanwhile. The
    /// client secret is used where there is one; tokens that came by the device flow need none.
    #[arg(long, required = true)]
    pub(crate) all: bool,
    /// Only those that end within so long, such as 1h, or whose refresh tokens do, such as 30d; by the
    /// provider's clock. What has ended is meant, too.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) expiring_within: Option<Duration>,
    #[command(flatten)]
    pub(crate) renewal: Renewal,
}

/// A run that gets new tokens.
#[derive(Debug, Args)]
pub(crate) struct Renewal {
    /// Tell how many tokens, at which pace, and what would stop it. Nothing is changed, nor handed on.
    #[arg(long, conflicts_with = "report")]
    pub(crate) dry_run: bool,
    /// Begin anew, though the last run over these tokens has not come to its end.
    #[arg(long)]
    pub(crate) new_run: bool,
    /// How old the last run over these tokens may be to be gone on with where it was; a day unless
    /// given. One that is older is ended, and another one begun.
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration, conflicts_with = "new_run")]
    pub(crate) resume_within: Option<Duration>,
    /// Do it on a sandbox inside this program, with a vault and tokens of its own.
    #[arg(long, conflicts_with_all = NOT_IN_A_SANDBOX)]
    pub(crate) sandbox: bool,
    /// How many tokens the sandbox makes.
    #[arg(long, value_name = "N", requires = "sandbox", default_value_t = 100)]
    pub(crate) tokens: usize,
    #[command(flatten)]
    pub(crate) loss: Loss,
    #[command(flatten)]
    pub(crate) hand_on: HandOn,
    #[command(flatten)]
    pub(crate) claims: Claims,
    #[command(flatten)]
    pub(crate) many: Many,
}

/// `tokenturn vault keep`
#[derive(Debug, Args)]
pub(crate) struct Keep {
    /// How long it is from the beginning of a pass to that of the next, such as 5m; 15m unless given.
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub(crate) every: Option<Duration>,
    /// A pass refreshes the tokens that end within so long, or whose refresh tokens do; 1h unless given.
    /// No shorter than --every, and best several times as long.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) expiring_within: Option<Duration>,
    #[command(flatten)]
    pub(crate) loss: Loss,
    #[command(flatten)]
    pub(crate) hand_on: HandOn,
    #[command(flatten)]
    pub(crate) claims: Claims,
    #[command(flatten)]
    pub(crate) many: Many,
}

/// What stops a run that gets new tokens.
#[derive(Debug, Args)]
pub(crate) struct Loss {
    /// Stop when the answers to the calls of this run did not come and so many tokens of an app are
    /// lost by that, or so many in a row were only found in answers that are not the provider's own; 3
    /// unless given.
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    pub(crate) max_lost: Option<u64>,
}

/// `tokenturn check --all`
#[derive(Debug, Args)]
pub(crate) struct CheckAll {
    /// Ask about the tokens of a vault, also about those that are lost or revoked: whichever of them
    /// is valid is active again.
    #[arg(long, required = true)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) many: Many,
}

/// `tokenturn revoke --all`
#[derive(Debug, Args)]
pub(crate) struct RevokeAll {
    /// Make the tokens of a vault invalid at their providers, as after a leak: all of them, or those
    /// that the options name. Rows whose tokens are in doubt are left to `recover`, and have to be
    /// revoked after it. OhMyGPT has no call for it: its tokens are counted, and stay as they are.
    #[arg(long, required_unless_present = "id")]
    pub(crate) all: bool,
    /// Do not ask for the number of tokens first. With --all, and without a terminal, it has to be
    /// given.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) many: Many,
}

/// `tokenturn recover`
#[derive(Debug, Args)]
pub(crate) struct RecoverAll {
    /// Find out about the tokens of a vault; this is so unless a provider is named.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) hand_on: HandOn,
    #[command(flatten)]
    pub(crate) claims: Claims,
    #[command(flatten)]
    pub(crate) many: Many,
}

/// `tokenturn deliver`
#[derive(Debug, Args)]
pub(crate) struct DeliverAll {
    #[command(flatten)]
    pub(crate) hand_on: HandOn,
    /// How many commands are under way together; 16 unless given.
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=4096))]
    pub(crate) concurrency: Option<u16>,
    /// Add one line of JSON for each token to this file. There is no secret in it.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Print the summary as one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: VaultPlace,
    #[command(flatten)]
    pub(crate) filters: Filters,
}

/// How new tokens are handed on.
#[derive(Debug, Args)]
#[command(next_help_heading = "Handing new tokens on")]
pub(crate) struct HandOn {
    /// Hand each new token on by this command of the shell: the token is its standard input, and
    /// TOKENTURN_ID, _PROVIDER, _SERVER, _CLIENT_ID, _LABEL, _FINGERPRINT, _GENERATION and, where it
    /// is known, _EXPIRES_AT say which one it is. It is run again until it exits with 0, for as
    /// long as --deliver-within says, and by the next run; after 60 seconds, and with this program, it is
    /// ended with its process group. What it leaves in the background when it exits before is not
    /// waited for. Of each token one is run at a time, and _GENERATION grows with each, until the row is
    /// taken out or a backup is restored.
    #[arg(long, value_name = "COMMAND", value_parser = command)]
    pub(crate) deliver: Option<String>,
    /// Let the standard input of that command be one line of JSON with the refresh token, too: an
    /// object with access_token and, where they are known, refresh_token, expires_at and
    /// refresh_token_expires_at.
    #[arg(long)]
    pub(crate) deliver_refresh_token: bool,
    /// How long that command may refuse a token before the run gives it up, names it, and leaves it to
    /// the next run or to `tokenturn deliver`; 10m unless given.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) deliver_within: Option<Duration>,
}

/// How tokens are kept from others while they are replaced.
#[derive(Debug, Args)]
pub(crate) struct Claims {
    /// How long a call keeps its token to itself, such as 2m; 60s unless given. When its process has
    /// died, others go on with the token after that.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) lease: Option<Duration>,
    /// How long a token is left alone when a call for it got no answer; 10s unless given. GitHub may
    /// take as long to do such a call after all.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) leave_alone: Option<Duration>,
}

/// What all of them have in common.
#[derive(Debug, Args)]
pub(crate) struct Many {
    /// How many calls are under way together; 16 unless given.
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=4096))]
    pub(crate) concurrency: Option<u16>,
    /// How many calls are begun in a second, for each app; 1 at github.com unless given, as GitHub
    /// advises.
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) per_second: Option<f64>,
    /// Stop when the provider said no for the same reason so often in a row; 10 unless given, and 0
    /// is as often as it likes.
    #[arg(long, value_name = "N")]
    pub(crate) max_same_refusal: Option<u64>,
    /// Add one line of JSON for each token to this file. There is no secret in it. Of the tokens that
    /// a killed process was about to tell of, `history` tells alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    #[arg(from_global)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: VaultPlace,
    #[command(flatten)]
    pub(crate) providers: Providers,
    #[command(flatten)]
    pub(crate) filters: Filters,
}

/// How the providers are called.
#[derive(Debug, Args)]
pub(crate) struct Providers {
    /// A file that holds the client secret, instead of TOKENTURN_GITHUB_CLIENT_SECRET: where all tokens
    /// are of one app.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// A file that holds the client secret of the app with this client ID; may be given again, for a
    /// run over the tokens of several apps.
    #[arg(long, value_name = "CLIENT_ID=FILE", value_parser = app_secret_file)]
    pub(crate) app_secret_file: Vec<(String, PathBuf)>,
    /// The host of an Enterprise Server.
    #[arg(long, value_name = "HOST", requires = "enterprise_version")]
    pub(crate) enterprise: Option<String>,
    /// The version of that server, such as 3.14. GitHub does not support 2.20, whose calls are a preview,
    /// for production.
    #[arg(long, value_name = "X.Y", requires = "enterprise")]
    pub(crate) enterprise_version: Option<String>,
    /// The version of GitHub's REST API to speak, instead of 2022-11-28.
    #[arg(long, value_name = "DATE")]
    pub(crate) api_version: Option<String>,
    /// The base URL of GitHub's API; may be given again. Only tokens of the servers that are named are
    /// meant then. A server that is not at github.com or ghe.com has to be named, here, by --enterprise
    /// or by --server: what the vault says of it could be somebody else's.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Vec<String>,
    /// The base URL of OhMyGPT's API. One that is not documented has to be named, here or by --server.
    #[arg(long, value_name = "URL")]
    pub(crate) ohmygpt_base_url: Option<String>,
    /// A PEM file of certificates to trust beside those of the platform.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

fn app_secret_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((id, file)) if !id.is_empty() && !file.is_empty() => Ok((id.to_owned(), file.into())),
        _ => Err("write it as CLIENT_ID=FILE, such as Iv1.8a61f9b3a7aba766=secret.txt".to_owned()),
    }
}

/// A shell does a blank one with success, and nobody has the token.
fn command(text: &str) -> Result<String, String> {
    match text.trim().is_empty() {
        true => Err(
            "it is a command that takes the token from its standard input; where none is to, leave the \
             option out"
                .to_owned(),
        ),
        false => Ok(text.to_owned()),
    }
}

/// From one beginning to the next: not all the time.
fn interval(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time < Duration::from_secs(1) => Err("a second is the least".to_owned()),
        parsed => parsed.map_err(|error| error.to_string()),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && f64::is_finite(rate) => Ok(rate),
        _ => Err("it is a number larger than 0, such as 0.5 or 20".to_owned()),
    }
}

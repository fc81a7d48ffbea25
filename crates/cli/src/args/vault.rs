//! What commands on a vault ask for.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand, ValueEnum};
use tokenturn::{Timestamp, normal_base_url};
use tokenturn_vault::{Filter, Provider, State};

use super::Keep;

/// Which vault, and where its key is.
#[derive(Debug, Args)]
pub(crate) struct VaultPlace {
    /// The vault: a file, or a postgres:// URL without a password. Else TOKENTURN_VAULT says it, and
    /// else it is ./tokenturn.db.
    #[arg(long, value_name = "PATH")]
    pub(crate) vault: Option<String>,
    /// A file that holds the postgres:// URL of the vault.
    #[arg(long, value_name = "FILE", conflicts_with = "vault")]
    pub(crate) vault_file: Option<PathBuf>,
    /// A file that holds the key. Else TOKENTURN_KEY holds it, and else it is in the file beside the
    /// vault that is named like it, with .key behind, or in ./tokenturn.key for PostgreSQL.
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Keep the key in the keyring of the operating system.
    #[cfg(feature = "keyring")]
    #[arg(long, conflicts_with = "key_file")]
    pub(crate) keyring: bool,
}

/// Which of its tokens: those that fit everything that is given.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which tokens")]
pub(crate) struct Filters {
    /// The token of this name.
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The tokens of this provider: github or ohmygpt.
    #[arg(long, value_name = "NAME", value_parser = provider)]
    pub(crate) provider: Option<Provider>,
    /// The tokens of the API with this base URL.
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The tokens of the app with this client ID.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// The tokens with this label.
    #[arg(long, value_name = "WORD")]
    pub(crate) label: Option<String>,
    /// The tokens in this state: active, rotating, unknown, lost or revoked.
    #[arg(long)]
    pub(crate) state: Option<State>,
    /// The tokens that have not changed for so long, such as 30d or 12h.
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
    pub(crate) older_than: Option<Duration>,
}

impl Filters {
    pub(crate) fn filter(&self) -> Filter {
        let mut filter = Filter::new();
        filter.id.clone_from(&self.id);
        filter.provider.clone_from(&self.provider);
        filter.server = self.server.as_deref().map(normal_base_url);
        filter.client_id.clone_from(&self.client_id);
        filter.label.clone_from(&self.label);
        filter.state = self.state;
        match self.older_than {
            Some(age) => filter.older_than(age),
            None => filter,
        }
    }
}

/// How tokens are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object in each line.
    Jsonl,
    /// Comma-separated values, with the names of the columns in the first line.
    Csv,
}

/// One of those that the program has a client for.
pub(crate) fn provider(word: &str) -> Result<Provider, &'static str> {
    let mut all = [Provider::GITHUB, Provider::OHMYGPT].into_iter();
    let found = all.find(|provider| provider.as_str() == word);
    found.ok_or("not a provider; it is `github` or `ohmygpt`")
}

/// Whose token it is, and what for, where that is not said.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where it is not said")]
pub(crate) struct Defaults {
    /// The provider; github unless given.
    #[arg(long, value_name = "NAME", value_parser = provider)]
    pub(crate) provider: Option<Provider>,
    /// The base URL of the API; that of github.com or ohmygpt.com unless given.
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The client ID of the app at GitHub.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// The label.
    #[arg(long, value_name = "WORD")]
    pub(crate) label: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VaultTarget {
    /// Make a vault and its key.
    Init {
        #[command(flatten)]
        place: VaultPlace,
    },
    /// Put tokens in: all of a file, or none.
    #[command(after_help = IMPORT)]
    Import {
        /// A file of tokens, or `-` for standard input.
        file: PathBuf,
        /// How it is written; the name of the file says it unless given.
        #[arg(long)]
        format: Option<Format>,
        /// Give tokens that are there these secrets, as after a new authorization, and put in those that
        /// are not. Each line by itself: when it stops at one, those before it are put in, and the
        /// same file can be given again. A line with a token that the vault has replaced is an error.
        #[arg(long)]
        replace: bool,
        /// Make the vault and its key where there is none, as `vault init` does.
        #[arg(long, conflicts_with = "replace")]
        init: bool,
        #[command(flatten)]
        place: VaultPlace,
        #[command(flatten)]
        defaults: Defaults,
    },
    /// Put in what a token file holds. A token of this name is given it, as after a new authorization, and the
    /// options say what is not as it was.
    ///
    /// The file is one as `login`, `refresh` and `rotate` write it, with the refresh token, if there is one;
    /// for ohmygpt it is that with the OAuth token. A token that the vault has replaced is an error.
    Put {
        /// The name of the token.
        id: String,
        /// The file that holds it, or `-` for standard input.
        #[arg(long, value_name = "FILE")]
        token_file: PathBuf,
        #[command(flatten)]
        place: VaultPlace,
        #[command(flatten)]
        defaults: Defaults,
    },
    /// Write tokens down, in the clear, for import.
    Export {
        /// A file that does not exist yet, which gets mode 0600, or `-` for standard output, which
        /// must not be a terminal.
        file: PathBuf,
        /// How it is written; the name of the file says it unless given.
        #[arg(long)]
        format: Option<Format>,
        #[command(flatten)]
        place: VaultPlace,
        #[command(flatten)]
        filters: Filters,
    },
    /// List tokens, without their secrets.
    List {
        #[command(flatten)]
        place: VaultPlace,
        #[command(flatten)]
        filters: Filters,
    },
    /// Show what is known about a token, without its secrets.
    Show {
        /// The name of the token.
        id: String,
        #[command(flatten)]
        place: VaultPlace,
    },
    /// Copy everything into a new file while the vault is in use: a vault of mode 0600 that opens with
    /// the same key, whatever the vault is in.
    ///
    /// A backup is as old as its tokens: when it takes the place of the vault, whatever was replaced since
    /// is dead.
    Backup {
        /// A file that does not exist yet.
        file: PathBuf,
        #[command(flatten)]
        place: VaultPlace,
    },
    /// Copy everything into an empty vault, of SQLite or PostgreSQL: all of it, or nothing.
    ///
    /// Tokens with their states, generations, marks, kept answers and times, the history, and the runs,
    /// as they are at one moment, whoever uses the vault meanwhile. Use one of the two from then on: a
    /// token that is replaced in one of them is dead in the other.
    Copy {
        #[command(flatten)]
        to: CopyTo,
        #[command(flatten)]
        place: VaultPlace,
    },
    /// Print one token, to a program or a file: with --json, as a token file has it that comes with a
    /// refresh token.
    Get {
        /// The name of the token.
        id: String,
        /// Print it even on a terminal, where it can be seen and stays.
        #[arg(long)]
        to_terminal: bool,
        #[command(flatten)]
        place: VaultPlace,
    },
    /// Tell how things stand, in numbers. No token is opened for it: whether all can be read, verify
    /// tells.
    Status {
        #[command(flatten)]
        place: VaultPlace,
    },
    /// Read everything, and tell what is wrong with which token.
    Verify {
        #[command(flatten)]
        place: VaultPlace,
    },
    /// Encrypt everything with a new key.
    #[command(after_help = REKEY)]
    Rekey {
        #[command(flatten)]
        place: VaultPlace,
    },
    /// Keep tokens alive: refresh those that end soon, at once and again and again, until Ctrl-C or SIGTERM.
    ///
    /// It stays in the foreground, and tells of each pass in one line: of JSON with --json. A pass that is
    /// stopped, as by a provider that is away or a wrong client secret, is told of with its reason, and the
    /// next one tries again. Asked to stop, it waits for the answers to what was sent, and ends with 0. The
    /// vault is opened for each pass, and others may do the same.
    Keep(Box<Keep>),
    /// Take a token out. The vault has the only copy of it.
    Remove {
        /// The name of the token.
        id: String,
        #[command(flatten)]
        place: VaultPlace,
    },
}

/// Which vault is copied to, and where its key is.
#[derive(Debug, Args)]
pub(crate) struct CopyTo {
    /// The vault to copy to, which `vault init` has made, and nothing was ever in: a file, or a
    /// postgres:// URL without a password.
    #[arg(long, value_name = "PATH", required_unless_present = "to_vault_file")]
    pub(crate) to: Option<String>,
    /// A file that holds the postgres:// URL of that vault.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    pub(crate) to_vault_file: Option<PathBuf>,
    /// A file that holds its key. Else TOKENTURN_KEY holds the key of both, and else it is in the file
    /// beside that vault that is named like it, with .key behind, or in ./tokenturn.key for
    /// PostgreSQL.
    #[arg(long, value_name = "FILE")]
    pub(crate) to_key_file: Option<PathBuf>,
    /// Make that vault where there is none, and its key.
    #[arg(long)]
    pub(crate) init: bool,
}

impl CopyTo {
    pub(crate) fn place(&self) -> VaultPlace {
        VaultPlace {
            vault: self.to.clone(),
            vault_file: self.to_vault_file.clone(),
            key_file: self.to_key_file.clone(),
            #[cfg(feature = "keyring")]
            keyring: false,
        }
    }
}

/// `tokenturn history`
#[derive(Debug, Args)]
pub(crate) struct History {
    /// The name of a token; all of them unless given.
    pub(crate) id: Option<String>,
    /// Only what has happened since then: a time such as 2026-11-22T10:00:00Z, or so long ago, such as
    /// 7d.
    #[arg(long, value_name = "TIME|AGE", value_parser = since)]
    pub(crate) since: Option<Timestamp>,
    /// Only so many events, the last ones.
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<u64>,
    #[command(flatten)]
    pub(crate) place: VaultPlace,
    #[command(subcommand)]
    pub(crate) target: Option<HistoryTarget>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HistoryTarget {
    /// Forget what has happened so long ago, but for what says which token each row has.
    ///
    /// That no two rows get one token is found out by the history, and so is which token of a file for
    /// `import --replace` is an old one: what is forgotten would be taken for new. So a day is the
    /// least.
    Prune {
        /// How long ago, such as 90d; a day at least.
        #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
        older_than: Duration,
        #[command(flatten)]
        place: VaultPlace,
    },
}

fn since(text: &str) -> Result<Timestamp, String> {
    let ago = || SystemTime::now().checked_sub(humantime::parse_duration(text).ok()?);
    let time = text.parse().ok();
    time.or_else(|| Timestamp::try_from(ago()?).ok())
        .ok_or_else(|| "it is a time such as 2026-11-22T10:00:00Z, or an age such as 7d".to_owned())
}

const IMPORT: &str = "\
Fields of a line, or columns:
  token                     the token; for ohmygpt the admin token, which may be missing
  oauth_token               the OAuth token, for ohmygpt only
  client_id                 the client ID of the app, for github only
  id                        a name for the token; the first 16 digits of its fingerprint unless given
  provider                  github or ohmygpt
  server                    the base URL of the API
  label                     a word to find it by
  expires_at, refresh_token, refresh_token_expires_at
                            for tokens that expire; times look like 2026-11-22T10:00:00Z
  user_id                   GitHub's number of its user, whom a token that is found in a kept answer
                            has to be of
  kept                      answers that may have the new token in them, in base64; recover looks
                            into them
  state, generation, created_at, changed_at
                            export writes these, and import does not look at them";

const REKEY: &str = "\
A key in a file is replaced there, and the one before stays beside it, in a file that is named. A key in TOKENTURN_KEY is replaced by that in TOKENTURN_NEW_KEY;
`openssl rand -hex 32` makes one.

Another vault with the same key file needs the one before from then on.";

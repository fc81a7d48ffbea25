//! What the worker is called with.

use std::collections::HashMap;
use std::time::Duration;

use tokenturn_tests::crash::{Place, clients};
use tokenturn_vault::{Client, KEY_VARIABLE, Key, StoreError, Vault};

/// What the worker is called with.
pub(crate) struct Arguments {
    /// What it is to do.
    pub(crate) words: Vec<String>,
    options: HashMap<String, String>,
}

impl Arguments {
    pub(crate) fn read() -> Self {
        let mut all = std::env::args().skip(1).peekable();
        let (mut words, mut options) = (Vec::new(), HashMap::new());
        while let Some(word) = all.next() {
            match word.strip_prefix("--") {
                Some("new-run") => drop(options.insert("new-run".to_owned(), String::new())),
                Some(name) if name != "all" => {
                    options.insert(name.to_owned(), all.next().unwrap());
                }
                _ => words.push(word),
            }
        }
        Self { words, options }
    }

    pub(crate) fn option(&self, name: &str) -> &str {
        &self.options[name]
    }

    /// One that need not be there.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> usize {
        self.option(name).parse().unwrap()
    }

    pub(crate) fn time(&self, name: &str) -> Option<Duration> {
        let millis = self.find(name)?.strip_suffix("ms").unwrap();
        Some(Duration::from_millis(millis.parse().unwrap()))
    }

    /// A client for GitHub, and one for OhMyGPT.
    pub(crate) fn clients(&self) -> [Client; 2] {
        let secret = std::env::var("TOKENTURN_GITHUB_CLIENT_SECRET").unwrap();
        let client_id = std::env::var("CLIENT_ID").unwrap();
        clients(self.option("base-url"), &client_id, secret)
    }

    pub(crate) async fn open(&self) -> Result<Vault, StoreError> {
        let key = Key::from_env(KEY_VARIABLE).unwrap().unwrap();
        let mut builder = Vault::builder();
        if let Some(time) = self.time("lease") {
            builder = builder.lease(time);
        }
        if let Some(time) = self.time("leave-alone") {
            builder = builder.leave_alone(time);
        }
        if let Some(time) = self.time("fresh-for") {
            builder = builder.fresh_for(time);
        }
        Place::from(self.option("vault")).open(builder, &key).await
    }
}

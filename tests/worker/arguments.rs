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

    pub(crate) fn number(&self, name: &str) -> usize {
        self.option(name).parse().unwrap()
    }

    fn time(&self, name: &str) -> Duration {
        let millis = self.option(name).strip_suffix("ms").unwrap();
        Duration::from_millis(millis.parse().unwrap())
    }

    /// A client for GitHub, and one for OhMyGPT.
    pub(crate) fn clients(&self) -> [Client; 2] {
        let secret = std::env::var("TOKENTURN_GITHUB_CLIENT_SECRET").unwrap();
        let client_id = std::env::var("CLIENT_ID").unwrap();
        clients(self.option("base-url"), &client_id, secret)
    }

    pub(crate) async fn open(&self) -> Result<Vault, StoreError> {
        let key = Key::from_env(KEY_VARIABLE).unwrap().unwrap();
        let builder = Vault::builder().lease(self.time("lease"));
        let builder = builder.leave_alone(self.time("leave-alone"));
        Place::from(self.option("vault")).open(builder, &key).await
    }
}

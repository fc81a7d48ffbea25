//! A provider that knows which tokens live, and does not always say so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokenturn::{GitHub, Secret};
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, RawRequest, RawServer, json_answer};
use tokenturn_vault::{Client, Entry, Tokens, Vault};

use crate::vault::stream;

/// What it knows.
#[derive(Default)]
pub(super) struct Truth {
    /// The living tokens, and the users whose they are.
    pub(super) living: HashMap<String, i64>,
    /// How many were reset, and how often it was asked about one.
    pub(super) resets: usize,
    pub(super) checks: usize,
    made: usize,
}

/// A call and the answer that tells the truth, which may be changed.
pub(super) struct Call {
    pub(super) is_reset: bool,
    /// The token that it is about.
    pub(super) token: String,
    pub(super) status: &'static str,
    pub(super) headers: String,
    pub(super) body: Value,
}

pub(super) struct Liar {
    server: RawServer,
    pub(super) truth: Arc<Mutex<Truth>>,
}

impl Truth {
    pub(super) fn new_token(&mut self, user: i64) -> String {
        self.made += 1;
        let token = format!("gho_{:036}", self.made);
        self.living.insert(token.clone(), user);
        token
    }

    fn answer(&mut self, is_reset: bool, token: String) -> Call {
        let user = match is_reset {
            true => self.living.remove(&token),
            false => self.living.get(&token).copied(),
        };
        let (status, body) = match user {
            Some(user) if is_reset => {
                self.resets += 1;
                let new = self.new_token(user);
                ("200 OK", authorization(&new, user))
            }
            Some(user) => ("200 OK", authorization(&token, user)),
            None => ("404 Not Found", not_found()),
        };
        self.checks += usize::from(!is_reset);
        Call {
            is_reset,
            token,
            status,
            headers: "x-github-request-id: C0DE:1\r\n".to_owned(),
            body,
        }
    }
}

impl Call {
    /// The new token, of a reset that was done.
    pub(super) fn new_token(&self) -> Option<String> {
        let token = self.body["token"].as_str().filter(|_| self.is_reset);
        token.map(str::to_owned)
    }

    pub(super) fn be_eaten(&mut self) {
        (self.status, self.headers) = ("504 Gateway Timeout", String::new());
        self.body = json!("Gateway Timeout");
    }

    pub(super) fn be_not_found(&mut self) {
        (self.status, self.body) = ("404 Not Found", not_found());
    }

    /// The new token in an answer that is not the provider's own.
    pub(super) fn be_repacked(&mut self) {
        self.headers.clear();
        self.body = json!({ "token": self.body["token"], "ttl": 300 });
    }
}

impl Liar {
    pub(super) async fn start(mut lie: impl FnMut(&mut Truth, &mut Call) + Send + 'static) -> Self {
        let truth = Arc::<Mutex<Truth>>::default();
        let known = Arc::clone(&truth);
        let answer = move |request: &RawRequest| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let token = body["access_token"].as_str().unwrap().to_owned();
            let mut truth = known.lock().unwrap();
            let mut call = truth.answer(request.line.starts_with("PATCH "), token);
            lie(&mut truth, &mut call);
            json_answer(call.status, &call.headers, &call.body.to_string()).into()
        };
        let server = RawServer::start_with(answer).await;
        Self { server, truth }
    }

    pub(super) fn client(&self) -> Client {
        let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(self.server.url());
        github.build().unwrap().into()
    }

    /// Puts so many rows into a vault, each of its own user, whom it knows.
    pub(super) async fn put(&self, vault: &Vault, rows: usize) {
        let client = self.client();
        let mut entries = Vec::new();
        for row in 0..rows {
            let user = 1000 + row as i64;
            let token = self.truth.lock().unwrap().new_token(user);
            let mut tokens = Tokens::github(token);
            tokens.user_id = Some(user);
            entries.push(Ok(Entry::new(format!("{row:04}"), client.app(), tokens)));
        }
        vault.import(stream(entries)).await.unwrap();
    }

    /// How many resets there were, and how many questions.
    pub(super) fn calls(&self) -> (usize, usize) {
        let truth = self.truth.lock().unwrap();
        (truth.resets, truth.checks)
    }

    pub(super) fn is_alive(&self, entry: &Entry) -> bool {
        let token = entry.tokens.token.as_ref().unwrap().expose();
        self.truth.lock().unwrap().living.contains_key(token)
    }
}

pub(super) fn authorization(token: &str, user: i64) -> Value {
    json!({
        "id": 1,
        "scopes": [],
        "token": token,
        "token_last_eight": &token[token.len() - 8..],
        "hashed_token": Secret::new(token).fingerprint().to_string(),
        "app": { "client_id": CLIENT_ID, "name": "app", "url": "https://app.example" },
        "user": { "id": user },
    })
}

fn not_found() -> Value {
    let page = "https://docs.github.com/rest/apps/oauth-applications#check-a-token";
    json!({ "message": "Not Found", "documentation_url": page })
}

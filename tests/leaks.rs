//! No secret shows in any `Debug`, `Display`, error source or log line, whatever happens.

use std::error::Error;
use std::fmt::Debug;
use std::io;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use tokenturn::sink::{FileSink, MemorySink, from_fn};
use tokenturn::{
    GitHub, OhMyGpt, Provider, RecoverError, Recovery, RotateError, Rotated, Rotations, Secret,
    Sink,
};
use tokenturn_client::{Transport, github, ohmygpt};
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::{
    Authority, CLIENT_ID, CLIENT_SECRET, OAUTH_TOKEN, OLD_TOKEN, RawServer, Reply, Then,
    json_answer, refusing_url,
};
use tracing_subscriber::fmt::MakeWriter;

const OLD: &str = "gho_canaryOldTokenCanaryOldToken0123456789";
const NEW: &str = "gho_canaryNewTokenCanaryNewToken9876543210";

/// All that anybody could see.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<String>>);

impl Seen {
    /// The one that gets every log line of this process; its tests share it, since a process has
    /// one logger.
    fn with_all_logs() -> Self {
        static SEEN: LazyLock<Seen> = LazyLock::new(|| {
            let seen = Seen::default();
            tracing_subscriber::fmt()
                .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
                .with_ansi(false)
                .with_writer(seen.clone())
                .init();
            seen
        });
        SEEN.clone()
    }

    fn debug(&self, value: &impl Debug) {
        self.add(&format!("{value:?}\n{value:#?}\n"));
    }

    fn error(&self, error: &(dyn Error + 'static)) {
        self.add(&format!("{error:?}\n{error:#?}\n"));
        let mut next = Some(error);
        while let Some(error) = next {
            self.add(&format!("{error}\n{error:#}\n{error:?}\n"));
            next = error.source();
        }
    }

    fn result<T: Debug, E: Error + 'static>(&self, result: &Result<T, E>) {
        match result {
            Ok(value) => self.debug(value),
            Err(error) => self.error(error),
        }
    }

    fn add(&self, text: &str) {
        self.0.lock().unwrap().push_str(text);
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl io::Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Seen {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Every form in which a secret could slip out.
fn forms(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let bytes = format!("{:?}", secret.as_bytes());
    vec![
        secret.to_owned(),
        STANDARD_NO_PAD.encode(secret),
        hex.to_uppercase(),
        hex,
        percent.to_lowercase(),
        percent,
        bytes.trim_matches(['[', ']']).to_owned(),
    ]
}

fn leaks(text: &str) -> Vec<String> {
    let pair = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    [OLD, NEW, CLIENT_SECRET, OAUTH_TOKEN]
        .iter()
        .flat_map(|secret| forms(secret))
        .chain([pair])
        .filter(|form| text.contains(form))
        .collect()
}

/// Answers of every kind, each with canaries wherever a provider could put them.
fn answers() -> Vec<String> {
    let authorization = format!(
        r#"{{"token":"{NEW}","hashed_token":"0","scopes":null,"note":"n","app":{{"url":""}}}}"#
    );
    let strange = format!(r#"{{"token":"{NEW}","id":"{NEW}","scopes":"{OLD}"}}"#);
    let hidden = format!(r#"{{"tokens":["{NEW}"]}}"#);
    let envelope = format!(r#"{{"statusCode":200,"message":"m","data":{{"token":"{NEW}"}}}}"#);
    let wrong =
        format!(r#"{{"statusCode":"{NEW}","data":{{"token":"{NEW}","user_id":["{NEW}"]}}}}"#);
    let echo = format!(
        r#"{{"message":"cannot use {OLD} or {OAUTH_TOKEN}","statusCode":401,"errors":["{OLD}"]}}"#
    );
    let cookie = format!("set-cookie: session={NEW}\r\nlocation: https://e.example/?t={OLD}\r\n");
    let mut answers = vec![
        String::new(),
        json_answer("200 OK", &cookie, &authorization),
        json_answer("200 OK", &cookie, &strange),
        json_answer("200 OK", &cookie, &hidden),
        json_answer("200 OK", &cookie, &envelope),
        json_answer("200 OK", &cookie, &wrong),
        json_answer("200 OK", &cookie, &format!("<html>{NEW}</html>")),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{{\"token\":\"{NEW}"),
        format!("{NEW}\r\n\r\n"),
    ];
    for status in [302, 400, 401, 402, 403, 404, 410, 422, 429, 500, 502] {
        answers.push(json_answer(&format!("{status} X"), &cookie, &echo));
        answers.push(json_answer(&format!("{status} X"), &cookie, NEW));
    }
    answers
}

#[tokio::test]
async fn no_secret_is_seen() {
    let seen = Seen::with_all_logs();

    let (old, oauth) = (Secret::new(OLD), Secret::new(OAUTH_TOKEN));
    seen.debug(&old);
    for answer in answers() {
        // An operation meets the answer first by itself and then through the wrapper.
        let server = RawServer::start(vec![answer; 12]).await;
        let url = server.url();
        let builder = GitHub::builder(CLIENT_ID, CLIENT_SECRET)
            .base_url(&url)
            .transport(|transport| transport.max_attempts(1));
        seen.debug(&builder);
        let client = builder.build().unwrap();
        seen.debug(&client);
        seen.result(&client.check_token(&old).await);
        seen.result(&client.reset_token(&old).await);
        seen.result(&client.recover(&old).await);
        seen.result(&tokenturn::rotate(&client, &old, MemorySink::new()).await);

        let client = OhMyGpt::builder().base_url(&url).build().unwrap();
        seen.debug(&client);
        seen.result(&client.rotate_admin_token(&oauth).await);
        seen.result(&tokenturn::recover(&client, &oauth, MemorySink::new()).await);

        let transport = Transport::builder(&url)
            .basic(CLIENT_ID, CLIENT_SECRET)
            .max_attempts(1);
        seen.debug(&transport);
        let client = github::Client::new(transport.build().unwrap());
        seen.debug(&client);
        let check = client.check_token().client_id(CLIENT_ID);
        let check = check.body_map(|body| body.access_token(OLD));
        seen.debug(&check);
        seen.result(&check.send().await);
        let reset = client.reset_token().client_id(CLIENT_ID);
        let reset = reset.body_map(|body| body.access_token(OLD));
        seen.debug(&reset);
        seen.result(&reset.send().await);
        let transport = Transport::builder(&url).bearer(OAUTH_TOKEN).build();
        let client = ohmygpt::Client::new(transport.unwrap());
        seen.debug(&client);
        seen.result(&client.rotate_user_admin_token().send().await);
        let requests = server.requests();
        assert_eq!(requests.len(), 9);
        requests.iter().for_each(|request| seen.add(&request.line));
    }

    // The same through TLS.
    let authority = Authority::new();
    let answer = answers().swap_remove(1);
    let tls = authority.server("127.0.0.1", false);
    let server = RawServer::start_tls(tls, move |_| answer.clone().into()).await;
    let builder = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(server.url());
    let client = builder.transport(|transport| transport.root_certificates(authority.pem()));
    let result = client.build().unwrap().reset_token(&old).await;
    assert!(result.is_ok());
    seen.result(&result);

    // No answer at all: nobody listens, the certificate is not to be trusted, the time runs out.
    let untrusted = Authority::new().server("127.0.0.1", false);
    let untrusted = RawServer::start_tls(untrusted, |_| Vec::new().into()).await;
    let silent = RawServer::start_with(|_| Reply {
        bytes: Vec::new(),
        then: Then::Hold,
    })
    .await;
    for url in [refusing_url(), untrusted.url(), silent.url()] {
        let builder = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(&url);
        let client = builder
            .transport(|transport| {
                transport
                    .max_attempts(1)
                    .timeout(Duration::from_millis(200))
            })
            .build()
            .unwrap();
        seen.result(&client.check_token(&old).await);
        seen.result(&client.reset_token(&old).await);
        seen.result(&client.recover(&old).await);
        seen.result(&tokenturn::rotate(&client, &old, MemorySink::new()).await);
        let client = OhMyGpt::builder().base_url(&url);
        let client = client
            .transport(|transport| transport.timeout(Duration::from_millis(200)))
            .build()
            .unwrap();
        seen.result(&client.rotate_admin_token(&oauth).await);
        seen.result(&tokenturn::recover(&client, &oauth, MemorySink::new()).await);
    }

    // Mistakes in the set-up.
    let broken = format!("{CLIENT_SECRET}\n");
    seen.result(&GitHub::builder(CLIENT_ID, broken.as_str()).build());
    let transport = Transport::builder("https://127.0.0.1:1");
    seen.result(
        &transport
            .bearer(format!("{OAUTH_TOKEN} x").as_str())
            .build(),
    );
    let url = format!("https://user:{CLIENT_SECRET}@ghe.example");
    let builder = GitHub::builder(CLIENT_ID, "s").base_url(url);
    let builder = builder.transport(|transport| transport.header("x-key", NEW));
    seen.debug(&builder);
    seen.result(&builder.build());

    let text = seen.text();
    assert_eq!(leaks(&text), Vec::<String>::new());
    // It was worth looking: the log is in there, and the secrets by their other name.
    assert!(text.contains("operation=\"reset_token\""));
    assert!(text.contains(&format!("{:?}", Secret::new(NEW))));
}

/// A provider that gives the token out, and a sink that saves it in the end or never.
#[derive(Clone)]
struct Generous;

impl Provider for Generous {
    type Details = ();

    async fn replace(&self, _: &Secret) -> Result<Rotated<()>, RotateError> {
        Ok(Rotated::new(NEW))
    }

    async fn recover(&self, _: &Secret) -> Result<Recovery<()>, RecoverError> {
        Ok(Recovery::Rotated(Rotated::new(NEW)))
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_seen_where_a_token_is_not_saved() {
    let seen = Seen::with_all_logs();

    let old = Secret::new(OLD);
    let failing = || from_fn(|_: Rotated<()>| async { Err("the disk is full") });
    let rotations = Rotations::new();
    seen.debug(&failing());
    seen.result(&rotations.rotate(&Generous, &old, failing()).await);
    seen.result(&rotations.recover(&Generous, &old, failing()).await);
    let call = rotations.rotate(&Generous, &old, failing());
    let _ = tokio::time::timeout(Duration::from_millis(1), call).await;
    // The token lies in there now.
    tokio::time::sleep(Duration::from_secs(60)).await;
    seen.debug(&rotations);
    let unsaved = rotations.drain().await;
    assert_eq!(unsaved.len(), 1);
    seen.debug(&unsaved);
    seen.error(&unsaved[0]);

    let memory = MemorySink::new();
    seen.result(&rotations.rotate(&Generous, &old, memory.clone()).await);
    seen.debug(&memory);
    let folder = tempfile::TempDir::new().unwrap();
    let mut file = FileSink::new(folder.path().join("token.txt"));
    Sink::<()>::prepare(&mut file).await.unwrap();
    seen.debug(&file);
    file.save(&Rotated::<()>::new(NEW)).await.unwrap();
    std::fs::remove_dir_all(folder.path()).unwrap();
    seen.result(&file.save(&Rotated::<()>::new(NEW)).await);

    let text = seen.text();
    assert_eq!(leaks(&text), Vec::<String>::new());
    assert!(text.contains("the disk is full"));
    assert!(text.contains(&format!("fingerprint={}", Secret::new(NEW).fingerprint())));
}

#[tokio::test]
async fn the_sandbox_does_not_show_what_it_knows() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let token = sandbox.new_github_token();
    let user = sandbox.new_ohmygpt_user();
    let client = GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .base_url(sandbox.url())
        .build()
        .unwrap();
    let rotated = client.reset_token(&Secret::new(&*token)).await.unwrap();
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 1);

    let text = format!("{sandbox:#?}{user:#?}{requests:#?}");
    let pair = format!("{}:{}", sandbox.client_id(), sandbox.client_secret());
    for secret in [
        &token,
        rotated.token.expose(),
        &user.oauth_token,
        &user.admin_token,
        &sandbox.client_secret(),
        &STANDARD.encode(pair),
    ] {
        let shown: Vec<_> = forms(secret)
            .into_iter()
            .filter(|form| text.contains(form))
            .collect();
        assert!(shown.is_empty(), "{shown:?}");
    }
}

#[test]
fn no_snapshot_holds_a_token() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for token in [
            "gho_",
            "ghu_",
            "ghr_",
            "omg-oat",
            "\"sk-",
            OLD_TOKEN,
            "abcdefgh12345678",
        ] {
            assert!(!text.contains(token), "{token}");
        }
        assert_eq!(leaks(&text), Vec::<String>::new());
        read += 1;
    }
    assert!(read >= 3);
}

#[test]
fn a_leak_would_be_found() {
    for form in forms(OLD) {
        assert!(!leaks(&format!("before {form} after")).is_empty(), "{form}");
    }
    assert!(leaks("nothing here").is_empty());
}

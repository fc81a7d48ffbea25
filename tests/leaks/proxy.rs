//! The password of a proxy, which stands in the environment.

use std::env;
use std::process::Command;

use tokenturn::{GitHub, Secret};
use tokenturn_client::Transport;
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, RawServer};

use crate::seen::{OLD, Seen, forms};

const TEST: &str = "proxy::no_password_of_a_proxy_is_seen";
const PASSWORD: &str = "canary@PasswordOfAProxy";
/// The base64 of the user name `user` with the password.
const PAIR: &str = "dXNlcjpjYW5hcnlAUGFzc3dvcmRPZkFQcm94eQ==";
const VARIABLES: [&str; 3] = ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"];

/// Does it in another process of this program, which has the environment.
#[tokio::test(flavor = "multi_thread")]
async fn no_password_of_a_proxy_is_seen() {
    if env::var("ALL_PROXY").is_ok_and(|proxy| proxy.contains(PASSWORD)) {
        return call_and_look().await;
    }
    let refuses = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    let server = RawServer::start_with(move |_| refuses.to_owned().into()).await;
    let host = server.host();
    // One for all calls, one for those with TLS, which is refused, and one for those without.
    let values = [
        format!("http://user:{PASSWORD}@{host}"),
        format!("ftp://user:{PASSWORD}@{host}"),
        format!("http://user:{PASSWORD}@{host}"),
    ];
    for count in 1..=VARIABLES.len() {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", TEST]);
        for name in VARIABLES.into_iter().chain(["NO_PROXY"]) {
            command
                .env_remove(name)
                .env_remove(name.to_ascii_lowercase());
        }
        command.envs(VARIABLES.iter().zip(&values).take(count));
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
    }
    let requests = server.requests();
    let sent = requests.iter().filter(|request| {
        request.headers().get("proxy-authorization") == Some(&&*format!("Basic {PAIR}"))
    });
    // The first process sends one to CONNECT and one without TLS, the others one without TLS.
    assert_eq!(sent.count(), 4);
    assert_eq!(requests.len(), 4);
}

async fn call_and_look() {
    let seen = Seen::with_all_logs();
    for url in ["https://ghe.invalid", "http://ghe.invalid"] {
        let builder = Transport::builder(url).allow_http();
        seen.debug(&builder);
        seen.result(&builder.build());
        let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(url);
        let github = github.transport(|transport| transport.allow_http()).build();
        seen.result(&github);
        if let Ok(github) = github {
            seen.debug(&github.reset_token(&Secret::new(OLD)).await);
        }
    }
    let text = seen.text();
    assert!(text.contains("Transport"), "{text}");
    let encoded = PASSWORD.replace('@', "%40");
    let forms = [forms(PASSWORD), forms(&encoded)].concat();
    for form in forms.iter().map(String::as_str).chain([PAIR]) {
        assert!(!text.contains(form), "{form}: {text}");
    }
    assert!(!text.contains("PasswordOfAProxy"), "{text}");
}

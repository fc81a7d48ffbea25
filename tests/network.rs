//! What a transport is told about the network, and which way its calls go then.

use tokenturn::{GitHub, TransportBuilder};
use tokenturn_client::{Transport, github};
use tokenturn_tests::{
    Authority, CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, RawServer, json_answer, old_token,
};

/// Nobody has such a name, so what does not go through a proxy is not sent (RFC 6761).
const NOBODY: &str = "ghe.invalid";

async fn answers() -> RawServer {
    let keep = "connection: keep-alive\r\n";
    RawServer::start_with(move |_| json_answer("200 OK", keep, GITHUB_SEED).into()).await
}

/// Checks a token, and tells whether that was sent.
async fn check(transport: TransportBuilder) -> bool {
    let transport = transport.basic(CLIENT_ID, CLIENT_SECRET).allow_http();
    let client = github::Client::new(transport.max_attempts(1).build().unwrap());
    let call = client.check_token().client_id(CLIENT_ID);
    let body = call.body_map(|body| body.access_token(old_token()));
    match body.send().await {
        Ok(_) => true,
        Err(error) => !error.is_not_sent(),
    }
}

#[tokio::test]
async fn both_hosts_of_github_share_their_connections() {
    let server = answers().await;
    let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(server.url());
    let github = github.build().unwrap();
    let _ = github.check_token(&old_token()).await;
    let _ = github.refresh_token(&old_token()).await;
    let _ = github.check_token(&old_token()).await;
    let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [0, 0, 0]);
}

#[tokio::test]
async fn connections_are_those_of_the_other() {
    let server = answers().await;
    let address = server.host().parse().unwrap();
    let there = Transport::builder(format!("http://{NOBODY}"))
        .allow_http()
        .reqwest(move |client| client.resolve(NOBODY, address))
        .build()
        .unwrap();
    let url = format!("http://{NOBODY}/api/v3");
    assert!(check(Transport::builder(&url).connections_of(&there)).await);
    assert!(!check(Transport::builder(&url)).await);
    // One for `http://` knows no certificates.
    let tls = Transport::builder(format!("https://{NOBODY}")).connections_of(&there);
    assert!(!check(tls).await);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_proxy_is_the_callers() {
    let server = answers().await;
    let http = || Transport::builder(format!("http://{NOBODY}"));
    let with_credentials = format!("http://user:can%40ry@{}", server.host());
    assert!(check(http().proxy(&with_credentials)).await);
    let request = server.only_request();
    assert!(
        request
            .line
            .starts_with("POST http://ghe.invalid/applications/")
    );
    let credentials = request.headers()["proxy-authorization"].to_owned();
    assert_eq!(credentials, "Basic dXNlcjpjYW5Acnk=");

    let (one, nobody) = (server.url(), "http://127.0.0.1:9");
    let through = |url: &str| {
        let proxy = reqwest::Proxy::all(url).unwrap();
        move |client: reqwest::ClientBuilder| client.proxy(proxy.clone())
    };
    for (transport, is_used) in [
        // This host, too: whoever names a proxy means it.
        (Transport::builder("http://127.0.0.1:9").proxy(&one), true),
        (http().reqwest(through(&one)), true),
        (http().reqwest(through(&one)).reqwest(through(nobody)), true),
        (http().proxy(&one).reqwest(through(nobody)), true),
        (http().proxy(nobody).reqwest(through(&one)), false),
        (http().reqwest(through(&one)).no_proxy(), false),
        (http().proxy(&one).no_proxy(), false),
    ] {
        let before = server.requests().len();
        assert_eq!(check(transport).await, is_used);
        assert_eq!(server.requests().len() - before, usize::from(is_used));
    }

    let error = http()
        .allow_http()
        .proxy("ftp://user:can%40ry@proxy.example");
    let error = error.build().unwrap_err().to_string();
    assert!(error.contains("not the URL of a proxy"), "{error}");
    assert!(!error.contains("ry@"), "{error}");
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let authority = Authority::new();
    let tls = authority.mutual("127.0.0.1");
    let server = RawServer::start_tls(tls, |_| json_answer("200 OK", "", GITHUB_SEED).into()).await;
    let at = || Transport::builder(server.url()).root_certificates(authority.pem());
    let (certificate, key) = authority.pem_for_client("tokenturn");
    let with = at().client_certificate(certificate.as_str(), key.as_str());
    assert!(check(with).await);
    assert_eq!(server.requests().len(), 1);

    // What the server does not want is said after the handshake, so that nobody knows.
    check(at()).await;
    let (other, other_key) = Authority::new().pem_for_client("tokenturn");
    check(at().client_certificate(other.as_str(), other_key.as_str())).await;
    assert_eq!(server.requests().len(), 1);

    for (certificate, key) in [
        ("no PEM", key.as_str()),
        (&certificate, "no PEM"),
        (&certificate, &other_key),
    ] {
        let error = at().client_certificate(certificate, key).build();
        let error = error.unwrap_err().to_string();
        assert!(error.contains("client certificate"), "{error}");
    }
}

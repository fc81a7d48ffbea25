//! Each operation, with every answer and with none, through the wrapper and by the client alone.

use std::pin::Pin;
use std::time::Duration;

use tokenturn::github::Scoping;
use tokenturn::ohmygpt::{ApiKeyUpdate, NewApiKey};
use tokenturn::sink::MemorySink;
use tokenturn::{AuthorizationCode, GitHub, OhMyGpt, Rotations, Secret, TransportBuilder};
use tokenturn_client::{Transport, github, github_login, ohmygpt};
use tokenturn_tests::{
    Authority, CLIENT_ID, CLIENT_SECRET, OAUTH_TOKEN, RawServer, Reply, Then, refusing_url,
};

use crate::answers::answers;
use crate::clock;
use crate::seen::{CODE, OLD, REFRESH, Seen, leaks};

/// All clients of one server.
struct Clients {
    seen: Seen,
    github: GitHub,
    ohmygpt: OhMyGpt,
    rest: github::Client,
    login: github_login::Client,
    bearer: ohmygpt::Client,
}

impl Clients {
    fn new(seen: &Seen, url: &str, root: Option<&str>) -> Self {
        let set_up = |transport: TransportBuilder| {
            let transport = transport.max_attempts(1).timeout(clock::LONGEST);
            match root {
                Some(pem) => transport.root_certificates(pem),
                None => transport,
            }
        };
        let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(url);
        let ohmygpt = || {
            OhMyGpt::builder()
                .app(CLIENT_ID, CLIENT_SECRET)
                .base_url(url)
        };
        let github = github.transport(set_up);
        let transport = || set_up(Transport::builder(url));
        let basic = transport().basic(CLIENT_ID, CLIENT_SECRET);
        let bearer = transport().bearer(OAUTH_TOKEN);
        seen.debug(&github);
        seen.debug(&ohmygpt());
        seen.debug(&basic);
        seen.debug(&bearer);
        let clients = Self {
            seen: seen.clone(),
            github: github.build().unwrap(),
            ohmygpt: ohmygpt().transport(set_up).build().unwrap(),
            rest: github::Client::new(basic.build().unwrap()),
            login: github_login::Client::new(transport().build().unwrap()),
            bearer: ohmygpt::Client::new(bearer.build().unwrap()),
        };
        seen.debug(&clients.github);
        seen.debug(&clients.ohmygpt);
        seen.debug(&clients.rest);
        seen.debug(&clients.login);
        seen.debug(&clients.bearer);
        clients
    }
}

/// A call of an operation. Behind a pointer, so that what is done with it is compiled once for all.
type Call<'c> = &'c dyn Fn(&Clients) -> Pin<Box<dyn Future<Output = ()> + '_>>;

/// Makes `call` with every answer, with an answer through TLS, and with none.
async fn try_all(operation: &str, call: Call<'_>) {
    let seen = Seen::with_all_logs();
    for answer in answers() {
        let server = RawServer::start_with(move |_| answer.clone().into()).await;
        call(&Clients::new(&seen, &server.url(), None)).await;
        let requests = server.requests();
        assert!(!requests.is_empty());
        requests.iter().for_each(|request| seen.add(&request.line));
    }
    let authority = Authority::new();
    let tls = authority.server("127.0.0.1", false);
    let answer = answers().swap_remove(1);
    let trusted = RawServer::start_tls(tls, move |_| answer.clone().into()).await;
    call(&Clients::new(&seen, &trusted.url(), Some(authority.pem()))).await;
    // Nobody listens, or the certificate is not to be trusted.
    let untrusted = Authority::new().server("127.0.0.1", false);
    let untrusted = RawServer::start_tls(untrusted, |_| Vec::new().into()).await;
    for url in [refusing_url(), untrusted.url()] {
        call(&Clients::new(&seen, &url, None)).await;
    }
    // The time runs out.
    let silent = RawServer::start_with(|_| Reply {
        bytes: Vec::new(),
        then: Then::Hold,
    })
    .await;
    let _clock = clock::stop();
    let clients = Clients::new(&seen, &silent.url(), None);
    clock::run_out(&silent, false, call(&clients)).await;
    assert!(!silent.requests().is_empty());

    let text = seen.text();
    assert_eq!(leaks(&text), Vec::<String>::new());
    // It was worth looking: the log is in there.
    assert!(
        text.contains(&format!("operation=\"{operation}\"")),
        "{operation}"
    );
}

fn old() -> Secret {
    Secret::new(OLD)
}

fn oauth() -> Secret {
    Secret::new(OAUTH_TOKEN)
}

fn code() -> AuthorizationCode {
    let mut code = AuthorizationCode::new(CODE);
    code.code_verifier = Some(CODE.into());
    code
}

/// A test for each operation: the call through the wrapper, and by the client alone.
macro_rules! operations {
    ($($name:ident($clients:ident, $seen:ident) $call:block)*) => {$(
        #[tokio::test]
        async fn $name() {
            try_all(stringify!($name), &|$clients| {
                Box::pin(async move {
                    let $seen = &$clients.seen;
                    $call
                })
            })
            .await;
        }
    )*};
}

operations! {
    check_token(clients, seen) {
        seen.result(&clients.github.check_token(&old()).await);
        seen.result(&clients.github.recover(&old()).await);
        let call = clients.rest.check_token().client_id(CLIENT_ID);
        let call = call.body_map(|body| body.access_token(OLD));
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    reset_token(clients, seen) {
        seen.result(&clients.github.reset_token(&old()).await);
        seen.result(&tokenturn::rotate(&clients.github, &old(), MemorySink::new()).await);
        let call = clients.rest.reset_token().client_id(CLIENT_ID);
        let call = call.body_map(|body| body.access_token(OLD));
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    delete_token(clients, seen) {
        seen.result(&clients.github.delete_token(&old()).await);
        let call = clients.rest.delete_token().client_id(CLIENT_ID);
        let call = call.body_map(|body| body.access_token(OLD));
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    delete_authorization(clients, seen) {
        seen.result(&clients.github.delete_authorization(&old()).await);
        let call = clients.rest.delete_authorization().client_id(CLIENT_ID);
        let call = call.body_map(|body| body.access_token(OLD));
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    scope_token(clients, seen) {
        let scoping = Scoping::new("octocat").permission("contents", "read");
        let call = clients.github.scope_token(&old(), scoping);
        seen.result(&Rotations::new().obtain(call, MemorySink::new()).await);
        let call = clients.rest.scope_token().client_id(CLIENT_ID);
        let call = call.body_map(|body| body.access_token(OLD));
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    revoke_credentials(clients, seen) {
        seen.result(&clients.github.revoke_credentials([old(), CODE.into()]).await);
        let call = clients.rest.revoke_credentials();
        let call = call.body_map(|body| body.credentials(vec![old(), oauth()]));
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    create_access_token(clients, seen) {
        seen.debug(&code());
        let call = clients.github.exchange_code(code());
        seen.result(&Rotations::new().obtain(call, MemorySink::new()).await);
        let call = clients.github.refresh_token(&REFRESH.into());
        seen.result(&Rotations::new().obtain(call, MemorySink::new()).await);
        let call = clients.login.create_access_token().body_map(|body| {
            body.client_id(CLIENT_ID)
                .client_secret(Secret::new(CLIENT_SECRET))
                .code(Secret::new(CODE))
                .code_verifier(Secret::new(CODE))
                .device_code(Secret::new(CODE))
                .refresh_token(Secret::new(REFRESH))
        });
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    create_device_code(clients, seen) {
        let device = clients.github.device_code(["repo"]).await;
        seen.result(&device);
        if let Ok(mut device) = device {
            // One poll.
            device.interval = Duration::ZERO;
            device.expires_in = Duration::ZERO;
            seen.result(&clients.github.wait_for_device(device).await);
        }
        let call = clients.login.create_device_code();
        let call = call.body_map(|body| body.client_id(CLIENT_ID));
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    issue_token(clients, seen) {
        let call = clients.ohmygpt.issue_token(code());
        seen.result(&Rotations::new().obtain(call, MemorySink::new()).await);
        let call = clients.bearer.issue_token().body_map(|body| {
            body.client_id(CLIENT_ID)
                .client_secret(CLIENT_SECRET)
                .code(CODE)
        });
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    query_user_basic_info(clients, seen) {
        seen.result(&clients.ohmygpt.user_basic_info(&oauth()).await);
        seen.result(&clients.bearer.query_user_basic_info().send().await);
    }
    rotate_user_admin_token(clients, seen) {
        seen.result(&clients.ohmygpt.rotate_admin_token(&oauth()).await);
        seen.result(&tokenturn::recover(&clients.ohmygpt, &oauth(), MemorySink::new()).await);
        seen.result(&clients.bearer.rotate_user_admin_token().send().await);
    }
    new_api_token(clients, seen) {
        seen.result(&clients.ohmygpt.create_api_key(&oauth(), &new_key()).await);
        let call = clients.bearer.new_api_token();
        let call = call.body_map(|body| body.expired_at("never").max_fee(0));
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    update_api_token(clients, seen) {
        let update = ApiKeyUpdate {
            remark: "r".into(),
            expired_at: new_key().expired_at,
            max_fee: 0.into(),
            permissions: vec![],
            is_disabled: false,
        };
        seen.debug(&update);
        seen.result(&clients.ohmygpt.update_api_key(&oauth(), &old(), &update).await);
    }
    get_api_tokens(clients, seen) {
        seen.result(&clients.ohmygpt.api_keys(&oauth()).await);
        seen.result(&clients.bearer.get_api_tokens().send().await);
    }
    del_api_token(clients, seen) {
        seen.result(&clients.ohmygpt.delete_api_key(&oauth(), &old()).await);
        let call = clients.bearer.del_api_token().body_map(|body| body.key(OLD));
        seen.debug(&call);
        seen.result(&call.send().await);
    }
    balance(clients, seen) {
        seen.result(&clients.ohmygpt.balance(&oauth()).await);
        seen.result(&clients.bearer.balance().send().await);
    }
}

fn new_key() -> NewApiKey {
    NewApiKey {
        remark: None,
        expired_at: "2100-01-01T00:00:00Z".parse().unwrap(),
        max_fee: 0.into(),
        permissions: vec![],
    }
}

/// A new operation has to be added above.
#[test]
fn every_operation_is_here() {
    let source = include_str!("operations.rs");
    let operations = github::OPERATIONS.iter().chain(github_login::OPERATIONS);
    for operation in operations.chain(ohmygpt::OPERATIONS) {
        let test = format!("\n    {}(clients, seen) {{", operation.id);
        assert!(source.contains(&test), "{}", operation.id);
    }
}

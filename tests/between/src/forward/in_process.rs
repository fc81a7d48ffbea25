//! The library behind a gateway that ends TLS with an authority of its own.

use std::future::pending;
use std::path::Path;
use std::process::Command;

use tokio::sync::watch;
use tokio::time::{Duration, sleep};

use crate::call::{Call, Provider};
use crate::cell::{self, Cell};
use crate::does::Does;
use crate::instance::Instance;
use crate::origin::Case;
use crate::product::{Place, Product, Setting, tool};
use crate::seats::SEATS;
use crate::tap::Tap;

use super::Part;
use super::proxies::{OWN_AUTHORITY, setting};

const GATEWAY: Product = Product {
    name: "mitmproxy",
    version: &["mitmdump", "--version"],
    about: "",
    settings: &[],
    refuses: &[],
    start,
    reload: None,
};
/// Of an authority that has nothing to do with it.
const WORDS: [(&str, Trust, Event); 5] = [
    (
        "the authority is not trusted",
        Trust::Nobody,
        Event::Nothing,
    ),
    (
        "another authority is trusted",
        Trust::Another,
        Event::Nothing,
    ),
    ("the provider answers", Trust::Gateway, Event::Nothing),
    (
        "the provider is away",
        Trust::Gateway,
        Event::ProviderIsAway,
    ),
    (
        "the gateway is killed during the call",
        Trust::Gateway,
        Event::Killed,
    ),
];

#[derive(Clone, Copy, PartialEq)]
enum Trust {
    Nobody,
    Another,
    Gateway,
}

#[derive(Clone, Copy, PartialEq)]
enum Event {
    Nothing,
    ProviderIsAway,
    Killed,
}

fn start(place: &Place, _: &Setting) -> Command {
    let mut mitmdump = Command::new(tool("mitmdump"));
    let (folder, port) = (place.folder.display(), place.port.to_string());
    mitmdump
        .args(["--listen-host", "127.0.0.1", "-p", &port])
        .args([
            "--mode",
            &format!("reverse:http://127.0.0.1:{}", place.origin),
        ])
        .args(["--set", &format!("confdir={folder}")]);
    mitmdump
}

pub(crate) async fn run(folder: &Path) -> Part {
    let _seat = SEATS.acquire().await;
    static PRODUCT: Product = GATEWAY;
    static SETTING: Setting = setting("reverse, TLS", "");
    let mut instance = Instance::start(&PRODUCT, &SETTING, &folder.join("in-process")).await;
    let mut text = String::from(
        "\n### mitmproxy as a gateway with TLS, and `root_certificates` of the library\n\n\
         | what happens | calls | the provider saw it | tokenturn says |\n|---|---|---|---|\n",
    );
    let mut wrong = Vec::new();
    for (what, trust, event) in WORDS {
        let mut cells = Vec::new();
        for call in Call::ALL {
            let (cell, is_wrong) = one(&mut instance, trust, event, call).await;
            let name = call.name();
            wrong.extend(
                is_wrong.map(|wrong| format!("root_certificates, {what}, {name}: {wrong}")),
            );
            cells.push(cell);
        }
        let mut what = what;
        for (calls, cell) in crate::page::groups(&cells) {
            let Cell { seen, outcome, .. } = cell;
            text += &format!("| {what} | {calls} | {seen} | {outcome} |\n");
            what = "";
        }
    }
    Part { text, wrong }
}

async fn one(
    instance: &mut Instance,
    trust: Trust,
    event: Event,
    call: Call,
) -> (Cell, Option<String>) {
    let (provider, prepared) = Provider::new(call).await;
    let tap = Tap::start(instance.place.port).await;
    let agent = format!("in-process/{}", tap.address.port());
    let own = instance.place.folder.join(OWN_AUTHORITY);
    let roots = match trust {
        Trust::Nobody => None,
        Trust::Another => Some(super::front::authority().pem().to_owned()),
        Trust::Gateway => Some(std::fs::read_to_string(own).expect("the gateway has made it")),
    };
    let url = format!("https://localhost:{}", tap.address.port());
    let clients = provider.clients(&url, |transport| {
        let transport = transport.max_attempts(1).user_agent(&agent);
        match &roots {
            Some(pem) => transport.root_certificates(pem.clone()),
            None => transport,
        }
    });
    let (open, gate) = watch::channel(false);
    let mut case = Case::new(provider.address(), Does::Answers);
    if event == Event::Killed {
        case = case.gate(gate);
    }
    instance.origin.expect(&agent, case);
    if event == Event::ProviderIsAway {
        instance.origin.leave().await;
    }
    let outcome = if event == Event::Killed {
        let disturb = async {
            while instance.origin.seen(&agent).times == 0 {
                sleep(Duration::from_millis(1)).await;
            }
            let killed = instance.place.signal("KILL").status();
            assert!(killed.expect("kill(1)").success());
            open.send_replace(true);
            pending().await
        };
        let outcome = tokio::select! {
            outcome = clients.make(&prepared) => outcome,
            outcome = disturb => outcome,
        };
        instance.restart(|| {}).await;
        outcome
    } else {
        clients.make(&prepared).await
    };
    if event == Event::ProviderIsAway {
        instance.origin.come_back().await;
    }
    let seen = instance.origin.seen(&agent);
    // What is on the wire is TLS, so nothing in it is a request or a token.
    let wrong = cell::wrong(&provider, &prepared, (&seen, &tap, &outcome)).await;
    (Cell::new(call, &seen, &tap, &outcome), wrong)
}

//! What each `NO_PROXY` makes go past the proxy.

use std::path::Path;

use crate::does::Does;
use crate::instance::Instance;
use crate::product::Setting;
use crate::seats::SEATS;

use super::Part;
use super::front::{ADDRESS, Front, NAME};
use super::program::Task;
use super::proxies::{PORTS, SQUID, setting};
use super::trial::{self, Event, Setup, Trusts};

/// Where the provider is, in the base URL.
#[derive(Clone, Copy, PartialEq)]
enum Host {
    Name,
    Address,
}

use Host::*;

const HEAD: &str = "
### `NO_PROXY`, with Squid as `HTTPS_PROXY`

Each line is a `rotate`, which is done. PORT is the one in the base URL.

| variable | base URL | through the proxy |
|---|---|---|
";

/// The variable, its value, the base URL, and whether the proxy is to be used.
const ROWS: &[(&str, &str, Host, bool)] = &[
    ("NO_PROXY", "", Name, true),
    ("NO_PROXY", "ghe.example", Name, false),
    ("NO_PROXY", "GHE.Example.", Name, false),
    ("NO_PROXY", "example", Name, false),
    ("NO_PROXY", ".example", Name, false),
    ("NO_PROXY", "*.example", Name, false),
    ("NO_PROXY", ".ghe.example", Name, false),
    ("NO_PROXY", "*.ghe.example", Name, true),
    ("NO_PROXY", "he.example", Name, true),
    ("NO_PROXY", "ghe.example:{port}", Name, false),
    ("NO_PROXY", "ghe.example:443", Name, true),
    ("NO_PROXY", "*:{port}", Name, false),
    ("NO_PROXY", "*:443", Name, true),
    ("NO_PROXY", "*", Name, false),
    ("NO_PROXY", "203.0.113.7", Name, true),
    ("NO_PROXY", "203.0.113.0/24", Name, true),
    ("NO_PROXY", "localhost,127.0.0.1", Name, true),
    ("NO_PROXY", "localhost, ghe.example", Name, false),
    ("NO_PROXY", "localhost ghe.example", Name, false),
    ("no_proxy", "ghe.example", Name, false),
    ("no_proxy", "*", Name, false),
    ("NO_PROXY", "203.0.113.7", Address, false),
    ("NO_PROXY", "203.0.113.7:{port}", Address, false),
    ("NO_PROXY", "203.0.113.7:443", Address, true),
    ("NO_PROXY", "203.0.113.0/24", Address, false),
    ("NO_PROXY", "203.0.113.0/24:{port}", Address, false),
    ("NO_PROXY", "203.0.113.0/24:443", Address, true),
    ("NO_PROXY", "203.0.112.0/24", Address, true),
    ("NO_PROXY", "113.7", Address, true),
    ("NO_PROXY", "*", Address, false),
    ("NO_PROXY", "*:{port}", Address, false),
    ("NO_PROXY", "ghe.example", Address, true),
    ("no_proxy", "203.0.113.7", Address, false),
];

pub(crate) async fn run(folder: &Path) -> Part {
    let _seat = SEATS.acquire().await;
    static SETTING: Setting = setting("NO_PROXY", PORTS);
    let folder = folder.join("no-proxy");
    let mut instance = Instance::start(&SQUID, &SETTING, &folder).await;
    let mut named = Front::start(NAME, instance.origin.port).await;
    let mut numbered = Front::start(&ADDRESS.to_string(), instance.origin.port).await;
    let (mut text, mut wrong) = (HEAD.to_owned(), Vec::new());
    for (name, value, host, is_used) in ROWS.iter().copied() {
        let setup = Setup {
            task: Task::Rotate,
            event: Event::Provider(Does::Answers),
            trusts: Trusts::Provider,
            variables: vec![
                ("HTTPS_PROXY".into(), "http://{proxy}".into()),
                (name.into(), value.into()),
            ],
        };
        let front = match host {
            Name => &mut named,
            Address => &mut numbered,
        };
        let made = trial::make(&mut instance, front, setup).await;
        let (was_used, is_done) = (made.connects > 0, made.said.ends_with("(0)"));
        let what = format!("`{name}={}`", value.replace("{port}", "PORT"));
        if was_used != is_used || !is_done {
            wrong.push(format!("{what}: {} tunnels, {}", made.connects, made.said));
        }
        wrong.extend(made.wrong);
        let answer = if was_used { "yes" } else { "no" };
        let host = match host {
            Name => NAME.to_owned(),
            Address => ADDRESS.to_string(),
        };
        text += &format!("| {what} | `https://{host}:PORT` | {answer} |\n");
    }
    Part { text, wrong }
}

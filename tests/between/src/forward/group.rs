//! The rows of each proxy with each setting.

use std::path::Path;
use std::time::Duration;

use crate::does::Does;
use crate::instance::Instance;
use crate::product::{Product, Setting};
use crate::seats::SEATS;

use super::Part;
use super::front::{Front, NAME};
use super::program::Task;
use super::proxies::{
    AUTH, BUMP, BUMP_DENY, BUMP_TIMEOUT, BUMP_UNKNOWN, MITMDUMP, PORTS, SQUID, setting,
};
use super::trial::{self, Event, Made, Setup, Trusts};

/// A proxy with a setting, and what is run through it.
pub(crate) struct Group {
    product: &'static Product,
    setting: &'static Setting,
    rows: &'static [Row],
}

struct Row {
    what: &'static str,
    event: Event,
    trusts: Trusts,
    variables: &'static [(&'static str, &'static str)],
}

/// As nearly everybody sets it.
const VIA: &[(&str, &str)] = &[("HTTPS_PROXY", "http://{proxy}")];
const ANSWERS: Event = Event::Provider(Does::Answers);

const fn row(what: &'static str, event: Event) -> Row {
    Row {
        what,
        event,
        trusts: Trusts::Provider,
        variables: VIA,
    }
}

/// Through a proxy that looks into TLS.
const fn seen_through(what: &'static str, event: Event) -> Row {
    Row {
        what,
        event,
        trusts: Trusts::Inspector,
        variables: VIA,
    }
}

const fn with(what: &'static str, variables: &'static [(&'static str, &'static str)]) -> Row {
    Row {
        what,
        event: ANSWERS,
        trusts: Trusts::Provider,
        variables,
    }
}

/// At a proxy that may look into TLS or not.
const fn logs_in(what: &'static str, variables: &'static [(&'static str, &'static str)]) -> Row {
    Row {
        what,
        event: ANSWERS,
        trusts: Trusts::Whoever,
        variables,
    }
}

const SLOW: Event = Event::Provider(Does::IsSlow(Duration::from_secs(6)));

const TUNNEL: &[Row] = &[
    row("the provider answers", ANSWERS),
    row("the provider is away", Event::ProviderIsAway),
    row("it closes before its answer", Event::Provider(Does::Closes)),
    row(
        "it closes within the headers",
        Event::Provider(Does::ClosesWithinHeaders),
    ),
    row(
        "it closes within the body",
        Event::Provider(Does::ClosesWithinBody),
    ),
    row(
        "it closes after its answer",
        Event::Provider(Does::ClosesAfter),
    ),
    row("the proxy is away", Event::ProxyIsAway),
    row(
        "the proxy is reloaded during the call",
        Event::ProxyReloaded,
    ),
    row("the proxy is killed during the call", Event::ProxyKilled),
    with("`https_proxy`", &[("https_proxy", "http://{proxy}")]),
    with("`ALL_PROXY`", &[("ALL_PROXY", "http://{proxy}")]),
    with(
        "`HTTPS_PROXY` without a scheme",
        &[("HTTPS_PROXY", "{proxy}")],
    ),
    with("`HTTP_PROXY` alone", &[("HTTP_PROXY", "http://{proxy}")]),
    with(
        "`HTTPS_PROXY` empty, `ALL_PROXY` set",
        &[("HTTPS_PROXY", ""), ("ALL_PROXY", "http://{proxy}")],
    ),
];

const LOGIN: &[Row] = &[
    logs_in("no credentials", VIA),
    logs_in(
        "the right ones",
        &[("HTTPS_PROXY", "http://ann:secret1@{proxy}")],
    ),
    logs_in(
        "a wrong password",
        &[("HTTPS_PROXY", "http://ann:secret2@{proxy}")],
    ),
    logs_in(
        "a user without a password",
        &[("HTTPS_PROXY", "http://ann@{proxy}")],
    ),
    logs_in(
        "`p@ss:w/o#r?d%20`, escaped",
        &[(
            "HTTPS_PROXY",
            "http://user:p%40ss%3Aw%2Fo%23r%3Fd%2520@{proxy}",
        )],
    ),
    logs_in(
        "`p@ss:w/o#r?d%20`, not escaped",
        &[("HTTPS_PROXY", "http://user:p@ss:w/o#r?d%20@{proxy}")],
    ),
    logs_in(
        "`pässword`, escaped",
        &[("HTTPS_PROXY", "http://bob:p%C3%A4ssword@{proxy}")],
    ),
    logs_in(
        "`pässword`, not escaped",
        &[("HTTPS_PROXY", "http://bob:pässword@{proxy}")],
    ),
];

const INSPECTION: &[Row] = &[
    row("its authority is not trusted", ANSWERS),
    seen_through("the provider answers", ANSWERS),
    seen_through("the provider is away", Event::ProviderIsAway),
    seen_through("it answers 502", Event::Provider(Does::Fails(502))),
    seen_through("it answers after 6 s", SLOW),
    seen_through("it closes before its answer", Event::Provider(Does::Closes)),
    seen_through(
        "it closes within the headers",
        Event::Provider(Does::ClosesWithinHeaders),
    ),
    seen_through(
        "it closes within the body",
        Event::Provider(Does::ClosesWithinBody),
    ),
    seen_through(
        "it closes after its answer",
        Event::Provider(Does::ClosesAfter),
    ),
    seen_through(
        "its chunked body has no end",
        Event::Provider(Does::ChunksWithoutEnd),
    ),
    seen_through("the proxy is killed during the call", Event::ProxyKilled),
];

pub(crate) const ALL: &[Group] = &[
    Group {
        product: &SQUID,
        setting: &setting("as installed", ""),
        rows: &[row("the provider is not at port 443", ANSWERS)],
    },
    Group {
        product: &SQUID,
        setting: &setting("acl SSL_ports port 10000-65535", PORTS),
        rows: TUNNEL,
    },
    Group {
        product: &SQUID,
        setting: &setting("auth_param basic", AUTH),
        rows: LOGIN,
    },
    Group {
        product: &SQUID,
        setting: &setting(
            "read_timeout 3 seconds",
            "acl SSL_ports port 10000-65535\nread_timeout 3 seconds\n",
        ),
        rows: &[row("the provider answers after 6 s", SLOW)],
    },
    Group {
        product: &SQUID,
        setting: &setting(
            "cache_peer parent, which is away",
            "acl SSL_ports port 10000-65535\n\
             cache_peer 127.0.0.1 parent {spare} 0 no-query\nnever_direct allow all\n",
        ),
        rows: &[row("the provider answers", ANSWERS)],
    },
    Group {
        product: &SQUID,
        setting: &setting("ssl_bump bump all", BUMP),
        rows: INSPECTION,
    },
    Group {
        product: &SQUID,
        setting: &setting("ssl_bump bump all, read_timeout 3 seconds", BUMP_TIMEOUT),
        rows: &[seen_through("the provider answers after 6 s", SLOW)],
    },
    Group {
        product: &SQUID,
        setting: &setting(
            "ssl_bump bump all, without the provider's authority",
            BUMP_UNKNOWN,
        ),
        rows: &[seen_through("the provider answers", ANSWERS)],
    },
    Group {
        product: &SQUID,
        setting: &setting(
            "ssl_bump bump all, http_access deny of what is in the tunnel",
            BUMP_DENY,
        ),
        rows: &[seen_through("the provider answers", ANSWERS)],
    },
    Group {
        product: &MITMDUMP,
        setting: &setting("as installed", ""),
        rows: &[seen_through("the provider answers", ANSWERS)],
    },
    Group {
        product: &MITMDUMP,
        setting: &setting(
            "ssl_verify_upstream_trusted_ca",
            "ssl_verify_upstream_trusted_ca={folder}/provider.pem",
        ),
        rows: INSPECTION,
    },
    Group {
        product: &MITMDUMP,
        setting: &setting(
            "connection_strategy=lazy",
            "ssl_verify_upstream_trusted_ca={folder}/provider.pem connection_strategy=lazy",
        ),
        rows: &[
            seen_through("the provider answers", ANSWERS),
            seen_through("the provider is away", Event::ProviderIsAway),
        ],
    },
    Group {
        product: &MITMDUMP,
        setting: &setting("ssl_insecure=true", "ssl_insecure=true"),
        rows: &[seen_through("the provider answers", ANSWERS)],
    },
    Group {
        product: &MITMDUMP,
        setting: &setting("ignore_hosts=.*", "ignore_hosts=.*"),
        rows: &[
            row("the provider answers", ANSWERS),
            row("the provider is away", Event::ProviderIsAway),
        ],
    },
    Group {
        product: &MITMDUMP,
        setting: &setting(
            "proxyauth=@FILE",
            "ssl_insecure=true proxyauth=@{folder}/users",
        ),
        rows: LOGIN,
    },
];

/// Runs the rows one after the other.
pub(crate) async fn run(group: &'static Group, folder: &Path) -> Part {
    let _seat = SEATS.acquire().await;
    let Group {
        product,
        setting,
        rows,
    } = group;
    let folder = folder.join("forward");
    let mut instance = Instance::start(product, setting, &folder).await;
    let mut front = Front::start(NAME, instance.origin.port).await;
    let mut text = format!(
        "\n### {}: {}\n\n\
         | what happens | commands | tunnels | the proxy said | the provider saw it | the program says |\n\
         |---|---|---|---|---|---|\n",
        product.name, setting.name
    );
    let mut wrong = Vec::new();
    // A proxy is slow with its first tunnel: what comes of that is left out.
    let first = Setup {
        task: Task::Check,
        event: ANSWERS,
        trusts: Trusts::Whoever,
        variables: vec![("HTTPS_PROXY".into(), "http://{proxy}".into())],
    };
    trial::make(&mut instance, &mut front, first).await;
    for row in *rows {
        let mut all = Vec::new();
        // A check only asks, and nothing is odd about the answer to that.
        let is_plain = matches!(
            row.event,
            ANSWERS | Event::ProviderIsAway | Event::ProxyIsAway
        );
        let tasks = if is_plain {
            &Task::ALL[..]
        } else {
            &Task::CHANGES
        };
        for task in tasks {
            let setup = Setup {
                task: *task,
                event: row.event,
                trusts: row.trusts,
                variables: row
                    .variables
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
            };
            let made = trial::make(&mut instance, &mut front, setup).await;
            if let Some(what) = &made.wrong {
                let (proxy, name) = (product.name, task.name());
                wrong.push(format!(
                    "{proxy}, {}, {}, {name}: {what}",
                    setting.name, row.what
                ));
            }
            all.push(made);
        }
        text += &lines(row.what, &all);
    }
    Part { text, wrong }
}

/// The tasks with the same results, in one line.
fn lines(what: &str, all: &[Made]) -> String {
    let mut groups: Vec<Vec<&Made>> = Vec::new();
    for made in all {
        match groups.iter_mut().find(|group| group[0].is_like(made)) {
            Some(group) => group.push(made),
            None => groups.push(vec![made]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let (mut text, mut what) = (String::new(), what);
    for (at, group) in groups.iter().enumerate() {
        let names: Vec<_> = group.iter().map(|made| made.task.name()).collect();
        let names = match at {
            0 if groups.len() == 1 => "all".to_owned(),
            0 if names.len() > 3 => "the others".to_owned(),
            _ => names.join(", "),
        };
        let Made {
            connects,
            proxy,
            seen,
            said,
            ..
        } = group[0];
        text += &format!("| {what} | {names} | {connects} | {proxy} | {seen} | {said} |\n");
        what = "";
    }
    text
}

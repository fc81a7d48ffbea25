//! Squid, in front of a server ("accelerator").

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const SQUID: Product = Product {
    name: "Squid",
    version: &["squid", "-v"],
    about: "The `squid.conf` of the package with `http_port ... accel` and a `cache_peer` with `originserver` and `login=PASS`; \
            one process, no `shutdown_lifetime`, and `connect-fail-limit=1000`: after ten failures to \
            connect, or the number there, a peer is taken for dead, and the next call is refused with 503 \
            while that is looked at again.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: None,
            rows: Rows::All,
        },
        Setting {
            name: WITHOUT_LOGIN,
            text: "",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "read_timeout 20 seconds",
            text: "read_timeout 20 seconds",
            gives_up: Some(20),
            rows: Rows::Provider,
        },
        Setting {
            name: "a second cache_peer",
            text: SECOND,
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "a second cache_peer, retry_on_error on",
            text: SECOND_ON_ERROR,
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "server_pconn_for_nonretriable allow all",
            text: "server_pconn_for_nonretriable allow all",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "reply_header_max_size 16 KB",
            text: "reply_header_max_size 16 KB",
            gives_up: None,
            rows: Rows::Provider,
        },
    ],
    refuses: &[403, 404, 407, 413, 429, 502, 503, 504],
    start,
    reload: Some(reload),
};

const WITHOUT_LOGIN: &str = "cache_peer without login=PASS";
const SECOND: &str = "cache_peer 127.0.0.1 parent {origin} 0 no-query originserver name=second login=PASS connect-fail-limit=1000";
const SECOND_ON_ERROR: &str =
    "cache_peer 127.0.0.1 parent {origin} 0 no-query originserver name=second login=PASS connect-fail-limit=1000
retry_on_error on";

const SITE: &str = "
visible_hostname gateway
http_port 127.0.0.1:{port} accel defaultsite=provider
cache_peer 127.0.0.1 parent {origin} 0 no-query originserver name=first {login} connect-fail-limit=1000
{setting}
shutdown_lifetime 0 seconds
pid_filename none
pinger_enable off
access_log none
cache_log {folder}/squid.log
";

fn start(place: &Place, setting: &Setting) -> Command {
    let installed = std::fs::read_to_string("/etc/squid/squid.conf").expect("Squid is installed");
    let refusals = SQUID.refuses.iter().map(|status| {
        format!(
            "acl refuse{status} browser refuse-{status}\n\
             deny_info {status}:ERR_ACCESS_DENIED refuse{status}\n\
             http_access deny refuse{status}\n"
        )
    });
    let refusals: String = refusals.collect();
    let login = match setting.name {
        WITHOUT_LOGIN => "",
        _ => "login=PASS",
    };
    let site = place.fill(SITE, setting).replace("{login}", login);
    let text = refusals + &installed.replace("\nhttp_port 3128\n", &site);
    let file = place.write("squid.conf", &text);
    let mut squid = Command::new("squid");
    // Names shared memory, which outlives nobody, but is the whole machine's.
    let name = format!("between{}p{}", std::process::id(), place.port);
    squid.args(["-N", "-n", &name, "-f"]).arg(file);
    squid
}

/// It listens anew, a while after it has been told.
fn reload(place: &Place) -> Command {
    const SCRIPT: &str = r#"
        listens() { grep -c 'Accepting reverse-proxy' "$1"; }
        before=$(listens "$1")
        kill -s HUP "$2"
        while [ "$(listens "$1")" = "$before" ]; do sleep 0.05; done
    "#;
    let mut sh = Command::new("sh");
    let pid = place.pid.expect("it runs").to_string();
    sh.args(["-ec", SCRIPT, "reload"]);
    sh.arg(place.folder.join("squid.log")).arg(pid);
    sh
}

//! HAProxy, as a reverse proxy.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const HAPROXY: Product = Product {
    name: "HAProxy",
    version: &["haproxy", "-v"],
    about: "A `frontend` and a `backend` below the `haproxy.cfg` of the package, run as its unit runs it; \
            what is changed stands in `defaults`; one thread.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: Some(50),
            rows: Rows::All,
        },
        Setting {
            name: "timeout server 3s",
            text: "timeout server 3s",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "retry-on all-retryable-errors, timeout server 3s",
            text: "retry-on all-retryable-errors\n\ttimeout server 3s",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "http-reuse always, retry-on conn-failure empty-response",
            text: "http-reuse always\n\tretry-on conn-failure empty-response",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "option redispatch, two servers",
            text: "option redispatch",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "option http-server-close",
            text: "option http-server-close",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "compression algo gzip, compression type application/json",
            text: "compression algo gzip\n\tcompression type application/json",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "tune.bufsize 65536, tune.http.maxhdr 256",
            text: "global\n\ttune.bufsize 65536\n\ttune.http.maxhdr 256",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "an errorfile for 503 that says 200, an http-error for 502 in JSON",
            text: "errorfile 503 {folder}/sorry.http\n\thttp-error status 502 content-type \
                   application/json string '{\"message\":\"Bad Gateway\"}'",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "maxconn 1, timeout queue 1s",
            text: "default-server maxconn 1\n\ttimeout queue 1s",
            gives_up: None,
            rows: Rows::Crowded(1),
        },
        Setting {
            name: "maxconn 1, timeout queue 60s",
            text: "default-server maxconn 1\n\ttimeout queue 60s",
            gives_up: None,
            rows: Rows::Crowded(1),
        },
        Setting {
            name: "maxconn 1, timeout queue 60s, option abortonclose",
            text: "default-server maxconn 1\n\ttimeout queue 60s\n\toption abortonclose",
            gives_up: None,
            rows: Rows::Crowded(1),
        },
    ],
    refuses: &[401, 403, 404, 407, 413, 429, 502, 503, 504],
    start,
    reload: Some(reload),
};

/// It comes after the last lines of the package's file, which are those of its `defaults`.
const SITE: &str = "
\t{setting}

global
\tnbthread 1

userlist users
\tuser somebody insecure-password something

frontend gateway
\tbind 127.0.0.1:{port}
\thttp-request auth if { req.hdr(User-Agent) -m sub refuse-401 } !{ http_auth(users) }
\thttp-request deny deny_status 403 if { req.hdr(User-Agent) -m sub refuse-403 }
\thttp-request deny deny_status 404 if { req.hdr(User-Agent) -m sub refuse-404 }
\thttp-request deny deny_status 407 if { req.hdr(User-Agent) -m sub refuse-407 }
\thttp-request deny deny_status 413 if { req.hdr(User-Agent) -m sub refuse-413 }
\thttp-request deny deny_status 429 if { req.hdr(User-Agent) -m sub refuse-429 }
\thttp-request deny deny_status 502 if { req.hdr(User-Agent) -m sub refuse-502 }
\thttp-request deny deny_status 503 if { req.hdr(User-Agent) -m sub refuse-503 }
\thttp-request deny deny_status 504 if { req.hdr(User-Agent) -m sub refuse-504 }
\tdefault_backend provider

backend provider
\tserver first 127.0.0.1:{origin}
";

/// What operators show to browsers while they work on the provider.
const SORRY: &str = "HTTP/1.1 200 OK\r
Content-Type: text/html\r
Content-Length: 32\r
\r
<html><body>Sorry.</body></html>";

fn start(place: &Place, setting: &Setting) -> Command {
    let folder = place.folder.display();
    place.write("sorry.http", SORRY);
    let mut site = place.fill(SITE, setting);
    if setting.text.contains("redispatch") {
        site += &format!("\tserver second 127.0.0.1:{}\n", place.origin);
    }
    let installed = std::fs::read_to_string("/etc/haproxy/haproxy.cfg");
    let text = installed
        .expect("haproxy is installed")
        .replace("log /dev/log", "log stdout format raw")
        .replace("/run/haproxy/admin.sock", &format!("{folder}/admin.sock"));
    let file = place.write("haproxy.cfg", &(text + &site));
    let mut haproxy = Command::new("haproxy");
    haproxy.arg("-Ws").arg("-f").arg(file);
    haproxy
        .arg("-p")
        .arg(place.folder.join("pid"))
        .env_remove("NOTIFY_SOCKET");
    haproxy
}

/// Ends when the new worker has been started, which the old one learns before that.
fn reload(place: &Place) -> Command {
    let pid = place.pid.expect("it runs").to_string();
    let mut sh = Command::new("sh");
    sh.args(["-c", RELOAD, "sh", &pid])
        .arg(place.folder.join("log"));
    sh
}

const RELOAD: &str = r#"
count() { grep -c 'Loading success' "$1"; }
before=$(count "$2")
kill -s USR2 "$1"
while [ "$(count "$2")" = "$before" ]; do sleep 0.05; done
"#;

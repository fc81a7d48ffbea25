//! Caddy, as a reverse proxy.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const CADDY: Product = Product {
    name: "Caddy",
    version: &["caddy", "version"],
    about: "`reverse_proxy` in place of the `file_server` in the `Caddyfile` of the package.",
    settings: &[
        Setting {
            name: "as installed",
            text: "reverse_proxy 127.0.0.1:{origin}",
            gives_up: None,
            rows: Rows::All,
        },
        Setting {
            name: "response_header_timeout 3s, lb_retries 2, lb_retry_match of POST, PATCH and DELETE",
            text: RETRIES,
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "flush_interval -1",
            text: FLUSHES,
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "lb_try_duration 2s, keepalive off, encode gzip",
            text: TRIES,
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "handle_response of each 5xx with a page of its own",
            text: HANDLES,
            gives_up: None,
            rows: Rows::Provider,
        },
    ],
    refuses: &[401, 403, 404, 407, 413, 429, 502, 503, 504],
    start,
    reload: Some(reload),
};

const RETRIES: &str = "reverse_proxy 127.0.0.1:{origin} {
    lb_retries 2
    lb_retry_match {
      method POST PATCH DELETE
    }
    transport http {
      response_header_timeout 3s
    }
  }";

const FLUSHES: &str = "reverse_proxy 127.0.0.1:{origin} {
    flush_interval -1
  }";

const TRIES: &str = "encode gzip
  reverse_proxy 127.0.0.1:{origin} {
    lb_try_duration 2s
    transport http {
      keepalive off
    }
  }";

const HANDLES: &str = "reverse_proxy 127.0.0.1:{origin} {
    @failed status 5xx
    handle_response @failed {
      respond sorry
    }
  }";

/// What stands in front of the site: the ports of the package are others'.
const OPTIONS: &str = "{
  admin 127.0.0.1:{spare}
  auto_https off
  default_bind 127.0.0.1
}
";

const SITE: &str = "
  @401 header User-Agent *refuse-401*
  error @401 401
  @403 header User-Agent *refuse-403*
  error @403 403
  @404 header User-Agent *refuse-404*
  error @404 404
  @407 header User-Agent *refuse-407*
  error @407 407
  @413 header User-Agent *refuse-413*
  error @413 413
  @429 header User-Agent *refuse-429*
  error @429 429
  @502 header User-Agent *refuse-502*
  error @502 502
  @503 header User-Agent *refuse-503*
  error @503 503
  @504 header User-Agent *refuse-504*
  error @504 504
  {setting}
";

fn start(place: &Place, setting: &Setting) -> Command {
    let installed = std::fs::read_to_string("/etc/caddy/Caddyfile");
    let site = installed
        .expect("caddy is installed")
        .replace(":80", &format!("http://:{}", place.port))
        .replace("\tfile_server\n", SITE);
    let text = format!("{OPTIONS}{site}");
    let file = place.write("Caddyfile", &place.fill(&text, setting));
    let mut caddy = Command::new("caddy");
    caddy
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(file)
        .env("HOME", &place.folder);
    caddy
}

fn reload(place: &Place) -> Command {
    let mut caddy = Command::new("caddy");
    let file = place.folder.join("Caddyfile");
    caddy
        .args(["reload", "--force", "--adapter", "caddyfile", "--config"])
        .arg(file);
    caddy.args(["--address", &format!("127.0.0.1:{}", place.spare)]);
    caddy
}

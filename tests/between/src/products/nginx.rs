//! nginx, as a reverse proxy.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const NGINX: Product = Product {
    name: "nginx",
    version: &["nginx", "-v"],
    about: "`proxy_pass` in a `server` of its own, in the `nginx.conf` of the package; one worker.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: Some(60),
            rows: Rows::All,
        },
        Setting {
            name: "proxy_read_timeout 3s",
            text: "proxy_read_timeout 3s;",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "keepalive 8, proxy_http_version 1.1, no Connection header",
            text: "proxy_http_version 1.1; proxy_set_header Connection '';",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "two servers",
            text: "",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "two servers, proxy_next_upstream error timeout http_502 non_idempotent, \
                   proxy_read_timeout 3s",
            text: "proxy_next_upstream error timeout http_502 non_idempotent; proxy_read_timeout 3s;",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "proxy_intercept_errors on, error_page 500 502 503 504 =200 /sorry.json",
            text: "proxy_intercept_errors on; error_page 500 502 503 504 =200 /sorry.json;",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "proxy_buffering off",
            text: "proxy_buffering off;",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "proxy_buffer_size 64k, proxy_buffers 8 64k",
            text: "proxy_buffer_size 64k; proxy_buffers 8 64k;",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "gzip_types application/json, gzip_proxied any, gzip_min_length 1",
            text: "gzip_types application/json; gzip_proxied any; gzip_min_length 1;",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "proxy_cache, proxy_cache_valid any 10m",
            text: "proxy_cache kept; proxy_cache_valid any 10m; \
                   proxy_ignore_headers Cache-Control Expires Set-Cookie;",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "limit_conn 1",
            text: "limit_conn calls 1;",
            gives_up: None,
            rows: Rows::Crowded(1),
        },
        Setting {
            name: "worker_connections 4",
            text: "",
            gives_up: None,
            rows: Rows::Crowded(1),
        },
        Setting {
            name: "worker_connections 5",
            text: "",
            gives_up: None,
            rows: Rows::Crowded(1),
        },
    ],
    refuses: &[401, 403, 404, 413, 429, 502, 503, 504],
    start,
    reload: Some(|place| place.signal("HUP")),
};

const SITE: &str = "
upstream provider { {servers} keepalive 8; }
limit_conn_zone $server_port zone=calls:1m;
proxy_cache_path {folder}/cache keys_zone=kept:1m;
map $http_user_agent $realm { default off; ~refuse-401 \"gateway\"; }
server {
  listen 127.0.0.1:{port};
  auth_basic $realm;
  auth_basic_user_file {folder}/users;
  location = /sorry.json {
    default_type application/json;
    return 200 '{\"message\":\"Sorry\"}';
  }
  location / {
    if ($http_user_agent ~ refuse-403) { return 403; }
    if ($http_user_agent ~ refuse-404) { return 404; }
    if ($http_user_agent ~ refuse-413) { return 413; }
    if ($http_user_agent ~ refuse-429) { return 429; }
    if ($http_user_agent ~ refuse-502) { return 502; }
    if ($http_user_agent ~ refuse-503) { return 503; }
    if ($http_user_agent ~ refuse-504) { return 504; }
    {setting}
    proxy_pass http://provider;
  }
}
";

fn start(place: &Place, setting: &Setting) -> Command {
    let folder = place.folder.display();
    place.write("users", "somebody:{PLAIN}something");
    // One that has failed stands aside for ten seconds, and rows are to say the same each time.
    let servers = match setting.name.starts_with("two servers") {
        true => "server 127.0.0.1:{origin} max_fails=0;".repeat(2),
        false => "server 127.0.0.1:{origin};".to_owned(),
    };
    let site = place.fill(&SITE.replace("{servers}", &servers), setting);
    let site = place.write("site.conf", &site);
    let installed = std::fs::read_to_string("/etc/nginx/nginx.conf").expect("nginx is installed");
    let text = installed
        .replace("worker_processes auto", "worker_processes 1")
        .replace("/run/nginx.pid", &format!("{folder}/pid"))
        .replace("/var/log/nginx", &folder.to_string())
        .replace(
            "include /etc/nginx/sites-enabled/*",
            &format!("include {}", site.display()),
        );
    let text = match setting.name.starts_with("worker_connections") {
        true => text.replace("worker_connections 768", setting.name),
        false => text,
    };
    let file = place.write("nginx.conf", &text);
    let mut nginx = Command::new("nginx");
    nginx.arg("-c").arg(file).args(["-g", "daemon off;"]);
    nginx
}

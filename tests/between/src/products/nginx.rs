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
            name: "proxy_read_timeout 1s",
            text: "proxy_read_timeout 1s;",
            gives_up: Some(1),
            rows: Rows::Provider,
        },
        Setting {
            name: "keepalive 8, proxy_http_version 1.1, no Connection header",
            text: "proxy_http_version 1.1; proxy_set_header Connection '';",
            gives_up: None,
            rows: Rows::Provider,
        },
    ],
    refuses: &[403, 404, 413, 429, 502, 503, 504],
    start,
    reload: Some(|place| place.signal("HUP")),
};

const SITE: &str = "
upstream provider { server 127.0.0.1:{origin}; keepalive 8; }
server {
  listen 127.0.0.1:{port};
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
    let site = place.write("site.conf", &place.fill(SITE, setting));
    let installed = std::fs::read_to_string("/etc/nginx/nginx.conf").expect("nginx is installed");
    let text = installed
        .replace("worker_processes auto", "worker_processes 1")
        .replace("/run/nginx.pid", &format!("{folder}/pid"))
        .replace("/var/log/nginx", &folder.to_string())
        .replace(
            "include /etc/nginx/sites-enabled/*",
            &format!("include {}", site.display()),
        );
    let file = place.write("nginx.conf", &text);
    let mut nginx = Command::new("nginx");
    nginx.arg("-c").arg(file).args(["-g", "daemon off;"]);
    nginx
}

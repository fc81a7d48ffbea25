//! h2o, as a reverse proxy.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const H2O: Product = Product {
    name: "h2o",
    version: &["h2o", "--version"],
    about: "`proxy.reverse.url` in place of the folder that the `h2o.conf` of the package shows; \
            one thread.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: Some(30),
            rows: Rows::All,
        },
        Setting {
            name: "proxy.timeout.io: 3000",
            text: "proxy.timeout.io: 3000",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "proxy.timeout.keepalive: 0, proxy.preserve-host: ON, compress: ON",
            text: "proxy.timeout.keepalive: 0\nproxy.preserve-host: ON\ncompress: ON",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "max-connections: 2",
            text: "max-connections: 2",
            gives_up: None,
            rows: Rows::Crowded(2),
        },
    ],
    refuses: &[403, 404, 407, 413, 429, 502, 503, 504],
    start,
    reload: None,
};

const PROXY: &str = "        mruby.handler: |
          lambda do |env|
            refused = /refuse-(\\d+)/.match(env['HTTP_USER_AGENT'])
            refused ? [refused[1].to_i, {}, ['refused']] : [399, {}, []]
          end
        proxy.reverse.url: http://127.0.0.1:{origin}/
";

fn start(place: &Place, setting: &Setting) -> Command {
    let mut text = String::new();
    let installed = std::fs::read_to_string("/etc/h2o/h2o.conf").expect("h2o is installed");
    for line in installed.lines() {
        match line.trim() {
            "file.dir: /var/www" => text += PROXY,
            "port: 80" => text += "  host: 127.0.0.1\n  port: {port}\n",
            line if line.starts_with("access-log:") => text += "access-log: {folder}/access.log\n",
            line if line.starts_with("error-log:") => text += "error-log: {folder}/error.log\n",
            "pid-file: /run/h2o.pid" => text += "pid-file: {folder}/pid\n",
            _ => text += &format!("{line}\n"),
        }
    }
    text += "num-threads: 1\n{setting}\n";
    let file = place.write("h2o.conf", &place.fill(&text, setting));
    let mut h2o = Command::new("h2o");
    h2o.arg("-c").arg(file);
    h2o
}

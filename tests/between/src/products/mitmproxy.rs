//! mitmproxy, as a reverse proxy.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting, tool};

pub(crate) const MITMPROXY: Product = Product {
    name: "mitmproxy",
    version: &["mitmdump", "--version"],
    about: "`mitmdump --mode reverse:http://127.0.0.1:PORT`, from PyPI.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: None,
            rows: Rows::All,
        },
        Setting {
            name: "stream_large_bodies=1",
            text: "stream_large_bodies=1",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "modify_headers, which removes x-github-request-id",
            text: "modify_headers=/~s/x-github-request-id/",
            gives_up: None,
            rows: Rows::Provider,
        },
    ],
    refuses: &[],
    start,
    reload: None,
};

fn start(place: &Place, setting: &Setting) -> Command {
    let mut mitmdump = Command::new(tool("mitmdump"));
    let provider = format!("reverse:http://127.0.0.1:{}", place.origin);
    mitmdump
        .args(["--listen-host", "127.0.0.1", "-p", &place.port.to_string()])
        .args(["--mode", &provider])
        .args(["--set", &format!("confdir={}", place.folder.display())]);
    if !setting.text.is_empty() {
        mitmdump.args(["--set", setting.text]);
    }
    mitmdump
}

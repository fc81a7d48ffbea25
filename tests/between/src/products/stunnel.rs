//! stunnel: TLS between two of its services, plain HTTP before and behind them.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const STUNNEL: Product = Product {
    name: "stunnel",
    version: &["stunnel4", "-version"],
    about: "One process with two services: one takes plain HTTP and speaks TLS to the other, which hands \
            plain HTTP to the provider. The package installs no configuration, so all else is as the \
            program has it.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: None,
            rows: Rows::All,
        },
        Setting {
            name: "TIMEOUTidle = 3",
            text: "TIMEOUTidle = 3",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "TIMEOUTclose = 0",
            text: "TIMEOUTclose = 0",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "delay = yes",
            text: "delay = yes",
            gives_up: None,
            rows: Rows::Provider,
        },
    ],
    refuses: &[],
    start,
    reload: Some(|place| place.signal("HUP")),
};

const CONFIGURATION: &str = "
foreground = yes
pid = {folder}/pid

[near]
client = yes
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{spare}
CAfile = {folder}/certificate.pem
verifyPeer = yes
{setting}

[far]
accept = 127.0.0.1:{spare}
connect = 127.0.0.1:{origin}
cert = {folder}/certificate.pem
key = {folder}/key.pem
{setting}
";

fn start(place: &Place, setting: &Setting) -> Command {
    let certificate = place.folder.join("certificate.pem");
    if !certificate.exists() {
        let mut make = Command::new("openssl");
        make.args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
        ])
        .args(["-subj", "/CN=far", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(place.folder.join("key.pem"));
        let made = make.output().expect("openssl is installed");
        assert!(made.status.success(), "{made:?}");
    }
    let file = place.write("stunnel.conf", &place.fill(CONFIGURATION, setting));
    let mut stunnel = Command::new("stunnel4");
    stunnel.arg(file);
    stunnel
}

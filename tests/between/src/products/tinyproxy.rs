//! tinyproxy, as a reverse proxy.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const TINYPROXY: Product = Product {
    name: "tinyproxy",
    version: &["tinyproxy", "-v"],
    about: "`ReversePath \"/\"`, in the `tinyproxy.conf` of the package.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: None,
            rows: Rows::All,
        },
        Setting {
            name: "Timeout 3",
            text: "Timeout 3",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "MaxClients 1",
            text: "MaxClients 1",
            gives_up: None,
            rows: Rows::Crowded(1),
        },
    ],
    refuses: &[],
    start,
    reload: Some(|place| place.signal("USR1")),
};

fn start(place: &Place, setting: &Setting) -> Command {
    let folder = place.folder.display();
    let installed = std::fs::read_to_string("/etc/tinyproxy/tinyproxy.conf");
    let installed = installed.expect("tinyproxy is installed");
    let text = installed
        .replace("Port 8888", &format!("Port {}", place.port))
        .replace("/var/log/tinyproxy", &folder.to_string())
        .replace("/run/tinyproxy", &folder.to_string());
    // Of a setting that is there twice, the last one counts.
    let own = "
Listen 127.0.0.1
ReversePath \"/\" \"http://127.0.0.1:{origin}/\"
ReverseOnly Yes
{setting}
";
    let file = place.write(
        "tinyproxy.conf",
        &format!("{text}{}", place.fill(own, setting)),
    );
    let mut tinyproxy = Command::new("tinyproxy");
    tinyproxy.arg("-d").arg("-c").arg(file);
    tinyproxy
}

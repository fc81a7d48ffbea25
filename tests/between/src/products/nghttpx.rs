//! nghttpx, as a reverse proxy.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const NGHTTPX: Product = Product {
    name: "nghttpx",
    version: &["nghttpx", "--version"],
    about: "In its default mode, with the `nghttpx.conf` of the package, whose ports are others here; \
            HTTP/1.1 on both sides. Debian builds it without what would make it refuse a call.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: Some(60),
            rows: Rows::All,
        },
        Setting {
            name: "backend-read-timeout=3s",
            text: "backend-read-timeout=3s",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "response-header-field-buffer=8K, max-response-header-fields=50, no-via, \
                   no-server-rewrite",
            text: "response-header-field-buffer=8K\nmax-response-header-fields=50\nno-via=yes\n\
                   no-server-rewrite=yes",
            gives_up: None,
            rows: Rows::Provider,
        },
    ],
    refuses: &[],
    start,
    reload: Some(|place| place.signal("HUP")),
};

fn start(place: &Place, setting: &Setting) -> Command {
    let folder = place.folder.display();
    let installed =
        std::fs::read_to_string("/etc/nghttpx/nghttpx.conf").expect("nghttpx is installed");
    let installed = installed
        .replace("\nfrontend=127.0.0.1,3000;", "\nfrontend=127.0.0.1,{port};")
        .replace("\nbackend=127.0.0.1,80\n", "\nbackend=127.0.0.1,{origin}\n")
        .replace("errorlog-syslog=yes", "");
    let text = format!("{installed}\npid-file={folder}/pid\n{{setting}}\n");
    let file = place.write("nghttpx.conf", &place.fill(&text, setting));
    let mut nghttpx = Command::new("nghttpx");
    nghttpx.arg("--conf").arg(file);
    nghttpx
}

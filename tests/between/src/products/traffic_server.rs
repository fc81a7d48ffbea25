//! Apache Traffic Server, as a reverse proxy.

use std::fs;
use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const TRAFFIC_SERVER: Product = Product {
    name: "Apache-Traffic-Server",
    version: &["traffic_server", "-V"],
    about: "The files of the package with one line in `remap.config`; what it refuses is `header_rewrite`'s \
            doing. `traffic_server` without its manager, so nothing makes it read its files again.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: Some(30),
            rows: Rows::All,
        },
        Setting {
            name: "transaction_no_activity_timeout_out 1",
            text: "CONFIG proxy.config.http.transaction_no_activity_timeout_out INT 1",
            gives_up: Some(1),
            rows: Rows::Provider,
        },
        Setting {
            name: "insert_age_in_response 0",
            text: "CONFIG proxy.config.http.insert_age_in_response INT 0",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "per_server.connection.max 2",
            text: "CONFIG proxy.config.http.per_server.connection.max INT 2",
            gives_up: None,
            rows: Rows::Crowded(2),
        },
    ],
    refuses: &[403, 404, 407, 413, 429, 502, 503, 504],
    start,
    reload: None,
};

fn start(place: &Place, setting: &Setting) -> Command {
    let folder = place.folder.display().to_string();
    for entry in fs::read_dir("/etc/trafficserver").expect("Traffic Server is installed") {
        let entry = entry.expect("its configuration");
        if entry.file_type().expect("a file").is_file() {
            let to = place.folder.join(entry.file_name());
            fs::copy(entry.path(), to).expect("a file in target/");
        }
    }
    let run_root = format!(
        "prefix: {folder}\nexec_prefix: {folder}\nbindir: /usr/bin\nsbindir: /usr/bin\n\
         sysconfdir: {folder}\ndatadir: {folder}\nincludedir: {folder}\nlibdir: /usr/lib/trafficserver\n\
         libexecdir: /usr/lib/trafficserver/modules\nlocalstatedir: {folder}\n\
         runtimedir: {folder}\nlogdir: {folder}\ncachedir: {folder}\n"
    );
    let run_root = place.write("runroot.yaml", &run_root);
    let installed = place.folder.join("records.config");
    let text = fs::read_to_string(&installed).expect("its configuration");
    let text = text
        .replace(
            "STRING 8080 8080:ipv6",
            &format!("STRING {}:ip-in=127.0.0.1", place.port),
        )
        // Whoever runs it, and without a child that looks after its end.
        .replace("user_id STRING trafficserver", "user_id STRING #-1");
    let own = "CONFIG proxy.config.crash_log_helper STRING NULL\n\
         CONFIG proxy.config.body_factory.template_sets_dir STRING /etc/trafficserver/body_factory";
    place.write(
        "records.config",
        &format!("{text}\n{own}\n{}\n", setting.text),
    );
    place.write("storage.config", &format!("{folder} 16M\n"));
    let rules = TRAFFIC_SERVER.refuses.iter().map(|status| {
        format!(
            "cond %{{REMAP_PSEUDO_HOOK}}\n\
             cond %{{CLIENT-HEADER:User-Agent}} /refuse-{status}/\n\
             set-status {status}\n\n"
        )
    });
    place.write("rules", &rules.collect::<String>());
    place.write(
        "remap.config",
        &place.fill(
            "map / http://127.0.0.1:{origin}/ @plugin=header_rewrite.so @pparam={folder}/rules\n",
            setting,
        ),
    );
    let mut server = Command::new("traffic_server");
    server.arg(format!("--run-root={}", run_root.display()));
    server
}

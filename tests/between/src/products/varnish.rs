//! Varnish, a cache that stores none of these calls.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const VARNISH: Product = Product {
    name: "Varnish",
    version: &["varnishd", "-V"],
    about: "The `default.vcl` of the package with the provider as its backend, and nothing but the rules \
            for what it refuses; what is reloaded is the VCL.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: Some(60),
            rows: Rows::All,
        },
        Setting {
            name: "first_byte_timeout 20s",
            text: "sub vcl_backend_fetch { set bereq.first_byte_timeout = 20s; }",
            gives_up: Some(20),
            rows: Rows::Provider,
        },
        Setting {
            name: "return (retry) in vcl_backend_error, and in vcl_backend_response for 5xx",
            text: "sub vcl_backend_error { return (retry); }
                   sub vcl_backend_response { if (beresp.status >= 500) { return (retry); } }",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "std.cache_req_body in vcl_recv",
            text: "import std; sub vcl_recv { std.cache_req_body(100KB); }",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "std.cache_req_body in vcl_recv, return (retry) in vcl_backend_error, and in \
                   vcl_backend_response for 5xx",
            text: "import std; sub vcl_recv { std.cache_req_body(100KB); }
                   sub vcl_backend_error { return (retry); }
                   sub vcl_backend_response { if (beresp.status >= 500) { return (retry); } }",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "beresp.do_gzip = true",
            text: "sub vcl_backend_response { set beresp.do_gzip = true; }",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "-p http_max_hdr=256 -p http_resp_hdr_len=64k -p http_resp_size=128k \
                   -p workspace_backend=256k -p workspace_client=256k",
            text: "",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: ".max_connections = 2",
            text:
                "backend few { .host = \"127.0.0.1\"; .port = \"{origin}\"; .max_connections = 2; }
                   sub vcl_recv { set req.backend_hint = few; }",
            gives_up: None,
            rows: Rows::Crowded(2),
        },
    ],
    refuses: &[403, 404, 407, 413, 429, 502, 503, 504],
    start,
    reload: Some(|place| {
        let mut reload = Command::new("/usr/share/varnish/varnishreload");
        reload
            .args(["-m", "1", "-n"])
            .arg(place.folder.join("varnish"));
        reload
    }),
};

const RULES: &str = "
sub vcl_recv {
  if (req.http.User-Agent ~ \"refuse-403\") { return (synth(403)); }
  if (req.http.User-Agent ~ \"refuse-404\") { return (synth(404)); }
  if (req.http.User-Agent ~ \"refuse-407\") { return (synth(407)); }
  if (req.http.User-Agent ~ \"refuse-413\") { return (synth(413)); }
  if (req.http.User-Agent ~ \"refuse-429\") { return (synth(429)); }
  if (req.http.User-Agent ~ \"refuse-502\") { return (synth(502)); }
  if (req.http.User-Agent ~ \"refuse-503\") { return (synth(503)); }
  if (req.http.User-Agent ~ \"refuse-504\") { return (synth(504)); }
}
{setting}
";

fn start(place: &Place, setting: &Setting) -> Command {
    let installed = std::fs::read_to_string("/etc/varnish/default.vcl");
    let installed = installed.expect("Varnish is installed");
    let vcl = installed.replace("\"8080\"", &format!("\"{}\"", place.origin));
    let file = place.write("default.vcl", &(vcl + &place.fill(RULES, setting)));
    let mut varnish = Command::new("varnishd");
    varnish.args(["-F", "-j", "none", "-s", "malloc,16m"]);
    // Its rules are compiled at each start: not for speed here.
    varnish.args(["-p", "cc_command=exec gcc -fPIC -shared -o %o %s"]);
    if setting.name.starts_with("-p") {
        varnish.args(setting.name.split_whitespace());
    }
    varnish.args(["-a", &format!("127.0.0.1:{}", place.port)]);
    varnish.arg("-n").arg(place.folder.join("varnish"));
    varnish.arg("-f").arg(file);
    varnish
}

//! lighttpd, as a reverse proxy.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const LIGHTTPD: Product = Product {
    name: "lighttpd",
    version: &["lighttpd", "-v"],
    about: "`proxy.server` of mod_proxy, in the `lighttpd.conf` of the package.",
    settings: &[
        Setting {
            name: "as installed",
            text: r#"proxy.server = ( "" => ( ( {host} ) ) )"#,
            gives_up: None,
            rows: Rows::All,
        },
        Setting {
            name: "read-timeout 3",
            text: r#"proxy.server = ( "" => ( ( {host}, "read-timeout" => 3 ) ) )"#,
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "server.stream-response-body = 2, server.stream-request-body = 2",
            text: r#"proxy.server = ( "" => ( ( {host} ) ) )
server.stream-response-body = 2
server.stream-request-body = 2"#,
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "two hosts, server.error-intercept",
            text: r#"proxy.server = ( "" => ( ( {host} ), ( {host} ) ) )
server.error-intercept = "enable""#,
            gives_up: None,
            rows: Rows::Provider,
        },
    ],
    refuses: &[401, 403, 404, 407, 413, 429, 502, 503, 504],
    start,
    reload: Some(|place| place.signal("USR1")),
};

const HOST: &str = r#""host" => "127.0.0.1", "port" => {origin}"#;

/// Its rules know no status but 403, so mod_redirect makes the others.
const SITE: &str = r#"
server.bind = "127.0.0.1"
server.modules += ( "mod_proxy", "mod_auth", "mod_authn_file" )
auth.backend = "plain"
auth.backend.plain.userfile = "{folder}/users"
$HTTP["user-agent"] =~ "refuse-401" {
  auth.require = ( "" => ( "method" => "basic", "realm" => "staff", "require" => "valid-user" ) )
}
$HTTP["user-agent"] =~ "refuse-403" { url.access-deny = ( "" ) }
$HTTP["user-agent"] =~ "refuse-404" { url.redirect = ( "" => "/" ) url.redirect-code = 404 }
$HTTP["user-agent"] =~ "refuse-407" { url.redirect = ( "" => "/" ) url.redirect-code = 407 }
$HTTP["user-agent"] =~ "refuse-413" { url.redirect = ( "" => "/" ) url.redirect-code = 413 }
$HTTP["user-agent"] =~ "refuse-429" { url.redirect = ( "" => "/" ) url.redirect-code = 429 }
$HTTP["user-agent"] =~ "refuse-502" { url.redirect = ( "" => "/" ) url.redirect-code = 502 }
$HTTP["user-agent"] =~ "refuse-503" { url.redirect = ( "" => "/" ) url.redirect-code = 503 }
$HTTP["user-agent"] =~ "refuse-504" { url.redirect = ( "" => "/" ) url.redirect-code = 504 }
{setting}
"#;

fn start(place: &Place, setting: &Setting) -> Command {
    place.write("users", "");
    let site = SITE
        .replace("{setting}", setting.text)
        .replace("{host}", HOST);
    let installed = std::fs::read_to_string("/etc/lighttpd/lighttpd.conf");
    let text = installed
        .expect("lighttpd is installed")
        .replace("= 80\n", "= {port}\n")
        .replace("/var/log/lighttpd", "{folder}")
        .replace("/run/lighttpd.pid", "{folder}/pid")
        .replace("/var/cache/lighttpd/uploads", "{folder}")
        // It would listen on all addresses of IPv6.
        .replace("include_shell \"/usr/share/lighttpd/use-ipv6.pl", "#");
    let file = place.write("lighttpd.conf", &place.fill(&(text + &site), setting));
    let mut lighttpd = Command::new("lighttpd");
    lighttpd.arg("-D").arg("-f").arg(file);
    lighttpd
}

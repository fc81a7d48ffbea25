//! Apache httpd, as a reverse proxy.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting};

pub(crate) const APACHE: Product = Product {
    name: "Apache-httpd",
    version: &["apache2", "-v"],
    about: "`ProxyPass` of mod_proxy_http, in the `apache2.conf` of the package; one process.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: None,
            rows: Rows::All,
        },
        Setting {
            name: "ProxyTimeout 3",
            text: "ProxyTimeout 3",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "force-proxy-request-1.0, proxy-nokeepalive",
            text: "SetEnv force-proxy-request-1.0 1\nSetEnv proxy-nokeepalive 1",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "a balancer with two members, retry=0 failonstatus=502,503,504 failontimeout=On, ProxyTimeout 3",
            text: BALANCER,
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "ProxyErrorOverride On, ErrorDocument with a URL for each 5xx",
            text: "ProxyErrorOverride On
ErrorDocument 500 http://127.0.0.1:1/sorry
ErrorDocument 502 http://127.0.0.1:1/sorry
ErrorDocument 503 http://127.0.0.1:1/sorry
ErrorDocument 504 http://127.0.0.1:1/sorry",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "SetOutputFilter DEFLATE, force-gzip",
            text: "SetOutputFilter DEFLATE\nSetEnv force-gzip 1",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "MaxRequestWorkers 2",
            text: "ThreadsPerChild 2\nMaxRequestWorkers 2",
            gives_up: None,
            rows: Rows::Crowded(2),
        },
    ],
    refuses: &[401, 403, 404, 407, 413, 429, 502, 503, 504],
    start,
    reload: Some(|place| place.signal("USR1")),
};

/// Both members are the same provider, by two names.
const BALANCER: &str = "
ProxyTimeout 3
<Proxy balancer://providers>
  BalancerMember http://127.0.0.1:{origin} retry=0
  BalancerMember http://localhost:{origin} retry=0
  ProxySet failonstatus=502,503,504 failontimeout=On
</Proxy>
ProxyPass / balancer://providers/
";

const SITE: &str = r#"
Include mods-available/proxy.load
Include mods-available/proxy_http.load
Include mods-available/slotmem_shm.load
Include mods-available/lbmethod_byrequests.load
Include mods-available/proxy_balancer.load
Include mods-available/rewrite.load
ServerName localhost
StartServers 1
MaxRequestWorkers 25
RewriteEngine On
RewriteCond %{HTTP_USER_AGENT} refuse-403
RewriteRule ^ - [R=403,L]
RewriteCond %{HTTP_USER_AGENT} refuse-404
RewriteRule ^ - [R=404,L]
RewriteCond %{HTTP_USER_AGENT} refuse-407
RewriteRule ^ - [R=407,L]
RewriteCond %{HTTP_USER_AGENT} refuse-413
RewriteRule ^ - [R=413,L]
RewriteCond %{HTTP_USER_AGENT} refuse-429
RewriteRule ^ - [R=429,L]
RewriteCond %{HTTP_USER_AGENT} refuse-502
RewriteRule ^ - [R=502,L]
RewriteCond %{HTTP_USER_AGENT} refuse-503
RewriteRule ^ - [R=503,L]
RewriteCond %{HTTP_USER_AGENT} refuse-504
RewriteRule ^ - [R=504,L]
<If "%{HTTP_USER_AGENT} =~ /refuse-401/">
  AuthType Basic
  AuthName staff
  AuthUserFile {folder}/users
  Require valid-user
</If>
{setting}
ProxyPass / http://127.0.0.1:{origin}/
"#;

fn start(place: &Place, setting: &Setting) -> Command {
    let folder = place.folder.display();
    let site = place.write("site.conf", &place.fill(SITE, setting));
    place.write("users", "");
    let installed = std::fs::read_to_string("/etc/apache2/apache2.conf");
    let text = installed
        .expect("apache2 is installed")
        .replace(
            "Include ports.conf",
            &format!("Listen 127.0.0.1:{}", place.port),
        )
        .replace("sites-enabled/*.conf", &site.display().to_string());
    let file = place.write("apache2.conf", &text);
    let mut apache = Command::new("apache2");
    apache
        .args(["-D", "FOREGROUND", "-f"])
        .arg(file)
        .env("APACHE_RUN_USER", "www-data")
        .env("APACHE_RUN_GROUP", "www-data")
        .env("APACHE_PID_FILE", format!("{folder}/pid"))
        .env("APACHE_RUN_DIR", &place.folder)
        .env("APACHE_LOCK_DIR", &place.folder)
        .env("APACHE_LOG_DIR", &place.folder);
    apache
}

//! The proxies: what they are told, and how they are started.

use std::path::PathBuf;
use std::process::Command;

use crate::product::{Place, Product, Rows, Setting, tool};

use super::front::authority;

/// A user whose password has what a URL has to escape.
const SPECIAL: (&str, &str) = ("user", "p@ss:w/o#r?d%20");
const PLAIN: (&str, &str) = ("ann", "secret1");
const UMLAUT: (&str, &str) = ("bob", "pässword");

/// Where the authority of a proxy that looks into TLS is.
pub(crate) const OWN_AUTHORITY: &str = "mitmproxy-ca-cert.pem";

pub(crate) const SQUID: Product = Product {
    name: "Squid",
    version: &["squid", "-v"],
    about: "The `squid.conf` of the package.",
    settings: &[],
    refuses: &[],
    start: squid,
    reload: Some(|place| place.signal("HUP")),
};

pub(crate) const MITMDUMP: Product = Product {
    name: "mitmproxy",
    version: &["mitmdump", "--version"],
    about: "`mitmdump`, which needs no configuration.",
    settings: &[],
    refuses: &[],
    start: mitmdump,
    reload: None,
};

/// A setting of a proxy: every row is one of `forward`, not of `Rows`.
pub(crate) const fn setting(name: &'static str, text: &'static str) -> Setting {
    Setting {
        name,
        text,
        gives_up: None,
        rows: Rows::Provider,
    }
}

/// Squid, for other ports than 443, too.
pub(crate) const PORTS: &str = "acl SSL_ports port 10000-65535\n";
pub(crate) const AUTH: &str = "acl SSL_ports port 10000-65535
auth_param basic program {helpers}/basic_ncsa_auth {folder}/users
auth_param basic children 1 startup=1
acl known proxy_auth REQUIRED
http_access deny !known
";
/// Squid, as it looks into TLS: one text, with more behind it.
macro_rules! bump {
    ($($more:literal),*) => {
        concat!(
            "acl SSL_ports port 10000-65535\n",
            "sslcrtd_program {helpers}/security_file_certgen -s {folder}/certificates -M 4MB\n",
            "sslcrtd_children 1 startup=1\n",
            "ssl_bump bump all\n",
            $($more, "\n"),*
        )
    };
}
pub(crate) const BUMP: &str = bump!("tls_outgoing_options cafile={folder}/provider.pem");
pub(crate) const BUMP_TIMEOUT: &str = bump!(
    "tls_outgoing_options cafile={folder}/provider.pem",
    "read_timeout 3 seconds"
);
pub(crate) const BUMP_UNKNOWN: &str = bump!();
pub(crate) const BUMP_DENY: &str = bump!(
    "tls_outgoing_options cafile={folder}/provider.pem",
    "http_access deny !CONNECT"
);

fn squid(place: &Place, setting: &Setting) -> Command {
    let is_bump = setting.text.contains("ssl_bump");
    let mut port = format!("http_port 127.0.0.1:{}", place.port);
    if is_bump {
        make_authority(place);
        port += &format!(
            " ssl-bump tls-cert={}/{OWN_AUTHORITY} generate-host-certificates=on",
            place.folder.display()
        );
    }
    write_users(place);
    place.write("provider.pem", authority().pem());
    let installed = std::fs::read_to_string("/etc/squid/squid.conf").expect("squid is installed");
    let own = "{setting}
pid_filename {folder}/pid
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
pinger_enable off
netdb_filename none
";
    let own = place
        .fill(own, setting)
        .replace("{folder}", &place.folder.to_string_lossy())
        .replace("{spare}", &place.spare.to_string())
        .replace("{helpers}", &helpers().to_string_lossy());
    let text = installed
        .replace("http_port 3128", &port)
        .replace("/var/spool/squid", &place.folder.to_string_lossy());
    let file = place.write("squid.conf", &format!("{own}{text}"));
    let mut squid = Command::new(tool("squid"));
    squid.arg("-N").arg("-f").arg(file);
    squid
}

/// An authority of the proxy's own, and the store of what it certifies.
fn make_authority(place: &Place) {
    let file = place.folder.join(OWN_AUTHORITY);
    if file.exists() {
        return;
    }
    let (key, subject) = (
        ["-newkey", "rsa:2048", "-nodes"],
        ["-subj", "/CN=inspector"],
    );
    let mut request = Command::new("openssl");
    request
        .args(["req", "-x509", "-days", "30"])
        .args(key)
        .args(subject);
    request
        .arg("-keyout")
        .arg(&file)
        .arg("-out")
        .arg(place.folder.join("certificate"));
    output(&mut request);
    let certificate = std::fs::read(place.folder.join("certificate")).expect("a certificate");
    let key = std::fs::read(&file).expect("a key");
    std::fs::write(&file, [certificate, key].concat()).expect("our own folder");
    let mut store = Command::new(helpers().join("security_file_certgen"));
    store
        .arg("-c")
        .arg("-s")
        .arg(place.folder.join("certificates"))
        .args(["-M", "4MB"]);
    output(&mut store);
    // Squid gives its rights up.
    let mut give = Command::new("chown");
    output(give.arg("-R").arg("proxy").arg(&place.folder));
}

fn mitmdump(place: &Place, setting: &Setting) -> Command {
    place.write("provider.pem", authority().pem());
    let folder = place.folder.display();
    if setting.text.contains("users") {
        write_users(place);
    }
    let mut mitmdump = Command::new(tool("mitmdump"));
    mitmdump
        .args(["--listen-host", "127.0.0.1", "-p", &place.port.to_string()])
        .args(["--set", &format!("confdir={folder}")]);
    for argument in place.fill(setting.text, setting).split_whitespace() {
        mitmdump.args(["--set", argument]);
    }
    mitmdump
}

/// The users of a proxy, with passwords as htpasswd(1) keeps them.
fn write_users(place: &Place) {
    let users = [PLAIN, SPECIAL, UMLAUT].map(|(user, password)| {
        let hash = output(Command::new("openssl").args(["passwd", "-apr1", password]));
        format!("{user}:{hash}")
    });
    place.write("users", &users.concat());
}

/// Where Squid's helpers are: beside the Squid that is used.
fn helpers() -> PathBuf {
    match tool("squid").canonicalize() {
        Ok(path) => path
            .ancestors()
            .nth(2)
            .expect("sbin/squid")
            .join("lib/squid"),
        Err(_) => "/usr/lib/squid".into(),
    }
}

fn output(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

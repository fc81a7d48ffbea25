//! The way to a server that speaks TLS, with an authority of its own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;
use tokenturn_tests::postgres::Cluster;
use tokenturn_tests::{Authority, until};
use tokenturn_vault::{StoreError, Vault};

use crate::vault::{entry, key};

/// The name in the server's certificate.
const NAME: &str = "db.test";

const ANYBODY: &str = "host all all 127.0.0.1/32 trust";
const BY_TLS: &str = "hostssl all all 127.0.0.1/32 trust";
const BY_CERTIFICATE: &str = "hostssl all all 127.0.0.1/32 cert";
const BY_PASSWORD: &str = "host all all 127.0.0.1/32 scram-sha-256";

/// A server, and a folder with the certificate of its authority.
struct Server {
    cluster: Cluster,
    authority: Authority,
    folder: TempDir,
}

impl Server {
    fn find(rules: &str) -> Option<Self> {
        let authority = Authority::new();
        let server = authority.pem_for_server(NAME);
        Self::find_with(server, authority, rules)
    }

    fn find_with(server: (String, String), authority: Authority, rules: &str) -> Option<Self> {
        let cluster = Cluster::with_tls(&server, &authority, rules)?;
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("root.pem"), authority.pem()).unwrap();
        Some(Self {
            cluster,
            authority,
            folder,
        })
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// With these words beside, in which `FOLDER` stands for the folder.
    fn address(&self, host: &str, words: &str) -> String {
        let port = self.cluster.port();
        let words = words.replace("FOLDER", self.folder.path().to_str().unwrap());
        format!("host={host} hostaddr=127.0.0.1 port={port} user=tokenturn dbname=postgres {words}")
    }

    async fn open(&self, host: &str, words: &str) -> Result<Vault, StoreError> {
        self.open_at(&self.address(host, words)).await
    }

    /// Nothing of the address is in an error.
    async fn open_at(&self, address: &str) -> Result<Vault, StoreError> {
        // What another key has made is in the way.
        let clear = "DROP SCHEMA IF EXISTS tokenturn CASCADE";
        tokio::task::block_in_place(|| self.cluster.sql(&self.cluster.url(), clear));
        let opened = Vault::builder().postgres(address, &key()).await;
        opened.inspect_err(|error| {
            let said = format!("{error} {error:?}");
            let folder = self.folder.path().to_str().unwrap();
            assert!(!said.contains(folder), "{said}");
            assert!(!said.contains("canary"), "{said}");
            assert!(!error.is_unavailable(), "{said}");
        })
    }

    /// How many of its sessions are by TLS, and how many are not.
    fn sessions(&self) -> String {
        let all = "SELECT count(*) FILTER (WHERE ssl) > 0, count(*) FILTER (WHERE NOT ssl) > 0 \
            FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
            WHERE application_name = 'tokenturn'";
        tokio::task::block_in_place(|| self.cluster.sql(&self.cluster.url(), all))
    }

    /// A client's certificate and key, in files `NAME.crt` and `NAME.key`.
    fn add_client(&self, name: &str, user: &str, of: &Authority) {
        let (certificate, key) = of.pem_for_client(user);
        let path = self.folder.path().join(name);
        fs::write(path.with_extension("crt"), certificate).unwrap();
        write_secret(&path.with_extension("key"), &key);
    }
}

fn write_secret(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

fn assert_advice(opened: Result<Vault, StoreError>, advice: &str) {
    let error = opened.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains(advice), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_speaks_tls_as_it_says() {
    let Some(server) = Server::find(ANYBODY) else {
        return;
    };
    let (by_tls, in_the_clear) = ("t|f", "f|t");
    for (words, sessions) in [
        ("sslmode=disable", in_the_clear),
        ("sslmode=disable sslrootcert=FOLDER/root.pem", in_the_clear),
        // It is on this host.
        ("", in_the_clear),
        ("sslrootcert=FOLDER/root.pem", by_tls),
        ("sslmode=allow sslrootcert=FOLDER/root.pem", by_tls),
        ("sslmode=prefer sslrootcert=FOLDER/root.pem", by_tls),
        ("sslmode=require sslrootcert=FOLDER/root.pem", by_tls),
        ("sslmode=verify-ca sslrootcert=FOLDER/root.pem", by_tls),
        ("sslmode=verify-full sslrootcert=FOLDER/root.pem", by_tls),
    ] {
        let vault = server.open(NAME, words).await.unwrap();
        vault.put(entry("a")).await.unwrap();
        assert_eq!(server.sessions(), sessions, "{words}");
        drop(vault);
        until("its sessions have ended", || server.sessions() == "f|f").await;
    }
    let (port, root) = (
        server.cluster.port(),
        server.file("root.pem").replace('/', "%2F"),
    );
    let url = format!(
        "postgres://tokenturn@{NAME}:{port}/postgres?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={root}"
    );
    let vault = server.open_at(&url).await.unwrap();
    assert_eq!(server.sessions(), by_tls);
    drop(vault);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_is_to_be_named() {
    let Some(server) = Server::find(BY_TLS) else {
        return;
    };
    fs::write(server.file("other.pem"), Authority::new().pem()).unwrap();
    for mode in ["allow", "prefer", "require", "verify-full"] {
        for root in ["", "sslrootcert=system", "sslrootcert=FOLDER/other.pem"] {
            let opened = server.open(NAME, &format!("sslmode={mode} {root}")).await;
            assert_advice(opened, "sslrootcert=FILE");
        }
    }
    let other = "sslmode=verify-ca sslrootcert=FOLDER/other.pem";
    assert_advice(server.open(NAME, other).await, "sslrootcert=FILE");
    let both = "sslmode=verify-full sslrootcert=FOLDER/both.pem";
    let pem = Authority::new().pem().to_owned() + server.authority.pem();
    fs::write(server.file("both.pem"), pem).unwrap();
    server.open(NAME, both).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_checked_unless_the_authority_alone_counts() {
    let Some(server) = Server::find(BY_TLS) else {
        return;
    };
    for mode in ["allow", "prefer", "require", "verify-full"] {
        let words = format!("sslmode={mode} sslrootcert=FOLDER/root.pem");
        for host in ["canary.test", "127.0.0.1"] {
            assert_advice(server.open(host, &words).await, "for another name");
        }
    }
    let words = "sslmode=verify-ca sslrootcert=FOLDER/root.pem";
    server.open("canary.test", words).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_not_talked_to_where_it_is_asked_for() {
    let Some(server) = Server::find(ANYBODY) else {
        return;
    };
    tokio::task::block_in_place(|| server.cluster.end_tls());
    for mode in ["disable", "allow", "prefer"] {
        let words = format!("sslmode={mode} sslrootcert=FOLDER/root.pem");
        server.open(NAME, &words).await.unwrap();
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        let words = format!("sslmode={mode} sslrootcert=FOLDER/root.pem");
        assert_advice(server.open(NAME, &words).await, "does not speak TLS");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shows_its_certificate() {
    let Some(server) = Server::find(BY_CERTIFICATE) else {
        return;
    };
    server.add_client("mine", "tokenturn", &server.authority);
    server.add_client("canary", "canary", &server.authority);
    server.add_client("foreign", "tokenturn", &Authority::new());
    let words = |name: &str| {
        format!(
            "sslmode=verify-full sslrootcert=FOLDER/root.pem \
             sslcert=FOLDER/{name}.crt sslkey=FOLDER/{name}.key"
        )
    };
    server.open(NAME, &words("mine")).await.unwrap();
    let none = "sslmode=verify-full sslrootcert=FOLDER/root.pem";
    assert_advice(server.open(NAME, none).await, "sslcert, sslkey");
    assert_advice(server.open(NAME, &words("canary")).await, "sslcert, sslkey");
    server.open(NAME, &words("foreign")).await.unwrap_err();

    let key = server.file("mine.key");
    fs::set_permissions(&key, Permissions::from_mode(0o604)).unwrap();
    let error = server.open(NAME, &words("mine")).await.unwrap_err();
    assert!(error.is_exposed(), "{error}");
    assert!(error.to_string().contains("chmod 600"), "{error}");
    let locked =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\ncanary+/\n-----END ENCRYPTED PRIVATE KEY-----\n";
    write_secret(key.as_ref(), locked);
    assert_advice(server.open(NAME, &words("mine")).await, "openssl pkey");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_in_the_address_or_in_a_file() {
    let Some(server) = Server::find(BY_PASSWORD) else {
        return;
    };
    let set = "ALTER ROLE tokenturn PASSWORD 'canary:1'";
    tokio::task::block_in_place(|| server.cluster.sql(&server.cluster.url(), set));
    assert_advice(server.open(NAME, "passfile=/nowhere").await, "PGPASSWORD");
    let wrong = server.open(NAME, "password=canary").await;
    assert_advice(wrong, "this password");
    server.open(NAME, "password=canary:1").await.unwrap();

    let line = format!(
        "{NAME}:{}:postgres:tokenturn:canary\\:1\n",
        server.cluster.port()
    );
    write_secret(server.file("pgpass").as_ref(), &line);
    let words = "passfile=FOLDER/pgpass";
    server.open(NAME, words).await.unwrap();
    let tls = format!("{words} sslmode=verify-full sslrootcert=FOLDER/root.pem");
    server.open(NAME, &tls).await.unwrap();
    let mode = Permissions::from_mode(0o640);
    fs::set_permissions(server.file("pgpass"), mode).unwrap();
    let error = server.open(NAME, words).await.unwrap_err();
    assert!(error.is_exposed(), "{error}");
}

/// As PostgreSQL's manual makes it for a server by itself: it is its own authority.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_stands_for_itself_is_named_as_its_authority() {
    let own = Authority::pem_by_itself(NAME);
    let certificate = own.0.clone();
    let Some(server) = Server::find_with(own, Authority::new(), BY_TLS) else {
        return;
    };
    fs::write(server.file("root.pem"), certificate).unwrap();
    let words = "sslmode=verify-full sslrootcert=FOLDER/root.pem";
    server.open(NAME, words).await.unwrap();
    assert_advice(server.open("other.test", words).await, "for another name");
    assert_advice(
        server.open(NAME, "sslmode=require").await,
        "sslrootcert=FILE",
    );
    // The same name, and another key.
    fs::write(server.file("root.pem"), Authority::pem_by_itself(NAME).0).unwrap();
    assert_advice(server.open(NAME, words).await, "sslrootcert=FILE");
}

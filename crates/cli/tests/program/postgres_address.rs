//! What the program takes from the address of a database, and from what stands around it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::*;
use tempfile::TempDir;
use tokenturn_tests::Authority;
use tokenturn_tests::postgres::Cluster;

const HOST: &str = "127.0.0.1";

#[test]
fn a_password_comes_from_the_environment_or_from_a_file() {
    let authority = Authority::new();
    let server = authority.pem_for_server(HOST);
    let rules = "host all all 127.0.0.1/32 scram-sha-256";
    let Some(cluster) = Cluster::with_tls(&server, &authority, rules) else {
        return;
    };
    let set = "ALTER ROLE tokenturn PASSWORD 'canary'";
    cluster.sql(&cluster.url(), set);
    let folder = TempDir::new().unwrap();
    let (root, passwords) = (
        folder.path().join("root.pem"),
        folder.path().join(".pgpass"),
    );
    fs::write(&root, authority.pem()).unwrap();
    let url = format!("{}?sslmode=verify-full&sslrootcert=root.pem", cluster.url());
    let init = |change: fn(&mut Command)| {
        let mut command = tokenturn(folder.path(), &["vault", "init", "--vault", &url]);
        command.env("HOME", folder.path());
        for variable in ["PGPASSWORD", "PGPASSFILE", "PGSSLMODE"] {
            command.env_remove(variable);
        }
        change(&mut command);
        let output = run(command, "");
        assert!(!both(&output).contains("canary"), "{}", both(&output));
        output
    };
    let nothing = |_: &mut Command| {};

    let output = init(nothing);
    assert!(both(&output).contains("PGPASSWORD"), "{}", both(&output));
    let output = init(|command| {
        command.env("PGPASSWORD", "canary");
    });
    assert!(output.status.success(), "{}", both(&output));

    fs::write(&passwords, format!("{HOST}:*:*:tokenturn:canary\n")).unwrap();
    fs::set_permissions(&passwords, Permissions::from_mode(0o644)).unwrap();
    let output = init(nothing);
    assert!(both(&output).contains("chmod 600"), "{}", both(&output));
    fs::set_permissions(&passwords, Permissions::from_mode(0o600)).unwrap();
    let output = init(nothing);
    assert_bad_input(&output, "there is a vault at ");
    let output = init(|command| {
        command.env("PGPASSFILE", "elsewhere");
    });
    assert!(both(&output).contains("PGPASSWORD"), "{}", both(&output));
}

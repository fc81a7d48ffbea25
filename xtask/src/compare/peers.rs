//! The programs that are compared, at pinned versions: they are installed in `target/compare`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use crate::guard::PEERS;
use crate::process;

/// Debian's package; it needs no installing.
const GH: &str = "gh=2.23.0+dfsg1-1";
const BUILD: Duration = Duration::from_secs(3600);
const CALL: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
pub(super) enum Peer {
    Tokenturn,
    Octokit,
    Octocrab,
    Oauth2,
    Gh,
}

impl Peer {
    /// As the tables call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tokenturn => "tokenturn",
            Self::Octokit => "octokit",
            Self::Octocrab => "octocrab",
            Self::Oauth2 => "oauth2",
            Self::Gh => "gh",
        }
    }
}

/// Installs all of them, or what is missing.
pub(super) fn install(root: &Path, folder: &Path) -> Result<()> {
    let (peers, log) = (root.join(PEERS), folder.join("install.log"));
    // One by one: in one build, each would have the features of all.
    for peer in [Peer::Tokenturn, Peer::Oauth2, Peer::Octocrab] {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--package"]);
        cargo.arg(format!("{}-reads", peer.name()));
        cargo.arg("--target-dir").arg(folder.join("programs"));
        cargo.current_dir(&peers);
        process::run(cargo, &log, BUILD)?;
    }
    let octokit = folder.join("octokit");
    fs::create_dir_all(&octokit)?;
    for file in [".npmrc", "package.json", "package-lock.json", "reads.js"] {
        fs::copy(peers.join("octokit").join(file), octokit.join(file))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--silent"]).current_dir(&octokit);
    process::run(npm, &log, BUILD)?;
    let gh = folder.join("gh");
    if !gh.join("usr/bin/gh").exists() {
        fs::create_dir_all(&gh)?;
        let mut apt = Command::new("apt-get");
        apt.args(["download", "--quiet", GH]).current_dir(&gh);
        process::run(apt, &log, BUILD)?;
        let mut unpack = Command::new("sh");
        let unpack_here = "dpkg-deb --extract gh_*.deb .";
        unpack.args(["-c", unpack_here]).current_dir(&gh);
        process::run(unpack, &log, BUILD)?;
    }
    Ok(())
}

/// What a peer prints about one call.
pub(super) fn call(peer: Peer, folder: &Path, url: &str, call: &str) -> Result<String> {
    let mut program = match peer {
        Peer::Gh => return gh(folder, url),
        Peer::Octokit => {
            let mut node = Command::new("node");
            node.arg(folder.join("octokit/reads.js"));
            node
        }
        peer => {
            let name = format!("programs/debug/{}-reads", peer.name());
            Command::new(folder.join(name))
        }
    };
    program.args([url, call]);
    process::run(program, &folder.join("call.log"), CALL)
}

/// A sign-in of gh's at the host of its own developers, the one that it calls without TLS: the server is its
/// proxy. What it has then stands in its file.
fn gh(folder: &Path, url: &str) -> Result<String> {
    let home = folder.join("gh/home");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    fs::create_dir_all(&home)?;
    let mut program = Command::new(folder.join("gh/usr/bin/gh"));
    program.args(["auth", "login", "--web", "--git-protocol=https"]);
    program.arg("--hostname=github.localhost");
    program
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("HTTP_PROXY", url)]);
    program.env("HOME", &home).env("GH_CONFIG_DIR", &home);
    let ended = process::end(program, &folder.join("call.log"), CALL)?;
    let status = ended.status.context("gh has not come to its end")?;
    let saved = fs::read_to_string(home.join("hosts.yml")).unwrap_or_default();
    let mut lines = saved.lines();
    let token = lines.find_map(|line| line.trim().strip_prefix("oauth_token: "));
    let words = ended.printed.lines().last().unwrap_or_default();
    let said = match (token, status.success()) {
        (Some(token), true) => json!({"token": token}),
        (None, true) => json!({"token": null}),
        (_, false) => match words.contains("bad_verification_code") {
            true => json!({"none": "refused: bad_verification_code"}),
            false => json!({"none": "error"}),
        },
    };
    Ok(format!("{words}\n{said}"))
}

//! `cargo xtask between`: what real gateways, proxies and tunnels do with a call that is sent once.
//!
//! The package `tokenturn-between` does the work: it takes long to build, and no other verb needs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::conformance::install_python_packages;

/// Everything under it belongs to this verb.
const FOLDER: &str = "target/between";
/// What the repository keeps for it.
const KEPT: &str = "tests/between";
const PAGE: &str = "docs/between.md";
/// A network with nothing but this host in it, and a name and an address that are not loopback's. Whatever
/// is started in there ends with it. The folder of the runs is where every user can reach it, and what runs
/// is in it: many a gateway gives its rights up.
const NETWORK: &str = r#"
ip link set lo up
ip address add 203.0.113.7/32 dev lo
mount --bind "$1" /etc/hosts
mount --bind "$2" /mnt
shift 2
program=$1
shift
cd /mnt
exec "$program" /mnt "$@"
"#;

/// Runs all products, and compares what they did with the page, or writes it.
pub(crate) fn run(root: &Path, accept: bool) -> Result<()> {
    let began = Instant::now();
    check(root)?;
    let folder = root.join(FOLDER);
    let runs = folder.join("runs");
    if runs.exists() {
        fs::remove_dir_all(&runs)?;
    }
    fs::create_dir_all(&runs)?;
    install_python_packages(&root.join(KEPT).join("requirements.txt"), &folder)?;
    build(root)?;
    let page = root.join(PAGE);
    let listed = fs::read_to_string(&page).unwrap_or_default();
    let (mut made, is_right) = drive(root, &folder, &runs, &[])?;
    let other = differing(&listed, &made);
    if !accept && !other.is_empty() {
        // On a busy machine a gateway may give up where nobody was slow: these once more, alone.
        println!("again: {}", other.join(", "));
        let (again, _) = drive(root, &folder, &runs, &other)?;
        made = replaced(&made, &again, &other);
    }
    println!("{:.0} s", began.elapsed().as_secs_f32());
    if accept {
        ensure!(
            is_right,
            "see above; what programs wrote, there in /mnt, is in {FOLDER}/runs"
        );
        return fs::write(&page, made).with_context(|| format!("cannot write {PAGE}"));
    }
    if listed == made {
        return Ok(());
    }
    let now = folder.join("between.md");
    fs::write(&now, &made)?;
    // git shows what it finds, and says by its status that it has found something.
    let _ = Command::new("git")
        .args(["--no-pager", "diff", "--no-index", "--unified=0"])
        .args([&page, &now])
        .status();
    ensure!(
        without_versions(&listed) == without_versions(&made),
        "something between a client and its provider does not do what {PAGE} says; when that is right, \
         run `cargo xtask between --accept`; what programs wrote, there in /mnt, is in {FOLDER}/runs"
    );
    println!("Only versions differ: `cargo xtask between --accept` writes them down.");
    Ok(())
}

fn check(root: &Path) -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "it needs Linux");
    let needed = fs::read_to_string(root.join(KEPT).join("packages.txt"))?;
    let needed = needed.lines().filter(|line| !line.starts_with('#'));
    let missing: Vec<_> = needed.filter(|package| !is_installed(package)).collect();
    ensure!(
        missing.is_empty(),
        "on Debian, `RUNLEVEL=1 apt-get install --no-install-recommends {}` (which starts none of them)",
        missing.join(" ")
    );
    Ok(())
}

fn is_installed(package: &str) -> bool {
    let mut dpkg = Command::new("dpkg");
    dpkg.args(["--status", package])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    dpkg.status().is_ok_and(|status| status.success())
}

/// With the features that the tests have built them with.
fn build(root: &Path) -> Result<()> {
    let bins = ["--bin=between", "--bin=tokenturn"];
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--locked"])
        .args(bins)
        .current_dir(root)
        .status();
    ensure!(status.context("cannot run cargo")?.success(), "see above");
    Ok(())
}

/// The page that a run makes, of all products or of some, and whether all in it is right.
fn drive(root: &Path, folder: &Path, runs: &Path, products: &[&str]) -> Result<(String, bool)> {
    let hosts = folder.join("hosts");
    fs::write(&hosts, "127.0.0.1 localhost\n203.0.113.7 ghe.example\n")?;
    let programs = root.join("target/debug");
    let output = Command::new("unshare")
        .args([
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ])
        .args(["sh", "-ec", NETWORK, "sh"])
        .args([&hosts, runs])
        .arg(programs.join("between"))
        .args(products)
        .env("RUST_BACKTRACE", "0")
        .env("TOKENTURN_BETWEEN_TOOLS", folder.join("python"))
        .env("TOKENTURN_BETWEEN_PROGRAM", programs.join("tokenturn"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run unshare(1)")?;
    let page = String::from_utf8(output.stdout).context("the page is no text")?;
    ensure!(
        !page.is_empty(),
        "see above; it needs root, for a network of its own"
    );
    Ok((page, output.status.success()))
}

/// The products whose sections are not the same.
fn differing<'a>(listed: &str, made: &'a str) -> Vec<&'a str> {
    let listed: Vec<_> = sections(listed)
        .map(|(_, text)| without_versions(text))
        .collect();
    let other = sections(made).filter(|(_, text)| !listed.contains(&without_versions(text)));
    // What stands before the products is no product.
    let other = other.filter(|(name, _)| !["", "For"].contains(name));
    other.map(|(name, _)| name).collect()
}

/// A page with some of its sections from another one.
fn replaced(made: &str, again: &str, names: &[&str]) -> String {
    let all = sections(made).map(|(name, text)| {
        let mut again = sections(again).filter(|(new, _)| *new == name && names.contains(new));
        again.next().map_or(text, |(_, text)| text)
    });
    all.collect()
}

/// The sections of a page, by the first word of their headings.
fn sections(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = page.match_indices("\n## ").map(|(at, _)| at + 1);
    let mut starts: Vec<_> = [0].into_iter().chain(starts).collect();
    starts.push(page.len());
    let sections: Vec<_> = starts.windows(2).map(|at| &page[at[0]..at[1]]).collect();
    sections.into_iter().map(|text| {
        let heading = text.strip_prefix("## ").unwrap_or_default();
        (heading.split(' ').next().unwrap_or_default(), text)
    })
}

/// A page without the versions in its headings: those of a distribution are mended under way.
fn without_versions(page: &str) -> String {
    let lines = page.lines().map(|line| match line.strip_prefix("## ") {
        Some(heading) => heading.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'),
        None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "# Page\n\n## a 1.2\n\nrow\n\n## b 3\n\nrow\n";

    #[test]
    fn a_version_is_no_difference() {
        assert_eq!(differing(LISTED, &LISTED.replace("1.2", "1.10.3")), [""; 0]);
    }

    #[test]
    fn only_what_differs_is_run_again() {
        let made = LISTED.replace("3\n\nrow", "3\n\nother");
        assert_eq!(differing(LISTED, &made), ["b"]);
        let again = "# Page\n\n## b 3\n\nrow\n";
        assert_eq!(replaced(&made, again, &["b"]), LISTED);
        // What is still another row stays one.
        assert_eq!(replaced(&made, &made, &["b"]), made);
    }
}

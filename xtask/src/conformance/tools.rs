//! What is installed, at versions that are pinned in `tests/conformance/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::{FOLDER, KEPT};
use crate::process;

/// How long an installation may take.
const LIMIT: Duration = Duration::from_secs(600);
/// The oldest Node that Prism runs on.
const NODE: (u32, u32, u32) = (18, 20, 1);

pub(crate) struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Installs what is not there yet, and below `target/` only.
    pub(crate) fn install(root: &Path) -> Result<Self> {
        let tools = Self {
            folder: root.join(FOLDER),
        };
        fs::create_dir_all(tools.descriptions())?;
        // Those of an earlier version would be looked at as well.
        for description in fs::read_dir(tools.descriptions())? {
            fs::remove_file(description?.path())?;
        }
        install_node_packages(&root.join(KEPT), &tools.folder)?;
        let requirements = root.join(KEPT).join("requirements.txt");
        install_python_packages(&requirements, &tools.folder)?;
        Ok(tools)
    }

    /// Those for Node, if they are there, and at the versions of today.
    pub(crate) fn installed(root: &Path) -> Option<Self> {
        check_node().ok()?;
        let folder = root.join(FOLDER);
        let lock = fs::read_to_string(root.join(KEPT).join("package-lock.json")).ok()?;
        let done = fs::read_to_string(folder.join("node/installed")).ok()?;
        (lock == done).then_some(Self { folder })
    }

    /// A program of an installed package, to be run by Node.
    pub(crate) fn node(&self, script: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(self.package(script));
        command
    }

    /// A file of an installed package.
    pub(crate) fn package(&self, path: &str) -> PathBuf {
        self.folder.join("node/node_modules").join(path)
    }

    /// Where the cut descriptions are.
    pub(crate) fn descriptions(&self) -> PathBuf {
        self.folder.join("descriptions")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where what a program prints is kept.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("logs/{name}.log"))
    }
}

/// Installs what is not there yet into `folder/node`.
pub(crate) fn install_node_packages(kept: &Path, folder: &Path) -> Result<()> {
    check_node()?;
    let (node, logs) = (folder.join("node"), folder.join("logs"));
    for folder in [&node, &logs] {
        fs::create_dir_all(folder)?;
    }
    let lock = fs::read_to_string(kept.join("package-lock.json"))?;
    once(&node.join("installed"), &lock, || {
        for name in [".npmrc", "package.json", "package-lock.json"] {
            fs::copy(kept.join(name), node.join(name))?;
        }
        let mut npm = Command::new("npm");
        npm.arg("ci").current_dir(&node);
        process::run(npm, &logs.join("npm.log"), LIMIT).map(drop)
    })
}

/// Installs what is not there yet into `folder/python`.
pub(crate) fn install_python_packages(requirements: &Path, folder: &Path) -> Result<()> {
    check_python()?;
    let (python, logs) = (folder.join("python"), folder.join("logs"));
    fs::create_dir_all(&logs)?;
    once(
        &python.join("installed"),
        &fs::read_to_string(requirements)?,
        || {
            let mut venv = Command::new("python3");
            venv.args(["-m", "venv", "--clear"]).arg(&python);
            process::run(venv, &logs.join("venv.log"), LIMIT)?;
            let mut pip = Command::new(python.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "-r"])
                .arg(requirements);
            process::run(pip, &logs.join("pip.log"), LIMIT).map(drop)
        },
    )
}

/// Does `work` unless the last time that it succeeded was for the same `what`.
fn once(stamp: &Path, what: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    if fs::read_to_string(stamp).is_ok_and(|done| done == what) {
        return Ok(());
    }
    work()?;
    fs::write(stamp, what).with_context(|| format!("cannot write {}", stamp.display()))
}

fn check_node() -> Result<()> {
    let (major, minor, patch) = NODE;
    let wanted = format!(
        "install Node.js {major}.{minor}.{patch} or newer, with npm: on Debian \
         `apt-get install nodejs npm`, elsewhere from https://nodejs.org"
    );
    let Some(node) = version("node", &["--version"]) else {
        bail!("there is no Node.js: {wanted}");
    };
    let numbers: Vec<u32> = node
        .trim_start_matches('v')
        .split('.')
        .filter_map(|number| number.parse().ok())
        .collect();
    ensure!(
        numbers >= vec![major, minor, patch],
        "Node.js {node} is too old: {wanted}"
    );
    ensure!(
        version("npm", &["--version"]).is_some(),
        "there is no npm beside Node.js {node}: {wanted}"
    );
    Ok(())
}

fn check_python() -> Result<()> {
    let ready = version("python3", &["-c", "import ensurepip, venv; print('ready')"]);
    ensure!(
        ready.is_some(),
        "there is no Python with venv: install Python 3.10 or newer, on Debian \
         `apt-get install python3-venv`"
    );
    Ok(())
}

fn version(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

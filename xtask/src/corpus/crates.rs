//! The crates that generated code is compiled in: some modules in each, so that rustc keeps little in
//! memory at a time, and compiles little again when one is taken out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::one::Whose;
use super::table::progenitor_version;
use crate::process;

const MODULES: usize = 15;
/// How long one call of cargo may take.
const LIMIT: Duration = Duration::from_secs(3600);

pub(crate) struct Crates<'a> {
    root: &'a Path,
    whose: Whose,
    folder: PathBuf,
    target: PathBuf,
}

/// What has come of it: the first error in each module that does not compile, and the programs that test
/// the rest.
pub(crate) struct Compiled {
    pub(crate) errors: BTreeMap<String, String>,
    pub(crate) programs: Vec<PathBuf>,
}

impl<'a> Crates<'a> {
    /// Begins with no code, and keeps what was compiled of the dependencies.
    pub(crate) fn new(root: &'a Path, folder: &Path, whose: Whose) -> Result<Self> {
        let target = folder.join("target");
        let folder = folder.join(whose.word());
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(folder.join("code"))?;
        Ok(Self {
            root,
            whose,
            folder,
            target,
        })
    }

    /// Where the code of a module is, without its ending.
    pub(crate) fn code(&self, module: &str) -> PathBuf {
        self.folder.join("code").join(module)
    }

    /// Compiles all that can be compiled: what cannot is taken out until the rest can.
    pub(crate) fn compile(&self, modules: &[String]) -> Result<Compiled> {
        fs::copy(self.root.join("Cargo.lock"), self.folder.join("Cargo.lock"))?;
        fs::write(
            self.folder.join("Cargo.toml"),
            "[workspace]\nresolver = \"3\"\nmembers = [\"part-*\"]\n\n[profile.dev]\ndebug = false\n",
        )?;
        let mut errors = BTreeMap::new();
        loop {
            for (number, modules) in modules.chunks(MODULES).enumerate() {
                self.write(number, modules, &errors)?;
            }
            let (messages, is_done) = self.cargo()?;
            let found: BTreeMap<_, _> = messages.iter().rev().filter_map(error).collect();
            if is_done {
                let programs = messages.iter().filter_map(program).collect();
                return Ok(Compiled { errors, programs });
            }
            let known = errors.len();
            errors.extend(found);
            ensure!(errors.len() > known, "see {}", self.log().display());
        }
    }

    fn write(
        &self,
        number: usize,
        modules: &[String],
        out: &BTreeMap<String, String>,
    ) -> Result<()> {
        let part = self.folder.join(format!("part-{number}"));
        let ends: &[&str] = match self.whose {
            Whose::Ours => &["", "_mocks", "_round_trip"],
            Whose::Progenitor => &[""],
        };
        let mut code = String::from("#![allow(warnings)]\n");
        for module in modules.iter().filter(|module| !out.contains_key(*module)) {
            for end in ends {
                let file = self.code(&format!("{module}{end}.rs"));
                code += &format!("#[path = {file:?}] pub mod {module}{end};\n");
            }
        }
        for folder in ["src", "tests"] {
            fs::create_dir_all(part.join(folder))?;
        }
        let manifest = format!(
            "[package]\nname = \"part-{number}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [lib]\ntest = false\ndoctest = false\n{}",
            self.dependencies()?
        );
        for (file, text) in [
            ("Cargo.toml".to_owned(), manifest),
            // A library would be compiled twice: with its tests, and without.
            ("src/lib.rs".to_owned(), String::new()),
            (format!("tests/code_{number}.rs"), code),
        ] {
            let file = part.join(file);
            // What stays as it is need not be compiled again.
            if fs::read_to_string(&file).is_ok_and(|before| before == text) {
                continue;
            }
            fs::write(file, text)?;
        }
        Ok(())
    }

    fn dependencies(&self) -> Result<String> {
        let ours = |name: &str| self.root.join("crates").join(name);
        Ok(match self.whose {
            Whose::Ours => format!(
                "[dependencies]\ntokenturn-client = {{ path = {:?}, default-features = false }}\n\
                 [dev-dependencies]\ntokenturn-httpmock = {{ path = {:?} }}\n\
                 tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n",
                ours("client"),
                ours("httpmock")
            ),
            // What progenitor's README asks for.
            Whose::Progenitor => format!(
                "[dependencies]\nprogenitor-client = \"={}\"\n{}",
                progenitor_version(self.root)?,
                "base64 = \"*\"\nbytes = \"1\"\nfutures = \"0.3\"\nrand = \"*\"\nregress = \"*\"\n\
                 chrono = { version = \"0.4\", default-features = false, features = [\"serde\"] }\n\
                 reqwest = { version = \"0.13\", default-features = false, features = [\"json\", \"query\", \"stream\"] }\n\
                 serde = { version = \"1\", features = [\"derive\"] }\nserde_json = \"1\"\n\
                 uuid = { version = \"1\", features = [\"serde\", \"v4\"] }\n"
            ),
        })
    }

    /// What cargo says, and whether all is compiled.
    fn cargo(&self) -> Result<(Vec<Value>, bool)> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .arg(match self.whose {
                Whose::Ours => "build",
                Whose::Progenitor => "check",
            })
            .args([
                "--tests",
                "--quiet",
                "--workspace",
                "--keep-going",
                "--message-format=json",
            ])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            // Hardly anything of it is compiled twice.
            .env("CARGO_INCREMENTAL", "0");
        let ended = process::end(cargo, &self.log(), LIMIT)?;
        let lines = ended.printed.lines();
        let messages = lines.filter_map(|line| serde_json::from_str(line).ok());
        let is_done = ended.status.is_some_and(|status| status.success());
        Ok((messages.collect(), is_done))
    }

    fn log(&self) -> PathBuf {
        self.folder.join("cargo.log")
    }
}

/// The module that an error is in, and what it says.
fn error(message: &Value) -> Option<(String, String)> {
    let message = &message["message"];
    if message["level"] != "error" {
        return None;
    }
    let text = message["message"].as_str()?.lines().next()?;
    let mut words = message["rendered"].as_str()?.split_whitespace();
    words.find_map(|word| {
        let (_, file) = word.rsplit_once("/code/")?;
        let (file, place) = file.split_once(".rs:")?;
        let line = place.split(':').next()?;
        Some((module(file).to_owned(), format!("{file}.rs:{line}: {text}")))
    })
}

/// The module of a client, by the name of it, of its mocks or of its tests.
pub(crate) fn module(name: &str) -> &str {
    let name = name.strip_suffix("_mocks").unwrap_or(name);
    name.strip_suffix("_round_trip").unwrap_or(name)
}

fn program(message: &Value) -> Option<PathBuf> {
    Some(message["executable"].as_str()?.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_names_its_module() {
        let message = |level| {
            json!({"reason": "compiler-message", "message": {
                "level": level,
                "message": "mismatched types\nmore",
                "rendered": "error: mismatched types\n   --> /code/a/target/ours/code/m_1_a_mocks.rs:7:5\n",
            }})
        };
        let expected = ("m_1_a", "m_1_a_mocks.rs:7: mismatched types");
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert_eq!(error(&message("error")), Some(expected));
        assert_eq!(error(&message("warning")), None);
    }
}

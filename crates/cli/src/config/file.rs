//! What is in a config file.

use std::any::TypeId;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::error::{ContextKind, ContextValue};
use clap::{Args, Command};
use tokenturn_vault::Provider;
use toml::de::{DeTable, DeValue};

use super::{SETTINGS, Setting};
use crate::args::RotateAll;
use crate::exit::told;
use crate::fleet::server;
use crate::vault;

/// The variable that names it.
const VARIABLE: &str = "TOKENTURN_CONFIG";

/// A config file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) entries: Vec<Entry>,
}

/// A setting in it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) setting: &'static Setting,
    pub(super) values: Vec<String>,
    pub(super) line: usize,
}

impl File {
    /// The one that is named, or the user's own, if there is one.
    pub(super) fn find(named: Option<&Path>) -> Result<Option<Self>> {
        let variable = env::var_os(VARIABLE).filter(|path| !path.is_empty());
        let named = named.map(Path::to_owned).or(variable.map(PathBuf::from));
        let path = match named {
            Some(path) => path,
            None => match usual().filter(|path| path.exists()) {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        let entries = entries(&text, &path)?;
        Ok(Some(Self { path, entries }))
    }

    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.setting.name == name)
    }
}

/// A command with all options that a config file may set.
pub(super) fn command() -> Command {
    RotateAll::augment_args(Command::new("config"))
}

/// `~/.config/tokenturn/config.toml`, or where else the user keeps such files.
fn usual() -> Option<PathBuf> {
    let configs = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let configs = configs.filter(|path| path.is_absolute());
    let configs = configs.or_else(|| Some(env::home_dir()?.join(".config")))?;
    Some(configs.join("tokenturn").join("config.toml"))
}

fn entries(text: &str, path: &Path) -> Result<Vec<Entry>> {
    let name = path.display();
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    // Not as it shows itself, which is with what is in the line.
    let table = DeTable::parse(text).map_err(|error| {
        let line = line(error.span().unwrap_or_default().start);
        anyhow::anyhow!("{name}: line {line}: {}", error.message())
    })?;
    let mut entries = Vec::new();
    for (key, value) in table.get_ref() {
        let line = line(key.span().start);
        let Some(setting) = Setting::of(key.get_ref()) else {
            let names: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
            bail!(
                "{name}: line {line}: {:?} cannot be set here (a secret stays in a file of its own, \
                 which is named here); what can be set is {}",
                key.get_ref(),
                names.join(", ")
            );
        };
        let values = values(value.get_ref()).with_context(|| {
            let key = setting.name;
            format!("{name}: line {line}: {key} has to be text in quotes, a number, true or false")
        })?;
        entries.push(Entry {
            setting,
            values,
            line,
        });
    }
    entries.sort_by_key(|entry| entry.line);
    check(&entries, path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for entry in &mut entries {
        if is_path(entry) {
            for value in &mut entry.values {
                *value = beside(folder, value)?;
            }
        }
    }
    Ok(entries)
}

/// The words that it is on the command line.
fn values(value: &DeValue<'_>) -> Option<Vec<String>> {
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(is_so) => Some(is_so.to_string()),
        _ => None,
    };
    match value {
        DeValue::Array(many) => many.iter().map(|value| one(value.get_ref())).collect(),
        value => one(value).map(|value| vec![value]),
    }
}

/// Lets the parser of the command line look at it.
fn check(entries: &[Entry], path: &Path) -> Result<()> {
    let mut words = vec!["config".to_owned(), "--all".to_owned()];
    for entry in entries {
        let option = entry.setting.name.replace('_', "-");
        let at = || format!("{}: line {}", path.display(), entry.line);
        for value in &entry.values {
            match (is_flag(entry), value.as_str()) {
                (false, value) => words.push(format!("--{option}={value}")),
                (true, "true") => words.push(format!("--{option}")),
                (true, "false") => {}
                (true, _) => bail!("{}: {} is true or false", at(), entry.setting.name),
            }
            match entry.setting.name {
                "vault" => vault::check_place(value).with_context(at)?,
                "base_url" => drop(server(value, &Provider::GITHUB).with_context(at)?),
                "ohmygpt_base_url" => drop(server(value, &Provider::OHMYGPT).with_context(at)?),
                "enterprise" if value.contains('@') => {
                    bail!("{}: the host has an `@` in it; write it alone", at())
                }
                _ => {}
            }
        }
    }
    let Err(error) = command().try_get_matches_from(words) else {
        return Ok(());
    };
    let named = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(option)) => option.trim_start_matches('-'),
        _ => "",
    };
    let named = named.split([' ', '=']).next().unwrap_or_default();
    let named = named.replace('-', "_");
    let entry = entries.iter().find(|entry| entry.setting.name == named);
    let line = entry.map(|entry| format!("line {}: ", entry.line));
    bail!(
        "{}: {}{}",
        path.display(),
        line.unwrap_or_default(),
        told(&error)
    )
}

fn is_flag(entry: &Entry) -> bool {
    let command = command();
    let mut options = command.get_arguments();
    options.any(|it| it.get_id() == entry.setting.name && !it.get_action().takes_values())
}

/// Whether it names a file: the vault does unless it is a URL.
fn is_path(entry: &Entry) -> bool {
    if entry.setting.name == "vault" {
        return !entry.values.iter().any(|value| value.contains("://"));
    }
    let command = command();
    let mut options = command.get_arguments();
    options.any(|it| {
        it.get_id() == entry.setting.name
            && it.get_value_parser().type_id() == TypeId::of::<PathBuf>()
    })
}

/// A path in the file is one beside the file, wherever the program is started.
fn beside(folder: &Path, value: &str) -> Result<String> {
    let path = folder.join(value).into_os_string().into_string();
    path.map_err(|path| anyhow::anyhow!("{} is not text", path.display()))
}

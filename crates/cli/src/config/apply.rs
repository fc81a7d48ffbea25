//! The command line, completed by the config file.

use std::ffi::OsString;

use anyhow::Result;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::file::{Entry, File};
use crate::args::Arguments;

/// The arguments of this program. What the command line leaves out and the config file has stands as
/// if it were the option's default.
pub(crate) fn arguments(words: &[OsString]) -> Result<Arguments> {
    let mut command = Arguments::command();
    let mut matches = command.clone().try_get_matches_from(words)?;
    let (names, given) = last(&matches);
    // With a sandbox there is nothing of the user's.
    let is_sandbox = given.try_get_one("sandbox").ok().flatten() == Some(&true);
    if given.try_contains_id("vault").is_ok() && !is_sandbox {
        let named = matches.get_one("config").map(std::path::PathBuf::as_path);
        if let Some(file) = File::find(named)? {
            let change = |command| completed(command, &names, given, &file);
            command = at(command, &names, &change);
            matches = command.clone().try_get_matches_from(words)?;
        }
    }
    let arguments = Arguments::from_arg_matches(&matches);
    Ok(arguments.map_err(|error| error.format(&mut command))?)
}

/// The command that is meant, and what is given to it.
fn last(matches: &ArgMatches) -> (Vec<String>, &ArgMatches) {
    let (mut names, mut matches) = (Vec::new(), matches);
    while let Some((name, inner)) = matches.subcommand() {
        names.push(name.to_owned());
        matches = inner;
    }
    (names, matches)
}

/// With a change of the command of these names.
fn at(command: Command, names: &[String], change: &dyn Fn(Command) -> Command) -> Command {
    match names {
        [] => change(command),
        [first, names @ ..] => command.mut_subcommand(first, |inner| at(inner, names, change)),
    }
}

fn completed(mut command: Command, names: &[String], given: &ArgMatches, file: &File) -> Command {
    for entry in &file.entries {
        let name = entry.setting.name;
        if is_meant(names, given, name)
            && entry.setting.set_variable().is_none()
            && is_free(&command, given, entry)
        {
            command = command.mut_arg(name, |option| option.default_values(entry.values.clone()));
        }
    }
    command
}

/// Whether a setting is for this command. A sign-in has something to do with the vault only if that gets the
/// tokens, and is told which app and server it is for.
fn is_meant(names: &[String], given: &ArgMatches, setting: &str) -> bool {
    let mut names = names.iter().map(String::as_str);
    let provider = match (names.next(), names.next()) {
        (Some("login"), Some(provider)) => provider,
        _ => return true,
    };
    given.contains_id("id")
        && match setting {
            "vault" | "vault_file" | "key_file" | "keyring" | "ca_file" => true,
            // That of OhMyGPT's app is another one.
            "client_secret_file" => provider == "github",
            _ => false,
        }
}

/// Whether the command has this option, and none is given that excludes it.
fn is_free(command: &Command, given: &ArgMatches, entry: &Entry) -> bool {
    let option = |name: &str| command.get_arguments().find(|it| it.get_id() == name);
    let Some(own) = option(entry.setting.name) else {
        return false;
    };
    let is_given = |id: &str| given.value_source(id) == Some(ValueSource::CommandLine);
    let mut others = given.ids().filter(|id| is_given(id.as_str()));
    others.all(|id| {
        option(id.as_str()).is_none_or(|other| {
            let excludes = |one, other| command.get_arg_conflicts_with(one).contains(&other);
            !excludes(own, other) && !excludes(other, own)
        })
    })
}

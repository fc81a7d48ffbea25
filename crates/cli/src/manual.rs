//! `tokenturn completions` and `tokenturn man`

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::args::{Arguments, SECRETS};
use crate::exit::Exit;
use crate::output::output;

/// Prints what a shell reads to complete our commands.
pub(crate) fn completions(shell: Shell) -> Result<()> {
    let mut command = Arguments::command();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "tokenturn", &mut script);
    output().write_all(&script)?;
    Ok(())
}

/// Writes a page for each command into a folder, or all of them to standard output.
pub(crate) fn man(folder: Option<&Path>) -> Result<()> {
    let mut top = Arguments::command().disable_help_subcommand(true);
    top.build();
    if let Some(folder) = folder {
        let made = fs::create_dir_all(folder);
        made.with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut commands = vec![&top];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|it| !it.is_hide_set()));
        let (name, page) = page(command)?;
        match folder {
            Some(folder) => {
                let path = folder.join(name);
                let written = fs::write(&path, page);
                written.with_context(|| format!("cannot write {}", path.display()))?;
            }
            None => output().write_all(&page)?,
        }
    }
    Ok(())
}

/// The page of a command, and the name of its file.
fn page(command: &Command) -> Result<(String, Vec<u8>)> {
    let is_top = command.get_name() == "tokenturn";
    let mut command = command.clone();
    if is_top {
        // It has sections of its own.
        command = command.after_help(None::<&str>);
    }
    let man = Man::new(command);
    let mut page = Vec::new();
    man.render(&mut page)?;
    if is_top {
        let mut roff = Roff::new();
        roff.control("SH", ["EXIT STATUS"]);
        for exit in Exit::ALL {
            roff.control("TP", []);
            roff.text([bold(exit.code().to_string())]);
            roff.text([roman(exit.meaning())]);
        }
        roff.control("SH", ["SECRETS"]);
        roff.text([roman(SECRETS)]);
        roff.to_writer(&mut page)?;
    }
    Ok((man.get_filename(), page))
}

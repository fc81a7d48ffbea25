//! `cargo xtask bench`: what tokenturn costs next to what its users would take instead.

mod against;
mod build;
mod calls;
mod codegen;
mod cores;
mod fleet;
mod machine;
mod page;
mod peers;
mod run;
mod server;
mod table;
mod token;

use std::process::ExitCode;

use anyhow::{Result, bail};

use run::Run;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match verb(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn verb(arguments: &[&str]) -> Result<()> {
    let (flags, words): (Vec<&str>, Vec<&str>) =
        arguments.iter().partition(|word| word.starts_with('-'));
    let run = match flags[..] {
        [] => Run::full(),
        ["--quick"] => Run::quick(),
        _ => bail!("the only flag is --quick"),
    };
    match words[..] {
        [] if run.quick => calls::measure(&run),
        [] => {
            build::measure(&run, false)?;
            calls::measure(&run)?;
            codegen::measure(&run)?;
            fleet::measure(&run)?;
            page::write(&run)
        }
        ["build"] => build::measure(&run, true),
        ["calls"] => calls::measure(&run),
        ["codegen"] => codegen::measure(&run),
        ["codegen", file] => codegen::measure_file(&run, file),
        ["fleet"] => fleet::measure(&run),
        ["fleet", commit] => against::measure(&run, commit),
        ["page"] => page::write(&run),
        ["token"] => token::measure(&run),
        _ => bail!("there is build, calls, codegen, fleet, page and token"),
    }
}

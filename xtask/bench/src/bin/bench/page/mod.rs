//! `docs/performance.md` and its plots.

mod plots;
mod text;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tokenturn_bench::Fleet;

use crate::build;
use crate::calls::Calls;
use crate::codegen;
use crate::machine::machine;
use crate::run::Run;

/// The page, with a word in braces where a table goes.
const TEMPLATE: &str = include_str!("template.md");

/// Writes the page from what was measured last.
pub(crate) fn write(run: &Run) -> Result<()> {
    let calls: Calls = run.read("calls")?;
    let builds: Vec<build::Row> = run.read("build")?;
    let sizes: Vec<codegen::Row> = run.read("codegen")?;
    let fleet: Fleet = run.read("fleet")?;
    let page = [
        ("{machine}", machine()),
        ("{targets}", text::targets(&calls, &builds, &fleet)),
        ("{call}", calls.per_call()),
        ("{throughput}", calls.throughput()),
        ("{fleet}", text::fleet(&fleet)),
        ("{parts}", text::parts(&fleet)),
        ("{build}", build::costs_table(&builds)),
        ("{codegen}", codegen::sizes_table(&sizes)),
    ]
    .iter()
    .fold(TEMPLATE.to_owned(), |page, (word, text)| {
        page.replace(word, text.trim_end())
    });
    let plots = [
        ("call", plots::call(&calls)?),
        ("throughput", plots::throughput(&calls)?),
        ("fleet", plots::fleet(&fleet)?),
        ("build", plots::build(&builds)?),
        ("codegen", plots::codegen(&sizes)?),
    ];
    let folder = run.root().join("docs");
    save(folder.join("performance.md"), &page)?;
    for (name, plot) in plots {
        save(folder.join(format!("performance/{name}.svg")), &plot)?;
    }
    println!("written: docs/performance.md");
    Ok(())
}

fn save(path: PathBuf, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

//! Makes the clients, their mocks and their tests, without the warnings that `build_script` would
//! print: each of them is the point of a construct in the spec.

mod names;

use std::error::Error;
use std::path::Path;

use tokenturn_codegen::{Generated, Paths, Spec, generate};

const SPECS: [(&str, &str); 4] = [
    ("handled", "handled.yaml"),
    ("handled31", "handled31.yaml"),
    ("empty", "empty.yaml"),
    ("pages", "pages.yaml"),
];

fn main() -> Result<(), Box<dyn Error>> {
    for (name, file) in SPECS {
        println!("cargo::rerun-if-changed={file}");
        let paths = Paths::new(format!("super::{name}"));
        write(name, generate(&Spec::read(file)?, &paths)?)?;
    }
    for (name, generated) in names::generated()? {
        write(name, generated)?;
    }
    Ok(())
}

fn write(name: &str, generated: Generated) -> Result<(), Box<dyn Error>> {
    let folder = std::env::var("OUT_DIR")?;
    for (end, source) in [
        ("", generated.client),
        ("_mocks", generated.mocks),
        ("_round_trip", generated.round_trip),
    ] {
        std::fs::write(Path::new(&folder).join(format!("{name}{end}.rs")), source)?;
    }
    Ok(())
}

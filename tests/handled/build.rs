//! Makes the client, its mocks and its tests, without the warnings that `build_script` would print:
//! each of them is the point of a construct in the spec.

use std::error::Error;
use std::path::Path;

use tokenturn_codegen::{Paths, Spec, generate};

const SPEC: &str = "handled.yaml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SPEC}");
    let generated = generate(&Spec::read(SPEC)?, &Paths::new("super::handled"))?;
    let folder = std::env::var("OUT_DIR")?;
    for (name, source) in [
        ("handled.rs", generated.client),
        ("handled_mocks.rs", generated.mocks),
        ("handled_round_trip.rs", generated.round_trip),
    ] {
        std::fs::write(Path::new(&folder).join(name), source)?;
    }
    Ok(())
}

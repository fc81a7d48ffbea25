//! One description in a process of its own: what it takes belongs to a whole process, and what goes
//! wrong ends no other.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use tokenturn_codegen::{Paths, Severity, Spec};

use crate::bench::{cpu_seconds, peak_mib};

/// Whose generator it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Ours,
    Progenitor,
}

impl Whose {
    pub(crate) const BOTH: [Self; 2] = [Self::Ours, Self::Progenitor];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Progenitor => "progenitor",
        }
    }
}

/// Why there is no client: rule, place and message.
type Refusal = (String, String, String);
/// What has to be written: the end of each file's name, and its text.
type Sources = Vec<(&'static str, String)>;

/// Generates, writes the code beside `code` if that is given, and prints a line with what it took, one with
/// the operations that `Spec::lenient` keeps, and a line for each error.
pub(crate) fn run(whose: &str, file: &str, code: Option<&str>) -> Result<()> {
    let Some(whose) = Whose::BOTH.into_iter().find(|w| w.word() == whose) else {
        bail!("whose generator is `{whose}`?");
    };
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let module = code.and_then(|code| Path::new(code).file_name()?.to_str());
    let start = (Instant::now(), cpu_seconds());
    let result = match whose {
        Whose::Ours => ours(file, &text, module.unwrap_or("corpus")),
        Whose::Progenitor => {
            progenitor(&text).map_err(|words| vec![(whose.word().into(), "".into(), words)])
        }
    };
    let seconds = match (start.1, cpu_seconds()) {
        (Some(start), Some(end)) => end - start,
        _ => start.0.elapsed().as_secs_f64(),
    };
    println!("took\t{seconds}\t{}", peak_mib().unwrap_or_default());
    // Of a description that is refused as a whole, all that can be handled is kept.
    let kept = match (&result, whose) {
        (Ok(sources), Whose::Ours) => operations(&sources[0].1),
        (Err(_), Whose::Ours) => leniently(file, &text),
        (_, Whose::Progenitor) => 0,
    };
    println!("kept\t{kept}");
    match result {
        Ok(sources) => {
            for (end, source) in sources {
                if let Some(code) = code {
                    fs::write(format!("{code}{end}.rs"), source)?;
                }
            }
        }
        Err(refusals) => {
            for (rule, place, message) in refusals {
                println!("error\t{rule}\t{place}\t{message}");
            }
        }
    }
    Ok(())
}

/// How many operations a client of ours has.
fn operations(client: &str) -> usize {
    client.matches("\n        id: \"").count()
}

fn leniently(file: &str, text: &str) -> usize {
    let spec = Spec::new(file, text).lenient();
    let generated = tokenturn_codegen::generate(&spec, &Paths::new("crate::corpus"));
    generated.map_or(0, |generated| operations(&generated.client))
}

fn ours(file: &str, text: &str, module: &str) -> Result<Sources, Vec<Refusal>> {
    let paths = Paths::new(format!("crate::{module}"));
    match tokenturn_codegen::generate(&Spec::new(file, text), &paths) {
        Ok(code) => Ok(vec![
            ("", code.client),
            ("_mocks", code.mocks),
            ("_round_trip", code.round_trip),
        ]),
        Err(report) => {
            let findings = report.findings().iter();
            let errors = findings.filter(|finding| finding.severity() == Severity::Error);
            let refusal = |e: &tokenturn_codegen::Finding| {
                (
                    e.code().to_owned(),
                    e.pointer().to_owned(),
                    e.message().to_owned(),
                )
            };
            Err(errors.map(refusal).collect())
        }
    }
}

/// With the interface that ours uses, and else as it is.
fn progenitor(text: &str) -> Result<Sources, String> {
    let code = catch_unwind(|| {
        let spec: OpenAPI = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let mut settings = GenerationSettings::default();
        settings.with_interface(InterfaceStyle::Builder);
        let tokens = Generator::new(&settings).generate_tokens(&spec);
        tokens.map_err(|e| e.to_string())
    });
    let code = code.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref().copied());
        Err(format!("panic: {}", words.unwrap_or_default()))
    });
    match code {
        Ok(tokens) => Ok(vec![("", tokens.to_string())]),
        // A whole schema may follow.
        Err(words) => Err(words.lines().next().unwrap_or_default().replace('\t', " ")),
    }
}

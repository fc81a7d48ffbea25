#![doc = include_str!("../README.md")]
// An example warns as a user's own code would; only its functions are called by nobody.
#![doc(test(attr(deny(warnings), allow(dead_code))))]

mod adapt;
mod aliases;
mod build_script;
mod choices;
mod clashes;
mod culprits;
mod draft;
mod encoding;
mod enums;
mod fits;
mod flat;
mod fold;
mod ids;
mod integers;
mod json;
mod keywords;
mod lenient;
mod lint;
mod literal;
mod merges;
mod mocks;
mod names;
mod operations;
mod prepare;
mod print;
mod progenitor;
mod report;
mod reserved;
mod round_trip;
mod sample;
mod snippet;
mod source;
mod spec;
mod table;
mod tree;
mod uses;
mod yaml;

pub use build_script::{Input, build_script};
pub use draft::Select;
pub use report::{Finding, Report, Severity};
pub use spec::Spec;

/// Where the generated modules live.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Paths {
    /// The module of the client, such as `tokenturn_client::github` or `crate::keys`.
    pub client: String,
    /// The module of its mocks, such as `tokenturn_httpmock::github` or `crate::keys_mocks`.
    pub mocks: String,
}

impl Paths {
    /// Names the module of the client. That of the mocks lies beside it, with `_mocks` at its end.
    pub fn new(client: impl Into<String>) -> Self {
        let client = client.into();
        Self {
            mocks: format!("{client}_mocks"),
            client,
        }
    }

    /// Names the module of the mocks.
    #[must_use]
    pub fn with_mocks(mut self, mocks: impl Into<String>) -> Self {
        self.mocks = mocks.into();
        self
    }
}

/// What the generator makes of a spec.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Generated {
    /// The source of the client.
    pub client: String,
    /// The source of its mocks, which run on `tokenturn-httpmock`.
    pub mocks: String,
    /// Tests that send every operation to its mock, and every declared answer back. They need
    /// `tokio` with the features `macros` and `rt`.
    pub round_trip: String,
    /// What the client does in another way than the spec says: warnings, and no errors.
    pub report: Report,
}

/// Generates the client that a spec describes.
///
/// The same spec gives the same bytes on every machine.
///
/// ```
/// use tokenturn_codegen::{Paths, Spec, generate};
///
/// let spec = Spec::new("keys.yaml", r#"
/// openapi: 3.0.3
/// info: { title: Keys, version: "1" }
/// paths:
///   /keys/{name}:
///     delete:
///       operationId: delete_key
///       x-retry: idempotent
///       parameters:
///         - { name: name, in: path, required: true, schema: { type: string } }
///       responses: { "204": { description: The key is gone. } }
/// "#);
/// let generated = generate(&spec, &Paths::new("crate::keys"))?;
/// assert!(generated.client.contains("pub fn delete_key(&self)"));
/// # Ok::<(), tokenturn_codegen::Report>(())
/// ```
///
/// # Errors
///
/// All that stands in the way, with the lines of the spec.
pub fn generate(spec: &Spec, paths: &Paths) -> Result<Generated, Report> {
    let lowered = spec.lowered();
    match spec.is_lenient() {
        true => lenient::generate(lowered, paths),
        false => whole(&lowered, paths),
    }
}

/// Generates from everything that a spec has.
fn whole(spec: &Spec, paths: &Paths) -> Result<Generated, Report> {
    let (report, moves) = spec.check();
    let Some(document) = spec.document().filter(|_| !report.has_errors()) else {
        return Err(report);
    };
    let prepare::Prepared {
        copy,
        choices,
        shown,
    } = prepare::prepare(document, &moves);
    let operations = operations::collect(&copy);
    let client = progenitor::run(prepare::for_progenitor(&copy)).map_err(|words| {
        let reduced = prepare::for_progenitor(&copy);
        spec.report(culprits::find(spec, &reduced, &words))
    })?;
    let types = |problems: &[_]| culprits::types(spec, &copy, problems);
    let (client, problems) = adapt::adapt(client, &copy, &choices, &operations, &paths.client)
        .map_err(|problems| spec.report(types(&problems)))?;
    let shown = shown.map(|pointer| culprits::shown(spec, &pointer));
    let findings = report.findings().iter().cloned().chain(types(&problems));
    let report = spec.report(findings.chain(shown));
    if report.has_errors() {
        return Err(report);
    }
    let shapes = &client.shapes;
    let unknown = |error: syn::Error| spec.report([culprits::unknown(spec, &error.to_string())]);
    let mocks = mocks::mocks(&copy, &operations, shapes, paths).map_err(unknown)?;
    let round_trip = round_trip::round_trip(&copy, &operations, shapes, paths).map_err(unknown)?;
    Ok(Generated {
        client: client.source,
        mocks,
        round_trip,
        report,
    })
}

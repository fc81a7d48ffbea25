//! Whatever a spec says, it is read, checked and reported: never a panic, and what is longer takes
//! longer in proportion.
//!
//! `PROPTEST_CASES=100000 cargo test -p tokenturn-codegen --test lint fuzz` looks longer.

use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngSeed, TestRunner};
use tokenturn_codegen::Spec;

pub(crate) fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return TestRunner::new(config);
    }
    // The short run is the same every time: what it finds is the change's fault.
    TestRunner::new(ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(1),
        ..config
    })
}

/// The specs that are changed: those of the lint, and our own.
fn corpus() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/lint", "../../specs", "../../tests/corpus/specs"];
    let entries = folders.map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let mut paths: Vec<_> = entries
        .into_iter()
        .flatten()
        .map(|e| e.unwrap().path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    paths.sort();
    assert!(paths.len() > 70);
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// What upsets readers of specs.
const SPLINTERS: &[&str] = &[
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{feff}",
    "\u{85}",
    ": ",
    "- ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "#",
    "&a ",
    "*a",
    "!!binary ",
    "<<: ",
    "---\n",
    "%YAML 1.2\n",
    "null",
    "[]",
    "{}",
    "3",
    "true",
    "$ref: '#/components/schemas/A'\n",
    "$ref: '#/components/parameters/a'\n",
    "type: array\n",
    "type: object\n",
    "properties: ",
    "items: ",
    "allOf: ",
    "in: path\n",
    "required: true\n",
    "operationId: a\n",
    "format: password\n",
    "\\ud83d\\ude00",
    "\\ud800",
    "/{a}",
];

fn hit(text: &[u8]) -> Result<(), TestCaseError> {
    let spec = Spec::from_bytes("spec.yaml", text);
    let report = spec.lint();
    let shown = report.render(true);
    prop_assert!(spec.document().is_some() || report.has_errors());
    let is_obeyed = |c: char| c.is_control() && c != '\n' && c != '\u{1b}';
    prop_assert!(!shown.contains(is_obeyed), "{shown:?}");
    let has_escapes = report.to_string().contains('\u{1b}');
    prop_assert!(!has_escapes);
    let lines = text.split(|byte| *byte == b'\n').count();
    for finding in report.findings().iter().take(50) {
        prop_assert!((1..=lines).contains(&finding.line()) && finding.column() > 0);
        prop_assert!(finding.message().len() < 1000);
        let found = spec.find(
            finding.pointer(),
            finding.severity(),
            finding.code(),
            "again",
        );
        prop_assert!((1..=lines).contains(&found.line()));
    }
    Ok(())
}

/// Tries a text of so many parts, and whether it takes the processor much longer than one of an
/// eighth of them: eight times as long is in order, and 64 times is not.
fn hit_many(parts: usize, text: impl Fn(usize) -> String) {
    /// How finely the system tells it.
    const TICK: Duration = Duration::from_millis(10);
    let took = |parts| {
        let text = text(parts);
        let begun = time_on_processor();
        hit(text.as_bytes()).unwrap();
        time_on_processor() - begun
    };
    let (few, many) = (took(parts / 8), took(parts));
    let beginning: String = text(parts).chars().take(80).collect();
    assert!(many < 30 * few.max(TICK), "{many:?}, {few:?}: {beginning}");
}

/// What this thread has had of a processor, to which nothing adds that runs beside it. It stands
/// still where the system does not tell.
fn time_on_processor() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().unwrap_or_default();
    Duration::from_nanos(nanoseconds.parse().unwrap_or_default())
}

#[test]
fn the_corpus() {
    for text in corpus() {
        hit(&text).unwrap();
    }
}

#[test]
fn any_bytes() {
    let bytes = prop::collection::vec(any::<u8>(), 0..2000);
    runner(300).run(&bytes, |bytes| hit(&bytes)).unwrap();
}

#[test]
fn any_splinters() {
    let splinters = prop::collection::vec(prop::sample::select(SPLINTERS), 0..60);
    let texts = splinters.prop_map(|splinters| splinters.concat());
    runner(3000)
        .run(&texts, |text| hit(text.as_bytes()))
        .unwrap();
}

#[test]
fn changed_specs() {
    let change = (any::<Index>(), 0..30_usize, prop::sample::select(SPLINTERS));
    let changes = prop::collection::vec(change, 1..6);
    let texts = (prop::sample::select(corpus()), changes).prop_map(|(mut text, changes)| {
        for (at, removed, inserted) in changes {
            let at = at.index(text.len() + 1);
            let end = text.len().min(at + removed);
            text.splice(at..end, inserted.bytes());
        }
        text
    });
    runner(1500).run(&texts, |text| hit(&text)).unwrap();
}

#[test]
fn spliced_specs() {
    let half = (prop::sample::select(corpus()), any::<Index>());
    let texts = (half.clone(), half).prop_map(|((first, end), (second, start))| {
        // At line ends, so that something remains that can be read.
        let line_end = |text: &[u8], at: &Index| {
            let at = at.index(text.len() + 1);
            let end = text[at..].iter().position(|byte| *byte == b'\n');
            end.map_or(text.len(), |end| at + end + 1)
        };
        let (end, start) = (line_end(&first, &end), line_end(&second, &start));
        [&first[..end], &second[start..]].concat()
    });
    runner(1000).run(&texts, |text| hit(&text)).unwrap();
}

#[test]
fn much_of_the_same() {
    let head = "openapi: 3.0.3\ninfo: { title: T, version: '1' }\n";
    for splinter in SPLINTERS {
        for part in [
            splinter.to_string(),
            format!("{splinter}a"),
            format!("a{splinter}\n"),
        ] {
            hit_many(1000, |times| part.repeat(times));
            hit_many(1000, |times| format!("{head}x-a: {}", part.repeat(times)));
            hit_many(1000, |times| format!("{{\"a\": {}", part.repeat(times)));
        }
    }
}

#[test]
fn deep_nesting() {
    for (open, close) in [
        ("[", "]"),
        ("{\"a\":", "}"),
        ("[{\"a\":", "}]"),
        ("- ", ""),
        ("? ", ""),
    ] {
        let nested = |depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        for depth in [99, 100, 101, 1000] {
            hit(nested(depth).as_bytes()).unwrap();
            hit(format!("x-a: {}", nested(depth)).as_bytes()).unwrap();
        }
        hit_many(200_000, nested);
        hit_many(200_000, |depth| format!("x-a: {}", nested(depth)));
    }
    let lines: String = (0..2000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    hit(lines.as_bytes()).unwrap();
}

#[test]
fn many_findings() {
    let head = "openapi: 3.0.3\ninfo: { title: T, version: '1' }\npaths:\n";
    hit_many(2000, |count| {
        let paths = (0..count).map(|i| format!("  /a{i}: {{ get: {{ tags: 3 }} }}\n"));
        format!("{head}{}", paths.collect::<String>())
    });
    hit_many(3000, |count| "a: 1\n".repeat(count));
    hit_many(3000, one_line);
    // Each of these refers to all that follow.
    let schemas: String = (0..60)
        .map(|i| {
            let parts = (i + 1..61).map(|j| format!("{{$ref: '#/components/schemas/A{j}'}}"));
            let parts = parts.collect::<Vec<_>>().join(", ");
            format!("    A{i}: {{ oneOf: [{parts}] }}\n")
        })
        .collect();
    let form = "application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/A0' } }";
    let path = format!("  /a: {{ post: {{ requestBody: {{ content: {{ {form} }} }} }} }}\n");
    let components = format!("components:\n  schemas:\n{schemas}    A60: {{ type: string }}\n");
    hit(format!("{head}{path}{components}").as_bytes()).unwrap();
}

/// An object on one long line, with a finding for each of its keys.
fn one_line(keys: usize) -> String {
    let keys: String = (0..keys).map(|i| format!(",\"é{i}\":1")).collect();
    format!("{{\"openapi\":\"3.0.3\"{keys}}}")
}

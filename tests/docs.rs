//! The pages: what they name is there, what they show loses no token, and the front pages are short.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Before the first list, a screen.
const SCREEN: usize = 40;
/// Calls that bring a token once, and the doors that save it.
const BRINGS: [&str; 9] = [
    "tokenturn::rotate(",
    "obtain(",
    ".reset_token(&",
    ".scope_token(&",
    ".refresh_token(",
    ".exchange_code(",
    ".wait_for_device(",
    ".issue_token(code",
    ".rotate_admin_token(&",
];

fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below with one of these endings.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(ROOT).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is = |ending: &&str| path.extension().is_some_and(|has| has == *ending);
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(is) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn what_the_map_names_is_there() {
    let page = read("docs/architecture.md");
    let mut sources = files("specs", &["yaml"]);
    sources.extend(files("crates", &["rs"]));
    let sources: Vec<String> = sources.into_iter().flat_map(fs::read_to_string).collect();
    let lines = sources.iter().flat_map(|source| source.lines());
    // A comment may speak of what is gone.
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let words: HashSet<&str> = lines.flat_map(|line| line.split(|c| !is_part(c))).collect();
    let mut missing = Vec::new();
    let names: Vec<&str> = page.split('`').skip(1).step_by(2).collect();
    for &name in &names {
        let is_there = match name {
            name if name.contains('/') => Path::new(ROOT).join(name).exists(),
            name if Path::new(ROOT).join(name).exists() => true,
            name => name
                .split("::")
                .flat_map(|name| name.split(": "))
                .all(|part| words.contains(part)),
        };
        if !is_there {
            missing.push(name);
        }
    }
    assert!(names.len() > 60, "{names:?}");
    assert_eq!(missing, Vec::<&str>::new());
}

/// The page, or the doc comments, without the lines that rustdoc hides.
fn shown(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let is_code = path.extension().is_some_and(|ending| ending == "rs");
    let lines = text.lines().map(|line| {
        let line = line.trim_start();
        let doc = line.strip_prefix("///").or(line.strip_prefix("//!"));
        match is_code {
            true => doc
                .map(|doc| doc.strip_prefix(' ').unwrap_or(doc))
                .unwrap_or_default(),
            false => line,
        }
    });
    let lines = lines.filter(|line| !line.starts_with("# ") || !is_code);
    lines.map(str::to_owned).collect()
}

/// The Rust of the examples.
fn examples(path: &Path) -> Vec<String> {
    let is_code = path.extension().is_some_and(|ending| ending == "rs");
    let mut examples = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in shown(path) {
        match (line.strip_prefix("```"), &mut open) {
            (Some(kind), None) => {
                let is_rust = kind.starts_with("rust") || is_code && ["", "no_run"].contains(&kind);
                open = Some((is_rust, String::new()));
            }
            (Some(_), Some(_)) => examples.extend(open.take().filter(|(rust, _)| *rust)),
            (None, Some((_, example))) => *example += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    examples.into_iter().map(|(_, example)| example).collect()
}

#[test]
fn an_example_that_gets_a_token_says_where_it_is_when_it_is_not_saved() {
    let mut pages = vec![Path::new(ROOT).join("README.md")];
    for folder in [
        "docs",
        "crates/tokenturn",
        "crates/vault",
        "crates/client",
        "crates/sandbox",
    ] {
        pages.extend(files(folder, &["md", "rs"]));
    }
    let (mut bring, mut lose) = (0, Vec::new());
    for page in pages {
        for example in examples(&page) {
            if BRINGS.iter().any(|call| example.contains(call)) {
                bring += 1;
                if !example.contains("NotSaved") {
                    lose.push(format!("{}:\n{example}", page.display()));
                }
            }
        }
    }
    assert!(bring > 15, "{bring} examples");
    assert!(lose.is_empty(), "{}", lose.join("\n"));
}

#[test]
fn examples_warn_as_a_users_own_code_would() {
    let mut crates = vec![PathBuf::from("tests/support/lib.rs")];
    for name in [
        "client",
        "codegen",
        "httpmock",
        "sandbox",
        "tokenturn",
        "vault",
    ] {
        crates.push(format!("crates/{name}/src/lib.rs").into());
    }
    for path in crates {
        let denied = "#![doc(test(attr(deny(warnings), allow(dead_code))))]";
        assert!(read(&path).contains(denied), "{}", path.display());
    }
}

#[test]
fn a_front_page_is_a_screen() {
    for path in ["README.md", "crates/tokenturn/src/lib.rs"] {
        let page = shown(&Path::new(ROOT).join(path));
        let list = page.iter().position(|line| line.starts_with("- "));
        let first = &page[..list.expect("a list")];
        assert!(first.len() <= SCREEN, "{path}: {} lines", first.len());
        for part in ["```", "NotSaved", "| what happened |"] {
            assert!(
                first.iter().any(|line| line.contains(part)),
                "{path}: {part}"
            );
        }
    }
}

//! What is said of overlays, and of what they change: each is laid over `tests/overlay/keys.yaml`.

use proptest::prelude::*;
use serde_json::json;
use tokenturn_codegen::{Finding, Paths, Spec, generate};

use crate::fuzz::runner;
use crate::{files, name, read};

/// What upsets readers of JSONPath.
const SPLINTERS: &[&str] = &[
    "$",
    ".",
    "..",
    "[",
    "]",
    "['",
    "']",
    "\"",
    "*",
    "[?",
    "@",
    "(",
    ")",
    "paths",
    "/keys",
    "get",
    "==",
    "&&",
    "!",
    "0",
    "-1",
    ":",
    ",",
    "\\",
    "\\u",
    "é",
    "match(",
    "length(",
    " ",
    "9007199254740993",
];

pub(crate) fn overlaid() -> impl Iterator<Item = (String, Spec)> {
    let files = files("tests/overlay", "yaml").into_iter();
    files.filter_map(|path| {
        let name = name(&path).strip_suffix(".overlay.yaml")?.to_owned();
        Some((name, keys().overlay(read(&path))))
    })
}

fn keys() -> Spec {
    read(
        &files("tests/overlay", "yaml")
            .into_iter()
            .find(|path| path.ends_with("keys.yaml"))
            .unwrap(),
    )
}

fn one(name: &str) -> Spec {
    overlaid().find(|(found, _)| found == name).unwrap().1
}

#[test]
fn each_overlay_is_reported_where_it_is() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../overlay");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, spec) in overlaid() {
        settings.bind(|| insta::assert_snapshot!(name, spec.lint().to_string()));
    }
}

#[test]
fn objects_are_merged_and_lists_grow() {
    let spec = one("merged");
    let document = spec.document().unwrap();
    assert_eq!(
        document["info"],
        json!({"title": "Other keys", "version": "1", "x-overlaid": true})
    );
    assert_eq!(document["tags"][0]["name"], "keys");
    assert_eq!(document["tags"][1], json!({"name": "pages"}));
    let keys = &document["paths"]["/keys"];
    let after = json!([{"name": "after", "in": "query", "schema": {"type": "string"}}]);
    assert_eq!(keys["get"]["parameters"], after);
    assert_eq!(keys["get"]["x-retry"], "never");
    assert_eq!(keys["post"]["x-retry"], "never");
    assert_eq!(document["paths"].as_object().unwrap().len(), 1);
    let key = &document["components"]["schemas"]["Key"]["properties"];
    let secret =
        json!({"id": {"type": "string"}, "value": {"type": "string", "format": "password"}});
    assert_eq!(key, &secret);
}

#[test]
fn what_1_1_adds() {
    let spec = one("copied");
    let document = spec.document().unwrap();
    let (keys, tokens) = (&document["paths"]["/keys"], &document["paths"]["/tokens"]);
    assert_eq!(tokens["get"]["responses"], keys["get"]["responses"]);
    assert_eq!(tokens["get"]["operationId"], "list_tokens");
    assert_eq!(tokens["get"]["tags"], json!(["keys", "tokens", "more"]));
    assert!(tokens.get("post").is_none() && keys.get("post").is_some());
}

#[test]
fn what_an_overlay_marks_is_generated() {
    let plain = generate(&keys(), &Paths::new("crate::keys"))
        .unwrap()
        .client;
    assert!(!plain.contains("Secret") && plain.contains("fn sign_in(&self)"));
    let marked = generate(&one("marks"), &Paths::new("crate::keys"))
        .unwrap()
        .client;
    assert!(
        marked.contains("pub value: Option<::tokenturn_client::Secret>"),
        "{marked}"
    );
    assert!(marked.contains("fn list_keys(&self)") && marked.contains("fn create_key(&self)"));
    assert!(!marked.contains("sign_in"));
    assert!(!marked.contains("fn create(&self)"));
}

#[test]
fn several_overlays_follow_each_other() {
    let overlay = |name, title| {
        let info = "info: { title: a, version: \"1\" }";
        let action = format!("{{ target: $.info, update: {{ title: {title} }} }}");
        Spec::new(
            name,
            format!("overlay: 1.0.0\n{info}\nactions:\n- {action}\n"),
        )
    };
    let spec = keys()
        .overlay(overlay("a.yaml", "A"))
        .overlay(overlay("b.yaml", "[]"));
    assert_eq!(spec.document().unwrap()["info"]["title"], "A");
    assert_eq!(
        spec.files().collect::<Vec<_>>(),
        ["keys.yaml", "a.yaml", "b.yaml"]
    );
    let report = spec.lint();
    let found: Vec<_> = report
        .findings()
        .iter()
        .filter(|finding| finding.code() == "overlay-update")
        .collect();
    assert_eq!(
        found
            .iter()
            .map(|finding| (finding.file(), finding.line(), finding.column()))
            .collect::<Vec<_>>(),
        [("b.yaml", 4, 38)]
    );
    let text = report.to_string();
    assert!(
        text.contains(" --> b.yaml:4:38\n") && text.contains("::: a.yaml:4:"),
        "{text}"
    );
    assert!(text.ends_with(" in keys.yaml\n"), "{text}");
}

#[test]
fn names_of_files_are_for_each_finding() {
    let report = one("refused").lint();
    let files = |code| {
        let findings = report.findings().iter();
        findings
            .filter(|found| found.code() == code)
            .map(Finding::file)
            .collect::<Vec<_>>()
    };
    assert_eq!(files("retry"), ["refused.overlay.yaml"]);
    assert_eq!(files("operation-id-repeated"), ["keys.yaml"]);
}

#[test]
fn any_target() {
    let splinters = prop::collection::vec(prop::sample::select(SPLINTERS), 0..12);
    let targets = splinters.prop_map(|splinters| format!("${}", splinters.concat()));
    let found = runner(500).run(&targets, |target| {
        let actions = json!([
            {"target": target, "update": {"description": [1]}},
            {"target": "$.info", "copy": target},
            {"target": target, "remove": true},
        ]);
        let overlay = json!({"overlay": "1.1.0", "info": {"title": "any", "version": "1"}, "actions": actions});
        let report = keys().overlay(Spec::new("any", overlay.to_string())).lint();
        prop_assert!(!report.to_string().is_empty());
        Ok(())
    });
    found.unwrap();
}

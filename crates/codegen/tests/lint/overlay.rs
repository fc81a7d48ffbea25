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

/// The examples of the specification, and what its text says beside them.
#[test]
fn what_an_action_changes() {
    let update = |target, update| json!([{"target": target, "update": update}]);
    let remove = |target| json!([{"target": target, "remove": true}]);
    for (version, document, actions, expected) in [
        // Objects are merged, primitives are replaced, and what is new is added at the end.
        (
            "1.0.0",
            json!({"info": {"title": "a", "x": {"y": 1}}, "paths": {}}),
            update(
                "$",
                json!({"info": {"title": "b", "x": {"z": 2}, "w": null}, "tags": []}),
            ),
            json!({"info": {"title": "b", "x": {"y": 1, "z": 2}, "w": null}, "paths": {}, "tags": []}),
        ),
        // A wildcard, and a filter.
        (
            "1.0.0",
            json!({"/a": {"get": {"x-oai-traits": {"paged": 1}}}, "/b": {"get": {}, "put": {}}}),
            json!([
                {"target": "$.*.get", "update": {"x-safe": true}},
                {"target": "$.*.get[?@.paged]", "update": {"top": 1}},
            ]),
            json!({
                "/a": {"get": {"x-oai-traits": {"paged": 1, "top": 1}, "x-safe": true}},
                "/b": {"get": {"x-safe": true}, "put": {}},
            }),
        ),
        // A list gets an entry, whatever it is; lists within an update are put together.
        (
            "1.0.0",
            json!({"a": [1]}),
            update("$.a", json!({"b": 2})),
            json!({"a": [1, {"b": 2}]}),
        ),
        (
            "1.0.0",
            json!({"a": [1]}),
            update("$.a", json!([2, 3])),
            json!({"a": [1, [2, 3]]}),
        ),
        (
            "1.1.0",
            json!({"a": [1]}),
            update("$.a", json!([2, 3])),
            json!({"a": [1, 2, 3]}),
        ),
        (
            "1.0.0",
            json!({"a": [1]}),
            update("$", json!({"a": [2, 3]})),
            json!({"a": [1, 2, 3]}),
        ),
        (
            "1.1.0",
            json!({"a": "b"}),
            update("$.a", json!(2)),
            json!({"a": 2}),
        ),
        // One place counts once.
        (
            "1.0.0",
            json!({"a": []}),
            update("$['a', 'a']", json!(1)),
            json!({"a": [1]}),
        ),
        // What is removed does not move what is still to be.
        (
            "1.0.0",
            json!({"a": [0, 1, 2, 3]}),
            remove("$.a[0, 2]"),
            json!({"a": [1, 3]}),
        ),
        (
            "1.0.0",
            json!({"a": [0, 1, 2, 3]}),
            remove("$.a[?@ > 0]"),
            json!({"a": [0]}),
        ),
        (
            "1.0.0",
            json!({"a": {"a": {"b": 1}}, "c": 1}),
            remove("$..a"),
            json!({"c": 1}),
        ),
        // `remove` before `update`, and one action after the other.
        (
            "1.0.0",
            json!({"a": {"b": 1}}),
            json!([
                {"target": "$.a", "remove": true, "update": {"c": 1}},
                {"target": "$", "update": {"a": [2]}},
                {"target": "$.a", "remove": false, "update": 3},
            ]),
            json!({"a": [2, 3]}),
        ),
        (
            "1.1.0",
            json!({"/a": {"get": {"tags": [1]}}, "/b": {"get": {"tags": [2], "id": 2}}}),
            json!([{"target": "$['/a']", "copy": "$['/b']"}]),
            json!({
                "/a": {"get": {"tags": [1, 2], "id": 2}},
                "/b": {"get": {"tags": [2], "id": 2}},
            }),
        ),
    ] {
        let info = json!({"title": "a", "version": "1"});
        let overlay = json!({"overlay": version, "info": info, "actions": actions});
        let spec = Spec::new("document", document.to_string());
        let spec = spec.overlay(Spec::new("overlay", overlay.to_string()));
        // As text, in which the order counts, too.
        let found = spec.document().unwrap().to_string();
        assert_eq!(found, expected.to_string(), "{actions}");
    }
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

//! A part of a spec: what is selected of it, and what is left out of it.

use std::fmt::Write as _;

use tokenturn_codegen::{Finding, Generated, Paths, Report, Select, Severity, Spec, generate};

use crate::{files, name, read, shown};

const GOOD: &str = r#"
  /good-one:
    get: { operationId: good_one, x-retry: safe, responses: { "204": { description: Done. } } }
"#;

const KEYS: &str = r##"
openapi: 3.0.3
info: { title: Keys, version: "1" }
security: [{ token: [] }]
paths:
  /keys:
    parameters: [{ $ref: "#/components/parameters/Page" }]
    get:
      operationId: list_keys
      tags: [keys, lists]
      x-retry: safe
      responses: { "200": { $ref: "#/components/responses/Keys" } }
    post:
      operationId: create_key
      tags: [keys]
      x-retry: never
      responses: { "204": { description: Done. } }
  /admin/users/{id}:
    delete:
      tags: [admin]
      x-retry: idempotent
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses: { "204": { description: Done. } }
  /admin/keys:
    put:
      operationId: listKeys
      x-retry: once
      security: []
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/User" } } } }
      responses: { "204": { description: Done. } }
components:
  parameters:
    Page: { name: page, in: query, schema: { type: integer } }
  responses:
    Keys: { description: Keys., content: { application/json: { schema: { $ref: "#/components/schemas/Keys" } } } }
  schemas:
    Keys: { type: array, items: { $ref: "#/components/schemas/Key" } }
    Key: { type: object, properties: { name: { type: string } } }
    key: { type: string }
    User: { type: object, properties: { boss: { $ref: "#/components/schemas/User" }, no: { $ref: "#/nowhere" } } }
  securitySchemes:
    token: { type: http, scheme: bearer }
    cookie: { type: cookie }
"##;

fn made(spec: &Spec) -> Result<Generated, Report> {
    generate(spec, &Paths::new("client"))
}

fn selected(select: Select) -> Spec {
    Spec::new("keys.yaml", KEYS).select(select)
}

/// The ids in the operation table.
fn ids(spec: &Spec) -> Vec<String> {
    let client = made(spec).unwrap().client;
    let rows = client.split("id: \"").skip(1);
    rows.map(|row| row.split('"').next().unwrap().to_owned())
        .collect()
}

fn codes(report: &Report) -> Vec<&str> {
    report.findings().iter().map(Finding::code).collect()
}

#[test]
fn what_is_not_selected_is_not_looked_at() {
    assert!(made(&selected(Select::new())).unwrap_err().has_errors());
    for (select, expected) in [
        (Select::new().ids(["create_key"]), vec!["create_key"]),
        (Select::new().tags(["lists"]), vec!["list_keys"]),
        (
            Select::new().tags(["keys"]),
            vec!["list_keys", "create_key"],
        ),
        (
            Select::new().paths(["/keys*"]),
            vec!["list_keys", "create_key"],
        ),
        (
            Select::new().paths(["/admin/users/*"]).ids(["create_key"]),
            vec!["create_key", "delete_admin_users_id"],
        ),
    ] {
        let spec = selected(select.clone());
        assert_eq!(ids(&spec), expected, "{select:?}");
        let report = spec.lint();
        let without_id = expected.contains(&"delete_admin_users_id");
        let findings = if without_id {
            vec!["operation-id-missing"]
        } else {
            vec![]
        };
        assert_eq!(codes(&report), findings, "{report}");
    }
    let whole = Select::new().ids(["delete_admin_users_id"]);
    assert_eq!(ids(&selected(whole)), ["delete_admin_users_id"]);
}

#[test]
fn a_path_is_selected_as_it_is_written_and_as_it_is_read() {
    let operation = "{ get: { responses: { '204': { description: Done. } } } }";
    let text = format!(
        "{{ openapi: 3.0.3, info: {{ title: T, version: '1' }}, paths: {{ 'a/{{+b}}': {operation}, /c: {operation} }} }}"
    );
    for path in ["a/{+b}", "/a/{b}", "a/*"] {
        let spec = Spec::new("a.yaml", &*text).select(Select::new().paths([path]));
        assert_eq!(ids(&spec), ["get_a_b"], "{path}");
    }
}

#[test]
fn what_is_selected_is_found_where_it_stands() {
    let report = selected(Select::new().ids(["listKeys"])).lint();
    let errors = report
        .findings()
        .iter()
        .filter(|f| f.severity() == Severity::Error);
    let places: Vec<_> = errors.map(|error| (error.code(), error.line())).collect();
    assert_eq!(places, [("retry", 27), ("reference-missing", 40)]);
}

#[test]
fn a_selection_that_selects_nothing_is_an_error() {
    let select = Select::new()
        .ids(["list_keys", "listkey"])
        .tags(["key"])
        .paths(["/keys", "/amin/*", "/admin/users/{id"]);
    let report = selected(select).lint();
    assert_eq!(codes(&report), ["select"; 4]);
    shown("select", report.to_string());
    let none = Spec::new(
        "a.yaml",
        "openapi: 3.0.3\ninfo: { title: T, version: '1' }\npaths: {}\n",
    );
    let report = none.select(Select::new().tags(["a"])).lint();
    assert!(report.to_string().contains("help: correct it"), "{report}");
}

#[test]
fn an_operation_that_cannot_be_handled_is_left_out() {
    let spec = Spec::new("keys.yaml", KEYS).lenient();
    assert_eq!(
        ids(&spec),
        ["list_keys", "create_key", "delete_admin_users_id"]
    );
    shown("left-out", spec.lint().to_string());
}

/// An operation for each, at `/a`, `/b`, and so on.
fn with_ids(ids: &[&str]) -> String {
    let paths = ids.iter().zip('a'..).map(|(id, path)| {
        let id = match id.is_empty() {
            true => String::new(),
            false => format!("operationId: '{id}', "),
        };
        let responses = "responses: { '204': { description: D } }";
        format!("  /{path}: {{ get: {{ {id}x-retry: safe, {responses} }} }}\n")
    });
    let paths: String = paths.collect();
    format!("openapi: 3.0.3\ninfo: {{ title: T, version: '1' }}\npaths:\n{paths}")
}

#[test]
fn an_operation_is_selected_by_its_name_in_the_client() {
    let text = with_ids(&["list", "list", "?", "", "List"]);
    for (id, path) in [
        ("list", "/a"),
        ("get_b", "/b"),
        ("get_c", "/c"),
        ("?", "/c"),
        ("get_d", "/d"),
        ("get_e", "/e"),
        ("List", "/e"),
    ] {
        let spec = Spec::new("a.yaml", text.as_str()).select(Select::new().ids([id]));
        let client = made(&spec).unwrap().client;
        let paths = ["/a", "/b", "/c", "/d", "/e"];
        let found: Vec<_> = paths
            .into_iter()
            .filter(|path| client.contains(&format!("path: \"{path}\"")))
            .collect();
        assert_eq!(found, [path], "{id}");
    }
}

#[test]
fn what_is_made_of_a_component_with_any_name_is_known() {
    let names = ["a/b", "c~d", "e f", "ä"];
    let spelled = ["a~1b", "c~0d", "e%20f", "%C3%A4"];
    let paths = spelled.iter().enumerate().map(|(number, spelled)| {
        let schema = format!("schema: {{ $ref: '#/components/schemas/{spelled}' }}");
        let answer = format!("'200': {{ description: D, content: {{ application/json: {{ {schema} }} }} }}");
        format!("  /p{number}: {{ get: {{ operationId: get_{number}, x-retry: safe, responses: {{ {answer} }} }} }}\n")
    });
    let paths: String = paths.collect();
    let document = |broken: &str| {
        let schemas = names.map(|name| {
            let p = if name == broken {
                "$ref: '#/nowhere'"
            } else {
                "type: string"
            };
            format!("    {name}: {{ type: object, properties: {{ p: {{ {p} }} }} }}\n")
        });
        let schemas = schemas.concat();
        let head = "openapi: 3.0.3\ninfo: { title: T, version: '1' }\n";
        format!("{head}paths:\n{paths}components:\n  schemas:\n{schemas}")
    };
    for (number, name) in names.iter().enumerate() {
        let id = format!("get_{number}");
        let selected = Spec::new("a.yaml", document("")).select(Select::new().ids([&id]));
        assert_eq!(ids(&selected), [id.as_str()]);
        let others: Vec<_> = ["get_0", "get_1", "get_2", "get_3"]
            .into_iter()
            .filter(|other| *other != id)
            .collect();
        assert_eq!(ids(&Spec::new("a.yaml", document(name)).lenient()), others);
    }
}

#[test]
fn a_name_that_was_made_stays_when_others_go() {
    let text = with_ids(&["list", "list", "", ""]);
    let text = text.replace("/c:", "/d-e:").replace("/d:", "/d_e:");
    let codes_of = |spec: &Spec| -> Vec<_> {
        let report = spec.lint();
        codes(&report).into_iter().map(str::to_owned).collect()
    };
    let selected = Select::new().paths(["/b", "/d_e"]);
    let selected = Spec::new("a.yaml", text.as_str()).select(selected);
    assert_eq!(ids(&selected), ["get_b", "get_d_e_2"]);
    assert_eq!(
        codes_of(&selected),
        ["operation-id-repeated", "operation-id-missing"]
    );
    let bad = text.replacen("x-retry: safe", "x-retry: once", 1);
    let left = Spec::new("a.yaml", bad).lenient();
    assert_eq!(ids(&left), ["get_b", "get_d_e", "get_d_e_2"]);
    assert!(codes_of(&left).contains(&"operation-id-repeated".to_owned()));
}

#[test]
fn selections_are_put_together() {
    let spec = Spec::new("a.yaml", with_ids(&["a", "b", "c"]));
    let spec = spec.select(Select::new().ids(["a"]));
    assert_eq!(ids(&spec.select(Select::new().ids(["c"]))), ["a", "c"]);
}

#[test]
fn what_is_left_out_is_called_as_everywhere() {
    let text = with_ids(&["list", "list", "?", "", "good"]);
    let bad = text.replace("x-retry: safe", "x-retry: once");
    let bad = bad.replace("'good', x-retry: once", "'good', x-retry: safe");
    let report = Spec::new("a.yaml", bad).lenient().lint();
    let left_out = report.findings().iter().find(|f| f.code() == "left-out");
    assert_eq!(
        left_out.unwrap().message(),
        "4 of 5 operations are left out: `list`, `get_b`, `get_c`, `get_d`"
    );
}

#[test]
fn an_operation_with_another_method_is_left_out() {
    let text = with_ids(&["list", "search"]).replace("openapi: 3.0.3", "openapi: 3.2.0");
    let text = text.replace("/b: { get:", "/b: { query:");
    let more =
        "  /c: { additionalOperations: { COPY: { responses: { '204': { description: D } } } } }\n";
    let spec = Spec::new("a.yaml", format!("{text}{more}"));
    assert!(made(&spec).is_err());
    let spec = spec.lenient();
    assert_eq!(ids(&spec), ["list"]);
    let report = spec.lint();
    let left_out = report.findings().iter().find(|f| f.code() == "left-out");
    assert_eq!(
        left_out.unwrap().message(),
        "2 of 3 operations are left out: `QUERY /b`, `COPY /c`"
    );
}

#[test]
fn what_is_about_no_operation_stays_an_error() {
    let bad = KEYS.replacen("\npaths:", "\npats:", 1);
    let report = Spec::new("keys.yaml", bad).lenient().lint();
    let errors = report
        .findings()
        .iter()
        .filter(|f| f.severity() == Severity::Error);
    assert_eq!(
        errors.map(Finding::code).collect::<Vec<_>>(),
        ["missing-field"]
    );

    let none = Select::new().ids(["listKeys"]);
    let report = selected(none).lenient().lint();
    assert!(
        report.has_errors() && !codes(&report).contains(&"left-out"),
        "{report}"
    );
}

#[test]
fn an_error_of_a_path_or_of_a_component_is_one_of_its_operations() {
    for (from, to, expected) in [
        ("in: query", "in: body", "delete_admin_users_id"),
        ("  /keys:", "  /keys/{:", "delete_admin_users_id"),
        (
            "{ name: { type: string } }",
            "{ name: { $ref: \"#/nowhere\" } }",
            "create_key delete_admin_users_id",
        ),
        ("scheme: bearer", "scheme: bearer, type: http", ""),
        ("token: { type: http", "token: { type: htp", ""),
        ("token: []", "tokn: []", ""),
        (
            "    key: {",
            "    Key: {",
            "create_key delete_admin_users_id",
        ),
    ] {
        let spec = Spec::new("keys.yaml", KEYS.replacen(from, to, 1)).lenient();
        match expected {
            "" => assert!(made(&spec).is_err(), "{to}"),
            _ => assert_eq!(ids(&spec).join(" "), expected, "{to}"),
        }
    }
}

/// Beside a good operation, nothing that is refused stands in the way.
#[test]
fn every_error_leaves_something() {
    let mut stays = String::new();
    for path in files("tests/lint", "yaml") {
        let name = name(&path);
        if !read(&path).lint().has_errors() {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let text = text.replacen("\npaths:\n", &format!("\npaths:{GOOD}"), 1);
        let spec = Spec::new(name.clone(), text).lenient();
        let lint = spec.lint();
        match made(&spec) {
            Ok(generated) => {
                assert!(generated.client.contains("pub fn good_one"), "{lint}");
                assert_eq!(generated.report.to_string(), lint.to_string());
                assert!(!lint.has_errors(), "{lint}");
            }
            Err(report) => {
                assert_eq!(report.to_string(), lint.to_string());
                let errors = report.findings().iter();
                let errors = errors.filter(|f| f.severity() == Severity::Error);
                let errors: Vec<_> = errors.map(Finding::code).collect();
                writeln!(stays, "{name}: {}", errors.join(", ")).unwrap();
            }
        }
    }
    shown("not-left-out", stays);
}

#[test]
fn a_long_report_is_short() {
    let mut text = KEYS.split("  /admin/keys:").next().unwrap().to_owned();
    for number in 0..2000 {
        write!(
            text,
            "  /p{number}:\n    get: {{ operationId: get_{number}, deprecated: true, responses: {{}} }}\n"
        )
        .unwrap();
    }
    text.push_str("  /q:\n    post: { operationId: q, responses: { a: {}, b: {}, '204': {} } }\n");
    text.push_str("    put: { operationId: p, responses: { a: { $ref: '#/x' } } }\n");
    let report = Spec::new("long.yaml", text).lint();
    assert!(report.findings().len() > 6000);
    shown("long-report", report.to_string());
}

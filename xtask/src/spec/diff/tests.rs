use serde_json::{Value, json};

use super::compare::compare;
use super::report;

const SPEC: &str = r##"
openapi: 3.0.3
info: { title: Keys, version: "1" }
security: [ { basic: [] } ]
paths:
  /keys/{name}:
    parameters:
      - { name: name, in: path, required: true, schema: { type: string } }
    put:
      operationId: put_key
      x-retry: idempotent
      parameters:
        - { name: dry, in: query, schema: { type: boolean } }
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: "#/components/schemas/NewKey" }
      responses:
        "200":
          description: The key.
          headers: { ETag: { schema: { type: string } } }
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Key" }
              example: { id: 1 }
        "404": { $ref: "#/components/responses/Error" }
        5XX: { $ref: "#/components/responses/Error" }
    get:
      operationId: get_key
      x-retry: safe
      responses:
        "200":
          description: The key.
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Key" }
        "404": { $ref: "#/components/responses/Error" }
        "410": { description: Gone. }
  /page:
    get:
      operationId: page
      x-browser: true
      parameters:
        - { name: state, in: query, schema: { type: string } }
      responses:
        "200": { description: The page. }
components:
  securitySchemes:
    basic: { type: http, scheme: basic }
  responses:
    Error:
      description: An error.
      content:
        application/json:
          schema:
            type: object
            properties:
              message: { type: string }
  schemas:
    NewKey:
      type: object
      required: [secret]
      properties:
        secret: { type: string, format: password }
        note: { type: string }
    Key:
      type: object
      required: [id, owner, tags]
      properties:
        id: { type: integer, format: int64 }
        note: { type: string, nullable: true }
        tags: { type: array, items: { type: string } }
        owner: { $ref: "#/components/schemas/Owner" }
        kind: { type: string, enum: [user, app] }
    Owner:
      required: [login]
      properties:
        login: { type: string, minLength: 1 }
        limits: { type: object, additionalProperties: { type: integer } }
        parent: { $ref: "#/components/schemas/Owner" }
        id:
          oneOf:
            - { title: Number, type: integer }
            - { title: Text, type: string }
"##;

fn parse(yaml: &str) -> Value {
    serde_norway::from_str(yaml).unwrap()
}

fn lines(old: &Value, new: &Value) -> Vec<String> {
    let report = report::lines(compare(old, new));
    let lines: Vec<_> = report
        .lines
        .iter()
        .map(|line| line.trim().to_owned())
        .collect();
    let breaking = lines
        .iter()
        .filter(|line| line.starts_with("breaking"))
        .count();
    assert_eq!(breaking, report.breaking);
    assert!(lines.is_sorted_by_key(|line| !line.starts_with("breaking")));
    lines
}

/// Each row is a change of the spec and the lines that it has to give.
fn check(rows: &[(&str, &str, &[&str])]) {
    let old = parse(SPEC);
    for (from, to, expected) in rows {
        assert!(SPEC.contains(from), "{from:?} is not in the spec");
        let new = parse(&SPEC.replace(from, to));
        assert_ne!(old, new, "{from:?} -> {to:?} is no change");
        let (mut lines, mut expected) = (lines(&old, &new), expected.to_vec());
        lines.sort();
        expected.sort();
        assert_eq!(lines, expected, "{from:?} -> {to:?}");
    }
}

#[test]
fn words_and_places_mean_nothing() {
    check(&[
        ("title: Keys", "title: Other keys", &[]),
        ("description: The key.", "description: A key, at last.", &[]),
        ("description: An error.", "description: No.", &[]),
        (
            "example: { id: 1 }",
            "examples: { one: { value: { id: 2 } } }",
            &[],
        ),
        (
            "      x-retry: safe",
            "      x-retry: safe\n      summary: Get it",
            &[],
        ),
        (
            "x-retry: safe",
            "x-retry: safe\n      externalDocs: { url: https://a.example }",
            &[],
        ),
        // The name of a component, or none.
        (
            "schemas/Owner\"",
            "schemas/Person\"",
            &[
                "breaking  get_key, put_key: answer 200: `owner` type object -> unknown #/components/schemas/Person (another Rust type)",
            ],
        ),
        ("basic:", "credentials:", &[]),
        (
            "{ $ref: \"#/components/schemas/NewKey\" }",
            "{ type: object, required: [secret], properties: { note: { type: string, nullable: false }, secret: { format: password, type: string } } }",
            &[],
        ),
        (
            "note: { type: string }",
            "note: { allOf: [ { type: string } ] }",
            &[],
        ),
        (
            "additionalProperties: { type: integer }",
            "additionalProperties: { type: integer, description: How much }",
            &[],
        ),
        ("enum: [user, app]", "enum: [app, user]", &[]),
    ]);
    let moved = SPEC
        .replace("    Owner:", "    Person:")
        .replace("schemas/Owner", "schemas/Person");
    assert_eq!(lines(&parse(SPEC), &parse(&moved)), [""; 0]);
}

#[test]
fn operations() {
    check(&[
        (
            "operationId: get_key",
            "operationId: read_key",
            &[
                "breaking  get_key: was removed (its method goes)",
                "added     read_key: was added (GET /keys/{name}) (a new method)",
            ],
        ),
        (
            "  /keys/{name}:",
            "  /key/{name}:",
            &["breaking  get_key, put_key: path /keys/{name} -> /key/{name} (another request)"],
        ),
        (
            "    put:",
            "    post:",
            &["breaking  put_key: method PUT -> POST (another request)"],
        ),
        (
            "x-retry: idempotent",
            "x-retry: never",
            &["breaking  put_key: x-retry idempotent -> never (less safe to repeat)"],
        ),
        (
            "x-retry: idempotent",
            "x-retry: safe",
            &["changed   put_key: x-retry idempotent -> safe (safer to repeat)"],
        ),
        (
            "security: [ { basic: [] } ]",
            "security: []",
            &[
                "breaking  get_key, put_key: security http basic -> none (other credentials)",
                "changed   page: security http basic -> none (a page, not in the client)",
            ],
        ),
        (
            "scheme: basic",
            "scheme: bearer",
            &[
                "breaking  get_key, put_key: security http basic -> http bearer (other credentials)",
                "changed   page: security http basic -> http bearer (a page, not in the client)",
            ],
        ),
        (
            "x-retry: safe",
            "x-browser: true",
            &[
                "breaking  get_key: x-browser no -> yes (its method goes)",
                "breaking  get_key: x-retry safe -> none (less safe to repeat)",
            ],
        ),
        (
            "      x-browser: true",
            "      x-retry: safe",
            &[
                "changed   page: x-browser yes -> no (a new method)",
                "changed   page: x-retry none -> safe (safer to repeat)",
            ],
        ),
        (
            "name: state, in: query",
            "name: state, required: true, in: query",
            &["changed   page: query parameter state: is required now (a page, not in the client)"],
        ),
    ]);
}

#[test]
fn parameters_and_bodies() {
    check(&[
        (
            "- { name: dry, in: query, schema: { type: boolean } }",
            "- { name: wet, in: query, schema: { type: boolean } }",
            &[
                "breaking  put_key: query parameter dry: was removed (its setter goes)",
                "added     put_key: query parameter wet: was added (boolean, optional) (calls do without it)",
            ],
        ),
        (
            "- { name: dry, in: query, schema: { type: boolean } }",
            "- { name: dry, in: query, schema: { type: boolean } }\n        - { name: a, in: header, required: true, schema: { type: string } }",
            &[
                "breaking  put_key: header parameter a: was added (string, required) (calls without it fail)",
            ],
        ),
        (
            "name: dry, in",
            "name: dry, required: true, in",
            &["breaking  put_key: query parameter dry: is required now (calls without it fail)"],
        ),
        (
            "in: query, schema: { type: boolean }",
            "in: query, schema: { type: string }",
            &["breaking  put_key: query parameter dry: type boolean -> string (another Rust type)"],
        ),
        (
            "        required: true\n        content",
            "        content",
            &["changed   put_key: body: is optional now (calls may do without it)"],
        ),
        (
            "          application/json:\n            schema: { $ref: \"#/components/schemas/NewKey\" }",
            "          application/x-www-form-urlencoded:\n            schema: { $ref: \"#/components/schemas/NewKey\" }",
            &[
                "breaking  put_key: body: media type application/json -> application/x-www-form-urlencoded (other bytes)",
            ],
        ),
        (
            "x-retry: safe",
            "x-retry: safe\n      requestBody: { content: { text/plain: { schema: { type: string } } } }",
            &["added     get_key: body: was added (string, optional) (calls do without it)"],
        ),
    ]);
}

#[test]
fn fields_of_requests() {
    check(&[
        (
            "        note: { type: string }\n",
            "",
            &["breaking  put_key: body: `note` was removed (its Rust field goes)"],
        ),
        (
            "        note: { type: string }\n",
            "        note: { type: string }\n        days: { type: integer, format: int64 }\n",
            &[
                "breaking  put_key: body: `days` was added (integer int64, optional) (struct literals lack it)",
            ],
        ),
        (
            "required: [secret]\n      properties:\n",
            "required: [secret, days]\n      properties:\n        days: { type: integer }\n",
            &[
                "breaking  put_key: body: `days` was added (integer, required) (bodies without it fail)",
            ],
        ),
        (
            "required: [secret]",
            "required: [secret, note]",
            &["breaking  put_key: body: `note` is required now (calls without it fail)"],
        ),
        (
            "required: [secret]",
            "required: []",
            &[
                "breaking  put_key: body: `secret` is optional now (the Rust field becomes an Option)",
            ],
        ),
        (
            "format: password",
            "format: byte",
            &["breaking  put_key: body: `secret` format password -> byte (another Rust type)"],
        ),
        (
            "note: { type: string }",
            "note: { type: string, nullable: true }",
            &["changed   put_key: body: `note` may be null now (the Rust field stays as it is)"],
        ),
    ]);
}

#[test]
fn fields_of_answers() {
    let answer = "get_key, put_key: answer 200";
    let rows: &[(&str, &str, &[&str])] = &[
        (
            "        id: { type: integer, format: int64 }\n",
            "",
            &["breaking  *: `id` was removed (its Rust field goes)"],
        ),
        // What is below a field goes with it.
        (
            "        owner: { $ref: \"#/components/schemas/Owner\" }\n",
            "",
            &["breaking  *: `owner` was removed (its Rust field goes)"],
        ),
        (
            "limits: {",
            "names: { type: string }\n        limits: {",
            &[
                "added     *: `owner.names` was added (string, optional) (structs of answers are non_exhaustive)",
            ],
        ),
        (
            "format: int64",
            "format: int32",
            &["breaking  *: `id` format int64 -> int32 (another Rust type)"],
        ),
        (
            "tags: { type: array, items: { type: string } }",
            "tags: { type: string }",
            &["breaking  *: `tags` type array -> string (another Rust type)"],
        ),
        (
            "items: { type: string }",
            "items: { type: integer }",
            &["breaking  *: `tags[]` type string -> integer (another Rust type)"],
        ),
        (
            "additionalProperties: { type: integer }",
            "additionalProperties: { type: string }",
            &["breaking  *: `owner.limits{}` type integer -> string (another Rust type)"],
        ),
        (
            "[id, owner, tags]",
            "[owner, tags]",
            &["breaking  *: `id` is optional now (the Rust field becomes an Option)"],
        ),
        (
            "[id, owner, tags]",
            "[id, owner, tags, kind]",
            &["breaking  *: `kind` is required now (the Rust field is an Option no more)"],
        ),
        // A list that may be absent is an empty one.
        (
            "[id, owner, tags]",
            "[id, owner]",
            &["changed   *: `tags` is optional now (the Rust field stays as it is)"],
        ),
        (
            "tags: { type: array,",
            "tags: { type: array, nullable: true,",
            &["breaking  *: `tags` may be null now (the Rust field becomes an Option)"],
        ),
        (
            "note: { type: string, nullable: true }",
            "note: { type: string, nullable: false }",
            &["changed   *: `note` is never null now (the Rust field stays as it is)"],
        ),
        (
            "[user, app]",
            "[user, app, bot]",
            &["changed   *: `kind` enum app user -> app bot user (the client does not check it)"],
        ),
        (
            "minLength: 1",
            "minLength: 2",
            &["changed   *: `owner.login` minLength 1 -> 2 (the client does not check it)"],
        ),
        (
            "type: array, items",
            "type: array, maxItems: 9, items",
            &["changed   *: `tags` maxItems none -> 9 (the client does not check it)"],
        ),
        (
            "title: Text",
            "title: Word",
            &[
                "breaking  *: `owner.id|Text` was removed (another Rust type)",
                "breaking  *: `owner.id|Word` was added (string) (another Rust type)",
            ],
        ),
        (
            "parent: { $ref: \"#/components/schemas/Owner\" }",
            "parent: { $ref: \"#/components/schemas/NewKey\" }",
            &["breaking  *: `owner.parent` type the type of `owner` -> object (another Rust type)"],
        ),
    ];
    for (from, to, expected) in rows {
        let expected: Vec<_> = expected
            .iter()
            .map(|line| line.replacen('*', answer, 1))
            .collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(&[(from, to, &expected)]);
    }
}

#[test]
fn answers() {
    check(&[
        (
            "\"410\": { description: Gone. }",
            "\"429\": { $ref: \"#/components/responses/Error\" }",
            &[
                "added     get_key: answer 429: was added (object) (a new variant of its errors)",
                "breaking  get_key: answer 410: was removed (its variant goes)",
            ],
        ),
        (
            "        \"404\": { $ref: \"#/components/responses/Error\" }\n        \"410\"",
            "        \"410\"",
            &["breaking  get_key: answer 404: was removed (its variant goes)"],
        ),
        (
            "\"410\": { description: Gone. }",
            "\"410\": { $ref: \"#/components/responses/Error\" }",
            &[
                "breaking  get_key: answer 410: media type none -> application/json (it has a body now)",
            ],
        ),
        (
            "\"410\": {",
            "\"202\": { description: Later. }\n        \"410\": {",
            &["breaking  get_key: answer 202: was added (was an error until now)"],
        ),
        // The same in several answers of several operations.
        (
            "message: { type: string }",
            "message: { type: integer }",
            &[
                "breaking  get_key: answer 404: `message` type string -> integer (another Rust type)",
                "breaking  put_key: answers 404, 5XX: `message` type string -> integer (another Rust type)",
            ],
        ),
        (
            "ETag: { schema: { type: string } }",
            "Location: { schema: { type: string } }",
            &[
                "added     put_key: answer 200: header location: was added (string, optional) (headers have no types)",
                "removed   put_key: answer 200: header etag: was removed (headers have no types)",
            ],
        ),
    ]);
}

#[test]
fn a_whole_file() {
    let (spec, nothing) = (parse(SPEC), json!({}));
    assert_eq!(
        lines(&nothing, &spec),
        [
            "added     get_key: was added (GET /keys/{name}) (a new method)",
            "added     page: was added (GET /page) (a page, not in the client)",
            "added     put_key: was added (PUT /keys/{name}) (a new method)",
        ]
    );
    let removed = lines(&spec, &nothing);
    assert!(removed.contains(&"breaking  get_key, put_key: was removed (its method goes)".into()));
}

#[test]
fn loops_end() {
    let looping = |reference: &str| {
        json!({
            "paths": {"/a": {"$ref": "#/paths/~1a"}, "/b": {"get": {
                "parameters": [{"$ref": "#/components/parameters/a"}],
                "responses": {"200": {"content": {"a/b": {"schema": {"$ref": reference}}}}},
            }}},
            "components": {
                "parameters": {"a": {"$ref": "#/components/parameters/a"}},
                "schemas": {
                    "Itself": {"$ref": "#/components/schemas/Itself"},
                    "Parts": {"allOf": [{"$ref": "#/components/schemas/Parts"}]},
                    "Field": {"properties": {"a": {"$ref": "#/components/schemas/Field"}}},
                    "Item": {"items": {"$ref": "#/components/schemas/Item"}},
                },
            },
        })
    };
    for name in ["Itself", "Parts", "Field", "Item"] {
        let document = looping(&format!("#/components/schemas/{name}"));
        assert_eq!(lines(&document, &document), [""; 0]);
    }
}

/// The day that this fails, new fields break nobody any more.
#[test]
fn generated_structs_can_be_written_as_literals() {
    let client = include_str!("../../../../crates/client/src/generated/github.rs");
    for name in ["ScopeTokenRequest", "Authorization"] {
        let (before, _) = client.split_once(&format!("pub struct {name} {{")).unwrap();
        let attributes = before.lines().rev().take_while(|line| line.contains("#["));
        let attributes: Vec<_> = attributes.collect();
        assert!(
            !attributes.concat().contains("non_exhaustive"),
            "{attributes:?}"
        );
    }
}

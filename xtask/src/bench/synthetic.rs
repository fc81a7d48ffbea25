//! A spec with as many operations as wanted, all of them ordinary.

/// How many operations share the schemas of one group.
const GROUP: usize = 5;

/// YAML of a document with `operations` operations: each has a path and a query parameter, a body, an
/// answer made of nested and shared schemas, and two error answers.
pub(crate) fn spec(operations: usize) -> String {
    let mut paths = String::new();
    let mut schemas = String::from(SHARED);
    for n in 0..operations {
        let group = n / GROUP;
        paths.push_str(&operation(n, group));
        if n % GROUP == 0 {
            schemas.push_str(&schemas_of(group));
        }
    }
    format!("{HEAD}paths:\n{paths}components:\n{ERRORS}  schemas:\n{schemas}")
}

const HEAD: &str = "\
openapi: 3.0.3
info: { title: Synthetic, version: \"1\" }
security:
  - key: []
";

const ERRORS: &str = r##"  securitySchemes:
    key: { type: http, scheme: bearer }
  responses:
    NotFound:
      description: There is no such thing.
      content:
        application/json:
          schema:
            $ref: "#/components/schemas/Problem"
    Invalid:
      description: Something is missing.
      content:
        application/json:
          schema:
            $ref: "#/components/schemas/Problem"
"##;

const SHARED: &str = r##"    Problem:
      type: object
      properties:
        message: { type: string }
        code: { type: integer, format: int64 }
    Person:
      type: object
      required: [login]
      properties:
        login: { type: string }
        id: { type: integer, format: int64 }
        created_at: { type: string, format: date-time, nullable: true }
"##;

fn operation(n: usize, group: usize) -> String {
    format!(
        r##"  /things/{{owner}}/kind{n}:
    put:
      operationId: update_thing_{n}
      summary: Change thing {n}
      x-retry: idempotent
      parameters:
        - name: owner
          in: path
          required: true
          schema: {{ type: string }}
        - name: page
          in: query
          schema: {{ type: integer, format: int64 }}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              $ref: "#/components/schemas/NewThing{group}"
      responses:
        "200":
          description: The thing.
          content:
            application/json:
              schema:
                $ref: "#/components/schemas/Thing{group}"
        "404":
          $ref: "#/components/responses/NotFound"
        "422":
          $ref: "#/components/responses/Invalid"
"##
    )
}

fn schemas_of(group: usize) -> String {
    format!(
        r##"    NewThing{group}:
      type: object
      required: [name, secret]
      properties:
        name: {{ type: string }}
        secret: {{ type: string, format: password }}
        labels:
          type: array
          items: {{ type: string }}
    Thing{group}:
      description: A thing of kind {group}.
      type: object
      required: [id]
      properties:
        id: {{ type: integer, format: int64 }}
        token: {{ type: string, format: password, nullable: true }}
        owner:
          $ref: "#/components/schemas/Person"
        parts:
          type: array
          items:
            $ref: "#/components/schemas/Part{group}"
    Part{group}:
      type: object
      properties:
        size: {{ type: integer, format: int64 }}
        place:
          type: object
          properties:
            shelf: {{ type: string }}
            row: {{ type: integer, format: int64 }}
        maker:
          $ref: "#/components/schemas/Person"
"##
    )
}

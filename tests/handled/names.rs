//! A description in which every word that generated code might mean something else by is the name
//! of everything that has a name.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;

use proc_macro2::{TokenStream, TokenTree};
use serde_json::{Value, json};
use tokenturn_codegen::{Generated, Paths, Spec, generate};

/// Keywords, those that are reserved, and those that are keywords in some places only.
const KEYWORDS: &str = "as break const continue crate else enum extern false fn for if impl in let \
    loop match mod move mut pub ref return self Self static struct super trait true type unsafe \
    use where while async await dyn abstract become box do final macro override priv typeof \
    unsized virtual yield try gen auto default macro_rules raw safe union";

/// What is there without an import, and what every crate has.
const PRELUDE: &str = "Send Sync Sized Copy Unpin Drop Fn FnMut FnOnce AsyncFn AsyncFnMut \
    AsyncFnOnce drop align_of align_of_val size_of size_of_val Box ToOwned Clone PartialEq \
    PartialOrd Eq Ord AsRef AsMut Into From Default Iterator Extend IntoIterator \
    DoubleEndedIterator ExactSizeIterator Option Some None Result Ok Err String ToString Vec \
    TryFrom TryInto FromIterator Future IntoFuture Debug Hash Error std core alloc bool char str \
    i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 panic format vec println assert \
    matches todo unreachable write clone into try_into from try_from as_ref as_mut to_owned \
    to_string borrow fmt eq cmp hash next main test";

/// Names that hold what no identifier holds.
const ODD: [&str; 8] = ["0", "2fa", "+1", "-1", "$", "a.b[c]", "don't", "größe²"];

/// Our own code, whose functions and types stand beside what is generated.
const RUNTIME: [&str; 2] = [
    "../../crates/client/src/runtime.rs",
    "../../crates/httpmock/src/server.rs",
];

/// Generates the clients of two such descriptions: what is an object in one is a string in the
/// other. The words are those that the client of a third one is made of, and those above.
pub(super) fn generated() -> Result<[(&'static str, Generated); 2], Box<dyn Error>> {
    let plain: Vec<String> = (0..4).map(|index| format!("plain{index}")).collect();
    let mut words = Words::default();
    for (_, made) in all(&plain, &[])? {
        for source in [made.client, made.mocks, made.round_trip] {
            words.add_all(source.parse()?, &[]);
        }
    }
    let is_own = |word: &str| word.to_lowercase().contains("plain");
    words.0.retain(|word| word != "_" && !is_own(word));
    for path in RUNTIME {
        println!("cargo::rerun-if-changed={path}");
        let source: TokenStream = fs::read_to_string(path)?.parse()?;
        words.add_all(source, &["fn", "struct", "trait", "enum", "const", "mod"]);
    }
    let fixed = KEYWORDS
        .split_whitespace()
        .chain(PRELUDE.split_whitespace());
    words.0.extend(fixed.map(str::to_owned));
    let mut words: Vec<String> = words.0.into_iter().collect();
    // Two names that differ in their capitals only are one in Rust.
    let mut seen = BTreeSet::new();
    words.retain(|word| seen.insert(word.to_lowercase().replace('_', "")));
    all(&words, &ODD)
}

fn all(words: &[String], odd: &[&str]) -> Result<[(&'static str, Generated); 2], Box<dyn Error>> {
    let objects =
        json!({"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}});
    let strings = json!({"type": "string", "maxLength": 9});
    let one = |name, schema, has_operations| {
        let spec = Spec::new(name, spec(words, odd, &schema, has_operations).to_string());
        let mut generated = generate(&spec, &Paths::new(format!("crate::{name}")))?;
        // It is enough that they compile: so many tests would take minutes to build.
        generated.round_trip = generated.round_trip.replace("#[tokio::test]", "");
        Ok::<_, Box<dyn Error>>((name, generated))
    };
    Ok([
        one("names", objects, true)?,
        one("strings", strings, false)?,
    ])
}

#[derive(Default)]
struct Words(BTreeSet<String>);

impl Words {
    /// Adds all identifiers, or those that come after one of these.
    fn add_all(&mut self, tokens: TokenStream, after: &[&str]) {
        let mut previous = String::new();
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.add_all(group.stream(), after),
                TokenTree::Ident(ident) => {
                    let ident = ident.to_string();
                    if after.is_empty() || after.contains(&previous.as_str()) {
                        self.0.insert(ident.clone());
                    }
                    previous = ident;
                }
                _ => previous.clear(),
            }
        }
    }
}

/// Every word as an operation, a parameter, a schema, a property and a value.
fn spec(words: &[String], odd: &[&str], schema: &Value, has_operations: bool) -> Value {
    let text = json!({"type": "string"});
    let all: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .chain(odd.iter().copied())
        .collect();
    let properties: Value = all.iter().map(|word| (*word, text.clone())).collect();
    let types: Value = words
        .iter()
        .map(|word| (format!("a_{word}"), reference(word)))
        .collect();
    let mut schemas = json!({
        "PlainType": {"type": "object", "properties": types},
        "PlainProperty": {"type": "object", "properties": properties, "required": all},
        "PlainAndMore": {
            "type": "object", "properties": properties, "additionalProperties": {"type": "integer"},
        },
        "PlainKind": {"type": "object", "required": ["map"], "properties": {
            "list": {"type": "array", "items": text},
            "map": {"type": "object", "additionalProperties": text},
            "time": {"type": "string", "format": "date-time"},
            "secret": {"type": "string", "format": "password"},
            "price": {"type": "string", "format": "decimal"},
            "nothing": {"type": "integer", "nullable": true},
            "three": {"type": "integer", "default": 3},
            "tree": reference("PlainKind"),
            "either": {"oneOf": [{"type": "integer"}, {"type": "object", "properties": {"a": text}}]},
        }},
        // An answer's enums are strings.
        "PlainValue": {"type": "object", "properties": {"a": {"type": "string", "enum": all}}},
    });
    let mut paths = json!({"/values": {"post": {
        "operationId": "plain_values", "x-retry": "never",
        "requestBody": content(&reference("PlainValue")),
        "responses": {"204": {"description": ""}},
    }}});
    for name in ["PlainType", "PlainProperty", "PlainAndMore", "PlainKind"] {
        let schema = reference(name);
        paths[format!("/{name}")] = json!({"post": {
            "operationId": format!("call_{name}"), "x-retry": "never",
            "requestBody": content(&schema),
            "responses": {"200": content(&schema), "404": content(&schema)},
        }});
    }
    for word in words {
        schemas[word] = schema.clone();
    }
    let operations = all.iter().filter(|word| has_operations && **word != "$");
    for (index, word) in operations.enumerate() {
        let next = |by: usize| &words[(index + by) % words.len()];
        let mut parameters = vec![
            json!({"name": next(1), "in": "path", "required": true, "schema": text}),
            json!({"name": next(2), "in": "query", "schema": text}),
        ];
        // OpenAPI ignores a header of this name.
        if next(3) != "ACCEPT" {
            parameters.push(json!({"name": next(3), "in": "header", "schema": text}));
        }
        paths[format!("/operations/{index}/{{{}}}", next(1))] = json!({"post": {
            "operationId": word, "x-retry": "never", "parameters": parameters,
            "requestBody": content(&reference("PlainKind")),
            "responses": {
                "200": content(&reference("PlainKind")), "204": {"description": ""},
                "404": content(&reference("PlainKind")),
            },
        }});
    }
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Every name", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// A body, or an answer.
fn content(schema: &Value) -> Value {
    json!({"description": "", "content": {"application/json": {"schema": schema}}})
}

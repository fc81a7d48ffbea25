//! Snapshots of what the generator makes: the outline of each client, for the review of a spec
//! change, and the whole text for a small spec, for the review of the generator.

use std::fs;
use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Fields, File, ImplItem, Item, Type, Visibility};
use tokenturn_codegen::{Paths, Spec, generate};

const SMALL_SPEC: &str = include_str!("../../../tests/corpus/specs/keys.yaml");

/// A file of the workspace, or of the copy in which the five steps are walked.
fn read(path: &str) -> String {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs this");
    fs::read_to_string(PathBuf::from(package).join("..").join(path)).unwrap()
}

fn client(name: &str) -> String {
    read(&format!("crates/client/src/generated/{name}.rs"))
}

#[test]
fn outline_of_the_github_client() {
    insta::assert_snapshot!(outline(&client("github")));
}

#[test]
fn outline_of_the_github_login_client() {
    insta::assert_snapshot!(outline(&client("github_login")));
}

#[test]
fn outline_of_the_ohmygpt_client() {
    insta::assert_snapshot!(outline(&client("ohmygpt")));
}

/// A new operation has all of them on the day on which it is added, and is counted here.
#[test]
fn every_operation_has_a_method_a_mock_and_a_round_trip() {
    let counts = ["github", "github_login", "ohmygpt"].map(|name| {
        let client = client(name);
        let mocks = read(&format!("crates/httpmock/src/generated/{name}.rs"));
        let round_trips = read(&format!("crates/httpmock/tests/generated/{name}.rs"));
        let ids = operations(&client);
        for id in &ids {
            assert!(client.contains(&format!("    pub fn {id}(&self)")), "{id}");
            assert!(mocks.contains(&format!("    fn {id}(")), "{id}");
            let test = format!("\nasync fn {id}() {{");
            assert!(round_trips.contains(&test), "{id}");
        }
        assert_eq!(round_trips.matches("#[tokio::test]").count(), ids.len());
        format!("{name}: {} operations", ids.len())
    });
    insta::assert_snapshot!(counts.join("\n"));
}

#[test]
fn text_for_a_small_spec() {
    let spec = Spec::new("keys.yaml", SMALL_SPEC);
    let generated = generate(&spec, &Paths::new("tokenturn_client::keys")).unwrap();
    insta::assert_snapshot!(generated.client);
}

#[test]
fn what_no_rule_knows_is_still_found_at_its_place() {
    let schema = "allOf: [{ type: string }, { type: integer }],";
    let spec = SMALL_SPEC.replace("type: string, format: password,", schema);
    assert_ne!(spec, SMALL_SPEC);
    let spec = Spec::new("keys.yaml", spec);
    let generated = generate(&spec, &Paths::new("crate::keys")).unwrap();
    insta::assert_snapshot!("contradiction", generated.report);
}

/// The public API of a generated file, a line for each item.
fn outline(source: &str) -> String {
    let file: File = syn::parse_str(source).unwrap();
    let mut lines = Vec::new();
    list("", &file.items, &mut lines);
    lines.join("\n")
}

fn list(path: &str, items: &[Item], lines: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Mod(module) if is_public(&module.vis) => {
                let path = format!("{path}{}::", module.ident);
                // Builders of types follow from the types.
                if let Some((_, items)) = &module.content
                    && path != "types::builder::"
                {
                    list(&path, items, lines);
                }
            }
            Item::Struct(item) if is_public(&item.vis) => {
                lines.push(format!("struct {path}{}", item.ident));
                for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                    let name = field.ident.as_ref().map_or("0".into(), ToString::to_string);
                    lines.push(format!("    {name}: {}", show(&field.ty)));
                }
            }
            Item::Enum(item) if is_public(&item.vis) => {
                lines.push(format!("enum {path}{}", item.ident));
                for variant in &item.variants {
                    let fields = match &variant.fields {
                        Fields::Unit => String::new(),
                        fields => show(fields),
                    };
                    lines.push(format!("    {}{fields}", variant.ident));
                }
            }
            Item::Const(item) if is_public(&item.vis) => {
                lines.push(format!("const {path}{}: {}", item.ident, show(&item.ty)));
                lines.extend(elements(&item.expr).map(|row| format!("    {}", show(row))));
            }
            Item::Impl(item) if item.trait_.is_none() => functions(path, item, lines),
            _ => {}
        }
    }
}

/// The names in the operation table.
fn operations(client: &str) -> Vec<String> {
    let file: File = syn::parse_str(client).unwrap();
    let table = file.items.iter().find_map(|item| match item {
        Item::Const(item) if item.ident == "OPERATIONS" => Some(&item.expr),
        _ => None,
    });
    let rows = table.into_iter().flat_map(|table| elements(table));
    let ids = rows.map(|row| match row {
        Expr::Struct(row) => show(&row.fields[0].expr).replace('"', ""),
        _ => panic!("a row is a struct"),
    });
    ids.collect()
}

/// The rows of a table.
fn elements(expr: &Expr) -> impl Iterator<Item = &Expr> {
    let rows = match expr {
        Expr::Reference(reference) => match &*reference.expr {
            Expr::Array(array) => Some(&array.elems),
            _ => None,
        },
        _ => None,
    };
    rows.into_iter().flatten()
}

fn functions(path: &str, block: &syn::ItemImpl, lines: &mut Vec<String>) {
    let Type::Path(name) = &*block.self_ty else {
        return;
    };
    let name = &name.path.segments.last().unwrap().ident;
    for item in &block.items {
        // Every type has a builder.
        if let ImplItem::Fn(function) = item
            && is_public(&function.vis)
            && function.sig.ident != "builder"
        {
            let mut signature = function.sig.clone();
            signature.generics.where_clause = None;
            lines.push(format!("{path}{name}: {}", show(&signature)));
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Tokens as a person would write them.
fn show(tokens: &impl ToTokens) -> String {
    let stream: TokenStream = tokens.to_token_stream();
    let mut text = stream.to_string();
    for (from, to) in [
        (":: std :: option :: ", ""),
        (":: std :: string :: ", ""),
        (":: std :: vec :: ", ""),
        (":: tokenturn_client :: ", ""),
        (" :: ", "::"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" :", ":"),
        ("& ", "&"),
    ] {
        text = text.replace(from, to);
    }
    text
}

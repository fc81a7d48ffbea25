//! Moves progenitor's output onto the runtime of `tokenturn-client`.
//!
//! progenitor-client prints whole bodies in its errors and forgets the status of an answer that it
//! cannot decode. The types and the builders are progenitor's; the client, what a builder sends and
//! what is made of the answer are ours.

mod absence;
mod check;
mod choose;
mod display;
mod docs;
mod example;
mod order;
mod paths;
mod send;
mod trim;

pub(crate) use docs::Docs;
use proc_macro2::TokenStream;
use quote::format_ident;
use serde_json::Value;
use syn::visit_mut::VisitMut;
use syn::{Attribute, File, Item, ItemMod, parse_quote, parse2};

use crate::choices::Choice;
use crate::operations::Operation;
use crate::{enums, table};

/// What is wrong with progenitor's output.
pub(crate) struct Problem {
    /// The type that it is about, if it is about one.
    pub(crate) name: String,
    pub(crate) words: String,
    /// Whether the client has any JSON value in its place.
    pub(crate) is_mended: bool,
}

/// Makes a file of progenitor's output and of what it lacks, and tells of what it is not as described.
pub(crate) fn adapt(
    client: TokenStream,
    document: &Value,
    choices: &[Choice],
    operations: &[Operation],
    path: &str,
) -> Result<(File, Vec<Problem>), Vec<Problem>> {
    let mut file: File = parse2(client).map_err(|error| {
        vec![Problem {
            name: String::new(),
            words: error.to_string(),
            is_mended: false,
        }]
    })?;
    trim::trim(&mut file);
    let marks = choose::unmark(&mut file);
    let mut modules = file.items.into_iter().filter_map(|item| match item {
        Item::Mod(module) => Some(module),
        _ => None,
    });
    let mut module = |name: &str| modules.find(|module| module.ident == name);
    let (mut types, mut builder) = (module("types"), module("builder"));
    let mut problems = Vec::new();
    if let Some(types) = &mut types {
        problems = check::problems(types);
        if problems.iter().any(|problem| !problem.is_mended) {
            return Err(problems);
        }
        if let Some((_, items)) = &mut types.content {
            absence::fields(items);
        }
        choose::decode(types, choices, &marks);
        display::scalars(types);
        order::types(types, document);
        open(types);
    }
    if let Some(builder) = &mut builder {
        order::builders(builder, operations);
        send::rewrite(builder, operations);
        open(builder);
    }
    let examples = example::examples(builder.as_ref(), operations, path);
    let mut items = vec![structure(document)];
    items.push(methods(operations));
    items.push(table::table(operations));
    items.extend(types.map(Item::Mod));
    items.extend(enums::errors(operations));
    items.extend(enums::answers(operations));
    items.extend(builder.map(Item::Mod));
    let mut file = File {
        shebang: None,
        frontmatter: file.frontmatter,
        attrs: Vec::new(),
        items,
    };
    paths::shorten(&mut file);
    Docs.visit_file_mut(&mut file);
    // Unlike what the spec shows, they are Rust.
    example::add(&mut file, examples);
    Ok((file, problems))
}

/// Imports what the items of a module name, and lets clippy look at them.
fn open(module: &mut ItemMod) {
    // typify writes out what could be derived; progenitor silences all of clippy.
    let is_allow = |attribute: &Attribute| attribute.path().is_ident("allow");
    for attribute in module.attrs.iter_mut().filter(|a| is_allow(a)) {
        *attribute = parse_quote!(#[allow(clippy::derivable_impls, non_camel_case_types)]);
    }
    let Some((_, items)) = &mut module.content else {
        return;
    };
    items.retain(|item| !matches!(item, Item::Use(_)));
    for item in items.iter_mut() {
        if let Item::Mod(module) = item
            && module.ident == "defaults"
        {
            // What does not fit into its type is left out before.
            module
                .attrs
                .push(parse_quote!(#[allow(clippy::unwrap_used)]));
        }
    }
    let runtime = || -> Item {
        parse_quote! {
            #[allow(unused_imports)]
            use ::tokenturn_client::runtime::{
                self, RequestBuilderExt as _, reqwest, serde, serde_json,
            };
        }
    };
    if let Some(builders) = items
        .iter_mut()
        .find_map(|item| trim::module(item, "builder"))
    {
        builders.insert(0, runtime());
    }
    let parent = parse_quote!(
        #[allow(unused_imports)]
        use super::*;
    );
    items.splice(0..0, [parent, runtime()]);
}

fn structure(document: &Value) -> Item {
    let text = |key: &str| {
        let value = document.get("info").and_then(|info| info.get(key));
        value.and_then(Value::as_str).unwrap_or_default().trim()
    };
    let title = format!("{} {}", text("title"), text("version"));
    let description = text("description");
    parse_quote! {
        #[doc = #title]
        ///
        #[doc = #description]
        #[derive(Clone, Debug)]
        pub struct Client {
            transport: ::tokenturn_client::Transport,
        }
    }
}

fn methods(operations: &[Operation]) -> Item {
    let methods = operations.iter().map(|operation| {
        let function = format_ident!("{}", operation.method_name());
        let builder = format_ident!("{}", operation.type_name());
        let docs = about(operation);
        quote::quote! {
            #[doc = #docs]
            pub fn #function(&self) -> builder::#builder<'_> {
                builder::#builder::new(self)
            }
        }
    });
    parse_quote! {
        impl Client {
            /// A client that sends through `transport`, which knows the base URL.
            pub fn new(transport: ::tokenturn_client::Transport) -> Self {
                Self { transport }
            }

            /// What sends the requests.
            pub fn transport(&self) -> &::tokenturn_client::Transport {
                &self.transport
            }

            #(#methods)*
        }
    }
}

/// What the spec says about an operation.
fn about(operation: &Operation) -> String {
    let docs = &operation.docs;
    let mut text = String::new();
    for part in [&docs.summary, &docs.description] {
        if !part.is_empty() {
            text.push_str(part);
            text.push_str("\n\n");
        }
    }
    text.push_str(&format!("`{} {}`", operation.method, operation.path));
    if let Some(url) = &docs.url {
        text.push_str(&format!(", see <{url}>"));
    }
    text
}

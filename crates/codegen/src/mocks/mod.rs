//! Mocks: for each operation, what its request must look like and how it is answered.
//!
//! progenitor's own compare a form as JSON, take a path value for a pattern, and panic on a status
//! without a reason. They run on the runtime of `tokenturn-httpmock` instead, which says of each
//! part whether it fits.

pub(crate) mod examples;
pub(crate) mod shapes;
pub(crate) mod then;
mod usage;
pub(crate) mod when;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;
use syn::visit_mut::VisitMut;
use syn::{File, Item, TraitItem, parse_quote, parse2};

use crate::Paths;
use crate::adapt::Docs;
use crate::operations::Operation;
use crate::print;
use examples::Examples;
use shapes::Shapes;

/// The source of the mocks of the operations of a client.
pub(crate) fn mocks(
    document: &Value,
    operations: &[Operation],
    shapes: &Shapes,
    paths: &Paths,
) -> syn::Result<String> {
    let path: syn::Path = syn::parse_str(&paths.client)?;
    let (mut declarations, mut definitions, mut types) =
        (String::new(), String::new(), String::new());
    let (same_of_when, same_of_then) = (when::Same::new()?, then::same()?);
    let mut examples = Examples::of(document);
    for operation in operations {
        let (function, when, then) = names(operation);
        let docs = format!("A mock of `{} {}`.", operation.method, operation.path);
        let signature = quote! {
            fn #function(&self, describe: impl FnOnce(#when, #then)) -> Mock<'_>
        };
        let (builder, credentials) = (
            format_ident!("{}", operation.type_name()),
            credentials(operation),
        );
        let query = operation.query.iter();
        let query = query.map(|(name, value)| quote!(.query(#name, #value)));
        let mut declaration = parse2(quote!(trait Mocks { #[doc = #docs] #signature; }))?;
        Docs.visit_item_mut(&mut declaration);
        // Unlike what the spec shows, it is Rust.
        if let Item::Trait(declaration) = &mut declaration
            && let Some(TraitItem::Fn(function)) = declaration.items.first_mut()
        {
            let usage = usage::lines(&mut examples, operation, shapes, paths);
            function.attrs.extend(usage);
        }
        declarations.push_str(&print::within(declaration, 1));
        let definition = parse2(quote! {
            impl Mocks for MockServer {
                #signature {
                    self.operation(
                        builder::#builder::OPERATION,
                        runtime::Credentials::#credentials,
                        |when, then| describe(#when(when #(#query)*), #then(then)),
                    )
                }
            }
        })?;
        definitions.push_str(&print::within(definition, 1));
        let parts = when::when(operation, &when, shapes);
        types.push_str(&with_methods(&when, parts, &same_of_when.of(operation))?);
        let parts = then::then(operation, &then, shapes, &mut examples);
        types.push_str(&with_methods(&then, parts, &same_of_then)?);
    }
    let unused = operations
        .is_empty()
        .then(|| quote!(#[allow(unused_imports)]));
    let imports: File = parse_quote! {
        #[allow(unused_imports)]
        use #path::{builder, types};
        #[allow(unused_imports)]
        use ::tokenturn_client::{Secret, runtime::{serde, serde_json}};
        #unused
        use ::tokenturn_httpmock::{Mock, MockServer, httpmock, runtime};
    };
    let mut source = print::source(imports.items);
    let declaration = parse_quote! {
        /// A mock for each operation.
        pub trait Mocks {}
    };
    source.push_str(&print::filled(declaration, 0, &declarations));
    let definition = parse_quote!(impl Mocks for MockServer {});
    source.push_str(&print::filled(definition, 0, &definitions));
    source.push_str(&types);
    if let Some(item) = examples.item() {
        source.push_str(&print::source(vec![parse2(item)?]));
    }
    Ok(source)
}

/// The source of a type, with its own methods and more.
fn with_methods(
    name: &Ident,
    (definition, own): (TokenStream, TokenStream),
    more: &str,
) -> syn::Result<String> {
    let mut definition = parse2(definition)?;
    Docs.visit_item_mut(&mut definition);
    let lines = methods(own)? + more;
    let methods = print::filled(parse_quote!(impl #name {}), 0, &lines);
    Ok(print::source(vec![definition]) + &methods)
}

/// The source of methods.
fn methods(methods: TokenStream) -> syn::Result<String> {
    let mut block = parse2(quote!(impl Methods { #methods }))?;
    Docs.visit_item_mut(&mut block);
    Ok(print::within(block, 1))
}

/// The names of an operation's method, of its `When` and of its `Then`.
pub(crate) fn names(operation: &Operation) -> (Ident, Ident, Ident) {
    let name = operation.type_name();
    let name = name.trim_end_matches('_');
    (
        format_ident!("{}", operation.method_name()),
        format_ident!("{name}When"),
        format_ident!("{name}Then"),
    )
}

/// The name of a variant of the runtime's `Credentials`.
fn credentials(operation: &Operation) -> Ident {
    let name = format!("{:?}", operation.credentials);
    format_ident!("{name}")
}

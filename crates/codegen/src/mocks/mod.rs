//! Mocks: for each operation, what its request must look like and how it is answered.
//!
//! progenitor's own compare a form as JSON, take a path value for a pattern, and panic on a status
//! without a reason. They run on the runtime of `tokenturn-httpmock` instead, which says of each
//! part whether it fits.

pub(crate) mod shapes;
pub(crate) mod then;
pub(crate) mod when;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::visit_mut::VisitMut;
use syn::{File, parse2};

use crate::Paths;
use crate::adapt::Docs;
use crate::operations::Operation;
use shapes::Shapes;

/// The mocks of the operations of `client`.
pub(crate) fn mocks(operations: &[Operation], client: &File, paths: &Paths) -> syn::Result<File> {
    let shapes = Shapes::of(client);
    let path: syn::Path = syn::parse_str(&paths.client)?;
    let methods = operations.iter().map(|operation| {
        let (function, when, then) = names(operation);
        let docs = format!("A mock of `{} {}`.", operation.method, operation.path);
        let signature = quote! {
            fn #function(&self, describe: impl FnOnce(#when, #then)) -> Mock<'_>
        };
        (docs, signature, operation, when, then)
    });
    let (mut declarations, mut definitions) = (TokenStream::new(), TokenStream::new());
    for (docs, signature, operation, when, then) in methods {
        let (builder, credentials) = (
            format_ident!("{}", operation.type_name()),
            credentials(operation),
        );
        declarations.extend(quote!(#[doc = #docs] #signature;));
        let query = operation.query.iter();
        let query = query.map(|(name, value)| quote!(.query(#name, #value)));
        definitions.extend(quote! {
            #signature {
                self.operation(
                    builder::#builder::OPERATION,
                    runtime::Credentials::#credentials,
                    |when, then| describe(#when(when #(#query)*), #then(then)),
                )
            }
        });
    }
    let types = operations.iter().map(|operation| {
        let (_, when, then) = names(operation);
        let when = when::when(operation, &when, &shapes);
        let then = then::then(operation, &then, &shapes);
        quote!(#when #then)
    });
    let items: TokenStream = types.collect();
    let mut file: File = parse2(quote! {
        #[allow(unused_imports)]
        use #path::{builder, types};
        #[allow(unused_imports)]
        use ::tokenturn_client::{Secret, runtime::{serde, serde_json}};
        use ::tokenturn_httpmock::{Mock, MockServer, httpmock, runtime};

        /// A mock for each operation.
        pub trait Mocks {
            #declarations
        }

        impl Mocks for MockServer {
            #definitions
        }

        #items
    })?;
    Docs.visit_file_mut(&mut file);
    Ok(file)
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

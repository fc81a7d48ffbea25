//! The operation table: what the runtime knows about each operation before it sends it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Item;
use syn::parse_quote;

use crate::operations::{Credentials, Operation};

/// The table, with a row for each operation.
pub(crate) fn table(operations: &[Operation]) -> Item {
    let rows = operations.iter().map(row);
    parse_quote! {
        /// Every operation of this API, in the order of the spec.
        pub const OPERATIONS: &[::tokenturn_client::Operation] = &[#(#rows),*];
    }
}

fn row(operation: &Operation) -> TokenStream {
    let Operation {
        id, method, path, ..
    } = operation;
    let retry = format_ident!("{}", operation.retry);
    let authenticated = operation.credentials != Credentials::None;
    quote! {
        ::tokenturn_client::Operation {
            id: #id,
            method: #method,
            path: #path,
            retry: ::tokenturn_client::Retry::#retry,
            authenticated: #authenticated,
        }
    }
}

//! Types that typify makes where it should have refused.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{format_ident, quote};

use super::Problem;
use super::pieces::{Kind, Piece, split};

/// Finds them. What no value fits becomes any JSON value.
pub(super) fn problems(types: &mut Vec<Piece>) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let mut problems = Vec::new();
    let mut conversions = TokenStream::new();
    for piece in types.iter_mut() {
        let is_empty = match piece.kind {
            Kind::Struct => false,
            Kind::Enum => has_nothing(&piece.tokens),
            _ => continue,
        };
        let name = piece.name.clone();
        let is_first = seen.insert(name.clone());
        let words = match is_first {
            false => format!("two schemas become the Rust type `{name}`"),
            true if is_empty => format!(
                "no value fits the schema that becomes the Rust type `{name}`: it is any JSON value"
            ),
            true => continue,
        };
        let ident = format_ident!("{name}");
        problems.push(Problem {
            name,
            words,
            is_mended: is_first,
        });
        piece.kind = Kind::Struct;
        piece.tokens = quote! {
            /// No value fits what the spec says of this, so it is any.
            #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
            #[serde(transparent)]
            pub struct #ident(pub ::serde_json::Value);
        };
        conversions.extend(quote! {
            impl ::std::convert::From<::serde_json::Value> for #ident {
                fn from(value: ::serde_json::Value) -> Self {
                    Self(value)
                }
            }
        });
    }
    types.extend(split(conversions));
    problems
}

/// Whether there is nothing between the braces that an item ends with.
fn has_nothing(tokens: &TokenStream) -> bool {
    match tokens.clone().into_iter().last() {
        Some(TokenTree::Group(group)) => group.stream().is_empty(),
        _ => false,
    }
}

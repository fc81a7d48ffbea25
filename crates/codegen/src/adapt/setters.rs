//! Methods of builders, each printed by itself. Operations and types have most setters in common: what was printed
//! before is not parsed again.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::{ItemImpl, parse2};

use super::pieces::{Piece, split};

/// The `impl` of a builder.
pub(super) struct Block {
    /// With what is no setter in it.
    pub(super) rest: ItemImpl,
    pub(super) setters: Vec<Piece>,
}

impl Block {
    pub(super) fn of(piece: &Piece) -> syn::Result<Self> {
        let mut head: Vec<TokenTree> = piece.tokens.clone().into_iter().collect();
        let mut setters = Vec::new();
        let mut rest = TokenStream::new();
        if let Some(TokenTree::Group(body)) = head.pop() {
            for function in split(body.stream()) {
                // `send` is asynchronous, and so its second word is none.
                match &*function.name {
                    "new" | "fn" | "" => rest.extend(function.tokens),
                    _ => setters.push(function),
                }
            }
        }
        let rest = Group::new(Delimiter::Brace, rest);
        let rest = parse2(quote!(#(#head)* #rest))?;
        Ok(Self { rest, setters })
    }
}

/// What setters look like, by their tokens.
#[derive(Default)]
pub(super) struct Printed(HashMap<String, String>);

impl Printed {
    /// The source of a setter, which is printed if it is a new one.
    pub(super) fn source(
        &mut self,
        setter: &Piece,
        print: impl FnOnce(ItemImpl) -> String,
    ) -> syn::Result<&str> {
        let key = setter.tokens.to_string();
        if !self.0.contains_key(&key) {
            let tokens = &setter.tokens;
            let source = print(parse2(quote!(impl Builder { #tokens }))?);
            self.0.insert(key.clone(), source);
        }
        Ok(self.0.get(&key).map(String::as_str).unwrap_or_default())
    }
}

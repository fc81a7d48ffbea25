//! The items of progenitor's output, before they are parsed.
//!
//! It is large, and most of it is left out. So it is taken apart as tokens, and each item is parsed, changed,
//! printed and dropped before the next one is.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use syn::{ItemMod, parse2};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Struct,
    Enum,
    Mod,
    Use,
    /// With the last name in the path of the trait, if it is of one.
    Impl(Option<String>),
    Other,
}

/// An item.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    /// What it is called. Of an `impl`, the last name in the type that it is for.
    pub(super) name: String,
    pub(super) tokens: TokenStream,
}

/// A module, and what is in it.
pub(super) struct Module {
    /// It has no items.
    pub(super) head: ItemMod,
    pub(super) pieces: Vec<Piece>,
}

/// The items among the tokens of a file or of a module.
pub(super) fn split(tokens: TokenStream) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut item = Vec::new();
    let mut keyword = None;
    for token in tokens {
        let is_end = match &token {
            TokenTree::Ident(word) => {
                if keyword.is_none() && word != "pub" {
                    keyword = Some((word.to_string(), item.len()));
                }
                false
            }
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => {
                let word = keyword.as_ref().map_or("", |(word, _)| word);
                group.delimiter() == Delimiter::Brace
                    && !["use", "const", "static", "type"].contains(&word)
            }
            TokenTree::Literal(_) => false,
        };
        item.push(token);
        if is_end {
            let (word, at) = keyword.take().unwrap_or_default();
            pieces.push(Piece::new(&word, at, std::mem::take(&mut item)));
        }
    }
    if !item.is_empty() {
        pieces.push(Piece::new("", 0, item));
    }
    pieces
}

impl Piece {
    /// An item with a keyword, and where that stands.
    fn new(keyword: &str, at: usize, item: Vec<TokenTree>) -> Self {
        let mut name = match item.get(at + 1) {
            Some(TokenTree::Ident(name)) => name.to_string(),
            _ => String::new(),
        };
        let kind = match keyword {
            "struct" => Kind::Struct,
            "enum" => Kind::Enum,
            "mod" => Kind::Mod,
            "use" => Kind::Use,
            "impl" => {
                let subject;
                (subject, name) = implemented(&item[at + 1..]);
                Kind::Impl(subject)
            }
            _ => Kind::Other,
        };
        let tokens = item.into_iter().collect();
        Self { kind, name, tokens }
    }

    /// Whether it is `impl T { pub fn builder() -> builder::T { .. } }`.
    pub(super) fn is_builder_fn(&self) -> bool {
        let is = |token: Option<TokenTree>, word: &str| matches!(token, Some(TokenTree::Ident(ident)) if ident == word);
        let Some(TokenTree::Group(body)) = self.tokens.clone().into_iter().last() else {
            return false;
        };
        let mut tokens = body.stream().into_iter();
        is(tokens.next(), "pub") && is(tokens.next(), "fn") && is(tokens.next(), "builder")
    }

    /// Every word in the definition of a type, but those of attributes, and the names of an enum's variants.
    pub(super) fn words(&self, found: &mut impl FnMut(String)) {
        let mut is_attribute = false;
        for token in self.tokens.clone() {
            if let TokenTree::Group(group) = &token
                && !is_attribute
            {
                words(group.stream(), self.kind == Kind::Enum, found);
            }
            is_attribute = is_punct(&token, '#');
        }
    }

    /// Leaves nothing behind: what is held in two places is copied.
    pub(super) fn take(&mut self) -> Self {
        let tokens = std::mem::take(&mut self.tokens);
        Self {
            tokens,
            ..self.clone()
        }
    }

    pub(super) fn module(self) -> syn::Result<Module> {
        let mut head: Vec<TokenTree> = self.tokens.into_iter().collect();
        let pieces = match head.pop() {
            Some(TokenTree::Group(group)) => {
                let tokens = group.stream();
                // Whoever holds it, too, has them copied.
                drop(group);
                split(tokens)
            }
            _ => Vec::new(),
        };
        let head = parse2(quote!(#(#head)* {}))?;
        Ok(Module { head, pieces })
    }
}

fn words(tokens: TokenStream, are_variants: bool, found: &mut impl FnMut(String)) {
    let mut is_attribute = false;
    for token in tokens {
        is_attribute = match token {
            TokenTree::Group(group) if !is_attribute => {
                words(group.stream(), false, found);
                false
            }
            TokenTree::Ident(word) if !are_variants => {
                found(word.to_string());
                false
            }
            token => is_punct(&token, '#'),
        };
    }
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

/// The trait and the type of what follows `impl`, each by the last name in its path.
fn implemented(tokens: &[TokenTree]) -> (Option<String>, String) {
    let is_word =
        |token: &TokenTree, word: &str| matches!(token, TokenTree::Ident(ident) if ident == word);
    let tokens = match tokens.first() {
        Some(first) if is_punct(first, '<') => &tokens[end_of_generics(tokens)..],
        _ => tokens,
    };
    match tokens.iter().position(|token| is_word(token, "for")) {
        Some(at) => (Some(last(&tokens[..at])), last(&tokens[at + 1..])),
        None => (None, last(tokens)),
    }
}

fn end_of_generics(tokens: &[TokenTree]) -> usize {
    let mut depth = 0;
    let end = tokens.iter().position(|token| {
        depth += i32::from(is_punct(token, '<')) - i32::from(is_punct(token, '>'));
        depth == 0
    });
    end.map_or(tokens.len(), |end| end + 1)
}

/// The last name in the path that tokens begin with. None, if they begin with anything else.
fn last(tokens: &[TokenTree]) -> String {
    let mut last = String::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) if word != "where" => last = word.to_string(),
            token if is_punct(token, ':') => {}
            _ => break,
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_end_where_they_end() {
        let pieces = split(quote! {
            #![allow(unused)]
            use a::{b, c};
            #[derive(Debug)]
            pub(crate) struct Tuple(pub Vec<u8>);
            pub struct Named<'a> { field: &'a str }
            pub enum Choice { One(Other), #[serde(rename = "x")] Two { field: ::std::vec::Vec<Third> } }
            impl<'a, T: Into<Vec<u8>>> ::std::fmt::Display for x::Named<'a> where T: Clone {}
            impl Named<'_> { pub fn builder() -> builder::Named { Default::default() } }
            impl ::std::convert::From<&Named> for [u8; 2] {}
            const N: [u8; 2] = { [1, 2] };
            pub mod inner { pub struct Deep; fn f() {} }
        });
        let found: Vec<_> = pieces
            .iter()
            .map(|piece| (piece.kind.clone(), piece.name.as_str()))
            .collect();
        let implements = |name: &str| Kind::Impl(Some(name.to_owned()));
        let expected = [
            (Kind::Use, "a"),
            (Kind::Struct, "Tuple"),
            (Kind::Struct, "Named"),
            (Kind::Enum, "Choice"),
            (implements("Display"), "Named"),
            (Kind::Impl(None), "Named"),
            (implements("From"), ""),
            (Kind::Other, "N"),
            (Kind::Mod, "inner"),
        ];
        assert_eq!(found, expected);
        let builders = pieces.iter().map(Piece::is_builder_fn);
        assert_eq!(builders.filter(|is| *is).count(), 1);
        let mut words = Vec::new();
        pieces[3].words(&mut |word| words.push(word));
        assert_eq!(words, ["Other", "field", "std", "vec", "Vec", "Third"]);
        let inner = pieces.into_iter().last().unwrap().module().unwrap();
        let names: Vec<_> = inner.pieces.iter().map(|piece| &*piece.name).collect();
        assert_eq!(names, ["Deep", "f"]);
    }
}

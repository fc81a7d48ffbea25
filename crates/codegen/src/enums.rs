//! One enum for the failures of each operation, and one for its successes where they differ.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Attribute, ItemMod, Type, parse_quote};

use crate::names::Status;
use crate::operations::Operation;
use crate::prepare::{Answer, Success};
use crate::reserved::schema_type;
use crate::tree::unescaped;

/// The module `errors` without its enums, and those.
pub(crate) fn errors(operations: &[Operation]) -> (ItemMod, impl Iterator<Item = TokenStream>) {
    let enums = operations.iter().filter(|o| !o.answers.failures.is_empty());
    let enums = enums.map(|operation| {
        let docs = format!(
            "What [`Client::{}`] may fail with.",
            operation.method_name()
        );
        let failures = sorted(&operation.answers.failures);
        let definition = definition(operation, &docs, &operation.answers.failures);
        let name = format_ident!("{}", operation.type_name());
        let value = |answer: &Answer| {
            let variant = variant(answer);
            match body(answer) {
                Some(_) => quote!(Self::#variant(runtime::json(body)?)),
                None => quote!(Self::#variant),
            }
        };
        let overlap = overlap(&failures);
        let decoded = match failures[..] {
            [only] if only.status == Status::Default => value(only),
            _ => {
                let arms = failures.iter().map(|answer| {
                    let (pattern, value) = (pattern(answer.status), value(answer));
                    quote!(#pattern => #value)
                });
                let rest = match failures.last().map(|answer| answer.status) {
                    Some(Status::Default) => TokenStream::new(),
                    _ => quote!(_ => return None),
                };
                quote!(match status { #(#arms,)* #rest })
            }
        };
        quote! {
            #definition
            impl #name {
                #[allow(unused_variables)]
                #overlap
                pub(super) fn decode(status: u16, body: &[u8]) -> Option<Self> {
                    Some(#decoded)
                }
            }
        }
    });
    let module = parse_quote! {
        /// What the spec says about failures: an enum for each operation, a variant for each
        /// status.
        #[allow(clippy::large_enum_variant)]
        pub mod errors {
            #[allow(unused_imports)]
            use super::{types, Client};
            #[allow(unused_imports)]
            use ::tokenturn_client::runtime;
        }
    };
    (module, enums)
}

/// The module `answers` without its enums, and those.
pub(crate) fn answers(operations: &[Operation]) -> (ItemMod, impl Iterator<Item = TokenStream>) {
    let several = operations
        .iter()
        .filter(|operation| operation.answers.success() == Success::Several);
    let enums = several.map(|operation| {
        let docs = format!(
            "What [`Client::{}`] may be answered with.",
            operation.method_name()
        );
        definition(operation, &docs, &operation.answers.successes)
    });
    let module = parse_quote! {
        /// Successes of several types: an enum for each operation, a variant for each status.
        #[allow(clippy::large_enum_variant)]
        pub mod answers {
            #[allow(unused_imports)]
            use super::{types, Client};
        }
    };
    (module, enums)
}

fn definition(operation: &Operation, docs: &str, answers: &[Answer]) -> TokenStream {
    let name = format_ident!("{}", operation.type_name());
    let variants = answers.iter().map(|answer| {
        let variant = variant(answer);
        let docs = about(answer);
        match body(answer) {
            Some(ty) => quote!(#[doc = #docs] #variant(#ty)),
            None => quote!(#[doc = #docs] #variant),
        }
    });
    quote! {
        #[doc = #docs]
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum #name { #(#variants),* }
    }
}

/// What the spec says about an answer.
pub(crate) fn about(answer: &Answer) -> String {
    match &*answer.description {
        "" => format!("{}.", answer.status),
        text => format!("{}: {text}", answer.status),
    }
}

/// The name of an answer's variant.
pub(crate) fn variant(answer: &Answer) -> Ident {
    format_ident!("{}", answer.status.variant())
}

/// The type of an answer's body, when it is decoded and has a name.
pub(crate) fn body(answer: &Answer) -> Option<Type> {
    let schema = answer.schema.as_ref()?;
    // What may be null is the reference in an `allOf`.
    let is_nullable = schema.get("nullable") == Some(&Value::Bool(true));
    let schema = schema
        .pointer("/allOf/0")
        .filter(|_| is_nullable)
        .unwrap_or(schema);
    let reference = schema.get("$ref").and_then(Value::as_str)?;
    let name = reference.rsplit('/').next()?;
    let name = format_ident!("{}", schema_type(&unescaped(name)));
    Some(match is_nullable {
        true => parse_quote!(Option<types::#name>),
        false => parse_quote!(types::#name),
    })
}

/// The statuses that an answer stands for, as the pattern of a `match`.
pub(crate) fn pattern(status: Status) -> TokenStream {
    let literal = proc_macro2::Literal::u16_unsuffixed;
    match status {
        Status::Code(code) => {
            let code = literal(code);
            quote!(#code)
        }
        Status::Range(digit) => {
            let (first, last) = (literal(digit * 100), literal(digit * 100 + 99));
            quote!(#first..=#last)
        }
        Status::Default => quote!(_),
    }
}

/// What lets a range stand after its own first or last status.
pub(crate) fn overlap(answers: &[&Answer]) -> Option<Attribute> {
    let is_range = |digit| answers.iter().any(|one| one.status == Status::Range(digit));
    let overlaps = |answer: &&Answer| match answer.status {
        Status::Code(code) => matches!(code % 100, 0 | 99) && is_range(code / 100),
        _ => false,
    };
    let overlap = answers.iter().any(overlaps);
    overlap.then(|| parse_quote!(#[allow(clippy::match_overlapping_arm)]))
}

/// In the order in which a `match` has to look: the special before the general.
pub(crate) fn sorted(answers: &[Answer]) -> Vec<&Answer> {
    let mut answers: Vec<_> = answers.iter().collect();
    answers.sort_by_key(|answer| answer.status);
    answers
}

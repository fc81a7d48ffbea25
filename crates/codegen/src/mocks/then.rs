//! What is answered.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Type;

use super::examples::Examples;
use super::methods;
use super::shapes::Shapes;
use super::when::and;
use crate::enums;
use crate::names::{Status, snake};
use crate::operations::Operation;
use crate::prepare::{Answer, Success};

/// The methods that are the same for every operation.
pub(super) fn same() -> syn::Result<String> {
    let and = and("Then");
    methods(quote! {
        /// Anything else.
        #[track_caller]
        pub fn raw(self, status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
            Self(self.0.bytes(status, content_type, body))
        }
        /// One more header.
        pub fn header(self, name: &str, value: &str) -> Self {
            Self(self.0.header(name, value))
        }
        #and
    })
}

/// The type of an operation, and its own methods.
pub(super) fn then(
    operation: &Operation,
    name: &Ident,
    shapes: &Shapes,
    examples: &mut Examples<'_>,
) -> (TokenStream, TokenStream) {
    let docs = format!("What a request for `{}` is answered with.", operation.id);
    let answers = all(operation).map(|answer| method(operation, answer, shapes, examples));
    let definition = quote! {
        #[doc = #docs]
        #[derive(Debug)]
        pub struct #name(runtime::Then);
    };
    (definition, answers.collect())
}

/// Every declared answer.
pub(crate) fn all(operation: &Operation) -> impl Iterator<Item = &Answer> {
    let answers = &operation.answers;
    answers.successes.iter().chain(&answers.failures)
}

/// The name of the method that answers with a status: its reason in snake case.
pub(crate) fn answer_method(status: Status) -> Ident {
    match status {
        Status::Code(code) => match status.variant() {
            name if name.ends_with(char::is_numeric) => format_ident!("status_{code}"),
            reason => format_ident!("{}", snake(&reason)),
        },
        Status::Range(digit) => format_ident!("status_{digit}xx"),
        Status::Default => format_ident!("default_response"),
    }
}

/// What the body of an answer is.
pub(crate) enum Content {
    Json(Box<Type>),
    Bytes,
    Nothing,
}

pub(crate) fn content(operation: &Operation, answer: &Answer, shapes: &Shapes) -> Content {
    let is_typed = answer.status.is_success() && operation.answers.success() == Success::Typed;
    let ty = if is_typed {
        shapes.answer(operation).cloned()
    } else {
        enums::body(answer)
    };
    match (ty, &answer.media) {
        (Some(ty), _) => Content::Json(Box::new(ty)),
        (None, Some(_)) => Content::Bytes,
        (None, None) => Content::Nothing,
    }
}

fn method(
    operation: &Operation,
    answer: &Answer,
    shapes: &Shapes,
    examples: &mut Examples<'_>,
) -> TokenStream {
    let name = answer_method(answer.status);
    let docs = enums::about(answer);
    let (parameter, status) = match answer.status {
        Status::Code(code) => {
            let code = proc_macro2::Literal::u16_unsuffixed(code);
            (None, quote!(#code))
        }
        Status::Range(digit) => {
            let digit = proc_macro2::Literal::u16_unsuffixed(digit);
            (
                Some(quote!(status: u16,)),
                quote!(runtime::in_range(status, #digit)),
            )
        }
        Status::Default => (Some(quote!(status: u16,)), quote!(status)),
    };
    let media = answer.media.as_deref().unwrap_or("application/json");
    let mut edited = None;
    let (body, call) = match content(operation, answer, shapes) {
        Content::Json(ty) => {
            let example = examples.index(answer);
            let with = format_ident!("{name}_with");
            edited = Some(quote! {
                /// The same, with an example of the spec and what `edit` changes in it.
                #[track_caller]
                pub fn #with(self, #parameter edit: impl FnOnce(&mut #ty)) -> Self {
                    Self(self.0.json(#status, #media, &runtime::edited(EXAMPLES[#example], edit)))
                }
            });
            (quote!(body: &#ty), quote!(json(#status, #media, body)))
        }
        Content::Bytes => (
            quote!(body: impl AsRef<[u8]>),
            quote!(bytes(#status, #media, body)),
        ),
        Content::Nothing => (TokenStream::new(), quote!(empty(#status))),
    };
    quote! {
        #[doc = #docs]
        #[track_caller]
        pub fn #name(self, #parameter #body) -> Self {
            Self(self.0.#call)
        }
        #edited
    }
}

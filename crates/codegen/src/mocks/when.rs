//! What a request must look like.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::methods;
use super::shapes::Shapes;
use crate::encoding;
use crate::operations::{Body, Credentials, Location, Operation, Parameter};
use crate::prepare::{Writing, content_type, essence};

/// The methods that are not those of parameters.
const OWN: [&str; 6] = [
    "basic",
    "bearer",
    "body",
    "body_field",
    "body_field_that",
    "and",
];

/// The methods that are the same for every operation.
pub(super) struct Same {
    basic: String,
    bearer: String,
    and: String,
}

impl Same {
    pub(super) fn new() -> syn::Result<Self> {
        let basic = quote! {
            /// The credentials.
            pub fn basic(self, user: &str, password: impl Into<Secret>) -> Self {
                Self(self.0.basic(user, password))
            }
        };
        let bearer = quote! {
            /// The token that authorizes.
            pub fn bearer(self, token: impl Into<Secret>) -> Self {
                Self(self.0.bearer(token))
            }
        };
        Ok(Self {
            basic: methods(basic)?,
            bearer: methods(bearer)?,
            and: methods(and("When"))?,
        })
    }

    /// Those that an operation has.
    pub(super) fn of(&self, operation: &Operation) -> String {
        let Self { basic, bearer, and } = self;
        match operation.credentials {
            Credentials::None => and.clone(),
            Credentials::Basic => format!("{basic}{and}"),
            Credentials::Bearer => format!("{bearer}{and}"),
            Credentials::Any => format!("{basic}{bearer}{and}"),
        }
    }
}

/// The type of an operation, and its own methods.
pub(super) fn when(
    operation: &Operation,
    name: &Ident,
    shapes: &Shapes,
) -> (TokenStream, TokenStream) {
    let docs = format!(
        "What a request for `{}` must look like. What is not named may be anything, but for the \
         credentials.",
        operation.id
    );
    let parameters = operation.parameters.iter().map(parameter);
    let body = operation
        .body
        .as_ref()
        .map(|one| body(one, operation, shapes));
    let definition = quote! {
        #[doc = #docs]
        #[derive(Debug)]
        pub struct #name(runtime::When);
    };
    (definition, parameters.chain(body).collect())
}

/// The way to httpmock's own methods.
pub(super) fn and(what: &str) -> TokenStream {
    let what = format_ident!("{what}");
    quote! {
        /// More, in httpmock's own words.
        pub fn and(
            self,
            add: impl FnOnce(httpmock::#what) -> httpmock::#what,
        ) -> Self {
            Self(self.0.and(add))
        }
    }
}

/// The name of the method that sets a parameter.
pub(crate) fn setter(parameter: &Parameter) -> Ident {
    let name = parameter.argument.as_str();
    let mark = if OWN.contains(&name) { "_" } else { "" };
    format_ident!("{name}{mark}")
}

fn parameter(parameter: &Parameter) -> TokenStream {
    let setter = setter(parameter);
    let name = &parameter.name;
    let (place, method) = match (parameter.location, parameter.styled) {
        (Location::Path, None) => ("path", "path"),
        (Location::Path, Some(_)) => ("path", "path_styled"),
        (Location::Query, None) => ("query", "query"),
        (Location::Query, Some(_)) => ("query", "query_styled"),
        (Location::Header, None) => ("header", "header"),
        (Location::Header, Some(_)) => ("header", "header_styled"),
        (Location::Cookie, _) => ("cookie", "cookie"),
    };
    let method = format_ident!("{method}");
    let (ty, value) = match (parameter.location, parameter.styled) {
        _ if parameter.is_secret => (
            quote!(&impl runtime::Expose),
            quote!(runtime::Exposed(value)),
        ),
        (Location::Path | Location::Header, None) => (quote!(impl ToString), quote!(value)),
        _ => (quote!(impl serde::Serialize), quote!(value)),
    };
    let style = parameter.styled.map(|styled| styled.arguments());
    let docs = match &*parameter.description {
        "" => format!("The {place} parameter `{name}`."),
        text => format!("The {place} parameter `{name}`. {text}"),
    };
    quote! {
        #[doc = #docs]
        pub fn #setter(self, value: #ty) -> Self {
            Self(self.0.#method(#name, #value #style))
        }
    }
}

fn body(body: &Body, operation: &Operation, shapes: &Shapes) -> TokenStream {
    let media = content_type(&body.media, body.writing);
    let media = media.as_deref().map_or("*/*", essence);
    let table = encoding::table(body, &quote!(runtime::Style));
    let mut more = None;
    let (method, ty) = match (shapes.argument(operation, "body"), body.writing) {
        (Some(ty), Writing::Json) => (quote!(json), quote!(&#ty)),
        (Some(ty), Writing::Form) if table.is_empty() => (quote!(form), quote!(&#ty)),
        (Some(ty), Writing::Form) => {
            more = Some(quote!(, &[#(#table),*]));
            (quote!(form_styled), quote!(&#ty))
        }
        (Some(ty), Writing::Multipart) => {
            more = Some(quote!(, &[#(#table),*]));
            (quote!(multipart), quote!(&#ty))
        }
        _ => (quote!(bytes), quote!(impl AsRef<[u8]>)),
    };
    let is_typed = shapes.argument(operation, "body").is_some();
    let fields = match body.writing {
        Writing::Json if is_typed => Some(quote!(runtime::Fields::Json)),
        Writing::Form if is_typed => Some(quote!(runtime::Fields::Form(&[#(#table),*]))),
        _ => None,
    };
    let fields = fields.map(|fields| {
        quote! {
            /// A field of the body, by its name in the spec. The others may be anything.
            pub fn body_field(self, name: &'static str, value: impl serde::Serialize) -> Self {
                Self(self.0.body_field(#media, #fields, name, value))
            }
            /// A text in the body for which something holds.
            pub fn body_field_that(
                self,
                name: &'static str,
                holds: impl Fn(&str) -> bool + Send + 'static,
            ) -> Self {
                Self(self.0.body_field_that(#media, #fields, name, holds))
            }
        }
    });
    quote! {
        /// The body as a whole.
        pub fn body(self, body: #ty) -> Self {
            Self(self.0.#method(#media, body #more))
        }
        #fields
    }
}

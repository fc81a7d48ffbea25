//! The chain of calls that builds a request.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMethodCall, Lit, Local, parse_quote};

use crate::encoding;
use crate::operations::{Location, Operation, Parameter};
use crate::prepare::{CONTENT_TYPE, Writing, content_type, essence, is_media_type};

pub(super) fn request(local: &mut Local, operation: &Operation, has_headers: bool) {
    local.attrs.clear();
    local.pat = parse_quote!(request);
    if let Some(init) = &mut local.init {
        Request {
            operation,
            has_headers,
        }
        .visit_expr_mut(&mut init.expr);
    }
}

/// Rewrites the chain of calls that builds the request.
struct Request<'a> {
    operation: &'a Operation,
    has_headers: bool,
}

impl VisitMut for Request<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::MethodCall(call) = expr
            && let Some(changed) = self.call(call)
        {
            *expr = changed;
        }
    }
}

impl Request<'_> {
    fn call(&self, call: &ExprMethodCall) -> Option<Expr> {
        let ExprMethodCall { receiver, args, .. } = call;
        if quote!(#receiver).to_string() == "client . client" {
            let mut call = call.clone();
            call.receiver = parse_quote!(runtime::http(&client.transport));
            // reqwest has no methods of these names.
            if let "OPTIONS" | "TRACE" = &*self.operation.method {
                let method = format_ident!("{}", self.operation.method);
                call.method = format_ident!("request");
                call.args.insert(0, parse_quote!(reqwest::Method::#method));
            }
            let accept = self.accept().into_iter();
            let accept = accept.map(|media| quote!(.header(reqwest::header::ACCEPT, #media)));
            let query = self.operation.query.iter();
            let query = query.map(|(name, value)| quote!(.query_param(#name, &#value)?));
            return Some(parse_quote!(#call #(#accept)* #(#query)*));
        }
        match &*call.method.to_string() {
            // reqwest's own `json` leaves the body behind in freed memory.
            "json" => Some(match self.content_type().as_deref() {
                None | Some("application/json") => parse_quote!(#receiver.json_body(#args)?),
                Some(media) => parse_quote!(#receiver.json_body_as(#media, #args)?),
            }),
            "form_urlencoded" => {
                let body = self.operation.body.as_ref()?;
                let table = encoding::table(body, &quote!(runtime::Style));
                match (body.writing, table.is_empty()) {
                    (Writing::Multipart, _) => {
                        Some(parse_quote!(#receiver.multipart(#args, &[#(#table),*])))
                    }
                    (_, true) => None,
                    (_, false) => Some(parse_quote!(#receiver.form_styled(#args, &[#(#table),*]))),
                }
            }
            "header" if quote!(#args).to_string().contains("CONTENT_TYPE") => {
                let has_own = |parameter: &Parameter| {
                    parameter.location == Location::Header && parameter.name == CONTENT_TYPE
                };
                match self.content_type() {
                    Some(media) => Some(parse_quote! {
                        #receiver.header(
                            reqwest::header::CONTENT_TYPE,
                            reqwest::header::HeaderValue::from_static(#media),
                        )
                    }),
                    // Its caller says what it is.
                    None if self.operation.parameters.iter().any(has_own) => {
                        Some((**receiver).clone())
                    }
                    None => None,
                }
            }
            "query" => {
                let (name, value) = query(args.first()?)?;
                let written = self.parameter(&name, &value);
                Some(parse_quote!(#receiver.#written?))
            }
            "headers" if !self.has_headers => Some((**receiver).clone()),
            "header" if quote!(#args).to_string().contains("ACCEPT") => Some((**receiver).clone()),
            _ => None,
        }
    }

    /// The call that adds a parameter. progenitor takes for one of the query what we write.
    fn parameter(&self, name: &Lit, value: &Expr) -> TokenStream {
        let text = quote!(#value).to_string();
        let mut parameters = self.operation.parameters.iter();
        let parameter = parameters.find(|one| text == format!("& {}", one.argument));
        let value = match parameter {
            Some(parameter) if parameter.is_secret => quote!(&runtime::Exposed(#value)),
            _ => quote!(#value),
        };
        let Some((parameter, styled)) = parameter.and_then(|one| Some((one, one.styled?))) else {
            return quote!(query_param(#name, #value));
        };
        let method = match parameter.location {
            Location::Header => format_ident!("header_styled"),
            Location::Cookie => format_ident!("cookie"),
            _ => format_ident!("query_styled"),
        };
        let style = styled.arguments();
        quote!(#method(#name, #value #style))
    }

    fn content_type(&self) -> Option<String> {
        let body = self.operation.body.as_ref()?;
        content_type(&body.media, body.writing)
    }

    /// The media types that the successes come in.
    fn accept(&self) -> Option<String> {
        let mut media: Vec<&str> = Vec::new();
        for answer in &self.operation.answers.successes {
            let one = answer.media.as_deref().filter(|media| is_media_type(media));
            let Some(one) = one.map(essence) else {
                continue;
            };
            if !media.contains(&one) {
                media.push(one);
            }
        }
        (!media.is_empty()).then(|| media.join(", "))
    }
}

/// The arguments of `&progenitor_client::QueryParam::new("name", &value)`.
fn query(argument: &Expr) -> Option<(Lit, Expr)> {
    let Expr::Reference(reference) = argument else {
        return None;
    };
    let Expr::Call(call) = &*reference.expr else {
        return None;
    };
    match (call.args.first()?, call.args.get(1)?) {
        (Expr::Lit(name), value) => Some((name.lit.clone(), value.clone())),
        _ => None,
    }
}

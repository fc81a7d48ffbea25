//! The chain of calls that builds a request.

use proc_macro2::Ident;
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMethodCall, ExprTry, Lit, Local, Token, parse_quote};

use super::is_field;
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
        if let Expr::MethodCall(_) = expr
            && let Expr::MethodCall(call) = std::mem::replace(expr, Expr::PLACEHOLDER)
        {
            *expr = self.call(call);
        }
    }
}

impl Request<'_> {
    fn call(&self, mut call: ExprMethodCall) -> Expr {
        if is_field(&call.receiver, "client") {
            return self.first(call);
        }
        let args = &call.args;
        let is_about = |header: &str| quote!(#args).to_string().contains(header);
        match &*call.method.to_string() {
            // reqwest's own `json` leaves the body behind in freed memory.
            "json" => {
                call.method = format_ident!("json_body");
                if let Some(media) = self.content_type().filter(|it| it != "application/json") {
                    call.method = format_ident!("json_body_as");
                    call.args.insert(0, parse_quote!(#media));
                }
                tried(call)
            }
            "form_urlencoded" => {
                if let Some(body) = &self.operation.body {
                    let table = encoding::table(body, &quote!(runtime::Style));
                    let method = match (body.writing, table.is_empty()) {
                        (Writing::Multipart, _) => "multipart",
                        (_, true) => return Expr::MethodCall(call),
                        (_, false) => "form_styled",
                    };
                    call.method = format_ident!("{method}");
                    call.args.push(parse_quote!(&[#(#table),*]));
                }
                Expr::MethodCall(call)
            }
            "header" if is_about("CONTENT_TYPE") => {
                let has_own = |parameter: &Parameter| {
                    parameter.location == Location::Header && parameter.name == CONTENT_TYPE
                };
                match self.content_type() {
                    Some(media) => {
                        call.args = parse_quote! {
                            reqwest::header::CONTENT_TYPE,
                            reqwest::header::HeaderValue::from_static(#media)
                        };
                    }
                    // Its caller says what it is.
                    None if self.operation.parameters.iter().any(has_own) => return *call.receiver,
                    None => {}
                }
                Expr::MethodCall(call)
            }
            "query" => {
                let Some((name, value)) = call.args.first().and_then(query) else {
                    return Expr::MethodCall(call);
                };
                (call.method, call.args) = self.parameter(&name, &value);
                tried(call)
            }
            "headers" if !self.has_headers => *call.receiver,
            "header" if is_about("ACCEPT") => *call.receiver,
            _ => Expr::MethodCall(call),
        }
    }

    /// The call that begins the request.
    fn first(&self, mut call: ExprMethodCall) -> Expr {
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
        parse_quote!(#call #(#accept)* #(#query)*)
    }

    /// The call that adds a parameter. progenitor takes for one of the query what we write.
    fn parameter(&self, name: &Lit, value: &Expr) -> (Ident, Punctuated<Expr, Token![,]>) {
        let is_it = |one: &&Parameter| match value {
            Expr::Reference(reference) => {
                matches!(&*reference.expr, Expr::Path(it) if it.path.is_ident(&one.argument))
            }
            _ => false,
        };
        let parameter = self.operation.parameters.iter().find(is_it);
        let value = match parameter {
            Some(parameter) if parameter.is_secret => quote!(&runtime::Exposed(#value)),
            _ => quote!(#value),
        };
        let Some((parameter, styled)) = parameter.and_then(|one| Some((one, one.styled?))) else {
            return (format_ident!("query_param"), parse_quote!(#name, #value));
        };
        let method = match parameter.location {
            Location::Header => format_ident!("header_styled"),
            Location::Cookie => format_ident!("cookie"),
            _ => format_ident!("query_styled"),
        };
        let style = styled.arguments();
        (method, parse_quote!(#name, #value #style))
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

fn tried(call: ExprMethodCall) -> Expr {
    Expr::Try(ExprTry {
        attrs: Vec::new(),
        expr: Box::new(Expr::MethodCall(call)),
        question_token: Default::default(),
    })
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

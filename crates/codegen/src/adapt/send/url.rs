//! Where a request goes, and what else stands in other words than progenitor's.

use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Token, parse_quote};

use super::is_field;
use crate::operations::{Location, Operation, Parameter};

/// What progenitor calls by names that are not ours.
pub(super) struct Names<'a> {
    pub(super) operation: &'a Operation,
}

impl VisitMut for Names<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Some(url) = self.url(expr) {
            *expr = url;
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        visit_mut::visit_path_mut(self, path);
        let first = path.segments.first();
        if first.is_some_and(|first| first.ident == "Error" || first.ident == "encode_path") {
            path.segments.insert(0, format_ident!("runtime").into());
        }
    }
}

impl Names<'_> {
    /// `format!("{}/a/{}", client.baseurl, ..)` without its base, which the runtime has parsed
    /// already, and with the literal parts as they are sent.
    fn url(&mut self, expr: &Expr) -> Option<Expr> {
        let Expr::Macro(format) = expr else {
            return None;
        };
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated;
        let arguments = format.mac.parse_body_with(arguments).ok()?;
        let mut arguments = arguments.into_iter().skip(1);
        let base = arguments.next()?;
        if !is_field(&base, "baseurl") {
            return None;
        }
        let mut parts = self.operation.path.split('{');
        let mut path = parts.next()?.to_owned();
        for part in parts {
            path.push_str("{}");
            path.push_str(part.split_once('}')?.1);
        }
        let segments = arguments.map(|mut argument| {
            if let Some(styled) = self.styled(&argument) {
                return styled;
            }
            self.visit_expr_mut(&mut argument);
            argument
        });
        Some(parse_quote!(runtime::url(
            &client.transport,
            format_args!(#path #(, #segments)*)
        )))
    }

    /// What stands for `encode_path(&name.to_string())` where that is not how it is written.
    fn styled(&self, argument: &Expr) -> Option<Expr> {
        let is_styled = |one: &&Parameter| one.location == Location::Path && one.styled.is_some();
        let parameters = self.operation.parameters.iter().filter(is_styled);
        let mut named = parameters.map(|one| {
            let name = format_ident!("{}", one.argument);
            (one, quote!(encode_path(&#name.to_string())).to_string())
        });
        let (parameter, _) = named.find(|(_, text)| quote!(#argument).to_string() == *text)?;
        let (name, style) = (&parameter.name, parameter.styled?.arguments());
        let argument = format_ident!("{}", parameter.argument);
        let value = match parameter.is_secret {
            true => quote!(&runtime::Exposed(&#argument)),
            false => quote!(&#argument),
        };
        Some(parse_quote!(runtime::path_styled(#name, #value #style)?))
    }
}

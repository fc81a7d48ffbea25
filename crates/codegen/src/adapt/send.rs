//! What a builder sends, and what is made of the answer.

mod request;
mod url;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{Expr, ImplItem, ImplItemFn, ItemImpl, Local, Member, Pat, Stmt, Type, parse_quote};

use crate::enums::{body, overlap, pattern, sorted, variant};
use crate::mocks::shapes::argument;
use crate::operations::{Location, Operation};
use crate::prepare::Success;
use request::request;
use url::Names;

/// Gives a builder its operation, and makes it send on our runtime.
pub(super) fn rewrite(block: &mut ItemImpl, operation: &Operation, index: usize) {
    for item in &mut block.items {
        if let ImplItem::Fn(function) = item
            && function.sig.ident == "send"
        {
            rewrite_send(function, operation);
        }
    }
    let index = syn::Index::from(index);
    block.items.insert(
        0,
        parse_quote! {
            /// What is known about the operation before it is sent.
            pub const OPERATION: &'static runtime::Operation = &OPERATIONS[#index];
        },
    );
}

fn rewrite_send(function: &mut ImplItemFn, operation: &Operation) {
    let docs = format!("Sends `{} {}`.", operation.method, operation.path);
    function.attrs = vec![parse_quote!(#[doc = #docs])];
    let successes: Vec<_> = operation.answers.successes.iter().collect();
    function.attrs.extend(overlap(&successes));
    let answer = match operation.answers.success() {
        Success::Typed => answer_type(function),
        Success::Empty => parse_quote!(()),
        Success::Several => {
            let name = format_ident!("{}", operation.type_name());
            parse_quote!(answers::#name)
        }
    };
    let error = if operation.answers.failures.is_empty() {
        quote!(runtime::Error)
    } else {
        let name = format_ident!("{}", operation.type_name());
        quote!(runtime::Error<errors::#name>)
    };
    function.sig.output = parse_quote!(-> Result<runtime::ResponseValue<#answer>, #error>);

    // progenitor builds the request last, and then sends it in its own way.
    let has_headers = operation
        .parameters
        .iter()
        .any(|parameter| parameter.location == Location::Header && parameter.styled.is_none());
    let mut statements = Vec::new();
    for mut statement in std::mem::take(&mut function.block.stmts) {
        if binds(&statement).as_deref() == Some("request") {
            if let Stmt::Local(local) = &mut statement {
                request(local, operation, has_headers);
            }
            statements.push(statement);
            break;
        }
        let is_about_headers = names(&statement, "header_map");
        // progenitor has a header of its own, with the version of the API.
        let is_own = || names(&statement, "from_static");
        if !is_about_headers || (has_headers && !is_own()) {
            statements.push(statement);
        }
    }
    statements.push(parse_quote! {
        let response = runtime::call(&client.transport, request, Self::OPERATION).await?;
    });
    statements.push(Stmt::Expr(conclusion(operation), None));
    function.block.stmts = statements;
    Names { operation }.visit_block_mut(&mut function.block);
}

/// `T` of `Result<ResponseValue<T>, Error<()>>`.
fn answer_type(function: &ImplItemFn) -> Type {
    let ty = match &function.sig.output {
        syn::ReturnType::Type(_, ty) => argument(ty, "Result"),
        syn::ReturnType::Default => None,
    };
    let ty = ty.and_then(|ty| argument(ty, "ResponseValue"));
    ty.cloned().unwrap_or_else(|| parse_quote!(()))
}

fn binds(statement: &Stmt) -> Option<String> {
    match statement {
        Stmt::Local(Local {
            pat: Pat::Ident(name),
            ..
        }) => Some(name.ident.to_string()),
        _ => None,
    }
}

/// Whether a statement has an identifier in it.
fn names(statement: &Stmt, name: &str) -> bool {
    struct Names<'a>(&'a str, bool);

    impl<'ast> Visit<'ast> for Names<'_> {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.1 |= ident == self.0;
        }
    }

    let mut names = Names(name, false);
    names.visit_stmt(statement);
    names.1
}

/// Whether it is `client.NAME`.
fn is_field(expr: &Expr, name: &str) -> bool {
    let Expr::Field(field) = expr else {
        return false;
    };
    let is_client = matches!(&*field.base, Expr::Path(base) if base.path.is_ident("client"));
    is_client && matches!(&field.member, Member::Named(member) if member == name)
}

/// What the status means.
fn conclusion(operation: &Operation) -> Expr {
    let name = format_ident!("{}", operation.type_name());
    let success = operation.answers.success();
    let arms = sorted(&operation.answers.successes)
        .into_iter()
        .map(|answer| {
            let (pattern, variant) = (pattern(answer.status), variant(answer));
            let value = match (success, body(answer)) {
                (Success::Typed, _) => quote!(runtime::decode(response)),
                (Success::Empty, _) => quote!(Ok(runtime::with_value(response, ()))),
                (Success::Several, Some(ty)) => quote! {
                    runtime::decode::<#ty, _>(response)
                    .map(|answer| answer.map(answers::#name::#variant))
                },
                (Success::Several, None) => quote! {
                    Ok(runtime::with_value(response, answers::#name::#variant))
                },
            };
            quote!(#pattern => #value)
        });
    // What is not there cannot be decoded, whatever a range says of it.
    let bodiless = operation.answers.bodiless();
    let bodiless = bodiless
        .into_iter()
        .map(proc_macro2::Literal::u16_unsuffixed);
    let bodiless =
        bodiless.map(|code| quote!(#code => Err(runtime::Error::UnexpectedResponse(response))));
    // They are special, and a range is general.
    let arms: Vec<TokenStream> = bodiless.chain(arms).collect();
    let failure: Expr = if operation.answers.failures.is_empty() {
        parse_quote!(Err(runtime::Error::UnexpectedResponse(response)))
    } else {
        parse_quote!(Err(runtime::failure(response, errors::#name::decode)))
    };
    if arms.is_empty() {
        return failure;
    }
    parse_quote! {
        match response.status().as_u16() {
            #(#arms,)*
            _ => #failure,
        }
    }
}

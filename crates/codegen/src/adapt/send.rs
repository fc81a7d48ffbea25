//! What a builder sends, and what is made of the answer.

mod request;
mod url;

use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::visit_mut::VisitMut;
use syn::{
    Expr, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, Local, Pat, Stmt, Type, parse_quote,
};

use crate::enums::{body, overlap, pattern, sorted, variant};
use crate::operations::{Location, Operation};
use crate::prepare::Success;
use request::request;
use url::Names;

/// Gives every builder its operation, and makes it send on our runtime.
pub(super) fn rewrite(module: &mut ItemMod, operations: &[Operation]) {
    let by_name = operations
        .iter()
        .zip(0..)
        .map(|(operation, index)| (operation.type_name(), (operation, index)));
    let by_name: HashMap<String, (&Operation, usize)> = by_name.collect();
    let items = module.content.iter_mut().flat_map(|(_, items)| items);
    for item in items {
        let Item::Impl(block) = item else { continue };
        if let Some((operation, index)) = by_name.get(&super::trim::subject(block)) {
            rewrite_builder(block, operation, *index);
        }
    }
}

fn rewrite_builder(block: &mut ItemImpl, operation: &Operation, index: usize) {
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
        let is_about_headers = names(quote!(#statement), "header_map");
        let binds = binds(&statement);
        if binds.as_deref() == Some("request") {
            if let Stmt::Local(local) = &mut statement {
                request(local, operation, has_headers);
            }
            statements.push(statement);
            break;
        }
        if !is_about_headers || (has_headers && !is_api_version(&statement)) {
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
    fn arguments(ty: &Type) -> Option<&syn::GenericArgument> {
        let Type::Path(path) = ty else { return None };
        match &path.path.segments.last()?.arguments {
            syn::PathArguments::AngleBracketed(arguments) => arguments.args.first(),
            _ => None,
        }
    }
    let inner = |ty: &Type| match arguments(ty) {
        Some(syn::GenericArgument::Type(inner)) => Some(inner.clone()),
        _ => None,
    };
    match &function.sig.output {
        syn::ReturnType::Type(_, ty) => inner(ty).and_then(|ty| inner(&ty)),
        syn::ReturnType::Default => None,
    }
    .unwrap_or_else(|| parse_quote!(()))
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

/// Whether an identifier is among the tokens.
fn names(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => names(group.stream(), name),
        TokenTree::Ident(ident) => ident == name,
        _ => false,
    })
}

/// progenitor's own header, rather than a parameter of its name.
fn is_api_version(statement: &Stmt) -> bool {
    names(quote!(#statement), "from_static")
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

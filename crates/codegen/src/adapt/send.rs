//! What a builder sends, and what is made of the answer.

use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Expr, ExprMethodCall, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, Lit, Local, Pat, Stmt,
    Token, Type, parse_quote,
};

use crate::encoding;
use crate::enums::{body, overlap, pattern, sorted, variant};
use crate::operations::{Location, Operation, Parameter};
use crate::prepare::{CONTENT_TYPE, Success, Writing, content_type, essence, is_media_type};

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

fn request(local: &mut Local, operation: &Operation, has_headers: bool) {
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
    let arms: Vec<TokenStream> = arms.collect();
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

/// What progenitor calls by names that are not ours.
struct Names<'a> {
    operation: &'a Operation,
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
            let segments = &path.segments;
            *path = parse_quote!(runtime::#segments);
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
        if quote!(#base).to_string() != "client . baseurl" {
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
        let text = quote!(#argument).to_string();
        let mut parameters = self.operation.parameters.iter();
        let parameter = parameters.find(|one| {
            let argument = format_ident!("{}", one.argument);
            let is_in_path = one.location == Location::Path;
            is_in_path && text == quote!(encode_path(&#argument.to_string())).to_string()
        })?;
        let (name, style) = (&parameter.name, parameter.styled?.arguments());
        let argument = format_ident!("{}", parameter.argument);
        let value = match parameter.is_secret {
            true => quote!(&runtime::Exposed(&#argument)),
            false => quote!(&#argument),
        };
        Some(parse_quote!(runtime::path_styled(#name, #value #style)?))
    }
}

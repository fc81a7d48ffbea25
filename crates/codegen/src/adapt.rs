//! Moves progenitor's output onto the runtime of `tokenturn-client`.
//!
//! progenitor-client prints whole bodies in its errors and forgets the status of an answer that it
//! cannot decode. The generated code needs only a handful of its names, so they are resolved in
//! `crate::runtime` instead.

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Expr, ExprLit, Field, File, FnArg, ImplItem, ItemEnum, ItemImpl, ItemStruct,
    ItemUse, Lit, Meta, Pat, PathArguments, PathSegment, UseGroup, UseTree, parse_quote, parse2,
};

use crate::operations::{self, Operation};
use crate::spec::Error;
use crate::trim::trim;

/// Rewrites the generated client and adds the operation table.
pub(crate) fn to_runtime(client: TokenStream, operations: &[Operation]) -> Result<File, Error> {
    let mut file: File = parse2(client)
        .map_err(|e| Error::new(format!("progenitor's output does not parse: {e}")))?;
    trim(&mut file);
    Runtime.visit_file_mut(&mut file);

    let table = operations::table(operations);
    file.items.push(parse_quote!(#table));
    file.items.push(parse_quote! {
        impl ClientHooks<crate::Transport> for Client {
            const OPERATIONS: &'static [crate::Operation] = OPERATIONS;
        }
    });
    Ok(file)
}

struct Runtime;

impl VisitMut for Runtime {
    fn visit_item_use_mut(&mut self, item: &mut ItemUse) {
        if let UseTree::Path(path) = &item.tree
            && path.ident == "progenitor_client"
        {
            let names = &path.tree;
            item.tree = parse_quote!(crate::runtime::#names);
        }
        visit_mut::visit_item_use_mut(self, item);
    }

    fn visit_use_group_mut(&mut self, group: &mut UseGroup) {
        group.items = std::mem::take(&mut group.items)
            .into_iter()
            .filter(|item| !matches!(item, UseTree::Name(name) if name.ident == "ByteStream"))
            .collect();
    }

    // reqwest's own `json` leaves the body behind in freed memory.
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::MethodCall(call) = expr
            && call.method == "json"
        {
            let (receiver, body) = (&call.receiver, &call.args);
            *expr = parse_quote!(#receiver.json_body(#body)?);
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        if serializes(&item.attrs) {
            item.fields.iter_mut().for_each(expose_secrets);
        }
        visit_mut::visit_item_struct_mut(self, item);
    }

    fn visit_item_enum_mut(&mut self, item: &mut ItemEnum) {
        if serializes(&item.attrs) {
            let fields = item.variants.iter_mut().flat_map(|v| v.fields.iter_mut());
            fields.for_each(expose_secrets);
        }
        visit_mut::visit_item_enum_mut(self, item);
    }

    // progenitor's constructors take or make a reqwest client of their own, which follows redirects
    // and has no credentials.
    fn visit_item_impl_mut(&mut self, block: &mut ItemImpl) {
        let constructors = block.items.len();
        block.items.retain(|item| !takes_base_url(item));
        if block.items.len() < constructors {
            block.items.push(parse_quote! {
                /// A client that sends through `transport`, which knows the base URL.
                pub fn new(transport: crate::Transport) -> Self {
                    Self {
                        baseurl: transport.base_url().to_owned(),
                        client: transport.http().clone(),
                        inner: transport,
                    }
                }
            });
        }
        visit_mut::visit_item_impl_mut(self, block);
    }

    // No error body is declared in the generation copy, so the error type needs no parameter.
    fn visit_path_segment_mut(&mut self, segment: &mut PathSegment) {
        if segment.ident == "Error" && quote!(#segment).to_string() == "Error < () >" {
            segment.arguments = PathArguments::None;
        }
        visit_mut::visit_path_segment_mut(self, segment);
    }

    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        *attributes = std::mem::take(attributes)
            .into_iter()
            .flat_map(split_doc)
            .collect();
    }
}

fn serializes(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("derive") => {
            list.tokens.to_string().contains("Serialize")
        }
        _ => false,
    })
}

/// A secret serializes only where a field says so, and that is on the wire.
fn expose_secrets(field: &mut Field) {
    let ty = &field.ty;
    if quote!(#ty).to_string().contains("crate :: Secret") {
        let attribute = parse_quote!(#[serde(serialize_with = "crate::runtime::expose")]);
        field.attrs.push(attribute);
    }
}

fn takes_base_url(item: &ImplItem) -> bool {
    let ImplItem::Fn(function) = item else {
        return false;
    };
    let first = function.sig.inputs.first();
    matches!(first, Some(FnArg::Typed(argument))
        if matches!(&*argument.pat, Pat::Ident(name) if name.ident == "baseurl"))
}

/// One `///` line for each line of a doc text, with the space that rustfmt would put there.
fn split_doc(attribute: Attribute) -> Vec<Attribute> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return vec![attribute];
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = &meta.value
    else {
        return vec![attribute];
    };
    if !meta.path.is_ident("doc") {
        return vec![attribute];
    }
    let text = text.value();
    let text = text.trim_end();
    let mut previous_blank = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        let blank = line.is_empty();
        if !(blank && previous_blank) {
            // The examples call a client that the reader has to imagine.
            let line = line.replace("```ignore", "```text");
            let line = if blank || line.starts_with(' ') {
                line
            } else {
                format!(" {line}")
            };
            lines.push(parse_quote!(#[doc = #line]));
        }
        previous_blank = blank;
    }
    lines
}

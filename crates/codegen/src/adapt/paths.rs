//! Names as a person would write them, and those of the runtime's crates.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Expr, Field, FieldValue, File, Item, ItemEnum, ItemStruct, Lit, LitStr, Member,
    Meta, Path, parse_quote,
};

/// What the prelude has.
const PRELUDE: [&str; 5] = [
    "::std::option::Option",
    "::std::string::String",
    "::std::vec::Vec",
    "::std::result::Result",
    "::std::boxed::Box",
];

/// Crates that users need not depend on: the runtime has them.
const CRATES: [&str; 3] = ["serde", "serde_json", "reqwest"];

pub(super) fn shorten(file: &mut File) {
    let mut names = Names::default();
    names.visit_file(file);
    let prelude = PRELUDE
        .into_iter()
        .filter(|path| {
            let name = path.rsplit("::").next().unwrap_or_default();
            !names.0.contains(name)
        })
        .collect();
    Shorten { prelude }.visit_file_mut(file);
}

/// The types that the file itself defines.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Visit<'_> for Names {
    fn visit_item(&mut self, item: &Item) {
        match item {
            Item::Struct(ItemStruct { ident, .. }) | Item::Enum(ItemEnum { ident, .. }) => {
                self.0.insert(ident.to_string());
            }
            _ => visit::visit_item(self, item),
        }
    }
}

struct Shorten {
    prelude: Vec<&'static str>,
}

impl Shorten {
    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for path in &self.prelude {
            let name = path.rsplit("::").next().unwrap_or_default();
            text = text.replace(path, name);
        }
        text.replace("::serde_json::", "serde_json::")
    }
}

impl VisitMut for Shorten {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        let full = format!("::{}", names.join("::"));
        let prelude = self
            .prelude
            .iter()
            .find(|known| full == **known || full.starts_with(&format!("{known}::")));
        if path.leading_colon.is_none() {
            return;
        }
        if prelude.is_some() {
            path.leading_colon = None;
            path.segments = path.segments.iter().skip(2).cloned().collect();
        } else if CRATES.contains(&names[0].as_str()) {
            path.leading_colon = None;
        }
    }

    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        adapt_serde(&mut item.attrs, item.fields.iter_mut());
        visit_mut::visit_item_struct_mut(self, item);
    }

    fn visit_item_enum_mut(&mut self, item: &mut ItemEnum) {
        let fields = item.variants.iter_mut().flat_map(|v| v.fields.iter_mut());
        adapt_serde(&mut item.attrs, fields);
        visit_mut::visit_item_enum_mut(self, item);
    }

    // Attributes of serde name functions in strings.
    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        if let Meta::List(list) = &mut attribute.meta {
            if list.path.is_ident("derive") {
                let text = list.tokens.to_string().replace(":: serde ::", "serde ::");
                list.tokens = text.parse().unwrap_or_default();
            } else if list.path.is_ident("serde") {
                let tokens = std::mem::take(&mut list.tokens);
                list.tokens = tokens
                    .into_iter()
                    .map(|token| self.literal(token))
                    .collect();
            }
        }
    }

    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        visit_mut::visit_field_value_mut(self, field);
        if let (Member::Named(name), Expr::Path(value)) = (&field.member, &field.expr)
            && value.path.is_ident(name)
        {
            field.colon_token = None;
        }
    }

    // Messages that progenitor makes of tokens.
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::Lit(literal) = expr
            && let Lit::Str(text) = &literal.lit
            && text.value().starts_with("conversion to `")
        {
            let value = self.text(&plain(&text.value()));
            literal.lit = Lit::Str(LitStr::new(&value, text.span()));
        }
    }
}

impl Shorten {
    fn literal(&self, token: proc_macro2::TokenTree) -> proc_macro2::TokenTree {
        match syn::parse2::<LitStr>(token.clone().into()) {
            Ok(text) => {
                let text = self.text(&text.value());
                // serde resolves it where the attribute stands, so it is imported there, too.
                let text = text.replace("::serde_json::", "serde_json::");
                proc_macro2::Literal::string(&text).into()
            }
            Err(_) => token,
        }
    }
}

/// Tokens without the spaces between them.
fn plain(text: &str) -> String {
    let mut text = text.to_owned();
    for (from, to) in [
        (":: ", "::"),
        (" ::", "::"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
    ] {
        text = text.replace(from, to);
    }
    text
}

/// Tells serde where it lives, and that secrets go over the wire as they are.
fn adapt_serde<'a>(attributes: &mut Vec<Attribute>, fields: impl Iterator<Item = &'a mut Field>) {
    let derives = |word: &str| {
        attributes.iter().any(|attribute| match &attribute.meta {
            Meta::List(list) if list.path.is_ident("derive") => {
                list.tokens.to_string().contains(word)
            }
            _ => false,
        })
    };
    if derives("Serialize") {
        fields.for_each(expose_secrets);
    }
    if derives("serde") {
        let derive = attributes.iter().position(|a| a.path().is_ident("derive"));
        attributes.insert(
            derive.map_or(0, |at| at + 1),
            parse_quote!(#[serde(crate = "serde")]),
        );
    }
}

/// A secret serializes only where a field says so, and that is on the wire.
fn expose_secrets(field: &mut Field) {
    let ty = &field.ty;
    let tokens: TokenStream = quote!(#ty);
    if tokens.to_string().contains(":: tokenturn_client :: Secret") {
        let attribute = parse_quote! {
            #[serde(serialize_with = "runtime::expose")]
        };
        field.attrs.push(attribute);
    }
}

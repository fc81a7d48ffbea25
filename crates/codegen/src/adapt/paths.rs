//! Names as a person would write them, and those of the runtime's crates.

use std::collections::HashSet;

use proc_macro2::TokenTree;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Expr, Field, FieldValue, ItemEnum, ItemStruct, Lit, LitStr, Member, Meta, Path,
    parse_quote,
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

/// Shortens the paths of items.
pub(super) struct Shorten {
    prelude: Vec<&'static str>,
}

impl Shorten {
    /// Leaves out what the client's own types are called like.
    pub(super) fn beside(types: &HashSet<&str>) -> Self {
        let is_free = |path: &&str| !types.contains(path.rsplit("::").next().unwrap_or_default());
        let prelude = PRELUDE.into_iter().filter(is_free).collect();
        Self { prelude }
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for path in &self.prelude {
            let name = path.rsplit("::").next().unwrap_or_default();
            text = text.replace(path, name);
        }
        text.replace("::serde_json::", "serde_json::")
    }
}

impl VisitMut for &Shorten {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        if path.leading_colon.is_none() {
            return;
        }
        let is_it = |known: &str| {
            let mut names = known.split("::").skip(1);
            let mut segments = path.segments.iter();
            names.all(|name| segments.next().is_some_and(|segment| segment.ident == name))
        };
        if self.prelude.iter().any(|known| is_it(known)) {
            path.leading_colon = None;
            let segments = std::mem::take(&mut path.segments);
            path.segments = segments.into_iter().skip(2).collect();
        } else if CRATES.iter().any(|name| path.segments[0].ident == name) {
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
    fn literal(&self, token: TokenTree) -> TokenTree {
        if !matches!(token, TokenTree::Literal(_)) {
            return token;
        }
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
    struct Secrets(bool);

    impl Visit<'_> for Secrets {
        fn visit_path(&mut self, path: &Path) {
            let mut names = path.segments.iter().map(|segment| &segment.ident);
            self.0 |= names.next().is_some_and(|name| name == "tokenturn_client")
                && names.next().is_some_and(|name| name == "Secret");
            visit::visit_path(self, path);
        }
    }

    let mut secrets = Secrets(false);
    secrets.visit_type(&field.ty);
    if secrets.0 {
        let attribute = parse_quote! {
            #[serde(serialize_with = "runtime::expose")]
        };
        field.attrs.push(attribute);
    }
}

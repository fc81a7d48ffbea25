//! Docs as rustdoc and a reader want them: wrapped, linked, and without what it takes for a mistake
//! or for a test.

mod blocks;
mod fence;
mod words;

use blocks::lines;
use proc_macro2::{Ident, Span};
use syn::visit_mut::VisitMut;
use syn::{AttrStyle, Attribute, Expr, ExprLit, Lit, LitStr, Meta, MetaNameValue};

/// Rewrites every doc comment. It takes code for that of the spec, which is not Rust.
pub(crate) struct Docs;

impl VisitMut for Docs {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        if attributes.is_empty() {
            return;
        }
        let mut text: Vec<String> = Vec::new();
        let mut others = Vec::new();
        for attribute in attributes.drain(..) {
            match text_of(&attribute) {
                Some(line) => text.push(line),
                None => others.push(attribute),
            }
        }
        let lines = lines(&plain(&text.join("\n")));
        attributes.extend(lines.into_iter().map(|line| {
            let line = if line.is_empty() {
                line
            } else {
                format!(" {line}")
            };
            doc(&line)
        }));
        attributes.append(&mut others);
    }
}

/// A line of a doc comment.
pub(crate) fn doc(line: &str) -> Attribute {
    Attribute {
        pound_token: Default::default(),
        style: AttrStyle::Outer,
        bracket_token: Default::default(),
        meta: Meta::NameValue(MetaNameValue {
            path: Ident::new("doc", Span::call_site()).into(),
            eq_token: Default::default(),
            value: Expr::Lit(ExprLit {
                attrs: Vec::new(),
                lit: Lit::Str(LitStr::new(line, Span::call_site())),
            }),
        }),
    }
}

fn text_of(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    match &meta.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if meta.path.is_ident("doc") => {
            let text = text.value();
            Some(text.strip_prefix(' ').unwrap_or(&text).to_owned())
        }
        _ => None,
    }
}

/// The text with line ends of one kind, and without the characters that rustc refuses in comments:
/// they would show them in another order than they are in.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .filter(|&c| !turns(c) && (!c.is_control() || matches!(c, '\n' | '\t')))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_rustc_refuses_are_left_out() {
        assert_eq!(plain("a\r\nb\rc\td\u{202e}e\u{0}f"), "a\nb\nc\tdef");
    }
}

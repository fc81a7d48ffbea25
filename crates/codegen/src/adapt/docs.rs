//! Docs as rustdoc and a reader want them: wrapped, linked, and without what it takes for a mistake.

use syn::visit_mut::VisitMut;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, parse_quote};

/// The width of a line of text: with `///` and two levels of indentation, 100 columns.
const WIDTH: usize = 88;

/// Rewrites every doc comment.
pub(crate) struct Docs;

impl VisitMut for Docs {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        let mut text: Vec<String> = Vec::new();
        let mut others = Vec::new();
        for attribute in attributes.drain(..) {
            match doc(&attribute) {
                Some(line) => text.push(line),
                None => others.push(attribute),
            }
        }
        let lines = lines(&text.join("\n"));
        attributes.extend(lines.into_iter().map(|line| {
            let line = if line.is_empty() {
                line
            } else {
                format!(" {line}")
            };
            parse_quote!(#[doc = #line])
        }));
        attributes.append(&mut others);
    }
}

fn doc(attribute: &Attribute) -> Option<String> {
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

/// The lines of a text in Markdown. Paragraphs are wrapped; code, lists and tables stay.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut paragraph = String::new();
    let mut in_code = false;
    for line in text.lines().map(str::trim_end).chain([""]) {
        let is_fence = line.trim_start().starts_with("```");
        if !in_code && !is_fence && is_prose(line) {
            paragraph.push_str(line);
            paragraph.push(' ');
            continue;
        }
        if !paragraph.is_empty() {
            lines.extend(wrap(&tame(paragraph.trim_end())));
            paragraph.clear();
        }
        if is_fence || in_code {
            in_code ^= is_fence;
            lines.push(line.to_owned());
        } else if !line.is_empty() {
            lines.push(tame(line));
        } else if lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(String::new());
        }
    }
    if in_code {
        // The empty line that ends the last paragraph.
        lines.pop();
        lines.push("```".into());
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// Words stay whole: they may be code or addresses.
fn wrap(prose: &str) -> Vec<String> {
    let options = textwrap::Options::new(WIDTH)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(prose, options)
        .into_iter()
        .map(Into::into)
        .collect()
}

/// Neither empty nor something that means more than its words.
fn is_prose(line: &str) -> bool {
    let begins_list = line.split_once(' ').is_some_and(|(mark, _)| {
        matches!(mark, "-" | "*" | "+") || mark.ends_with(['.', ')']) && mark.len() < 4
    });
    !line.is_empty() && !line.starts_with([' ', '\t', '#', '>', '|', '=']) && !begins_list
}

/// Turns bare addresses into links, and takes the meaning from brackets that have none.
fn tame(text: &str) -> String {
    let mut tamed = String::with_capacity(text.len());
    let mut code = false;
    let mut previous = ' ';
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let mut taken = character.len_utf8();
        let is_url = rest.starts_with("https://") || rest.starts_with("http://");
        if !code && is_url && !matches!(previous, '<' | '(' | '"' | '`' | '[') {
            taken = url_length(rest);
            tamed.push('<');
            tamed.push_str(&rest[..taken]);
            tamed.push('>');
        } else if !code && character == '<' && !rest.starts_with("<http") {
            tamed.push_str("\\<");
        } else if !code && character == '[' && !is_link(rest) {
            tamed.push_str("\\[");
        } else if !code && character == '<' {
            // An address in angle brackets, to its end.
            taken = rest.find('>').map_or(rest.len(), |end| end + 1);
            tamed.push_str(&rest[..taken]);
        } else {
            code ^= character == '`';
            tamed.push(character);
        }
        previous = character;
        rest = &rest[taken..];
    }
    tamed
}

fn url_length(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ')' | '"' | '`'));
    let url = &text[..end.unwrap_or(text.len())];
    url.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*'])
        .len()
}

/// `[text](https://...)`, or one of our own links to an item.
fn is_link(text: &str) -> bool {
    let Some(end) = text.find(']') else {
        return false;
    };
    let after = &text[end + 1..];
    after.starts_with("(http") || text.starts_with("[`Client::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_and_the_rest_stays() {
        let text = format!(
            "{}\nb\n\n\n- {}\n```\n{}\n```\n",
            "a ".repeat(50),
            "c ".repeat(50),
            "d ".repeat(50)
        );
        let lines = lines(&text);
        assert_eq!(lines.len(), 7, "{lines:#?}");
        assert!(lines[0].len() <= WIDTH && lines[1].ends_with("a b"));
        assert_eq!(lines[2], "");
    }

    #[test]
    fn what_rustdoc_would_warn_of_is_tamed() {
        for (text, tamed) in [
            ("see https://a.example/b.", "see <https://a.example/b>."),
            ("see <https://a.example>", "see <https://a.example>"),
            ("[a](https://a.example)", "[a](https://a.example)"),
            ("[a](/rest/apps)", "\\[a](/rest/apps)"),
            ("a list of [items]", "a list of \\[items]"),
            (
                "a <name> in `<code> [here]`",
                "a \\<name> in `<code> [here]`",
            ),
            ("`{\"a\": \"http://b\"}`", "`{\"a\": \"http://b\"}`"),
        ] {
            assert_eq!(tame(text), tamed);
        }
        assert_eq!(lines("```\nopen"), ["```", "open", "```"]);
    }
}

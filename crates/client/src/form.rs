//! Forms: `application/x-www-form-urlencoded`.

use std::io::Write;

use form_urlencoded::byte_serialize;
use serde::Serialize;

use crate::fields::{self, FieldsError, Sink};
use crate::file::FilePart;
use crate::runtime::Style;
use crate::transport::Buffer;

/// Writes a form. `styles` has what is no pair for each item of a list, and JSON for an object.
pub(crate) fn write<T: Serialize>(
    body: &T,
    styles: &'static [(&'static str, Style)],
) -> Result<Buffer, FieldsError> {
    let mut pairs = Pairs {
        styles,
        ..Pairs::default()
    };
    fields::write(body, &mut pairs)?;
    Ok(pairs.form)
}

#[derive(Default)]
struct Pairs {
    styles: &'static [(&'static str, Style)],
    form: Buffer,
    is_begun: bool,
    /// The name of the pair whose value has no end yet.
    open: Option<String>,
}

impl Pairs {
    fn style(&self, name: &str) -> Option<Style> {
        let style = self.styles.iter().find(|(known, _)| *known == name);
        style.map(|(_, style)| *style)
    }

    fn escaped(&mut self, text: &[u8]) {
        for piece in byte_serialize(text) {
            self.raw(piece);
        }
    }

    fn raw(&mut self, text: &str) {
        // It grows, and does not fail.
        let _ = self.form.write_all(text.as_bytes());
    }

    /// What stands between the items of a list in one value.
    fn between(&self, name: &str) -> Option<u8> {
        match self.style(name)? {
            Style::Form => Some(b','),
            Style::Space => Some(b' '),
            Style::Pipe => Some(b'|'),
            _ => None,
        }
    }

    fn pair(&mut self, name: &str, value: &[u8]) {
        let between = self.between(name);
        match between.filter(|_| self.open.as_deref() == Some(name)) {
            // In an item it is escaped.
            Some(b',') => self.raw(","),
            Some(between) => self.escaped(&[between]),
            None => {
                if std::mem::replace(&mut self.is_begun, true) {
                    self.raw("&");
                }
                self.escaped(name.as_bytes());
                self.raw("=");
            }
        }
        self.open = between.map(|_| name.to_owned());
        self.escaped(value);
    }
}

impl Sink for Pairs {
    fn text(&mut self, name: &str, text: &str) {
        self.pair(name, text.as_bytes());
    }

    fn json(&mut self, name: &str, json: Buffer) {
        self.pair(name, json.as_slice());
    }

    fn file(&mut self, name: &str, file: FilePart) {
        self.pair(name, file.content());
    }

    fn written(&self) -> usize {
        self.form.as_slice().len()
    }

    fn is_deep(&self, name: &str) -> bool {
        let outer = name.split('[').next().unwrap_or(name);
        [name, outer]
            .into_iter()
            .any(|name| self.style(name) == Some(Style::Deep))
    }

    fn is_json(&self, name: &str) -> bool {
        self.style(name) == Some(Style::Json)
    }

    fn is_cut(&self, name: &str, item: &[u8]) -> bool {
        // A comma in an item is escaped.
        let between = self.between(name).filter(|between| *between != b',');
        between.is_some_and(|between| item.contains(&between))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(body: serde_json::Value, styles: &'static [(&'static str, Style)]) -> String {
        let form = write(&body, styles).unwrap();
        String::from_utf8(form.as_slice().to_vec()).unwrap()
    }

    #[test]
    fn a_list_is_a_pair_for_each_item_and_an_object_is_json() {
        let body = json!({
            "a": "x y&z", "b": true, "c": 1.0, "none": null, "list": ["1", 2], "empty": [],
            "object": {"k": [1, "é"]}, "objects": [{"k": 1}, [2, 3]],
        });
        assert_eq!(
            form(body, &[]),
            "a=x+y%26z&b=true&c=1&list=1&list=2&object=%7B%22k%22%3A%5B1%2C%22%C3%A9%22%5D%7D\
             &objects=%7B%22k%22%3A1%7D&objects=%5B2%2C3%5D"
        );
        assert!(write(&json!("a"), &[]).is_err());
        assert!(write(&json!(["a"]), &[]).is_err());
    }

    #[test]
    fn a_style_is_followed() {
        let body = json!({
            "commas": ["a", "b"], "deep": {"a": 1, "b": {"c": [true, {"d": 2}]}}, "json": "a b",
            "jsons": ["a", 1, ["b"]], "one": ["a"], "pipes": ["a", "b"], "spaces": ["a", "b"], "text": "a b",
        });
        let styles = &[
            ("commas", Style::Form),
            ("spaces", Style::Space),
            ("pipes", Style::Pipe),
            ("one", Style::Form),
            ("deep", Style::Deep),
            ("json", Style::Json),
            ("jsons", Style::Json),
            ("text", Style::Space),
        ];
        assert_eq!(
            form(body, styles).replace("%5B", "[").replace("%5D", "]"),
            "commas=a,b&deep[a]=1&deep[b][c][0]=true&deep[b][c][1][d]=2&json=%22a+b%22&jsons=%22a%22&jsons=1\
             &jsons=[%22b%22]&one=a&pipes=a%7Cb&spaces=a+b&text=a+b"
        );
    }
    #[test]
    fn no_item_is_two() {
        for (name, style, item) in [("a", Style::Space, "x y"), ("a", Style::Pipe, "x|y")] {
            let styles: &'static [_] = vec![(name, style)].leak();
            assert!(write(&json!({"a": [item, "z"]}), styles).is_err());
        }
        let styles = &[("a", Style::Form)];
        assert_eq!(form(json!({"a": ["x,y", "z"]}), styles), "a=x%2Cy,z");
        let deep = json!({"a": {"b][c": 1}});
        assert!(write(&deep, &[("a", Style::Deep)]).is_err());
    }
}

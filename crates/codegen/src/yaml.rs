//! Reading YAML: the part of it that says the same as JSON.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use serde_json::{Number, Value};

use crate::report::{Finding, quoted};
use crate::tree::{Builder, Span, empty_object};

/// Reads a text as far as it can be read.
pub(crate) fn read(text: &str, builder: &mut Builder) -> Result<(), Box<Finding>> {
    let mut offsets = Offsets::new(text);
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| {
            let at = offsets.byte(e.marker());
            let message = format!("this is not YAML: {}", e.info());
            Finding::error("yaml", Span::new(at, at + 1), message)
        })?;
        let span = Span::new(offsets.byte(&span.start), offsets.byte(&span.end));
        let tagged = matches!(
            event,
            Event::Scalar(_, _, _, Some(_))
                | Event::SequenceStart(_, Some(_))
                | Event::MappingStart(_, Some(_))
        );
        if tagged {
            let finding = Finding::error("yaml-tag", span, "this value has a YAML tag");
            let help = "leave the tag out; quote what has to be a string";
            builder.findings.push(finding.with_help(help));
        }
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents == 2 {
                    let finding =
                        Finding::error("yaml-documents", span, "a second document begins");
                    let help = "keep each OpenAPI document in a file of its own";
                    return Err(finding.with_help(help).into());
                }
            }
            Event::Scalar(name, ..) if builder.wants_key() => {
                if name == "<<" {
                    builder.findings.push(merge_key(span));
                }
                builder.key(name.into_owned(), span);
            }
            Event::Scalar(text, ScalarStyle::Plain, ..) => builder.scalar(plain(&text), span),
            Event::Scalar(text, ..) => builder.scalar(Value::String(text.into_owned()), span),
            Event::SequenceStart(..) | Event::MappingStart(..) | Event::Alias(_)
                if builder.wants_key() =>
            {
                let finding = Finding::error("yaml-key", span, "this key is not a plain text");
                let help = "quote a key that begins with `{`, `[` or `*`";
                return Err(finding.with_help(help).into());
            }
            Event::SequenceStart(..) => builder.begin(Value::Array(Vec::new()), span)?,
            Event::MappingStart(..) => builder.begin(empty_object(), span)?,
            Event::SequenceEnd | Event::MappingEnd => builder.end(span.end as usize),
            Event::Alias(_) => {
                let finding = Finding::error("yaml-alias", span, "this is an alias of YAML");
                let help = "keep what is shared under `components`, and point to it with `$ref`";
                builder.findings.push(finding.with_help(help));
                builder.scalar(Value::Null, span);
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }
    Ok(())
}

fn merge_key(span: Span) -> Finding {
    let message = format!("{} would merge another mapping into this one", quoted("<<"));
    let finding = Finding::error("yaml-merge", span, message);
    finding.with_help("write the members out; schemas are merged with `allOf`")
}

/// A scalar without quotes, by the core schema of YAML 1.2: `no` is a text there.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            return u64::from_str_radix(digits, radix).ok().map(Number::from);
        }
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if let Ok(number) = text.parse::<i64>() {
            return Some(number.into());
        }
        if let Ok(number) = text.parse::<u64>() {
            return Some(number.into());
        }
    }
    // Rust's floats are YAML's, but for words such as `inf`, which JSON lacks.
    let is_float = text.bytes().all(|byte| b"0123456789.eE+-".contains(&byte));
    let float: f64 = is_float.then(|| text.parse().ok()).flatten()?;
    Number::from_f64(float)
}

/// Turns numbers of characters into numbers of bytes. The places come nearly in order.
struct Offsets<'a> {
    text: &'a str,
    characters: usize,
    bytes: usize,
}

impl<'a> Offsets<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            characters: 0,
            bytes: 0,
        }
    }

    fn byte(&mut self, marker: &Marker) -> usize {
        while self.characters < marker.index()
            && let Some(next) = self.text[self.bytes..].chars().next()
        {
            self.characters += 1;
            self.bytes += next.len_utf8();
        }
        while self.characters > marker.index()
            && let Some(previous) = self.text[..self.bytes].chars().next_back()
        {
            self.characters -= 1;
            self.bytes -= previous.len_utf8();
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_follow_the_core_schema() {
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("True", json!(true)),
            ("no", json!("no")),
            ("200", json!(200)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("18446744073709551615", json!(u64::MAX)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("0b1", json!("0b1")),
            ("1.0", json!(1.0)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("1e999", json!("1e999")),
            (".inf", json!(".inf")),
            ("e", json!("e")),
            ("-", json!("-")),
            ("2022-11-28", json!("2022-11-28")),
            ("3.0.3", json!("3.0.3")),
        ] {
            assert_eq!(plain(text), value, "{text}");
        }
    }
}

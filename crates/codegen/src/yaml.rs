//! Reading YAML: the part of it that says the same as JSON.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use serde_json::{Number, Value};

use crate::report::Finding;
use crate::tree::{Builder, Span, empty_object};

/// More than anybody repeats by aliases, and less than a machine has no room for.
const MAX_REPEATED: usize = 200_000;

/// Reads a text as far as it can be read.
pub(crate) fn read(text: &str, builder: &mut Builder) -> Result<(), Box<Finding>> {
    let mut offsets = Offsets::new(text);
    let mut documents = 0;
    let mut anchors = Anchors::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| {
            let at = offsets.byte(e.marker());
            let message = format!("this is not YAML: {}", e.info());
            Finding::error("yaml", Span::new(at, at + 1), message)
        })?;
        let span = Span::new(offsets.byte(&span.start), offsets.byte(&span.end));
        if let Event::DocumentStart(_) = event {
            documents += 1;
            if documents == 2 {
                let finding = Finding::error("yaml-documents", span, "a second document begins");
                let help = "keep each OpenAPI document in a file of its own";
                return Err(finding.with_help(help).into());
            }
        }
        let repeated = match event {
            Event::Alias(id) => anchors.repeated(id, span)?,
            event => vec![(event, span)],
        };
        for (event, span) in repeated {
            anchors.note(&event, span);
            tell(event, span, builder)?;
        }
    }
    Ok(())
}

fn tell(event: Event<'_>, span: Span, builder: &mut Builder) -> Result<(), Box<Finding>> {
    let tag = match &event {
        Event::Scalar(_, _, _, tag)
        | Event::SequenceStart(_, tag)
        | Event::MappingStart(_, tag) => tag.as_deref(),
        _ => None,
    };
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if tag.is_some_and(|tag| !tag.is_yaml_core_schema()) {
        let finding = Finding::error("yaml-tag", span, "this value has a tag that is not YAML's");
        let help = "leave the tag out; quote what has to be a string";
        builder.findings.push(finding.with_help(help));
    }
    match event {
        Event::Scalar(name, ..) if builder.wants_key() => builder.key(name.into_owned(), span),
        Event::Scalar(text, ScalarStyle::Plain, ..) if !is_text => {
            builder.scalar(plain(&text), span);
        }
        Event::Scalar(text, ..) => builder.scalar(Value::String(text.into_owned()), span),
        Event::SequenceStart(..) | Event::MappingStart(..) if builder.wants_key() => {
            let finding = Finding::error("yaml-key", span, "this key is not a plain text");
            let help = "quote a key that begins with `{` or `[`";
            return Err(finding.with_help(help).into());
        }
        Event::SequenceStart(..) => builder.begin(Value::Array(Vec::new()), span)?,
        Event::MappingStart(..) => builder.begin(empty_object(), span)?,
        Event::SequenceEnd | Event::MappingEnd => builder.end(span.end as usize),
        _ => {}
    }
    Ok(())
}

/// What has an anchor, for the aliases that repeat it.
#[derive(Default)]
struct Anchors<'a> {
    /// All that stands in anything with an anchor.
    log: Vec<(Event<'a>, Span)>,
    /// The anchors whose values have not ended: where they begin in the log, and how deep we are in them.
    open: Vec<(usize, usize, usize)>,
    known: HashMap<usize, Range<usize>>,
    repeated: usize,
}

impl<'a> Anchors<'a> {
    fn note(&mut self, event: &Event<'a>, span: Span) {
        let (anchor, begins, ends) = match event {
            Event::Scalar(_, _, anchor, _) => (*anchor, false, false),
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                (*anchor, true, false)
            }
            Event::SequenceEnd | Event::MappingEnd => (0, false, true),
            _ => return,
        };
        if anchor != 0 {
            self.open.push((anchor, self.log.len(), 0));
        }
        if self.open.is_empty() {
            return;
        }
        self.log.push((event.clone(), span));
        for (anchor, start, depth) in &mut self.open {
            *depth = *depth + usize::from(begins) - usize::from(ends);
            if *depth == 0 {
                self.known.insert(*anchor, *start..self.log.len());
            }
        }
        self.open.retain(|(_, _, depth)| *depth > 0);
    }

    fn repeated(&mut self, id: usize, span: Span) -> Result<Vec<(Event<'a>, Span)>, Box<Finding>> {
        let found = self.known.get(&id).map(|range| &self.log[range.clone()]);
        let message = match found {
            Some(events) if self.repeated + events.len() <= MAX_REPEATED => {
                self.repeated += events.len();
                return Ok(events.to_vec());
            }
            Some(_) => "the aliases before this one repeat too much",
            None => "this alias repeats what it stands in",
        };
        let help = "keep what is shared under `components`, and point to it with `$ref`";
        Err(Finding::error("yaml-alias", span, message)
            .with_help(help)
            .into())
    }
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

    fn value(text: &str) -> Option<Value> {
        let mut builder = Builder::default();
        read(text, &mut builder).ok()?;
        Some(builder.finish().0?.value().clone())
    }

    #[test]
    fn an_alias_repeats_what_has_the_anchor() {
        let text = "a: &a { b: &b [1, x], c: *b }\nd: [*a, *b]\n*k : 1";
        assert_eq!(value(text), None);
        let text = "a: &a { b: &b [1, x], c: *b, d: &k e }\nd: [*a, *b]\n*k : !!str 1";
        let a = json!({"b": [1, "x"], "c": [1, "x"], "d": "e"});
        assert_eq!(
            value(text),
            Some(json!({"a": a, "d": [a, [1, "x"]], "e": "1"}))
        );
        assert_eq!(value("a: &a [*a]"), None);
        let laughs: String = (1..20)
            .map(|i| format!("a{i}: &a{i} [{}]\n", format!("*a{},", i - 1).repeat(9)))
            .collect();
        assert_eq!(value(&format!("a0: &a0 ha\n{laughs}")), None);
    }

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

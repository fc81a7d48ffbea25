//! Reading JSON, faster than as YAML, and with its own escapes.

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::report::Finding;
use crate::tree::{Builder, Span, empty_object};

/// Whether a text is JSON.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Reads a text that is known to be JSON.
pub(crate) fn read(text: &str, builder: &mut Builder) -> Result<(), Box<Finding>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' => builder.begin(empty_object(), Span::new(at, at + 1))?,
            b'[' => builder.begin(Value::Array(Vec::new()), Span::new(at, at + 1))?,
            b'}' | b']' => builder.end(at + 1),
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => {
                let end = end_of_scalar(bytes, at);
                let span = Span::new(at, end);
                let value = serde_json::from_str(&text[at..end])
                    .map_err(|e| Finding::error("yaml", span, format!("this is not JSON: {e}")))?;
                match value {
                    Value::String(name) if builder.wants_key() => builder.key(name, span),
                    value => builder.scalar(value, span),
                }
                at = end;
                continue;
            }
        }
        at += 1;
    }
    Ok(())
}

fn end_of_scalar(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    let quoted = bytes[start] == b'"';
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' if quoted => return at + 1,
            b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' if !quoted => return at,
            _ => {}
        }
        at += 1;
    }
    at.min(bytes.len())
}

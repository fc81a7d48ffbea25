//! How parameters are written: the styles of OpenAPI, escaped as RFC 6570 has it.

mod deep;
mod escape;
mod texts;

use percent_encoding::AsciiSet;
use serde::Serialize;
use serde_json::Value;

use super::exposing;
use crate::fields::field;
use deep::Deep;
use escape::{ALL, COOKIE, LABEL, escape};
use texts::{ends, has_lists, is_list, text, texts};

/// What a parameter's value looks like. What no style has words for, such as a list in a list, is
/// written as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Simple,
    Label,
    Matrix,
    Form,
    Space,
    Pipe,
    Deep,
    /// Not a style: the parameter has a `content` of JSON.
    Json,
}

fn json(value: &impl Serialize) -> Result<Value, String> {
    exposing(|| serde_json::to_value(value)).map_err(|error| error.to_string())
}

/// A part of a path, escaped.
pub fn path(
    name: &str,
    value: &impl Serialize,
    style: Style,
    explode: bool,
) -> Result<String, String> {
    let (name, value) = (escape(name, ALL), json(value)?);
    let set = if style == Style::Label { LABEL } else { ALL };
    let texts = texts(&value, style, explode, &|text| Ok(escape(text, set)))?;
    if texts.is_empty() {
        return Ok(String::new());
    }
    Ok(match style {
        Style::Label => format!(".{}", texts.join(".")),
        Style::Matrix if value.is_array() && explode => {
            let items = texts.iter().map(|text| format!(";{name}={text}"));
            items.collect()
        }
        Style::Matrix if value.is_object() && explode => format!(";{}", texts.join(";")),
        Style::Matrix => format!(";{name}={}", texts.join(",")),
        _ => texts.join(","),
    })
}

/// The value of a header. None for null and for an empty list.
pub fn header(
    value: &impl Serialize,
    style: Style,
    explode: bool,
) -> Result<Option<String>, String> {
    let value = json(value)?;
    // The commas of a list in a list would end the outer one's items.
    let style = match has_lists(&value) {
        true => Style::Json,
        false => style,
    };
    let is_list = is_list(&value) && style != Style::Json;
    // Nobody reads escapes in a header.
    let texts = texts(&value, style, explode, &|text| match text.contains(',') {
        true if is_list => Err(ends(',')),
        _ => Ok(text.to_owned()),
    })?;
    Ok((!texts.is_empty()).then(|| texts.join(",")))
}

/// A part of a query, escaped.
pub fn query(
    name: &str,
    value: &impl Serialize,
    style: Style,
    explode: bool,
) -> Result<String, String> {
    let pairs = pairs(name, &json(value)?, style, explode, ALL)?;
    let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
    Ok(pairs.join("&"))
}

/// The names and the values of cookies, escaped.
pub fn cookies(
    name: &str,
    value: &impl Serialize,
    style: Style,
    explode: bool,
) -> Result<Vec<(String, String)>, String> {
    pairs(name, &json(value)?, style, explode, COOKIE)
}

fn pairs(
    name: &str,
    value: &Value,
    style: Style,
    explode: bool,
    set: &'static AsciiSet,
) -> Result<Vec<(String, String)>, String> {
    let pair = |name: &str, text: &str| (escape(name, ALL), escape(text, set));
    let (end, between) = match style {
        Style::Space => (Some(' '), "%20"),
        Style::Pipe => (Some('|'), "%7C"),
        // It is escaped in an item.
        _ => (None, ","),
    };
    Ok(match value {
        Value::Null => Vec::new(),
        Value::Array(_) | Value::Object(_) if style == Style::Deep => {
            let mut found = Deep::default();
            field(&mut found, name, false, value).map_err(|error| error.to_string())?;
            found.0.iter().map(|(k, v)| pair(k, v)).collect()
        }
        Value::Array(items) if explode && style != Style::Json => {
            let items = items.iter().filter(|item| !item.is_null());
            items.map(|item| pair(name, &text(item))).collect()
        }
        Value::Object(fields) if explode && style != Style::Json => {
            let fields = fields.iter().filter(|(_, field)| !field.is_null());
            fields.map(|(k, v)| pair(k, &text(v))).collect()
        }
        _ => {
            let texts = texts(value, style, false, &|text| match end
                .filter(|end| is_list(value) && text.contains(*end))
            {
                Some(end) => Err(ends(end)),
                None => Ok(escape(text, set)),
            })?;
            let is_there = !texts.is_empty();
            let pair = || (escape(name, ALL), texts.join(between));
            is_there.then(pair).into_iter().collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The table "Style Examples" of OpenAPI 3.0.3, but for the order of the object's fields.
    #[test]
    fn every_style_looks_as_the_specification_shows_it() {
        use Style::{Deep, Form, Label, Matrix, Pipe, Simple, Space};
        let colors = [
            json!("blue"),
            json!(["blue", "black"]),
            json!({"G": 200, "R": 100}),
        ];
        for (style, explode, expected) in [
            (Matrix, false, ";c=blue ;c=blue,black ;c=G,200,R,100"),
            (Matrix, true, ";c=blue ;c=blue;c=black ;G=200;R=100"),
            (Label, false, ".blue .blue.black .G.200.R.100"),
            (Label, true, ".blue .blue.black .G=200.R=100"),
            (Simple, false, "blue blue,black G,200,R,100"),
            (Simple, true, "blue blue,black G=200,R=100"),
        ] {
            let found = colors.iter().map(|value| path("c", value, style, explode));
            let found: Result<Vec<_>, _> = found.collect();
            assert_eq!(found.unwrap().join(" "), expected, "{style:?}");
            if style == Simple {
                let found = colors.iter().map(|value| header(value, style, explode));
                let found: Result<Option<Vec<_>>, _> = found.collect();
                assert_eq!(found.unwrap().unwrap().join(" "), expected);
            }
        }
        for (style, explode, expected) in [
            (Form, false, "c=blue c=blue,black c=G,200,R,100"),
            (Form, true, "c=blue c=blue&c=black G=200&R=100"),
            (Space, false, "c=blue c=blue%20black c=G%20200%20R%20100"),
            (Pipe, false, "c=blue c=blue%7Cblack c=G%7C200%7CR%7C100"),
            (Deep, true, "c=blue c[0]=blue&c[1]=black c[G]=200&c[R]=100"),
        ] {
            let found = colors.iter().map(|value| query("c", value, style, explode));
            let found: Result<Vec<_>, _> = found.collect();
            let expected = expected.replace('[', "%5B").replace(']', "%5D");
            assert_eq!(found.unwrap().join(" "), expected, "{style:?}");
        }
    }

    #[test]
    fn no_value_leaves_its_place() {
        let odd = "a,b&c=d+e%f é;.|/?#";
        let escaped = "a%2Cb%26c%3Dd%2Be%25f%20%C3%A9%3B.%7C%2F%3F%23";
        for (value, expected) in [
            (json!([odd, 1]), format!("n={escaped},1")),
            (json!({odd: odd}), format!("n={escaped},{escaped}")),
        ] {
            let found = query("n", &value, Style::Form, false).unwrap();
            assert_eq!(found, expected);
        }
        let deep = query("n", &json!({odd: {"x": [odd]}}), Style::Deep, true).unwrap();
        assert_eq!(deep, format!("n%5B{escaped}%5D%5Bx%5D%5B0%5D={escaped}"));
        let gaps = json!({"a": [null, 1, {"b": null}, {"b": 2}]});
        let gaps = query("n", &gaps, Style::Deep, true).unwrap();
        assert_eq!(gaps, "n%5Ba%5D%5B0%5D=1&n%5Ba%5D%5B1%5D%5Bb%5D=2");
        let label = path("n", &json!([odd]), Style::Label, false).unwrap();
        assert_eq!(label, format!(".{}", escaped.replace('.', "%2E")));
        let cookie = cookies("s d", &json!([odd, "b=="]), Style::Form, false).unwrap();
        let expected = "a%2Cb&c=d+e%25f%20%C3%A9%3B.|/?#,b==";
        assert_eq!(cookie, [("s%20d".to_owned(), expected.to_owned())]);
        // Where nothing can be escaped, it is not sent.
        for (style, item) in [(Style::Space, "a b"), (Style::Pipe, "a|b")] {
            assert!(query("n", &json!([item]), style, false).is_err());
            assert!(query("n", &json!([item]), style, true).is_ok());
            assert!(query("n", &json!(item), style, true).is_ok());
        }
        assert!(query("n", &json!({"a][b": 1}), Style::Deep, true).is_err());
        assert!(header(&json!(["a,b"]), Style::Simple, false).is_err());
        assert_eq!(
            header(&json!("a,b"), Style::Simple, false),
            Ok(Some("a,b".into()))
        );
    }

    #[test]
    fn what_is_not_there_is_not_written() {
        let null = json!(null);
        assert_eq!(header(&null, Style::Simple, false), Ok(None));
        for style in [Style::Form, Style::Deep, Style::Json] {
            assert_eq!(query("n", &null, style, false), Ok(String::new()));
        }
        for value in [json!([]), json!([null]), json!({"a": null})] {
            for explode in [false, true] {
                assert_eq!(query("n", &value, Style::Form, explode), Ok(String::new()));
                assert_eq!(path("n", &value, Style::Matrix, explode), Ok(String::new()));
            }
        }
    }

    #[test]
    fn json_is_written_where_it_is_declared_and_where_no_style_has_words() {
        let value = json!({"a": [1, "b"]});
        let found = query("n", &value, Style::Json, true);
        assert_eq!(found, Ok("n=%7B%22a%22%3A%5B1%2C%22b%22%5D%7D".into()));
        assert_eq!(
            query(
                "n",
                &json!([5.0, -0.0, 1e21, 1.5, {"a": 5.0}]),
                Style::Form,
                false
            ),
            Ok("n=5,-0,1e%2B21,1.5,%7B%22a%22%3A5.0%7D".into())
        );
        assert_eq!(
            query("n", &json!("a"), Style::Json, true),
            Ok("n=%22a%22".into())
        );
        let found = header(&value, Style::Json, false);
        assert_eq!(found, Ok(Some(r#"{"a":[1,"b"]}"#.into())));
        let found = header(&json!([value, [1]]), Style::Simple, false);
        assert_eq!(found, Ok(Some(r#"[{"a":[1,"b"]},[1]]"#.into())));
        let found = query("n", &json!([value]), Style::Form, true);
        assert_eq!(found, Ok("n=%7B%22a%22%3A%5B1%2C%22b%22%5D%7D".into()));
    }
}

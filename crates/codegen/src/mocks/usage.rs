//! An example for each operation that calls its mock.

use quote::{ToTokens, quote};
use serde_json::Value;
use syn::{Attribute, Type};

use super::examples::{Examples, raw};
use super::shapes::{Shapes, argument};
use super::then::{Content, answer_method, content};
use super::when::setter;
use crate::Paths;
use crate::adapt::{doc, is_nameable};
use crate::names::Status;
use crate::operations::{Credentials, Operation};
use crate::prepare::Writing;

/// Its doc lines. There are none where no doc test could name the client or the mocks, or could not
/// make what a call needs.
pub(super) fn lines(
    examples: &mut Examples<'_>,
    operation: &Operation,
    shapes: &Shapes,
    paths: &Paths,
) -> Vec<Attribute> {
    let paths_known = is_nameable(&paths.client) && is_nameable(&paths.mocks);
    let text = paths_known.then(|| text(examples, operation, shapes, paths));
    let text = text.flatten().unwrap_or_default();
    let lines = text.lines().map(|line| match line {
        "" => doc(line),
        line => doc(&format!(" {line}")),
    });
    lines.collect()
}

fn text(
    examples: &mut Examples<'_>,
    operation: &Operation,
    shapes: &Shapes,
    paths: &Paths,
) -> Option<String> {
    let function = operation.method_name();
    let (mut wanted, mut given) = (String::new(), String::new());
    for parameter in &operation.parameters {
        let name = &parameter.argument;
        if shapes.is_optional(operation, name) {
            continue;
        }
        let example = parameter.schema.get("example").and_then(Value::as_str);
        let value = literal(
            shapes.argument(operation, name)?,
            &Value::from(example.unwrap_or(&format!("the-{name}"))),
        )?;
        given.push_str(&format!("\n    .{name}({value})"));
        if !parameter.is_secret {
            wanted.push_str(&format!(".{}({value})", setter(parameter)));
        }
    }
    let mut body_of_example = None;
    if let Some(body) = &operation.body {
        let ty = shapes.argument(operation, "body")?;
        let value = examples.example(&body.examples, &body.schema);
        given.push_str(&sent(ty, &value, shapes, paths, body.writing.is_typed())?);
        body_of_example = Some(value);
    }
    let (credentials, expected) = match operation.credentials {
        Credentials::None => ("", ""),
        Credentials::Basic => (
            ".basic(\"the-user\", \"the-password\")",
            ".basic(\"the-user\", \"the-password\")",
        ),
        Credentials::Bearer | Credentials::Any => {
            (".bearer(\"the-token\")", ".bearer(\"the-token\")")
        }
    };
    wanted.push_str(expected);
    let field = body_of_example.as_ref().and_then(|value| {
        let (name, value) = value.as_object()?.iter().next()?;
        Some(format!(".body_field({name:?}, {:?})", value.as_str()?))
    });
    let is_typed = operation
        .body
        .as_ref()
        .is_some_and(|body| matches!(body.writing, Writing::Json | Writing::Form));
    wanted.push_str(&field.filter(|_| is_typed).unwrap_or_default());
    let wanted = match &*wanted {
        "" => String::new(),
        wanted => format!("    when{wanted};\n"),
    };
    let is_code = |status| matches!(status, Status::Code(_));
    let mut successes = operation.answers.successes.iter();
    let answer = successes.find(|answer| is_code(answer.status))?;
    let Status::Code(status) = answer.status else {
        return None;
    };
    let method = answer_method(answer.status);
    let answered = match content(operation, answer, shapes) {
        Content::Json(_) => format!("{method}_with(|_| {{}})"),
        Content::Bytes => format!("{method}(\"a body\")"),
        Content::Nothing => format!("{method}()"),
    };
    let (client, mocks) = (&paths.client, &paths.mocks);
    let module = client.rsplit("::").next().unwrap_or(client);
    let when = if wanted.is_empty() { "_" } else { "when" };
    Some(format!(
        "\n```\n\
         # use tokenturn_client::Transport;\n\
         # use tokenturn_httpmock::MockServer;\n\
         # use {client};\n\
         use {mocks}::Mocks as _;\n\
         \n\
         # #[tokio::main(flavor = \"current_thread\")]\n\
         # async fn main() -> Result<(), Box<dyn std::error::Error>> {{\n\
         let server = MockServer::start_async().await;\n\
         let mock = server.{function}(|{when}, then| {{\n\
         {wanted}    then.{answered};\n\
         }});\n\
         let transport = Transport::builder(server.base_url()){credentials};\n\
         let client = {module}::Client::new(transport.build()?);\n\
         let answer = client\n    .{function}(){given}\n    .send()\n    .await?;\n\
         assert_eq!(answer.status(), {status});\n\
         mock.assert();\n\
         # Ok(())\n\
         # }}\n```"
    ))
}

/// The setter of a body.
fn sent(
    ty: &Type,
    value: &Value,
    shapes: &Shapes,
    paths: &Paths,
    is_typed: bool,
) -> Option<String> {
    if !is_typed {
        return Some("\n    .body(\"a body\")".into());
    }
    let owner = last(ty)?;
    let fields = value.as_object().into_iter().flatten();
    let setters: Option<Vec<String>> = fields
        .map(|(name, value)| {
            let (setter, ty) = shapes.field(&owner, name)?;
            Some(format!(".{setter}({})", literal(ty, value)?))
        })
        .collect();
    match setters {
        Some(setters) if setters.is_empty() => Some(String::new()),
        Some(setters) if setters.len() == 1 => {
            Some(format!("\n    .body_map(|body| body{})", setters[0]))
        }
        Some(setters) => Some(format!(
            "\n    .body_map(|body| {{\n        body{}\n    }})",
            setters.join("\n            ")
        )),
        None => {
            let ty = quote!(#ty).to_string().replace(' ', "");
            let ty = ty.replace("types::", &format!("{}::types::", paths.client));
            let json = raw(&value.to_string());
            Some(format!(
                "\n    .body(serde_json::from_str::<{ty}>({json})?)"
            ))
        }
    }
}

/// What a setter for a type takes for a value.
fn literal(ty: &Type, value: &Value) -> Option<String> {
    if let Some(inner) = argument(ty, "Option") {
        return owned(inner, value);
    }
    match (&*last(ty)?, value) {
        ("String" | "Secret", Value::String(text)) => Some(format!("{text:?}")),
        _ => owned(ty, value),
    }
}

/// A value of exactly this type.
fn owned(ty: &Type, value: &Value) -> Option<String> {
    match (&*last(ty)?, value) {
        ("String", Value::String(text)) => Some(format!("{text:?}.to_owned()")),
        ("Secret", Value::String(text)) => Some(format!("tokenturn_client::Secret::new({text:?})")),
        ("Amount", Value::String(text)) => {
            let number: u64 = text.parse().ok()?;
            Some(format!("tokenturn_client::Amount::from({number})"))
        }
        ("Vec", Value::Array(items)) => {
            let inner = argument(ty, "Vec")?;
            let items: Option<Vec<String>> = items.iter().map(|item| owned(inner, item)).collect();
            Some(format!("vec![{}]", items?.join(", ")))
        }
        ("bool", Value::Bool(value)) => Some(value.to_string()),
        ("i64" | "i32" | "u64" | "u32", Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// The last name in the path of a type.
fn last(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            Some(last.ident.to_token_stream().to_string())
        }
        _ => None,
    }
}

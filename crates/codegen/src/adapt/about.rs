//! What the docs of a method say: all that matters to whoever calls it.

use crate::enums;
use crate::operations::{Credentials, Operation};

/// What the spec says about an operation.
pub(super) fn about(operation: &Operation) -> String {
    let docs = &operation.docs;
    let mut text = String::new();
    for part in [&docs.summary, &docs.description] {
        if !part.is_empty() {
            text.push_str(part);
            text.push_str("\n\n");
        }
    }
    text.push_str(&format!("`{} {}`", operation.method, operation.path));
    if let Some(url) = &docs.url {
        text.push_str(&format!(", see <{url}>"));
    }
    let successes = operation.answers.successes.iter();
    let lines = base_url(operation)
        .into_iter()
        .chain([credentials(operation), repetition(operation)])
        .chain(successes.map(|answer| format!("`Ok`: {}", enums::about(answer))));
    text.push_str("\n\n");
    for line in lines {
        // In a list, a line that begins with anything else would begin something else.
        let words: Vec<&str> = line.split_whitespace().collect();
        text.push_str(&format!("- {}\n", words.join(" ")));
    }
    text
}

/// Where the spec says that the provider is. The transport may send elsewhere.
fn base_url(operation: &Operation) -> Option<String> {
    let urls = operation.docs.base_urls.iter();
    let urls: Vec<String> = urls
        .map(|(url, about)| match &**about {
            "" => format!("`{url}`"),
            about => format!("`{url}` ({about})"),
        })
        .collect();
    (!urls.is_empty()).then(|| format!("Base URL: {}", urls.join(", ")))
}

fn credentials(operation: &Operation) -> String {
    let kind = match operation.credentials {
        Credentials::None => "none; those of the transport are not sent",
        Credentials::Basic => "a user name and a password (Basic)",
        Credentials::Bearer => "a token (Bearer)",
        Credentials::Any => "those of the transport",
    };
    match &*operation.docs.credentials {
        "" => format!("Credentials: {kind}"),
        about => format!("Credentials: {kind}. {about}"),
    }
}

/// The words of `Retry`.
fn repetition(operation: &Operation) -> String {
    let (class, what) = match operation.retry {
        "Safe" => ("safe", "the call reads, and the transport may repeat it"),
        "Idempotent" => (
            "idempotent",
            "a second call ends in the same state, and the transport may repeat it",
        ),
        "Repeatable" => (
            "repeatable",
            "a second call changes the state once more, and the transport sends it once",
        ),
        _ => (
            "never",
            "a second call may lose something for good, and the transport sends it once",
        ),
    };
    format!("Retry class `{class}`: {what}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operations::collect;

    #[test]
    fn whoever_calls_is_told_where_with_what_how_often_and_what_ok_means() {
        let operation = json!({
            "operationId": "rotate",
            "summary": "Rotate",
            "x-retry": "never",
            "responses": {"200": {"description": "The key,\nor an error."}},
        });
        let mut document = json!({
            "servers": [
                {"url": "https://a", "description": "The first."},
                {"url": "/relative"},
                {"url": "https://`b"},
                {"url": "https://c"},
            ],
            "security": [{"key": []}],
            "paths": {"/k": {"post": operation}},
            "components": {"securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key."},
            }},
        });
        let text = |document: &serde_json::Value| about(&collect(document)[0]);
        assert_eq!(
            text(&document),
            "Rotate\n\n`POST /k`\n\n\
             - Base URL: `https://a` (The first), `https://c`\n\
             - Credentials: a token (Bearer). A key.\n\
             - Retry class `never`: a second call may lose something for good, and the transport \
             sends it once\n\
             - `Ok`: 200: The key, or an error.\n"
        );
        document["security"] = json!([{"key": [], "secret": []}, {"other": []}]);
        for (name, about) in [("secret", "A secret."), ("other", "Or none.")] {
            document["components"]["securitySchemes"][name] =
                json!({"type": "apiKey", "in": "header", "name": name, "description": about});
        }
        let both = "those of the transport. A key. And: A secret. Or: Or none.";
        assert!(text(&document).contains(both), "{}", text(&document));
        for key in ["servers", "security"] {
            document[key] = json!([]);
        }
        let text = text(&document);
        assert!(!text.contains("Base URL"), "{text}");
        assert!(text.contains("- Credentials: none; "), "{text}");
    }
}

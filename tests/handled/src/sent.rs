//! What requests look like on the wire, and what their mocks tell apart.

use std::sync::{Arc, Mutex};

use tokenturn_client::{FilePart, Secret};
use tokenturn_httpmock::{MockServer, httpmock};

use crate::handled::types;
use crate::handled_mocks::Mocks as _;
use crate::tests::{client, missed};

/// What a mock has seen of the last request.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<String>>);

impl Seen {
    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn body(&self) -> impl FnOnce(httpmock::When) -> httpmock::When {
        let seen = self.clone();
        move |when| {
            when.is_true(move |request| {
                *seen.0.lock().unwrap() = String::from_utf8_lossy(request.body_ref()).into_owned();
                true
            })
        }
    }

    fn headers(&self, name: &'static str) -> impl FnOnce(httpmock::When) -> httpmock::When {
        let seen = self.clone();
        move |when| {
            when.is_true(move |request| {
                let all = request.headers_vec().iter();
                let all = all.filter(|(key, _)| key.eq_ignore_ascii_case(name));
                let all: Vec<_> = all.map(|(_, value)| value.as_str()).collect();
                *seen.0.lock().unwrap() = all.join(" and ");
                true
            })
        }
    }
}

#[tokio::test]
async fn the_content_type_is_the_callers_whatever_else_is_called_so() {
    let server = MockServer::start_async().await;
    let seen = Seen::default();
    server.typed_in_the_path(|when, then| {
        when.content_type_header_2("image/png")
            .content_type_header("h")
            .content_type("p")
            .content_type_query("q")
            .and(seen.headers("content-type"));
        then.no_content();
    });
    server.whatever(|when, then| {
        when.content_type("q").content_type_header("a/b");
        then.no_content();
    });
    server.typed_cookie(|when, then| {
        when.content_type_cookie("c")
            .and(seen.headers("content-type"));
        then.no_content();
    });
    let client = client(&server);
    let call = client
        .typed_in_the_path()
        .content_type("p")
        .content_type_query("q")
        .content_type_header("h")
        .content_type_header_2("image/png");
    call.body(&b"\x89PNG"[..]).send().await.unwrap();
    assert_eq!(seen.take(), "image/png");
    let call = client
        .whatever()
        .content_type("q")
        .content_type_header("a/b");
    call.body("a").send().await.unwrap();
    let call = client
        .typed_cookie()
        .content_type("p")
        .content_type_cookie("c");
    call.body("a").send().await.unwrap();
    assert_eq!(seen.take(), "application/octet-stream");
}

fn fields() -> types::JsonFields {
    let fields = r#"{
        "text": "a b", "texts": ["1", "x,y"], "numbers": [1e21, -0.0, 5], "objects": [{"name": "n"}],
        "secret": "canary", "commas": ["x,y", "z"], "spaced": "a b", "deep": [{"name": "n"}]
    }"#;
    serde_json(fields)
}

fn serde_json<T: tokenturn_client::runtime::serde::de::DeserializeOwned>(text: &str) -> T {
    tokenturn_client::runtime::serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn what_is_declared_as_json_is_json_item_by_item() {
    let server = MockServer::start_async().await;
    let seen = Seen::default();
    server.form_of_json(|when, then| {
        when.body(&fields()).and(seen.body());
        then.no_content();
    });
    server.multipart_of_json(|when, then| {
        when.body(&fields()).and(seen.body());
        then.no_content();
    });
    let client = client(&server);
    let call = client.form_of_json().body(fields());
    assert!(!format!("{call:?}").contains("canary"));
    call.send().await.unwrap();
    let body = seen.take().replace("%22", "'");
    let body = body.replace("%5B", "[").replace("%5D", "]");
    let mut pairs: Vec<&str> = body.split('&').collect();
    pairs.sort_unstable();
    let expected = [
        "commas=x%2Cy,z",
        "deep[0][name]=n",
        "numbers=-0.0",
        "numbers=1e%2B21",
        "numbers=5.0",
        "objects=%7B'name'%3A'n'%7D",
        "secret='canary'",
        "spaced=a+b",
        "text='a+b'",
        "texts='1'",
        "texts='x%2Cy'",
    ];
    assert_eq!(pairs, expected);
    client
        .multipart_of_json()
        .body(fields())
        .send()
        .await
        .unwrap();
    let body = seen.take();
    for (name, media, content) in [
        ("text", "application/json", r#""a b""#),
        ("texts", "application/json", r#""1""#),
        ("texts", "application/json", r#""x,y""#),
        ("numbers", "application/json; charset=utf-8", "-0.0"),
        ("objects", "application/json", r#"{"name":"n"}"#),
        ("secret", "application/vnd.a+json", r#""canary""#),
        ("deep", "application/json", r#"{"name":"n"}"#),
    ] {
        let head = format!("form-data; name=\"{name}\"\r\nContent-Type: {media}");
        assert!(
            body.contains(&format!("{head}\r\n\r\n{content}\r\n--")),
            "{body}"
        );
    }
    assert!(body.contains("name=\"commas\"\r\n\r\nx,y\r\n--"), "{body}");
}

#[tokio::test]
async fn a_comma_in_an_item_is_not_one_between_items() {
    let both = || vec!["a".to_owned(), "b".to_owned()];
    let one = || vec!["a,b".to_owned()];
    for (expected, sent) in [(both(), one()), (one(), both())] {
        let server = MockServer::start_async().await;
        let mock = server.styles_in_a_query(|when, then| {
            when.joined(&expected);
            then.no_content();
        });
        let client = client(&server);
        let call = |list: Vec<String>| {
            let call = client.styles_in_a_query().deep_text("a");
            call.json_list(Vec::new()).joined(list).send()
        };
        call(expected.clone()).await.unwrap();
        mock.assert();
        call(sent.clone()).await.unwrap_err();
        assert_eq!(missed(server), "query parameter `joined`");

        let server = MockServer::start_async().await;
        let form = |commas: &[String]| {
            let mut form = fields();
            form.commas = Some(commas.to_vec());
            form
        };
        server.form_of_json(|when, then| {
            when.body(&form(&expected));
            then.no_content();
        });
        let client = self::client(&server);
        let call = |list: &[String]| client.form_of_json().body(form(list)).send();
        call(&expected).await.unwrap();
        call(&sent).await.unwrap_err();
        assert_eq!(missed(server), "body at `commas`");

        let server = MockServer::start_async().await;
        let words = |words: &[String]| types::Words(words.to_vec());
        server.styles_in_a_path(|when, then| {
            when.label(words(&expected));
            then.no_content();
        });
        let client = self::client(&server);
        let point: types::Point = serde_json(r#"{"x": 1}"#);
        let call = |list: &[String]| {
            let dots = list
                .iter()
                .map(|item| item.replace(',', "."))
                .collect::<Vec<_>>();
            let call = client.styles_in_a_path().simple(types::Numbers(vec![1]));
            let call = call.label(types::Words(if list == expected {
                list.to_vec()
            } else {
                dots
            }));
            let call = call.matrix(point.clone()).exploded(point.clone()).part("a");
            let map = std::collections::HashMap::from([("k".to_owned(), "v".to_owned())]);
            let list = types::StylesInAPathList {
                a: Some("a".into()),
            };
            call.map(map).list(list).other(point.clone()).send()
        };
        call(&expected).await.unwrap();
        call(&sent).await.unwrap_err();
        assert_eq!(missed(server), "path parameter `label`");
    }
}

#[tokio::test]
async fn what_is_expected_to_be_absent_is_missed_when_it_is_there() {
    let server = MockServer::start_async().await;
    server.styles_in_headers(|when, then| {
        when.x_list(None::<types::Words>);
        then.no_content();
    });
    let client = client(&server);
    let point: types::Point = serde_json(r#"{"x": 1}"#);
    let call = client
        .styles_in_headers()
        .x_point(point)
        .x_key(Secret::new("canary"));
    call.clone().send().await.unwrap();
    let words = types::Words(vec!["a".into()]);
    call.x_list(words).send().await.unwrap_err();
    assert_eq!(missed(server), "header `X-List`");

    let server = MockServer::start_async().await;
    server.styles_in_a_query(|when, then| {
        when.deep(None::<types::Deep>);
        then.no_content();
    });
    let client = self::client(&server);
    let call = client
        .styles_in_a_query()
        .deep_text("a")
        .json_list(Vec::new());
    call.clone().send().await.unwrap();
    let deep = types::Deep {
        all: vec!["a".into()],
        ..Default::default()
    };
    call.deep(deep).send().await.unwrap_err();
    assert_eq!(missed(server), "query parameter `deep`");
}

/// A header is a text of its own, an item of a list cannot end it, and what is nested is JSON.
#[tokio::test]
async fn a_header_holds_what_it_can_hold() {
    let server = MockServer::start_async().await;
    let seen = Seen::default();
    server.styles_in_headers(|when, then| {
        when.and(seen.headers("x-nested"));
        then.no_content();
    });
    let client = client(&server);
    let point: types::Point = serde_json(r#"{"x": 1, "y": "a,b"}"#);
    let plain: types::Point = serde_json(r#"{"x": 1}"#);
    let call = client
        .styles_in_headers()
        .x_point(plain)
        .x_key(Secret::new("canary"));
    let nested = call.clone().x_nested(vec![point.clone(), point]);
    nested.send().await.unwrap();
    assert_eq!(seen.take(), r#"[{"x":1,"y":"a,b"},{"x":1,"y":"a,b"}]"#);
    for text in ["a\r\nX-Evil: 1", "a\nb", "a\0b"] {
        call.clone().x_plain(text).send().await.unwrap_err();
        let secret = call.clone().x_key(Secret::new(format!("canary{text}")));
        let error = secret.send().await.unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
    }
    call.x_plain("").send().await.unwrap();
}

#[tokio::test]
async fn no_secret_is_in_what_a_mock_or_an_error_says() {
    let server = MockServer::start_async().await;
    server.form_of_json(|when, then| {
        when.body(&fields());
        then.no_content();
    });
    let client = client(&server);
    let mut other = fields();
    other.secret = Some(Secret::new("canary-2"));
    let error = client.form_of_json().body(other.clone()).send().await;
    let error = error.unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("canary"),
        "{error:?}"
    );
    assert_eq!(missed(server), "body at `secret`");

    let server = MockServer::start_async().await;
    server.multipart_of_json(|when, then| {
        when.body(&fields());
        then.no_content();
    });
    let client = self::client(&server);
    client
        .multipart_of_json()
        .body(other)
        .send()
        .await
        .unwrap_err();
    assert_eq!(missed(server), "content of the part `secret`");

    let server = MockServer::start_async().await;
    server.cookies(|when, then| {
        when.session(&Secret::new("canary"));
        then.no_content();
    });
    let client = self::client(&server);
    let call = client.cookies().session(Secret::new("canary-2"));
    assert!(!format!("{call:?}").contains("canary"));
    call.send().await.unwrap_err();
    assert_eq!(missed(server), "cookie `session`");
}

#[tokio::test]
async fn a_file_name_stays_in_its_place() {
    let server = MockServer::start_async().await;
    let seen = Seen::default();
    let upload: types::MultipartInlineBody = types::MultipartInlineBody {
        file: FilePart::new("a\r\n--b").named("größe \"1\"; x=\r\n\\.png"),
        extra: std::collections::HashMap::new(),
    };
    server.multipart_inline(|when, then| {
        when.body(&upload).and(seen.body());
        then.no_content();
    });
    let client = client(&server);
    client.multipart_inline().body(upload).send().await.unwrap();
    let body = seen.take();
    let name = "filename=\"größe %221%22; x=%0D%0A\\.png\"\r\n";
    assert!(body.contains(name), "{body}");
}

/// The runtime knows the kinds of values by the names that the generator gives them.
#[test]
fn every_kind_of_value_is_read_as_its_own() {
    use types::EveryKind;
    let kinds = [r#"{"a": "b"}"#, r#"["a"]"#, "true", "1.5", r#""a""#].map(serde_json::<EveryKind>);
    let [object, array, boolean, number, string] = kinds;
    assert!(matches!(object, EveryKind::Object(_)), "{object:?}");
    assert!(matches!(array, EveryKind::Array(_)), "{array:?}");
    assert!(matches!(boolean, EveryKind::Boolean(_)), "{boolean:?}");
    assert!(matches!(number, EveryKind::Number(_)), "{number:?}");
    assert!(matches!(string, EveryKind::String(_)), "{string:?}");
}

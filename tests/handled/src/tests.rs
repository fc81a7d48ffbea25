//! What the round trips do not ask.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokenturn_client::runtime::{self, serde_json};
use tokenturn_client::{Error, FilePart, Secret, Transport};
use tokenturn_httpmock::{MockServer, httpmock};

use crate::handled::{Client, answers, types};
use crate::handled_mocks::Mocks as _;

pub(crate) fn client(server: &MockServer) -> Client {
    let transport = Transport::builder(server.base_url()).bearer("token");
    Client::new(transport.build().unwrap())
}

#[tokio::test]
async fn a_new_value_of_a_closed_enum_is_read() {
    let server = MockServer::start_async().await;
    server.typed_and_default(|_, then| {
        let thing = r#"{"id": "no uuid", "level": "new", "code": "bad", "short": "too long"}"#;
        then.raw(200, "application/json", thing);
    });
    let client = client(&server);
    let thing = client.typed_and_default().send().await.unwrap();
    assert_eq!(thing.level.to_string(), "new");
}

#[tokio::test]
async fn the_headers_of_an_empty_answer_are_there() {
    let server = MockServer::start_async().await;
    server.accepted(|_, then| {
        then.accepted().header("location", "/there");
    });
    let answer = client(&server).accepted().send().await.unwrap();
    assert_eq!(answer.headers()["location"], "/there");
}

#[tokio::test]
async fn a_request_without_a_body_says_so() {
    let server = MockServer::start_async().await;
    server.accepted(|when, then| {
        when.and(|when| when.header("content-length", "0"));
        then.accepted();
    });
    server.empty_segments(|when, then| {
        when.and(|when| when.header("content-length", "0"));
        then.no_content();
    });
    server.redirect(|when, then| {
        when.and(|when| when.header_missing("content-length"));
        then.raw(200, "text/plain", "");
    });
    let client = client(&server);
    client.accepted().send().await.unwrap();
    client.empty_segments().send().await.unwrap();
    client.redirect().send().await.unwrap_err();
}

#[tokio::test]
async fn a_path_is_escaped_once() {
    let server = MockServer::start_async().await;
    server.literal_path(|when, then| {
        let path = "/gr%C3%B6%C3%9Fe%20und%20ma%C3%9F/100%25/a%2Fb/c%2Fd%7C%5B+%C3%A9";
        when.x("c/d|[")
            .and(|when| when.is_true(move |request| request.uri().path() == path));
        then.no_content();
    });
    server.dots(|when, then| {
        when.and(|when| when.is_true(|request| request.uri().path() == "/a/dots"));
        then.no_content();
    });
    let client = client(&server);
    client.literal_path().x("c/d|[").send().await.unwrap();
    client.dots().send().await.unwrap();
}

#[tokio::test]
async fn every_moment_is_read() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    for (written, read) in [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("1965-05-05t01:00:00.5+01:00", "1965-05-05T00:00:00.500Z"),
        ("2020-01-01t00:00:00z", "2020-01-01T00:00:00Z"),
    ] {
        let mock = server.typed_and_default(|_, then| {
            let thing = format!(r#"{{"id": "a", "level": "low", "seen": "{written}"}}"#);
            then.raw(200, "application/json", thing);
        });
        let thing = client.typed_and_default().send().await.unwrap();
        mock.delete();
        assert_eq!(thing.seen.unwrap().to_string(), read);
    }
}

#[tokio::test]
async fn what_is_not_declared_stays_whole() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    for (status, body) in [(403, "not declared"), (400, "not as declared")] {
        let mock = server.many_failures(|_, then| {
            then.raw(status, "text/plain", body);
        });
        let error = client.many_failures().send().await.unwrap_err();
        mock.delete();
        let Error::UnexpectedResponse(response) = error else {
            panic!("{error:?}")
        };
        assert_eq!(response.status(), status);
        assert_eq!(response.body(), body.as_bytes());
    }
}

#[test]
#[should_panic = "404 is not in the range 5XX"]
fn a_status_outside_the_range_is_refused() {
    let server = MockServer::start();
    server.ranges(|_, then| {
        then.status_5xx(404);
    });
}

#[test]
fn no_secret_prints() {
    let secrets = r#"{
        "plain": "canary-1", "limited": "canary", "described": "canary-2", "chosen": "canary-3",
        "either": "canary-4", "listed": ["canary-5"], "named": {"a": "canary-6"}
    }"#;
    let guarded: types::Guarded = serde_json::from_str(secrets).unwrap();
    assert_eq!(guarded.limited, Secret::new("canary"));
    assert_eq!(guarded.described, Some(Secret::new("canary-2")));
    let stored = serde_json::to_string(&guarded).unwrap();
    let answer: types::SecretResponse = serde_json::from_str(r#""canary""#).unwrap();
    let more: types::GuardedMore = serde_json::from_str(secrets).unwrap();
    for shown in [
        format!("{guarded:?}"),
        stored,
        format!("{answer:?}"),
        format!("{more:?}"),
    ] {
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[test]
fn no_secret_of_another_part_prints() {
    let secrets = serde_json::json!({
        "list": ["canary"], "map": {"a": "canary"}, "inner": {"pin": "canary"},
        "deep": [{"pin": "canary"}], "lists": ["canary"], "maps": {"a": "canary"}, "word": "canary",
        "any": "canary", "rest": {"pin": "canary", "a": "canary"},
        "choice": "canary", "mixed": {"either": "canary", "any": "canary", "named": "canary", "part": "canary", "twice": "canary"},
    });
    let hidden: types::OddHidden = serde_json::from_value(secrets.clone()).unwrap();
    assert!(!format!("{hidden:?}").contains("canary"), "{hidden:?}");
    let shown = serde_json::to_string(&hidden).unwrap();
    assert!(!shown.contains("canary"), "{shown}");
    let sent = runtime::exposing(|| serde_json::to_value(&hidden)).unwrap();
    assert_eq!(sent, secrets);
    let others = serde_json::json!({"choice": 8, "mixed": {"either": 5, "any": {"a": [1]}, "named": 6, "twice": true}});
    let read: types::OddHidden = serde_json::from_value(others.clone()).unwrap();
    let sent = serde_json::to_value(&read).unwrap();
    assert_eq!(sent["choice"], others["choice"]);
    assert_eq!(sent["mixed"], others["mixed"]);
}

#[test]
fn what_is_itself_and_something_more_ends_where_a_list_does() {
    let value = serde_json::json!({
        "all": [{"name": "a", "more": 1, "all": [{"name": "b", "more": 2}]}],
        "one": {"last": true, "one": {"last": false}}, "plain": {"name": "c"},
    });
    let read: types::OddNarrowed = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), value);
}

#[test]
fn what_is_made_of_itself_is_made_of_the_rest() {
    let value = serde_json::json!({"loops": ["a", ["b", ["c"]], {"loop": {"loop": ["d"]}}]});
    let parts: types::OddParts = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&parts).unwrap(), value);
}

#[test]
fn what_another_part_requires_is_required() {
    let read = |value| serde_json::from_value::<types::OddNeeded>(value);
    let whole = serde_json::json!({"own": "a", "other": "b", "inner": {"deep": "c"}});
    let needed = read(whole).unwrap();
    assert_eq!((&*needed.own, &*needed.other), ("a", "b"));
    for value in [
        serde_json::json!({"own": "a"}),
        serde_json::json!({"other": "b"}),
        serde_json::json!({"own": "a", "other": "b", "inner": {}}),
    ] {
        read(value).unwrap_err();
    }
}

#[tokio::test]
async fn what_has_no_body_is_not_decoded() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    for status in [204, 205] {
        let mock = server.range_and_default(|_, then| {
            then.raw(status, "application/json", "");
        });
        let error = client.range_and_default().send().await.unwrap_err();
        mock.delete();
        let Error::UnexpectedResponse(response) = error else {
            panic!("{error:?}")
        };
        assert_eq!(response.status(), status);
    }
    server.ranges(|_, then| {
        then.no_content();
    });
    let answer = client.ranges().send().await.unwrap();
    assert!(matches!(*answer, answers::Ranges::NoContent));
}

#[test]
#[should_panic = "204 has no body"]
fn what_has_no_body_is_not_mocked_with_one() {
    let server = MockServer::start();
    let other: types::Other = serde_json::from_str(r#"{"name": "a"}"#).unwrap();
    server.ranges(|_, then| {
        then.status_2xx(204, &other);
    });
}

/// Drops the server and returns the part that its mock missed.
pub(crate) fn missed(server: MockServer) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(server))).unwrap_err();
    let message = panic.downcast::<String>().unwrap();
    let (_, part) = message.split_once("wants it: ").unwrap();
    part.to_owned()
}

#[tokio::test]
async fn another_form_does_not_fit() {
    let form = |secret: &str| {
        let form = types::FormBody::builder()
            .text("a&b=c")
            .secret(Secret::new(secret));
        types::FormBody::try_from(form).unwrap()
    };
    let server = MockServer::start_async().await;
    let mock = server.form(|when, then| {
        when.body(&form("one"));
        then.no_content();
    });
    let client = client(&server);
    client.form().body(form("one")).send().await.unwrap();
    mock.assert();
    client.form().body(form("two")).send().await.unwrap_err();
    assert_eq!(missed(server), "body at `secret`");
}

#[tokio::test]
async fn other_parameters_and_bytes_do_not_fit() {
    let server = MockServer::start_async().await;
    server.query(|when, then| {
        when.text("a").tags(["b", "c d"]).count(5);
        then.no_content();
    });
    let client = client(&server);
    let call = client.query().text("a").tags(vec!["b".to_owned()]).count(5);
    call.send().await.unwrap_err();
    assert_eq!(missed(server), "query parameter `tags`");

    let server = MockServer::start_async().await;
    server.headers(|when, then| {
        when.x_text("a").x_count(1);
        then.no_content();
    });
    let client = self::client(&server);
    let call = client.headers().x_text("a").x_count(2);
    call.send().await.unwrap_err();
    assert_eq!(missed(server), "header `X-Count`");

    let server = MockServer::start_async().await;
    server.bytes(|when, then| {
        when.body(b"\0\xff");
        then.no_content();
    });
    let client = self::client(&server);
    client.bytes().body("\0").send().await.unwrap_err();
    assert_eq!(missed(server), "body");
}

fn upload() -> types::MultipartBody {
    let upload = types::MultipartBody::builder()
        .photo(FilePart::new([0, 255, 13, 10]).named("me.png"))
        .label("größer")
        .secret(Secret::new("canary"))
        .more(vec![
            FilePart::new("1"),
            FilePart::new("2").of_type("text/plain"),
        ])
        .tags(vec!["a".to_owned(), "b".to_owned()]);
    upload.try_into().unwrap()
}

#[tokio::test]
async fn a_multipart_body_is_sent_part_by_part() {
    let server = MockServer::start_async().await;
    server.multipart(|when, then| {
        when.body(&upload()).and(|when| {
            when.is_true(|request| {
                let body = request.body_ref();
                let text = String::from_utf8_lossy(body);
                let part = |name: &str, rest: &str| {
                    let head = format!("Content-Disposition: form-data; name=\"{name}\"");
                    text.contains(&format!("{head}{rest}\r\n--"))
                };
                let photo = b"\r\nContent-Type: image/png\r\n\r\n\0\xff\r\n\r\n--";
                body.windows(photo.len()).any(|bytes| bytes == photo)
                    && text.contains("name=\"photo\"; filename=\"me.png\"")
                    && part("label", "\r\n\r\ngrößer")
                    && part("secret", "\r\n\r\ncanary")
                    && part(
                        "more",
                        "; filename=\"more\"\r\nContent-Type: text/plain\r\n\r\n2",
                    )
                    && part("tags", "\r\n\r\nb")
                    && text.matches("Content-Disposition").count() == 7
            })
        });
        then.no_content();
    });
    let client = client(&server);
    client.multipart().body(upload()).send().await.unwrap();
    let shown = format!("{:?}", client.multipart().body(upload()));
    assert!(
        !shown.contains("canary") && shown.contains("FilePart { length: 4"),
        "{shown}"
    );
}

#[tokio::test]
async fn another_multipart_body_does_not_fit() {
    type Change = fn(&mut types::MultipartBody);
    let changes: [(Change, &str); 5] = [
        (|one| one.label = "x".into(), "content of the part `label`"),
        (
            |one| one.photo = FilePart::new([0, 255, 13, 10]),
            "file name of the part `photo`",
        ),
        (
            |one| one.photo = one.photo.clone().of_type("image/gif"),
            "content type of the part `photo`",
        ),
        (
            |one| one.tags = None,
            "body, in the number of its parts `tags`",
        ),
        (|one| one.count = Some(1), "body, which holds more parts"),
    ];
    for (change, part) in changes {
        let server = MockServer::start_async().await;
        server.multipart(|when, then| {
            when.body(&upload());
            then.no_content();
        });
        let mut other = upload();
        change(&mut other);
        let client = client(&server);
        client.multipart().body(other).send().await.unwrap_err();
        assert_eq!(missed(server), part);
    }
}

#[tokio::test]
async fn a_multipart_body_is_sent_again() {
    let server = MockServer::start_async().await;
    let mock = server.multipart(|when, then| {
        when.body(&upload());
        then.raw(503, "text/plain", "").header("retry-after", "0");
    });
    let client = client(&server);
    let error = client.multipart().body(upload()).send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 503);
    assert!(mock.calls() > 1);
}

#[tokio::test]
async fn a_body_says_what_it_is() {
    let server = MockServer::start_async().await;
    let is = |media: &'static str| move |when: httpmock::When| when.header("content-type", media);
    server.merge_patch(|when, then| {
        when.and(is("application/merge-patch+json"));
        then.raw(200, "application/json", r#"{"name": "b"}"#);
    });
    server.csv(|when, then| {
        when.body("a,b").and(is("text/csv; header=present"));
        then.no_content();
    });
    server.xml(|when, then| {
        when.body("<a/>").and(is("application/xml"));
        then.ok("<b/>");
    });
    server.image(|when, then| {
        when.content_type("image/png")
            .body(b"\x89PNG")
            .and(is("image/png"));
        then.no_content();
    });
    server.whatever(|when, then| {
        when.content_type_header("a/b").and(is("a/b"));
        then.no_content();
    });
    server.secret_text(|when, then| {
        when.body("canary").and(is("text/plain"));
        then.no_content();
    });
    let client = client(&server);
    let patch = types::Other::builder().name("a");
    client.merge_patch().body(patch).send().await.unwrap();
    client.csv().body("a,b").send().await.unwrap();
    let answer = client.xml().body("<a/>").send().await.unwrap();
    assert_eq!(answer.body(), b"<b/>");
    let call = client.image().content_type("image/png");
    call.body(&b"\x89PNG"[..]).send().await.unwrap();
    let call = client.whatever().content_type_header("a/b");
    call.body("a").send().await.unwrap();
    let call = client.secret_text().body(Secret::new("canary"));
    assert!(!format!("{call:?}").contains("canary"));
    call.send().await.unwrap();
}

#[tokio::test]
async fn a_form_has_its_styles() {
    let form: types::FormOfMoreBody = serde_json::from_str(
        r#"{
            "name": "n", "list": ["a", "b"], "commas": ["a", "b"], "spaces": [1, 2], "pipes": [1.5, 2.0],
            "secrets": ["s"], "object": {"a": 1}, "deep": {"a": 1, "within": {"list": ["x"]}},
            "maybe": null
        }"#,
    )
    .unwrap();
    let server = MockServer::start_async().await;
    server.form_of_more(|when, then| {
        when.body(&form).and(|when| {
            when.is_true(|request| {
                let body = String::from_utf8_lossy(request.body_ref()).replace("%5B", "[");
                let body = body.replace("%5D", "]");
                let mut pairs: Vec<&str> = body.split('&').collect();
                pairs.sort_unstable();
                pairs
                    == [
                        "commas=a,b",
                        "deep[a]=1",
                        "deep[within][list][0]=x",
                        "list=a",
                        "list=b",
                        "name=n",
                        "object=%7B%22a%22%3A1%7D",
                        "pipes=1.5%7C2",
                        "secrets=s",
                        "spaces=1+2",
                    ]
            })
        });
        then.no_content();
    });
    let client = client(&server);
    client
        .form_of_more()
        .body(form.clone())
        .send()
        .await
        .unwrap();
}

/// A name, and what is read and written back.
#[test]
fn a_choice_is_read_as_what_it_is() {
    for (name, value) in [
        ("listed", r#"{"kind":"dog","name":"rex","tricks":["sit"]}"#),
        (
            "listed",
            r#"{"kind":"wolf","name":"rex","tricks":["howl"]}"#,
        ),
        ("maybe", r#"{"kind":"dog","name":"rex","tricks":["sit"]}"#),
        (
            "narrowed",
            r#"{"kind":"dog","more":"m","name":"rex","tricks":["sit"]}"#,
        ),
        ("inline", r#"{"items":{"tricks":1},"kind":"dog"}"#),
        ("inline", r#"{"items":{"tricks":1},"kind":"wolf"}"#),
        ("sealed", r#"{"codes":["hidden"]}"#),
        ("flagged", r#"{"error":"boom","ok":false}"#),
        ("flagged", r#"{"ok":true,"result":"done"}"#),
        ("numbered", r#"{"name":"a","version":1}"#),
        ("numbered", r#"{"names":["a"],"version":3}"#),
        ("closed", r#"{"id":"1","region":"eu"}"#),
        ("known", r#"{"wait":"5s"}"#),
        ("lists", r#"[{"kind":"dog","name":"rex","tricks":["sit"]}]"#),
        ("object_or_list", r#"["a","b"]"#),
        ("struct_or_map", r#"{"click":"a","more":"b"}"#),
        ("any", r#"{"a":"a","b":"b","both":[1]}"#),
        ("required", r#"{"email":"e","phone":"p"}"#),
        ("text", r#""no uuid""#),
        ("secret", r#""hidden""#),
        ("number", "1.5"),
        ("text_or_number", "7"),
        ("text_or_number", r#""seven""#),
        ("text_or_null", r#""text""#),
    ] {
        let read: types::Choices =
            serde_json::from_str(&format!(r#"{{"{name}":{value}}}"#)).unwrap();
        assert!(!format!("{read:?}").contains("hidden"));
        let written = runtime::exposing(|| serde_json::to_value(&read)).unwrap();
        let value: serde_json::Value = serde_json::from_str(value).unwrap();
        assert_eq!(written[name], value, "{name}: {read:?}");
    }
    let read =
        |is| serde_json::from_str::<types::Choices>(&format!(r#"{{"named":{{"is":"{is}"}}}}"#));
    for (is, shown) in [
        ("little", "Small"),
        ("#large", "Large"),
        ("Large", "Large"),
        ("?", "Small"),
    ] {
        let read = format!("{:?}", read(is).unwrap().named);
        assert!(read.starts_with(&format!("Some({shown}(")), "{is}: {read}");
    }
}

#[test]
fn only_what_is_set_is_sent() {
    let written = |change: types::builder::Change| {
        let change = types::Change::try_from(change).unwrap();
        serde_json::to_string(&change).unwrap()
    };
    let change = types::Change::builder;
    assert_eq!(written(change()), "{}");
    assert_eq!(written(change().name("a".to_owned())), r#"{"name":"a"}"#);
    assert_eq!(written(change().nick("a".to_owned())), r#"{"nick":"a"}"#);
    assert_eq!(written(change().nick(None)), r#"{"nick":null}"#);
    assert_eq!(written(change().secret(None)), r#"{"secret":null}"#);
    assert_eq!(written(change().tags(Vec::new())), r#"{"tags":[]}"#);
    assert_eq!(written(change().meta(HashMap::new())), r#"{"meta":{}}"#);
    for json in [
        r#"{"camelCase":null}"#,
        r#"{"camelCase":[]}"#,
        r#"{"other":null,"deep":{"nick":null}}"#,
        r#"{"deep":{}}"#,
        r#"{"priority":0,"free":{}}"#,
    ] {
        let change: types::Change = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&change).unwrap(), json);
    }
}

#[tokio::test]
async fn a_default_is_not_sent_and_is_filled_in_where_it_fits() {
    let server = MockServer::start_async().await;
    server.set_or_not(|when, then| {
        when.and(|when| {
            when.query_param_missing("limit")
                .query_param_missing("order")
                .header_missing("x-level")
                .body("{}")
        });
        then.raw(200, "application/json", r#"{"name":"a","maybe":null}"#);
    });
    let body = types::Change::builder();
    let answer = client(&server).set_or_not().body(body).send().await;
    let answer = answer.unwrap().into_inner();
    assert_eq!((&*answer.text, answer.count, answer.flag), ("a", 20, true));
    assert_eq!((answer.list, answer.maybe), (vec!["a".to_owned()], None));
    assert_eq!((answer.since, answer.wrong_since), (None, None));
    assert_eq!((answer.too_big, answer.too_small), (None, None));
}

#[tokio::test]
async fn a_type_holds_what_the_limits_allow() {
    let limits = r#"{"wide":4294967295,"natural":18446744073709551615,"least":9000000000,
        "most":-9000000000,"byte":-1,"endless":-1}"#;
    let integers: types::Integers = serde_json::from_str(limits).unwrap();
    assert_eq!(integers.natural, Some(u64::MAX));
    let sent: types::SentIntegers = serde_json::from_str(limits).unwrap();
    assert_eq!(sent.wide, Some(u32::MAX.into()));
}

#[tokio::test]
async fn null_is_taken_as_a_whole_answer() {
    let server = MockServer::start_async().await;
    server.null_anywhere(|when, then| {
        when.id("a").and(|when| when.header_missing("key"));
        then.raw(200, "application/json", "null");
    });
    let call = client(&server);
    let call = call.null_anywhere().id("a").body(None::<types::MaybeNull>);
    assert!(call.send().await.unwrap().is_none());
}

#[tokio::test]
async fn a_query_in_a_path_is_sent() {
    let server = MockServer::start_async().await;
    server.literal_query(|when, then| {
        when.and(|when| {
            let when = when.path("/rest").query_param("method", "things.get");
            when.query_param("format", "a b").query_param("page", "2")
        });
        then.raw(404, "text/plain", "");
    });
    server.query_in_the_path(|when, then| {
        when.and(|when| {
            let when = when.path("/rest").query_param("method", "things.find");
            when.query_param("text", "a b")
        });
        then.no_content();
    });
    let client = client(&server);
    let error = client.literal_query().page(2).send().await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    client.query_in_the_path().text("a b").send().await.unwrap();
}

#[test]
fn what_would_have_one_name_is_sent_as_it_is() {
    let clash = types::OddSentClash::AB2;
    assert_eq!(serde_json::json!(clash), "a_b");
    assert_eq!(
        "A B".parse::<types::OddSentClash>().unwrap().to_string(),
        "A B"
    );
    let names = types::OddNames::builder();
    let names = names.a_b("one").a_b_2(2).extra_("three").ab_2(true).ab_3(4);
    let names = types::OddNames::try_from(names).unwrap();
    let written = serde_json::json!({
        "a-b": "one", "a_b": 2, "extra": "three", "ab": true, "Ab": 4,
    });
    assert_eq!(serde_json::json!(names), written);
}

#[test]
fn a_list_keeps_what_is_in_it() {
    let answer = r#"{"unique": [2.0, 1.0, 2.0], "clash": "new", "contradiction": [1, {}]}"#;
    let answer: types::OddAnswer = serde_json::from_str(answer).unwrap();
    assert_eq!(answer.unique, [2.0, 1.0, 2.0]);
    assert_eq!(answer.clash.as_deref(), Some("new"));
    assert_eq!(answer.one, None);
    assert_eq!(
        serde_json::json!(answer.contradiction),
        serde_json::json!([1, {}])
    );
}

#[test]
fn a_tag_keeps_meaning_a_schema_that_is_renamed() {
    let odd = r#"{"mapped": {"kind": "first"}, "moved": {"kind": "Square"}}"#;
    let odd: types::Odd = serde_json::from_str(odd).unwrap();
    let printed = format!("{odd:?}");
    assert!(printed.contains("(FooBar2 {"), "{printed}");
    assert!(printed.contains("(XShapesSquare {"), "{printed}");
}

#[test]
fn a_secret_that_a_part_narrows_does_not_print() {
    let parts = r#"{"by_reference": {"password": "hidden"}, "by_choice": {"pin": "hidden"},
        "by_alternative": {"b": "b", "pin": "hidden"}, "or_null": "hidden"}"#;
    let parts: types::OddParts = serde_json::from_str(parts).unwrap();
    let printed = format!("{parts:?}");
    assert!(!printed.contains("hidden"), "{printed}");
    assert!(printed.contains("by_choice: Some"), "{printed}");
}

#[test]
fn what_two_parts_allow_to_be_null_is_told_from_what_is_absent() {
    let nothing = types::OddTwice::builder().nick(tokenturn_client::Field::Null);
    let nothing = types::OddTwice::try_from(nothing).unwrap();
    assert_eq!(
        serde_json::json!(nothing),
        serde_json::json!({"nick": null})
    );
}

#[test]
fn what_only_answers_have_is_not_asked_for() {
    let ways = types::OddWays::builder().name("a");
    assert!(types::OddWays::try_from(ways).is_ok());
}

/// Values that would end, or look like something else, if they were not escaped.
const ODD: &str = "a,b&c=d+e%f é/?#.;";
const ESCAPED: &str = "a%2Cb%26c%3Dd%2Be%25f%20%C3%A9%2F%3F%23.%3B";

fn words() -> types::Words {
    types::Words(vec![ODD.into(), "b".into()])
}

fn point() -> types::Point {
    types::Point {
        x: 1,
        y: Some(ODD.into()),
        z: Vec::new(),
    }
}

#[tokio::test]
async fn a_path_is_written_in_the_declared_styles() {
    let server = MockServer::start_async().await;
    let dotless = ESCAPED.replace('.', "%2E");
    let path = [
        "/styles/1,2",
        &format!(".{dotless}.b"),
        &format!(";matrix=x,1,y,{ESCAPED}"),
        &format!(";x=1;y={ESCAPED}"),
        &format!("k={ESCAPED}"),
        &format!(".a={dotless}"),
        &format!("x;part={ESCAPED},%7B%22x%22%3A2%7D"),
    ];
    let path = path.join("/");
    server.styles_in_a_path(move |when, then| {
        when.and(|when| when.is_true(move |request| request.uri().path() == path));
        then.no_content();
    });
    let list = types::StylesInAPathList {
        a: Some(ODD.into()),
    };
    let other = types::Point {
        x: 2,
        y: None,
        z: Vec::new(),
    };
    let client = client(&server);
    let call = client
        .styles_in_a_path()
        .simple(types::Numbers(vec![1, 2]))
        .label(words())
        .matrix(point())
        .exploded(point())
        .map(HashMap::from([("k".to_owned(), ODD.to_owned())]))
        .list(list)
        .part(ODD)
        .other(other);
    call.send().await.unwrap();
    server.written_in_the_path(move |when, then| {
        when.and(|when| when.is_true(|request| request.uri().path() == "/matrix;a=x,y/label.x.y"));
        then.no_content();
    });
    let list = || vec!["x".to_owned(), "y".to_owned()];
    client
        .written_in_the_path()
        .a(list())
        .b(list())
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_query_is_written_in_the_declared_styles() {
    let server = MockServer::start_async().await;
    let query = [
        &format!("deep%5Ball%5D%5B0%5D={ESCAPED}"),
        &format!("deep%5Bfrom%5D%5Bx%5D=1&deep%5Bfrom%5D%5By%5D={ESCAPED}"),
        "deep_text=a",
        &format!("x=1&y={ESCAPED}"),
        &format!("joined={ESCAPED},b"),
        "json_list=%5B%7B%22x%22%3A2%7D%5D",
        "piped=true%7Cfalse",
        &format!("piped_exploded={ESCAPED}&piped_exploded=b"),
        "secrets=s%2C1,s2",
        "spaced=a%2Cb%20c%2Bd",
    ];
    let query = query.join("&");
    server.styles_in_a_query(move |when, then| {
        when.and(|when| when.is_true(move |request| request.uri().query() == Some(&query)));
        then.no_content();
    });
    let deep = types::Deep {
        from: Some(point()),
        all: vec![ODD.into()],
        ..Default::default()
    };
    let other = types::Point {
        x: 2,
        y: None,
        z: Vec::new(),
    };
    let client = client(&server);
    let call = client
        .styles_in_a_query()
        .deep(deep)
        .deep_text("a")
        .exploded(point())
        .joined(vec![ODD.to_owned(), "b".to_owned()])
        .json_list(vec![other])
        .piped(vec![true, false])
        .piped_exploded(words())
        .secrets(vec![Secret::new("s,1"), Secret::new("s2")])
        .spaced(types::Words(vec!["a,b".into(), "c+d".into()]));
    call.send().await.unwrap();
    let spaced = client.styles_in_a_query().spaced(words());
    let call = spaced.deep_text("a").json_list(Vec::new());
    let error = call.send().await.unwrap_err().to_string();
    assert!(error.contains("`spaced` cannot be written"), "{error}");
}

#[tokio::test]
async fn headers_and_cookies_are_written_in_the_declared_styles() {
    let server = MockServer::start_async().await;
    server.styles_in_headers(|when, then| {
        when.and(|when| {
            when.header("x-list", "a b,c=d")
                .header("x-point", "x,2")
                .header("x-exploded", "x=2")
                .header("x-key", "a,secret")
                .header("x-json", r#"{"all":["a,b"]}"#)
        });
        then.no_content();
    });
    let other = types::Point {
        x: 2,
        y: None,
        z: Vec::new(),
    };
    let deep = types::Deep {
        all: vec!["a,b".into()],
        ..Default::default()
    };
    let secret = Secret::new("a,secret");
    let client = client(&server);
    let call = client
        .styles_in_headers()
        .x_list(types::Words(vec!["a b".into(), "c=d".into()]))
        .x_point(other.clone())
        .x_exploded(other)
        .x_key(secret.clone())
        .x_json(deep);
    assert!(!format!("{call:?}").contains("a,secret"));
    call.send().await.unwrap();
    let call = client.styles_in_headers().x_list(words());
    let error = call.x_point(point()).x_key(secret.clone()).send().await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("`X-List` cannot be written"), "{error}");

    server.cookies(|when, then| {
        let all = "ours=1; count=5; x=1; y=a%2Cb&c=d+e%25f%20%C3%A9/?#.%3B; \
                   list=a%2Cb&c=d+e%25f%20%C3%A9/?#.%3B,b; session=a%2Csecret";
        when.and(|when| {
            when.is_true(move |request| {
                let headers = request.headers_vec().iter();
                let cookies = headers.filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
                let cookies: Vec<_> = cookies.map(|(_, value)| value).collect();
                let mut found: Vec<_> = cookies.iter().flat_map(|one| one.split("; ")).collect();
                let mut expected: Vec<_> = all.split("; ").collect();
                found.sort_unstable();
                expected.sort_unstable();
                cookies.len() == 1 && found == expected
            })
        });
        then.no_content();
    });
    let transport = Transport::builder(server.base_url()).bearer("token");
    let transport = transport.header("Cookie", "ours=1").build().unwrap();
    let client = Client::new(transport);
    let call = client
        .cookies()
        .count(5)
        .exploded(point())
        .list(words())
        .session(secret);
    call.send().await.unwrap();
}

#[test]
fn what_is_derived_from_a_base_that_lists_it_has_all_its_fields() {
    let text = r#"{"kind": "dog", "chip": "hidden"}"#;
    let pet: types::OddPet = serde_json::from_str(text).unwrap();
    assert!(!format!("{pet:?}").contains("hidden"));
    let types::OddPet::Variant1 { kind, chip } = pet else {
        panic!("{pet:?}");
    };
    assert_eq!((&*kind, chip.expose()), ("dog", "hidden"));
    let cat: types::OddPet = serde_json::from_str(r#"{"kind": "cat", "purrs": true}"#).unwrap();
    let purrs = Some(true);
    assert!(matches!(cat, types::OddPet::Variant0 { purrs: found, .. } if found == purrs));
    // By itself it has nothing of the others.
    let cat: types::OddCat = serde_json::from_str(r#"{"kind": "cat", "purrs": true}"#).unwrap();
    assert_eq!((&*cat.kind, cat.purrs), ("cat", purrs));
}

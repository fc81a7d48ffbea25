//! What the round trips do not ask.

use tokenturn_client::{Error, Transport};
use tokenturn_httpmock::MockServer;

use crate::handled::Client;
use crate::handled_mocks::Mocks as _;

fn client(server: &MockServer) -> Client {
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

//! What the spec declares about failures arrives as a type of its own; all else arrives whole.

use tokenturn_client::github::errors::ResetToken;
use tokenturn_client::{Error, Secret, Transport, github, ohmygpt};
use tokenturn_tests::{RawServer, json_answer};

const TOKEN: &str = "gho_secretsecretsecretsecretsecretsecret";

/// What a reset is answered with.
async fn reset(answer: String) -> Error<ResetToken> {
    let server = RawServer::start([answer]).await;
    let transport = Transport::builder(server.url()).build().unwrap();
    github::Client::new(transport)
        .reset_token()
        .client_id("id")
        .body_map(|body| body.access_token(TOKEN))
        .send()
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_declared_status_has_its_own_variant() {
    let error = reset(json_answer(
        "404 Not Found",
        "x-request-id: 1\r\n",
        r#"{"message": "Not Found", "something_new": 1}"#,
    ))
    .await;
    assert_eq!(error.status().unwrap(), 404);
    let Error::ErrorResponse(answer) = error else {
        panic!("{error:?}");
    };
    assert_eq!(answer.headers()["x-request-id"], "1");
    assert!(answer.body().starts_with(b"{\"message\""));
    match &**answer {
        ResetToken::NotFound(body) => assert_eq!(body.message.as_deref(), Some("Not Found")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn statuses_have_types_of_their_own() {
    let invalid = r#"{"message": "Validation Failed", "errors": [{"code": "missing_field"}]}"#;
    let error = reset(json_answer("422 Unprocessable Entity", "", invalid)).await;
    let Error::ErrorResponse(answer) = error else {
        panic!("{error:?}");
    };
    let ResetToken::UnprocessableEntity(body) = answer.into_inner() else {
        panic!();
    };
    assert_eq!(body.errors[0].code.as_deref(), Some("missing_field"));

    // A range, and a status that is declared without a body.
    let error = reset(json_answer(
        "503 Service Unavailable",
        "",
        r#"{"message": "no"}"#,
    ))
    .await;
    assert!(
        matches!(&error, Error::ErrorResponse(a) if matches!(***a, ResetToken::Status5xx(_))),
        "{error:?}"
    );
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://a.example\r\ncontent-length: 0\r\n\r\n";
    let error = reset(moved.into()).await;
    assert!(
        matches!(&error, Error::ErrorResponse(a) if matches!(***a, ResetToken::Found)),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_not_as_declared_arrives_whole() {
    for (answer, status) in [
        // A proxy's page instead of the provider's JSON.
        (
            "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: x\r\ncontent-length: 17\r\n\r\n<html>no.</html>\n",
            401,
        ),
        // A status that no spec knows.
        (
            "HTTP/1.1 418 I'm a teapot\r\nwww-authenticate: x\r\ncontent-length: 17\r\n\r\n<html>no.</html>\n",
            418,
        ),
    ] {
        let error = reset(answer.into()).await;
        assert_eq!(error.status().unwrap(), status);
        assert!(!error.is_not_sent() && !error.is_timeout());
        let Error::UnexpectedResponse(response) = error else {
            panic!("{error:?}");
        };
        assert_eq!(response.header("www-authenticate"), Some("x"));
        assert_eq!(response.body(), b"<html>no.</html>\n");
    }
}

#[tokio::test]
async fn default_stands_for_every_other_status() {
    let body = r#"{"statusCode": 409, "message": "no"}"#;
    let server = RawServer::start([json_answer("409 Conflict", "", body)]).await;
    let transport = Transport::builder(server.url())
        .bearer(Secret::from(TOKEN))
        .build();
    let error = ohmygpt::Client::new(transport.unwrap())
        .rotate_user_admin_token()
        .send()
        .await
        .unwrap_err();
    let Error::ErrorResponse(answer) = error else {
        panic!("{error:?}");
    };
    assert_eq!(answer.status(), 409);
    let ohmygpt::errors::RotateUserAdminToken::Default(envelope) = answer.into_inner() else {
        panic!();
    };
    assert_eq!(envelope.status_code, Some(409));
}

#[tokio::test]
async fn no_failure_prints_what_the_provider_said() {
    let quoting = format!(r#"{{"message": "bad token {TOKEN}"}}"#);
    for status in ["404 Not Found", "418 I'm a teapot", "200 OK"] {
        let error = reset(json_answer(status, "", &quoting)).await;
        let whole = format!("{error} {error:?} {error:#?}");
        assert!(!whole.contains(TOKEN), "{whole}");
        assert!(whole.contains(&status[..3]), "{whole}");
    }
}

//! A web application that keeps what it knows of a login as text between two requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use tokenturn::{GitHub, PendingAuthorization};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::start;

/// The session of the one user that there is, in each tab of theirs: text by text.
type Session = Arc<Mutex<HashMap<String, String>>>;

#[derive(Clone)]
struct Application {
    github: GitHub,
    callback: String,
    session: Session,
}

/// Says where to send the user.
async fn login(State(app): State<Application>) -> String {
    let authorize = app.github.authorize().redirect_uri(app.callback);
    let request = authorize.build().unwrap();
    let name = request.pending.state.fingerprint().to_string();
    let stored = serde_json::to_string(&request.pending).unwrap();
    app.session.lock().unwrap().insert(name, stored);
    request.url
}

/// Gives the token to the test.
async fn callback(State(app): State<Application>, uri: Uri) -> Result<String, StatusCode> {
    let callback = uri.to_string();
    let state = PendingAuthorization::state_of(&callback).ok_or(StatusCode::BAD_REQUEST)?;
    let name = state.fingerprint().to_string();
    let stored = app.session.lock().unwrap().remove(&name);
    let stored = stored.ok_or(StatusCode::FORBIDDEN)?;
    let pending: PendingAuthorization = serde_json::from_str(&stored).unwrap();
    let code = pending.callback(&callback).map_err(|why| {
        assert!(why.reason().is_some(), "{why}");
        StatusCode::UNAUTHORIZED
    })?;
    let token = app.github.exchange_code(code).await.unwrap();
    Ok(token.token.expose().to_owned())
}

/// The status and the body of what a browser gets.
async fn browse(url: &str) -> (u16, String) {
    let (host, path) = url["http://".len()..].split_once('/').unwrap();
    let mut server = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    server.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    server.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn users_log_in_at_a_web_application() {
    let (sandbox, github) = start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let application = Application {
        github,
        callback: format!("{url}/callback"),
        session: Session::default(),
    };
    let session = Arc::clone(&application.session);
    let routes = Router::new()
        .route("/login", get(login))
        .route("/callback", get(callback))
        .with_state(application);
    tokio::spawn(async move { axum::serve(listener, routes).await });

    let (_, first) = browse(&format!("{url}/login")).await;
    let (_, second) = browse(&format!("{url}/login")).await;
    let (_, third) = browse(&format!("{url}/login")).await;
    // The tabs come back in another order, and one says no.
    for page in [second, first] {
        let back = sandbox.approve(&page).unwrap();
        let (status, token) = browse(&back).await;
        assert_eq!(status, 200);
        assert!(sandbox.is_alive(&token));
        // It works once.
        assert_eq!(browse(&back).await.0, 403);
    }
    let back = sandbox.deny(&third).unwrap();
    assert_eq!(browse(&back).await.0, 401);
    assert!(session.lock().unwrap().is_empty());
    for wrong in ["?code=abc&state=another", "?code=abc", ""] {
        let (status, _) = browse(&format!("{url}/callback{wrong}")).await;
        assert!([400, 403].contains(&status), "{wrong}");
    }
}

//! A git server over HTTP: git's own, behind a server that wants a living token.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokenturn_tests::{RawRequest, RawServer};

/// Serves the repositories in a folder.
pub(super) struct HttpBackend {
    server: RawServer,
    accepted: Arc<Mutex<Vec<Accepted>>>,
}

/// A request that came with a living token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) path: String,
    pub(super) password: String,
}

impl HttpBackend {
    /// `lives` says whether a password is taken.
    pub(super) async fn start(
        repositories: PathBuf,
        lives: impl Fn(&str) -> bool + Send + 'static,
    ) -> Self {
        let accepted = Arc::<Mutex<Vec<Accepted>>>::default();
        let noted = Arc::clone(&accepted);
        let server = RawServer::start_with(move |request| {
            let password = password(request).filter(|password| lives(password));
            let Some(password) = password else {
                return b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"git\"\r\n\
                    content-length: 0\r\nconnection: close\r\n\r\n"
                    .to_vec()
                    .into();
            };
            let path = target(request).to_owned();
            noted.lock().unwrap().push(Accepted { path, password });
            answered(&repositories, request).into()
        })
        .await;
        Self { server, accepted }
    }

    pub(super) fn host(&self) -> String {
        self.server.host()
    }

    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    /// What was accepted since this was called last.
    pub(super) fn accepted(&self) -> Vec<Accepted> {
        std::mem::take(&mut self.accepted.lock().unwrap())
    }
}

/// Takes out what the environment of the tests says to git, as that of a hook does.
pub(super) fn forget_settings(git: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_lowercase();
        if text.starts_with("git_") || text.ends_with("_proxy") || text == "ssh_askpass" {
            git.env_remove(name);
        }
    }
}

fn target(request: &RawRequest) -> &str {
    request.line.split(' ').nth(1).unwrap()
}

/// By Basic authentication, whoever the user is.
fn password(request: &RawRequest) -> Option<String> {
    let headers = request.headers();
    let encoded = headers.get("authorization")?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
    let (_, password) = pair.split_once(':')?;
    Some(password.to_owned())
}

/// What git's CGI program says.
fn answered(repositories: &Path, request: &RawRequest) -> Vec<u8> {
    let headers = request.headers();
    let header = |name: &str| headers.get(name).copied().unwrap_or_default();
    // A body in pieces would have no length.
    assert_eq!(header("transfer-encoding"), "");
    let (path, query) = target(request)
        .split_once('?')
        .unwrap_or((target(request), ""));
    let mut program = Command::new("git");
    forget_settings(&mut program);
    program
        .arg("http-backend")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", repositories)
        .env("GIT_PROJECT_ROOT", repositories)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        // Who has a name may push.
        .env("REMOTE_USER", "mona")
        .env("REQUEST_METHOD", request.line.split(' ').next().unwrap())
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", header("content-length"))
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let mut child = program.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let body = request.body.clone();
    let writer = std::thread::spawn(move || stdin.write_all(&body));
    let output = child.wait_with_output().unwrap();
    // It need not read what it has no use for.
    let _ = writer.join().unwrap();
    as_http(&output.stdout)
}

/// The head of a CGI program's answer is nearly one of HTTP's.
fn as_http(said: &[u8]) -> Vec<u8> {
    let at = said
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let (head, body) = (str::from_utf8(&said[..at]).unwrap(), &said[at + 4..]);
    let (mut status, mut lines) = ("200 OK", String::new());
    for line in head.split("\r\n") {
        match line.strip_prefix("Status: ") {
            Some(said) => status = said,
            None => lines.push_str(&format!("{line}\r\n")),
        }
    }
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\n{lines}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

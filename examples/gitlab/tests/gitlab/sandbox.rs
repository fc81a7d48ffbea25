//! GitLab in memory: the three calls, and the rule about families.

use std::sync::{Arc, Mutex, MutexGuard};

use tokenturn_tests::{RawRequest, RawServer, Reply, json_answer};

/// What becomes of the next rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The request is lost.
    NotDone,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It is done, and the answer is cut short.
    CutShort,
}

#[derive(Default)]
struct State {
    issued: Vec<Issued>,
    fate: Option<Fate>,
    rotations: usize,
    /// How often a dead token was rotated.
    reused: usize,
}

struct Issued {
    token: String,
    /// The number of its first token.
    family: usize,
    is_revoked: bool,
}

pub(crate) struct Sandbox {
    server: RawServer,
    state: Arc<Mutex<State>>,
}

impl Sandbox {
    pub(crate) async fn start() -> Self {
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let answer = move |request: &RawRequest| shared.lock().unwrap().answer(request);
        let server = RawServer::start_with(answer).await;
        Self { server, state }
    }

    /// The base URL of its API.
    pub(crate) fn url(&self) -> String {
        format!("{}/api/v4", self.server.url())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A token of another user each time.
    pub(crate) fn new_token(&self) -> String {
        self.state().issue(None)
    }

    pub(crate) fn next_is(&self, fate: Fate) {
        self.state().fate = Some(fate);
    }

    pub(crate) fn is_alive(&self, token: &str) -> bool {
        let state = self.state();
        state
            .issued
            .iter()
            .any(|one| one.token == token && !one.is_revoked)
    }

    pub(crate) fn rotations(&self) -> usize {
        self.state().rotations
    }

    /// How often the rule about families was met.
    pub(crate) fn reused(&self) -> usize {
        self.state().reused
    }
}

impl State {
    fn issue(&mut self, family: Option<usize>) -> String {
        let number = self.issued.len();
        let token = format!("glpat-{number:04}aB3xK9mQ7wZ2pL5t");
        self.issued.push(Issued {
            token: token.clone(),
            family: family.unwrap_or(number),
            is_revoked: false,
        });
        token
    }

    fn answer(&mut self, request: &RawRequest) -> Reply {
        let sent = request.headers()["private-token"].to_owned();
        let call = request
            .line
            .split(' ')
            .take(2)
            .collect::<Vec<_>>()
            .join(" ");
        let (call, _) = call.split_once('?').unwrap_or((&call, ""));
        let is_rotation = call == "POST /api/v4/personal_access_tokens/self/rotate";
        let fate = self.fate.take_if(|_| is_rotation);
        if fate == Some(Fate::NotDone) {
            return Vec::new().into();
        }
        let Some(number) = self.issued.iter().position(|one| one.token == sent) else {
            return json_answer("401 Unauthorized", "", r#"{"message":"401 Unauthorized"}"#).into();
        };
        let family = self.issued[number].family;
        if self.issued[number].is_revoked {
            if is_rotation {
                self.reused += 1;
                let all = self.issued.iter_mut().filter(|one| one.family == family);
                all.for_each(|one| one.is_revoked = true);
            }
            let body = r#"{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}"#;
            return json_answer("401 Unauthorized", "", body).into();
        }
        match call {
            "GET /api/v4/personal_access_tokens/self" => described(number, family, None).into(),
            "DELETE /api/v4/personal_access_tokens/self" => {
                self.issued[number].is_revoked = true;
                "HTTP/1.1 204 No Content\r\n\r\n".to_owned().into()
            }
            _ if is_rotation => {
                self.issued[number].is_revoked = true;
                self.rotations += 1;
                let new = self.issue(Some(family));
                let answer = described(self.issued.len() - 1, family, Some(&new));
                match fate {
                    None => answer.into(),
                    Some(Fate::CutShort) => answer[..answer.len() - 1].to_owned().into(),
                    Some(_) => Vec::new().into(),
                }
            }
            _ => json_answer("404 Not Found", "", r#"{"error":"404 Not Found"}"#).into(),
        }
    }
}

fn described(id: usize, family: usize, token: Option<&str>) -> String {
    let token = token
        .map(|token| format!(r#","token":"{token}""#))
        .unwrap_or_default();
    let body = format!(
        r#"{{"id":{id},"name":"ci","revoked":false,"active":true,"scopes":["self_rotate"],"user_id":{family},"expires_at":"2100-01-31"{token}}}"#
    );
    json_answer(
        "200 OK",
        "x-request-id: 01HYAEDFB956WF9E15CG7RRFD3\r\n",
        &body,
    )
}

//! The operations that bring a token once, as the matrix sees them.

use std::time::Duration;

use serde_json::{Value, json};
use tokenturn::{
    AuthorizationCode, GitHub, OhMyGpt, Receipt, Recovery, RefusalReason, RotateError, Rotated,
    Secret, TransportBuilder,
};
use tokenturn_tests::{
    CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, OHMYGPT_SEED, OLD_TOKEN, RawRequest, json_answer,
    oauth_token, old_token,
};

/// The token that is issued when an operation is called again.
const SECOND: &str = "sk-second0123456789";
/// The same at GitHub's login host.
const SECOND_USER_TOKEN: &str = "ghu_second0123456789";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operation {
    /// GitHub: reset a token.
    Reset,
    /// GitHub's login host: exchange a code.
    Exchange,
    /// GitHub's login host: refresh a token that expires.
    Refresh,
    /// OhMyGPT: rotate an admin token.
    Rotate,
    /// OhMyGPT: exchange a code.
    Issue,
}

use Operation::{Exchange, Issue, Refresh, Reset, Rotate};

/// One operation at one server.
pub(crate) struct Client {
    operation: Operation,
    github: GitHub,
    ohmygpt: OhMyGpt,
}

/// What an operation came to.
pub(crate) struct Outcome {
    /// In the words of the matrix.
    pub(crate) words: String,
    /// What the caller has in hand, to the letter.
    pub(crate) held: Vec<String>,
    pub(crate) is_unknown: bool,
}

impl Operation {
    /// In the columns of the matrix.
    pub(crate) const COLUMNS: [&'static [Self]; 3] =
        [&[Reset], &[Exchange, Refresh], &[Rotate, Issue]];

    pub(crate) fn seed(self) -> &'static str {
        match self {
            Reset => GITHUB_SEED.trim_end(),
            Exchange => {
                r#"{"access_token":"gho_composed0123456789","scope":"repo,gist","token_type":"bearer"}"#
            }
            Refresh => concat!(
                r#"{"access_token":"ghu_composed0123456789","expires_in":28800,"#,
                r#""refresh_token":"ghr_composed0123456789","refresh_token_expires_in":15897600,"#,
                r#""scope":"","token_type":"bearer"}"#
            ),
            Rotate => OHMYGPT_SEED.trim_end(),
            Issue => concat!(
                r#"{"statusCode":200,"message":"Issue OAuth Token success","data":{"user_id":"888","#,
                r#""client_id":"6681463833ebdbb2566d1def","token":"omg-oat-v1-composed"}}"#
            ),
        }
    }

    /// Where the token stands in the seed.
    pub(crate) fn token_object(self) -> &'static str {
        match self {
            Reset | Exchange | Refresh => "",
            Rotate | Issue => "/data",
        }
    }

    pub(crate) fn token_field(self) -> &'static str {
        match self {
            Exchange | Refresh => "access_token",
            Reset | Rotate | Issue => "token",
        }
    }

    /// The tokens in the seed; the first one is the one that counts most.
    pub(crate) fn new_tokens(self) -> Vec<String> {
        let seed: Value = serde_json::from_str(self.seed()).expect("JSON");
        let object = seed.pointer(self.token_object()).expect("an object");
        let tokens = [self.token_field(), "refresh_token"].map(|field| object[field].as_str());
        tokens.into_iter().flatten().map(str::to_owned).collect()
    }

    /// A body in the form that the provider documents for refusals.
    pub(crate) fn refusal(self, status: u16) -> Value {
        match (self, status) {
            (Reset | Exchange | Refresh, 401) => json!({ "message": "Bad credentials" }),
            (Reset | Exchange | Refresh, 404) => json!({
                "message": "Not Found",
                "documentation_url": "https://docs.github.com/rest/apps/oauth-applications",
            }),
            (Reset, 422) => json!({
                "message": "Invalid request",
                "documentation_url": "https://docs.github.com/rest",
                "errors": [{ "field": "access_token", "code": "missing_field" }],
            }),
            (Reset | Exchange | Refresh, _) => {
                let page = "https://docs.github.com/rest";
                json!({ "message": "No", "documentation_url": page, "status": status.to_string() })
            }
            (_, 401) => json!({
                "statusCode": 401,
                "errorType": "oauth_invalid_token_error",
                "message": "Incorrect OhMyGPT OAuth token provided.",
                "data": null,
            }),
            (_, 402) => json!({
                "statusCode": 402,
                "errorType": "insufficient_balance_error",
                "message": "User balance is insufficient.",
                "data": null,
            }),
            (_, _) => json!({ "statusCode": status, "message": "No", "data": null }),
        }
    }

    /// A client, through a proxy with settings of reqwest that would break every guarantee.
    pub(crate) fn client(
        self,
        url: &str,
        root: Option<&str>,
        proxy: Option<&str>,
        timeout: Duration,
    ) -> Client {
        let set_up = |mut transport: TransportBuilder| {
            if let Some(pem) = root {
                transport = transport.root_certificates(pem);
            }
            if let Some(proxy) = proxy {
                transport = transport.proxy(proxy).allow_http().reqwest(careless);
            }
            transport.timeout(timeout)
        };
        let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(url);
        let ohmygpt = OhMyGpt::builder().app(CLIENT_ID, CLIENT_SECRET);
        Client {
            operation: self,
            github: github.transport(set_up).build().expect("a client"),
            ohmygpt: ohmygpt
                .base_url(url)
                .transport(set_up)
                .build()
                .expect("a client"),
        }
    }

    /// Whether a request is the operation, and not another one.
    pub(crate) fn is(self, request: &RawRequest) -> bool {
        let line = match self {
            Reset => "PATCH /applications/",
            Exchange | Refresh => "POST /login/oauth/access_token ",
            Rotate => "POST /api/v1/user/oauth/app/rotate-user-admin-token ",
            Issue => "POST /api/v1/user/oauth/issue-token ",
        };
        // A proxy gets the whole URL.
        request
            .line
            .replace("http://ghe.invalid", "")
            .starts_with(line)
    }

    /// What a provider in good order answers to whatever is asked beside the operation itself.
    pub(crate) fn healthy(self, request: &RawRequest, made: bool, headers: &str) -> String {
        let answer = |status: &str, body: Value| json_answer(status, headers, &body.to_string());
        let body = match self {
            Reset if made => return answer("404 Not Found", self.refusal(404)),
            Reset => json!({ "token": OLD_TOKEN }),
            Exchange | Refresh if !self.is(request) => json!({
                "device_code": "d", "user_code": "u", "verification_uri": "v", "expires_in": 900,
            }),
            Exchange | Refresh if made => json!({ "error": "bad_refresh_token" }),
            Exchange | Refresh => json!({ "access_token": SECOND_USER_TOKEN }),
            Rotate => json!({ "statusCode": 200, "data": { "user_id": 2286, "token": SECOND } }),
            Issue => json!({ "statusCode": 200, "data": { "userId": 888 } }),
        };
        answer("200 OK", body)
    }
}

impl Client {
    /// Makes a call that is not the one under test.
    pub(crate) async fn use_connection(&self) {
        let is_ok = match self.operation {
            Reset => self.github.check_token(&old_token()).await.is_ok(),
            Exchange | Refresh => self.github.device_code(["repo"]).await.is_ok(),
            Rotate => {
                let rotated = self.ohmygpt.rotate_admin_token(&oauth_token()).await;
                rotated.is_ok()
            }
            Issue => self.ohmygpt.user_basic_info(&oauth_token()).await.is_ok(),
        };
        assert!(is_ok);
    }

    pub(crate) async fn call(&self) -> Outcome {
        let new = &self.operation.new_tokens()[0];
        let code = AuthorizationCode::new("canarycode0123456789");
        match self.operation {
            Reset => outcome(self.github.reset_token(&old_token()).await, new),
            Exchange => outcome(self.github.exchange_code(code).await, new),
            Refresh => outcome(self.github.refresh_token(&old_refresh_token()).await, new),
            Rotate => outcome(self.ohmygpt.rotate_admin_token(&oauth_token()).await, new),
            Issue => outcome(self.ohmygpt.issue_token(code).await, new),
        }
    }

    /// Whether it can be found out afterwards that the token was replaced, where anything can.
    pub(crate) async fn recovers(&self, made: bool) -> bool {
        match self.operation {
            Reset => match self.github.recover(&old_token()).await {
                Ok(Recovery::Lost { .. }) => made,
                Ok(Recovery::NotReplaced) => !made,
                _ => false,
            },
            Refresh => match self.github.refresh_token(&old_refresh_token()).await {
                Ok(rotated) => !made && rotated.token.expose() == SECOND_USER_TOKEN,
                Err(error) => {
                    let reason = error.refusal().map(|refusal| refusal.reason);
                    made && reason == Some(RefusalReason::InvalidToken)
                }
            },
            Rotate => match self.ohmygpt.recover(&oauth_token()).await {
                Ok(Recovery::Rotated(rotated)) => rotated.token.expose() == SECOND,
                _ => false,
            },
            // The user has to be asked again in any case.
            Exchange | Issue => true,
        }
    }
}

/// Everything that `TransportBuilder::reqwest` says has no effect, and can be told to this crate's
/// features of reqwest.
fn careless(client: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    let soon = Duration::from_nanos(1);
    let again = reqwest::retry::for_host("ghe.invalid")
        .no_budget()
        .classify_fn(|attempt| attempt.retryable());
    client
        .redirect(reqwest::redirect::Policy::limited(9))
        .retry(again)
        .gzip(true)
        .timeout(soon)
        .read_timeout(soon)
        .connect_timeout(soon)
        .pool_idle_timeout(soon)
        .http1_max_headers(1)
        .http1_ignore_invalid_headers_in_responses(false)
        .http1_allow_spaces_after_header_name_in_responses(false)
        .http1_allow_obsolete_multiline_headers_in_responses(false)
        .connection_verbose(true)
        .http09_responses()
        .tls_danger_accept_invalid_certs(true)
        .proxy(reqwest::Proxy::all("http://192.0.2.1:1").expect("a URL"))
}

fn old_refresh_token() -> Secret {
    Secret::new("ghr_canaryold0123456789")
}

fn outcome<D>(result: Result<Rotated<D>, RotateError>, new: &str) -> Outcome {
    let holds = |text: &[u8]| {
        text.windows(new.len())
            .any(|window| window == new.as_bytes())
    };
    let mut held = Vec::new();
    let words = match &result {
        Ok(rotated) if rotated.token.expose() != new => "a wrong token".into(),
        Ok(rotated) => {
            let tokens = [Some(&rotated.token), rotated.refresh_token.as_ref()];
            held.extend(
                tokens
                    .into_iter()
                    .flatten()
                    .map(|token| token.expose().to_owned()),
            );
            let words = if rotated.details.is_some() {
                "rotated"
            } else {
                "salvaged"
            };
            let is_odd = rotated.receipt == Receipt::Mismatch;
            words.to_owned() + if is_odd { ", mismatch" } else { "" }
        }
        Err(RotateError::NotSent(_)) => "not sent".into(),
        Err(RotateError::Refused(refusal)) => {
            let wait = match refusal.reason {
                RefusalReason::RateLimited {
                    retry_after: Some(wait),
                } => format!(", {} s", wait.as_secs()),
                _ => String::new(),
            };
            format!("refused: {}{wait}", refusal.reason.as_str())
        }
        Err(RotateError::Unknown(unknown)) => {
            let body = unknown.body().unwrap_or_default();
            held.push(String::from_utf8_lossy(body).into_owned());
            let whole = holds(body) && unknown.status().is_some_and(|status| status != 200);
            if whole {
                "unknown with the token".into()
            } else {
                "unknown".into()
            }
        }
        Err(error) => error.to_string(),
    };
    Outcome {
        words,
        held,
        is_unknown: result.is_err_and(|error| error.is_unknown()),
    }
}

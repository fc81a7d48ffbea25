//! The calls that change a token, as an application makes them.

use std::net::SocketAddr;
use std::time::Duration;

use tokenturn::github::{Deletion, DeviceCode, Scoping};
use tokenturn::sink::MemorySink;
use tokenturn::{
    Answered, AuthorizationCode, CallError, Candidates, GitHub, OhMyGpt, Recovery, RotateError,
    Rotated, Secret, TransportBuilder, obtain, rotate,
};
use tokenturn_sandbox::{OhMyGptUser, Sandbox};

/// Where users come back to.
const CALLBACK: &str = "http://127.0.0.1:1/callback";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Call {
    Reset,
    Scope,
    DeleteToken,
    DeleteGrant,
    Revoke,
    Exchange,
    Refresh,
    Poll,
    Rotate,
    Issue,
}

use Call::*;

impl Call {
    pub(crate) const ALL: [Self; 10] = [
        Reset,
        Scope,
        DeleteToken,
        DeleteGrant,
        Revoke,
        Exchange,
        Refresh,
        Poll,
        Rotate,
        Issue,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Reset => "reset",
            Scope => "scope",
            DeleteToken => "delete token",
            DeleteGrant => "delete grant",
            Revoke => "revoke",
            Exchange => "exchange",
            Refresh => "refresh",
            Poll => "poll",
            Rotate => "rotate",
            Issue => "issue",
        }
    }
}

/// A provider of a call's own, since one grant that is deleted kills all tokens of a user.
pub(crate) struct Provider {
    pub(crate) sandbox: Sandbox,
    /// Those that talk to it without anything between.
    clients: Clients,
}

/// Both clients at one address.
pub(crate) struct Clients {
    github: GitHub,
    ohmygpt: OhMyGpt,
}

/// What a call is made with.
pub(crate) struct Prepared {
    pub(crate) call: Call,
    /// The token, or the admin token, that is alive until the call is done.
    pub(crate) old: Option<String>,
    refresh_token: Option<Secret>,
    code: Option<AuthorizationCode>,
    device: Option<DeviceCode>,
    pub(crate) user: Option<OhMyGptUser>,
}

/// What a call came to.
pub(crate) struct Outcome {
    /// In the words of the page.
    pub(crate) words: String,
    pub(crate) is: Is,
    /// The tokens in the caller's hand, and the body of an outcome that is unknown.
    pub(crate) held: Vec<Vec<u8>>,
    pub(crate) candidates: Candidates,
}

/// What an outcome says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Is {
    /// The change is made, and what it brought is in hand.
    Done,
    /// The old token, or the code, is dead.
    Dead,
    /// The old token is as it was.
    Refused,
    /// Nothing was sent.
    NotSent,
    Unknown,
}

impl Provider {
    /// A new one, and what a call to it is made with.
    pub(crate) async fn new(call: Call) -> (Self, Prepared) {
        let sandbox = Sandbox::start(0).await.expect("a port");
        sandbox.set_expiring_tokens(true);
        let clients = Clients::new(&sandbox, &sandbox.url(), |transport| transport);
        let prepared = clients.prepare(call, &sandbox).await;
        (Self { sandbox, clients }, prepared)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let url = self.sandbox.url();
        let address = url.trim_start_matches("http://").parse();
        address.expect("an address")
    }

    /// Clients that talk to it through something at `url`.
    pub(crate) fn clients(
        &self,
        url: &str,
        set_up: impl Fn(TransportBuilder) -> TransportBuilder,
    ) -> Clients {
        Clients::new(&self.sandbox, url, set_up)
    }

    /// What asking the provider itself afterwards comes to, where it can be asked: the new token, or
    /// whether the old one is dead.
    pub(crate) async fn recover(
        &self,
        prepared: &Prepared,
        candidates: &Candidates,
    ) -> Option<Result<Secret, bool>> {
        if prepared.call != Reset {
            return None;
        }
        let old = Secret::new(prepared.old.clone()?);
        match self.clients.github.recover_with(&old, candidates).await {
            Ok(Recovery::Rotated(rotated)) => Some(Ok(rotated.token)),
            Ok(Recovery::NotReplaced) => Some(Err(false)),
            Ok(Recovery::Lost { .. }) => Some(Err(true)),
            _ => panic!("the provider answers"),
        }
    }
}

impl Clients {
    fn new(
        sandbox: &Sandbox,
        url: &str,
        set_up: impl Fn(TransportBuilder) -> TransportBuilder,
    ) -> Self {
        let github = GitHub::builder(sandbox.client_id(), sandbox.client_secret());
        let (id, secret) = (sandbox.ohmygpt_client_id(), sandbox.ohmygpt_client_secret());
        let ohmygpt = OhMyGpt::builder().app(id, secret);
        Self {
            github: github
                .base_url(url)
                .transport(&set_up)
                .build()
                .expect("a client"),
            ohmygpt: ohmygpt
                .base_url(url)
                .pages_url(url)
                .transport(&set_up)
                .build()
                .expect("a client"),
        }
    }

    async fn prepare(&self, call: Call, sandbox: &Sandbox) -> Prepared {
        let mut prepared = Prepared {
            call,
            old: None,
            refresh_token: None,
            code: None,
            device: None,
            user: None,
        };
        match call {
            Reset | Scope | DeleteToken | DeleteGrant | Revoke => {
                prepared.old = Some(sandbox.new_github_token());
            }
            Exchange => prepared.code = Some(self.github_code(sandbox)),
            Refresh => {
                let code = self.github_code(sandbox);
                let issued = self.github.exchange_code(code).await.expect("a token");
                let refresh_token = issued.refresh_token.expect("it expires");
                prepared.old = Some(refresh_token.expose().to_owned());
                prepared.refresh_token = Some(refresh_token);
            }
            Poll => {
                let asked = self.github.device_code(["repo"]).await;
                let mut device = asked.expect("a device code");
                assert!(sandbox.approve_device(&device.user_code));
                // Time for one poll.
                device.interval = Duration::from_millis(400);
                device.expires_in = Duration::from_millis(500);
                prepared.device = Some(device);
            }
            Rotate => {
                let user = sandbox.new_ohmygpt_user();
                prepared.old = Some(user.admin_token.clone());
                prepared.user = Some(user);
            }
            Issue => {
                prepared.user = Some(sandbox.new_ohmygpt_user());
                let request = self.ohmygpt.authorize(CALLBACK, "trusted_full_access");
                let request = request.build().expect("a request");
                let back = sandbox.approve(&request.url).expect("a code");
                prepared.code = Some(request.pending.callback(&back).expect("a code"));
            }
        }
        prepared
    }

    fn github_code(&self, sandbox: &Sandbox) -> AuthorizationCode {
        let request = self
            .github
            .authorize()
            .redirect_uri(CALLBACK)
            .build()
            .expect("a request");
        let back = sandbox.approve(&request.url).expect("a code");
        request.pending.callback(&back).expect("a code")
    }

    /// Makes a call that changes nothing, on the connection that `prepared` will be sent on. Whether it
    /// is answered: a gateway that takes the credentials off is told no.
    pub(crate) async fn ask(&self, prepared: &Prepared) -> bool {
        let refused = match prepared.call {
            Exchange | Refresh | Poll => self.github.device_code(["repo"]).await.err(),
            Rotate | Issue => {
                let user = prepared.user.as_ref().expect("a user");
                let token = Secret::new(user.oauth_token.as_str());
                self.ohmygpt.user_basic_info(&token).await.err()
            }
            _ => {
                let token = prepared.old.clone().unwrap_or_default();
                self.github.check_token(&Secret::new(token)).await.err()
            }
        };
        refused.is_none_or(|error| matches!(error.into_why(), RotateError::Refused(_)))
    }

    pub(crate) async fn make(&self, prepared: &Prepared) -> Outcome {
        let github = &self.github;
        let old = Secret::new(prepared.old.clone().unwrap_or_default());
        let sink = MemorySink::new();
        let code = || prepared.code.clone().expect("a code");
        match prepared.call {
            Reset => rotated(rotate(github, &old, sink).await),
            Scope => {
                let scoping = Scoping::new("octocat").permission("contents", "read");
                rotated(obtain(github.scope_token(&old, scoping), sink).await)
            }
            DeleteToken => deleted(github.delete_token(&old).await),
            DeleteGrant => deleted(github.delete_authorization(&old).await),
            Revoke => match github.revoke_credentials([old]).await {
                Ok(_) => Outcome::of("done", Is::Done),
                Err(error) => failed(error.into_why()),
            },
            Exchange => rotated(obtain(github.exchange_code(code()), sink).await),
            Refresh => {
                let token = prepared.refresh_token.as_ref().expect("a refresh token");
                rotated(obtain(github.refresh_token(token), sink).await)
            }
            Poll => {
                let device = prepared.device.clone().expect("a device code");
                rotated(obtain(github.wait_for_device(device), sink).await)
            }
            Rotate => {
                let user = prepared.user.as_ref().expect("a user");
                let token = Secret::new(user.oauth_token.as_str());
                rotated(rotate(&self.ohmygpt, &token, sink).await)
            }
            Issue => rotated(obtain(self.ohmygpt.issue_token(code()), sink).await),
        }
    }
}

impl Outcome {
    fn of(words: &str, is: Is) -> Self {
        Self {
            words: words.to_owned(),
            is,
            held: Vec::new(),
            candidates: Candidates::default(),
        }
    }
}

fn rotated<D>(result: Result<Rotated<D>, RotateError>) -> Outcome {
    match result {
        Ok(rotated) => {
            let words = if rotated.details.is_none() {
                "the token alone"
            } else {
                "done"
            };
            let mut outcome = Outcome::of(words, Is::Done);
            let tokens = [Some(&rotated.token), rotated.refresh_token.as_ref()];
            let tokens = tokens.into_iter().flatten();
            outcome.held = tokens
                .map(|token| token.expose().as_bytes().to_vec())
                .collect();
            outcome
        }
        Err(error) => failed(error),
    }
}

fn deleted(result: Result<Answered<Deletion>, CallError>) -> Outcome {
    match result.map(|deletion| deletion.value) {
        Ok(Deletion::Deleted | Deletion::Accepted) => Outcome::of("done", Is::Done),
        Ok(Deletion::AlreadyGone) => Outcome::of("already gone", Is::Dead),
        Ok(_) => panic!("there is no other deletion"),
        Err(error) => failed(error.into_why()),
    }
}

fn failed(error: RotateError) -> Outcome {
    match error {
        RotateError::NotSent(_) => Outcome::of("not sent", Is::NotSent),
        RotateError::Refused(refusal) => {
            let reason = refusal.reason.as_str();
            let is = match reason {
                "invalid_token" | "bad_verification_code" | "incorrect_device_code" => Is::Dead,
                _ => Is::Refused,
            };
            Outcome::of(&format!("refused: {reason}"), is)
        }
        RotateError::Unknown(unknown) => {
            let words = match unknown.may_hold_token() {
                true => "unknown, the body is kept",
                false => "unknown",
            };
            let mut outcome = Outcome::of(words, Is::Unknown);
            outcome.held = unknown.body().map(<[u8]>::to_vec).into_iter().collect();
            outcome.candidates = unknown.candidates().clone();
            outcome
        }
        error => panic!("a memory sink saves: {error}"),
    }
}

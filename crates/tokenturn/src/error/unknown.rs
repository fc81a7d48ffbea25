//! A call whose outcome did not arrive.

use std::error::Error;
use std::fmt;

use tokenturn_client::{Error as ClientError, RawResponse};

use crate::evidence::Candidates;
use crate::rate_limit::RateLimit;

/// What is known about a call whose outcome did not arrive.
#[derive(Debug)]
pub struct Unknown {
    answer: Answer,
    request_id: Option<String>,
    /// Apart, so that errors stay small.
    candidates: Box<Candidates>,
}

#[derive(Debug)]
enum Answer {
    Came(Box<RawResponse>),
    Failed(ClientError),
    Broken(Box<dyn Error + Send + Sync>),
    TimedOut,
    /// Nobody was there to receive one.
    Abandoned,
}

impl Unknown {
    /// An answer came that tells neither that the token was replaced nor that it was not. The candidates
    /// are those in its body; its headers are not known.
    ///
    /// # Panics
    ///
    /// When `status` is none of HTTP: 100 to 999.
    pub fn answered(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let response = RawResponse::new(status, body);
        let candidates = Candidates::in_body(response.body());
        Self::from_response(Box::new(response), None, candidates)
    }

    /// The call was sent, at least in part, and this kept its answer from coming.
    pub fn no_answer(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::without_response(Answer::Broken(error.into()))
    }

    /// The call was sent, and no answer came in time.
    pub fn timed_out() -> Self {
        Self::without_response(Answer::TimedOut)
    }

    pub(crate) fn from_response(
        response: Box<RawResponse>,
        request_id: Option<String>,
        candidates: Candidates,
    ) -> Self {
        Self {
            answer: Answer::Came(response),
            request_id,
            candidates: Box::new(candidates),
        }
    }

    pub(crate) fn failed(error: ClientError) -> Self {
        Self::without_response(Answer::Failed(error))
    }

    pub(crate) fn abandoned() -> Self {
        Self::without_response(Answer::Abandoned)
    }

    fn without_response(answer: Answer) -> Self {
        Self {
            answer,
            request_id: None,
            candidates: Box::default(),
        }
    }

    fn response(&self) -> Option<&RawResponse> {
        match &self.answer {
            Answer::Came(response) => Some(response),
            _ => None,
        }
    }

    /// The HTTP status, when an answer began.
    pub fn status(&self) -> Option<u16> {
        Some(self.response()?.status().as_u16())
    }

    /// Whether the time ran out before an answer began.
    pub fn is_timeout(&self) -> bool {
        match &self.answer {
            Answer::Failed(error) => error.is_timeout(),
            answer => matches!(answer, Answer::TimedOut),
        }
    }

    /// The body as far as it arrived. Treat it as a secret: there may be a token in it.
    pub fn body(&self) -> Option<&[u8]> {
        Some(self.response()?.body())
    }

    /// What may be the new token in the body: strings that stand where a token could, in an answer
    /// that lacks what makes it the provider's.
    pub fn candidates(&self) -> &Candidates {
        &self.candidates
    }

    /// Whether the body has to be kept until the doubt is resolved, because the new token may be in
    /// it: the answer is a success, has candidates, or is in a coding that cannot be read.
    pub fn may_hold_token(&self) -> bool {
        self.response().is_some_and(|response| {
            let is_open = response.status().is_success() || !response.is_decoded();
            is_open && !response.body().is_empty() || !self.candidates.is_empty()
        })
    }

    /// How likely a token is in the body, to compare two outcomes: more than in any text is one in what
    /// nobody here can read.
    pub(crate) fn odds(&self) -> u8 {
        let is_readable = self.response().is_none_or(|response| {
            response.is_decoded() && str::from_utf8(response.body()).is_ok()
        });
        match self.may_hold_token() {
            true if !self.candidates.is_empty() => 3,
            true if !is_readable => 2,
            may_hold => u8::from(may_hold),
        }
    }

    /// How many more calls the provider takes, where an answer says it.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        RateLimit::of(self.response()?)
    }

    /// The provider's name for the call, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.answer {
            Answer::Failed(error) => error.fmt(f),
            Answer::Broken(_) => f.write_str("the request was sent and no answer came"),
            Answer::TimedOut => f.write_str("no answer came in time"),
            Answer::Abandoned => {
                f.write_str("the call did not come to its end: its runtime ended, or it panicked")
            }
            Answer::Came(response) if !response.status().is_success() => {
                let status = response.status().as_u16();
                write!(f, "the provider answered with HTTP status {status}")
            }
            Answer::Came(response) if !response.is_complete() => f.write_str(
                "the provider answered with success, and the answer broke off before a token",
            ),
            Answer::Came(_) if !self.candidates.is_empty() => f.write_str(
                "the answer is a success, and nothing in it shows that it is the provider's own",
            ),
            Answer::Came(_) => f.write_str(
                "the answer is a success, and there is no new token in it that can be read",
            ),
        }
    }
}

impl Error for Unknown {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.answer {
            Answer::Failed(error) => error.source(),
            Answer::Broken(error) => Some(&**error),
            _ => None,
        }
    }
}

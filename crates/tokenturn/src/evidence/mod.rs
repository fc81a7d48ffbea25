//! The rule of evidence: which facts of an answer make it believed.
//!
//! Whatever stands between us and a provider answers, too: with pages, with its own refusals, with
//! what it has kept from before. So each outcome that changes what anyone does with a token needs
//! facts that only the provider's own answer has. What lacks them is unknown, and is kept. The same
//! table stands in `docs/failures.md`.

mod candidates;
mod shape;
mod text;

pub use candidates::Candidates;
use candidates::MOST;
pub(crate) use shape::{
    can_be_a_users, is_alphabet, is_before_prefixes, is_of_the_same_kind, is_ohmygpts,
    is_user_token,
};
pub(crate) use text::{Text, number};

/// What an answer can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// The status is 2xx.
    Success,
    /// The status is 204, with which no body can come.
    NoContent,
    /// The status is 404.
    NotFound,
    /// Neither the content type nor the beginning of the body is that of a page for people.
    NoPage,
    /// GitHub's `x-github-request-id`; or the client ID of the app whose call it is, beside a token;
    /// or the `documentation_url` of the call, in a refusal.
    Mark,
    /// The `message` is `Not Found`, and there is no `documentation_url` of anything but the call: with
    /// that of the whole API, GitHub answers for a path that it does not have.
    AboutTheToken,
    /// The answer is to this request, not from what a cache has kept: it has no `Age` (RFC 9111,
    /// section 5.1).
    Fresh,
    /// The client's credentials have arrived: `x-ratelimit-limit` is not the 60 of
    /// [callers without any](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#primary-rate-limit-for-unauthenticated-users).
    Authenticated,
    /// The token that was sent can be a user's token of an app: GitHub has the same 404 for all that is
    /// not, alive or dead.
    SentUserToken,
    /// The body has arrived whole, and in no coding that nobody here can read.
    Whole,
    /// There is nothing in the body, or an object of JSON with nothing in it.
    NoText,
    /// The body is an object of JSON: no text, which is for people.
    Object,
    /// Nothing at the top says what is wrong: `error`, `errors`, `errorMessage`, `errorType`, `fault`,
    /// a `success` that is false, a `status` or `statusCode` from 400 on; nor, at GitHub, a `message`.
    NoComplaint,
    /// There is nothing that could be a token.
    NoToken,
    /// The token stands where the documents have it.
    InPlace,
    /// `hashed_token` is the hash of the token.
    Hash,
    /// `token_last_eight` is not the end of another token, as where something on the way has masked the
    /// token. A wrong hash alone says nothing: examples and mock servers have one.
    NotMasked,
    /// The token has the prefix and the alphabet of the one that was sent. Tokens from before
    /// prefixes get one.
    SameKind,
    /// The token has the prefix and the alphabet of a user's token.
    UserToken,
    /// The token has GitHub's alphabet.
    Alphabet,
    /// The token consists of hexadecimal digits, as they did before prefixes, and what was sent has no
    /// prefix either.
    BeforePrefixes,
    /// The token is not the one that was sent.
    Another,
    /// The token, or its hash, is that of the one that was asked about.
    TheOneAskedFor,
    /// `token_type` is `bearer`.
    Bearer,
    /// OhMyGPT's envelope, with a `statusCode`.
    Envelope,
    /// The envelope has the `statusCode` 200.
    Says200,
    /// The envelope has no `statusCode`, or one that is neither a number nor a text.
    SaysNothing,
    /// The envelope has the `data` that was asked for.
    Data,
    /// The `errorType` is `oauth_invalid_token_error`.
    TokenError,
    /// The login host's `error`.
    LoginError,
}

/// An answer is believed that has all of some facts and, where there are further sets, all of one
/// of them.
#[derive(Debug)]
pub(crate) struct Rule {
    all: &'static [Fact],
    and: &'static [&'static [Fact]],
}

use Fact::*;

/// GitHub's API: a token was replaced, or scoped.
pub(crate) const ROTATED: Rule = Rule {
    all: &[Success, Another, Fresh],
    and: &[
        &[Hash],
        &[Mark, InPlace, SameKind, NotMasked, NoPage, NoComplaint],
    ],
};
/// The same, in an answer that calls itself a failure.
pub(crate) const ROTATED_ALL_THE_SAME: Rule = Rule {
    all: &[Another, Hash, Fresh],
    and: &[],
};
/// GitHub's API: a token is valid, or was not replaced.
pub(crate) const VALID: Rule = Rule {
    all: &[Success, TheOneAskedFor, NoComplaint, Fresh],
    and: &[],
};
/// GitHub's API: a token is invalid, lost, or already gone.
pub(crate) const INVALID: Rule = Rule {
    all: &[
        NotFound,
        AboutTheToken,
        SentUserToken,
        Mark,
        Fresh,
        Authenticated,
    ],
    and: &[],
};
/// GitHub's API: something was deleted, or revoked. The documents have one status; peers take all.
pub(crate) const DELETED: Rule = Rule {
    all: &[Success, Whole, NoComplaint, NoToken, Fresh],
    and: &[&[NoContent], &[NoText, NoPage], &[Object, NoPage, Mark]],
};
/// GitHub's login host: a token was issued, or refreshed.
pub(crate) const ISSUED: Rule = Rule {
    all: &[Success, InPlace, Another, NoPage, NoComplaint, Fresh],
    and: &[&[UserToken], &[Bearer, BeforePrefixes], &[Mark, Alphabet]],
};
/// GitHub's login host: no, and with it that a refresh token is invalid, or a login at its end.
pub(crate) const LOGIN_REFUSED: Rule = Rule {
    all: &[LoginError, NoPage, Fresh],
    and: &[],
};
/// OhMyGPT: a token was replaced, or issued.
pub(crate) const OHMYGPT_ROTATED: Rule = Rule {
    all: &[
        Success,
        InPlace,
        Another,
        SameKind,
        NoPage,
        NoComplaint,
        Fresh,
    ],
    and: &[&[Says200], &[SaysNothing]],
};
/// OhMyGPT: a token is valid, or another call did what was asked.
pub(crate) const OHMYGPT_VALID: Rule = Rule {
    all: &[Success, Says200, Data, NoComplaint, Fresh],
    and: &[],
};
/// OhMyGPT: a token is invalid.
pub(crate) const OHMYGPT_INVALID: Rule = Rule {
    all: &[Envelope, TokenError, Fresh],
    and: &[],
};

impl Rule {
    /// Whether an answer is believed of which `has` tells the facts.
    pub(crate) fn holds(&self, has: impl Fn(Fact) -> bool) -> bool {
        let all = |facts: &[Fact]| facts.iter().all(|fact| has(*fact));
        all(self.all) && (self.and.is_empty() || self.and.iter().any(|facts| all(facts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The docs have the table to the letter.
    #[test]
    fn the_docs_have_the_table() {
        let mut table = String::new();
        for (outcome, rule) in [
            ("GitHub: rotated, scoped", ROTATED),
            (
                "GitHub: rotated, whatever the status says",
                ROTATED_ALL_THE_SAME,
            ),
            ("GitHub: valid, not replaced", VALID),
            ("GitHub: invalid, lost, already gone", INVALID),
            ("GitHub: deleted, revoked", DELETED),
            ("GitHub's login host: issued, refreshed", ISSUED),
            ("GitHub's login host: refused, invalid", LOGIN_REFUSED),
            ("OhMyGPT: rotated, issued", OHMYGPT_ROTATED),
            ("OhMyGPT: valid", OHMYGPT_VALID),
            ("OhMyGPT: invalid", OHMYGPT_INVALID),
        ] {
            let words = |facts: &[Fact]| {
                let words = facts.iter().map(|fact| words(*fact));
                words.collect::<Vec<_>>().join(", ")
            };
            let and: Vec<_> = rule.and.iter().map(|facts| words(facts)).collect();
            let (all, and) = (words(rule.all), and.join("; or "));
            table.push_str(&format!("| {outcome} | {all} | {and} |\n").replace("|  |", "| |"));
        }
        let docs = include_str!("../../failures.md");
        assert!(
            docs.contains(&table),
            "docs/failures.md has to have:\n{table}"
        );
    }

    fn words(fact: Fact) -> &'static str {
        match fact {
            Success => "status 2xx",
            NoContent => "status 204",
            NotFound => "status 404",
            NoPage => "no page for people",
            Mark => "GitHub's mark",
            AboutTheToken => "a `message` about the token",
            Fresh => "not from a cache",
            Authenticated => "not to a caller without credentials",
            SentUserToken => "what was sent can be a user's token",
            Whole => "a body that is whole and in no unknown coding",
            NoComplaint => "no complaint",
            NoText => "an empty body or object",
            Object => "an object of JSON",
            NoToken => "no token",
            InPlace => "the token in its documented place",
            Hash => "`hashed_token` fits",
            NotMasked => "no other `token_last_eight`",
            SameKind => "prefix and alphabet of such a token",
            UserToken => "prefix and alphabet of a user's token",
            Alphabet => "GitHub's alphabet",
            BeforePrefixes => "a token from before prefixes",
            Another => "not the token that was sent",
            TheOneAskedFor => "the token, or the hash, that was asked about",
            Bearer => "`token_type` is `bearer`",
            Envelope => "the envelope",
            Says200 => "`statusCode` 200",
            SaysNothing => "no `statusCode`",
            Data => "the `data`",
            TokenError => "`errorType` is `oauth_invalid_token_error`",
            LoginError => "an `error`",
        }
    }
}

//! Typed mocks of the token APIs of GitHub and OhMyGPT, for tests.

// Generated code names this crate the same way here and elsewhere.
extern crate self as tokenturn_httpmock;

mod body;
mod expectation;
// rustfmt and the lints for hand-written code have no business in generated files.
#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub)]
mod generated;
mod mock;
mod report;
#[doc(hidden)]
pub mod round_trip;
mod server;
mod then;
mod when;
#[doc(hidden)]
pub mod runtime {
    //! What generated code calls; not a public API.

    pub use crate::expectation::Credentials;
    pub use crate::then::{Then, in_range};
    pub use crate::when::When;
}

pub use generated::*;
pub use httpmock;
pub use mock::Mock;
pub use server::MockServer;
use then::Then;
use when::When;

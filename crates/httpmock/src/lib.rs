//! Typed mocks of the token APIs of GitHub and OhMyGPT, for tests.
pub use httpmock;

mod body;
mod expectation;
mod mock;
mod report;
mod server;
mod then;
mod when;
#[doc(hidden)]
pub mod runtime {
    //! What generated code calls; not a public API.

    pub use crate::expectation::{Credentials, Endpoint};
    pub use crate::then::{Then, in_range};
    pub use crate::when::When;
}

pub use mock::Mock;
pub use server::MockServer;
use then::Then;
use when::When;

//! What has to hold of the clients, the wrapper, the sandbox and the vault, a module for each property.

#[cfg(unix)]
mod crash;
mod device_answers;
mod direct_client;
mod docs;
mod error_types;
mod errors;
mod fuzz;
mod login_answers;
mod mocked;
mod network;
mod outcomes;
#[cfg(unix)]
mod races;
mod retries;
mod rotate;
mod sandbox;
mod sandbox_protocol;
mod sink_panics;
mod sinks;
mod spec_examples;
mod unheard;
#[cfg(unix)]
mod vault;
mod versions;
mod wire_format;

//! What both providers remember.

use crate::clock::Clock;
use crate::fault::Faults;
use crate::github::GitHub;
use crate::log::Requests;
use crate::ohmygpt::OhMyGpt;
use crate::replacements::Replacements;

/// Everything that the sandbox knows.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) github: GitHub,
    pub(crate) ohmygpt: OhMyGpt,
    pub(crate) requests: Requests,
    pub(crate) replacements: Replacements,
    pub(crate) faults: Faults,
}

impl World {
    /// The providers of a sandbox at this URL.
    pub(crate) fn new(url: String) -> Self {
        Self {
            clock: Clock::default(),
            github: GitHub::new(url),
            ohmygpt: OhMyGpt::default(),
            requests: Requests::default(),
            replacements: Replacements::default(),
            faults: Faults::default(),
        }
    }

    pub(crate) fn is_alive(&self, token: &str) -> bool {
        let now = self.clock.now();
        self.github.is_alive(token, now) || self.ohmygpt.is_alive(token, now)
    }
}

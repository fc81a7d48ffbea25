//! What both providers remember.

use crate::clock::Clock;
use crate::done::Log;
use crate::fault::Faults;
use crate::github::GitHub;
use crate::log::Requests;
use crate::ohmygpt::OhMyGpt;
use crate::refreshes::Refresh;
use crate::replacements::Replacement;

/// Everything that the sandbox knows.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) github: GitHub,
    pub(crate) ohmygpt: OhMyGpt,
    pub(crate) requests: Requests,
    pub(crate) replacements: Log<Replacement>,
    pub(crate) refreshes: Log<Refresh>,
    pub(crate) refused_refreshes: usize,
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
            replacements: Log::default(),
            refreshes: Log::default(),
            refused_refreshes: 0,
            faults: Faults::default(),
        }
    }

    pub(crate) fn is_alive(&self, token: &str) -> bool {
        let now = self.clock.now();
        self.github.is_alive(token, now) || self.ohmygpt.is_alive(token, now)
    }
}

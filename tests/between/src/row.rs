//! What happens while a call is made.

use std::time::Duration;

use crate::does::Does;
use crate::product::{Product, Rows, Setting};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Row {
    Provider(Does),
    ProviderIsAway,
    /// On a connection that the gateway has kept, and only there.
    ProviderClosesKept,
    ProviderRestarted,
    Reloaded,
    ReloadedUnderWay,
    Restarted,
    RestartedUnderWay,
    Refuses(u16),
    /// So many other calls are under way, and the client waits for 3 seconds.
    Crowded(usize),
}

use Row::*;

impl Row {
    /// Those of a product with a setting.
    pub(crate) fn all(product: &Product, setting: &Setting) -> Vec<Self> {
        if let Rows::Crowded(calls) = setting.rows {
            return vec![Crowded(calls)];
        }
        let mut rows = vec![
            Provider(Does::Answers),
            ProviderIsAway,
            Provider(Does::Fails(500)),
            Provider(Does::Fails(502)),
            Provider(Does::Fails(503)),
            Provider(Does::Fails(504)),
        ];
        if setting.rows == Rows::All || setting.gives_up.is_some() {
            let seconds = setting.gives_up.map_or(5, |seconds| u64::from(seconds) + 2);
            rows.push(Provider(Does::IsSlow(Duration::from_secs(seconds))));
        }
        rows.extend(
            [
                Does::Closes,
                Does::ClosesWithinHeaders,
                Does::ClosesWithinBody,
                Does::ClosesAfter,
                Does::ByteByByte,
                Does::EarlyHints,
                Does::ManyHeaders,
                Does::LongHeader,
                Does::ChunksWithoutEnd,
                Does::SaysClose,
                Does::IsBehind,
            ]
            .map(Provider),
        );
        rows.extend([
            ProviderClosesKept,
            ProviderRestarted,
            Restarted,
            RestartedUnderWay,
        ]);
        if product.reload.is_some() {
            rows.extend([Reloaded, ReloadedUnderWay]);
        }
        rows.extend(product.refuses.iter().copied().map(Refuses));
        rows
    }

    /// In the words of the page.
    pub(crate) fn name(self) -> String {
        let name = match self {
            Provider(does) => match does {
                Does::Answers => "the provider answers",
                Does::Fails(status) => return format!("the provider answers {status}"),
                Does::IsSlow(after) => {
                    return format!("the provider answers after {} s", after.as_secs());
                }
                Does::Closes => "it closes before its answer",
                Does::ClosesWithinHeaders => "it closes within the headers",
                Does::ClosesWithinBody => "it closes within the body",
                Does::ClosesAfter => "it closes after its answer",
                Does::ByteByByte => "it sends one byte at a time",
                Does::EarlyHints => "it sends a 103 first",
                Does::ManyHeaders => "it sends 100 headers more",
                Does::LongHeader => "it sends a header of 20 KiB",
                Does::ChunksWithoutEnd => "its chunked body has no end",
                Does::SaysClose => "it says `Connection: close`",
                Does::IsBehind => "its clock is 3 s behind",
            },
            ProviderIsAway => "the provider is away",
            ProviderClosesKept => "it closes a kept connection when the call comes",
            ProviderRestarted => "it is restarted while connections are idle",
            Reloaded => "the gateway is reloaded while connections are idle",
            ReloadedUnderWay => "the gateway is reloaded during the call",
            Restarted => "the gateway is restarted while connections are idle",
            RestartedUnderWay => "the gateway is restarted during the call",
            Refuses(status) => return format!("the gateway refuses with {status}"),
            Crowded(1) => "another call is under way",
            Crowded(calls) => return format!("{calls} other calls are under way"),
        };
        name.to_owned()
    }

    /// What the provider does.
    pub(crate) fn does(self) -> Does {
        match self {
            Provider(does) => does,
            ProviderClosesKept => Does::Closes,
            _ => Does::Answers,
        }
    }

    /// Whether the calls of the row may take long, and so are made at once: after a 103 some gateways
    /// send nothing more.
    pub(crate) fn is_slow(self) -> bool {
        matches!(self, Provider(Does::IsSlow(_) | Does::EarlyHints))
    }
}

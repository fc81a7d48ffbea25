//! How far something has come, for whoever waits for it: a bar on a terminal, and lines elsewhere.

use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{MissedTickBehavior, interval};

use crate::vault::{tokens, visible};

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);
/// How often the bar moves.
pub(crate) const TICK: Duration = Duration::from_millis(200);
const STYLE: &str = "{bar:24} {wide_msg}";
const STYLE_WITHOUT_END: &str = "{spinner} {wide_msg}";

/// Where it is shown.
pub(crate) enum View {
    Bar(ProgressBar),
    Lines {
        told: Instant,
    },
    /// Nothing but what is said beside it.
    Quiet,
}

impl View {
    /// From here on, and to there, if that is known.
    pub(crate) fn begin(position: u64, length: Option<u64>) -> Self {
        match io::stderr().is_terminal() {
            true => Self::Bar(bar(position, length)),
            false => Self::Lines {
                told: Instant::now(),
            },
        }
    }

    /// Shows where it is, when it is time to.
    pub(crate) fn show(&mut self, position: u64, text: String) {
        match self {
            Self::Bar(bar) => {
                bar.set_message(text);
                bar.set_position(position);
            }
            Self::Lines { told } if told.elapsed() >= EVERY => {
                *told = Instant::now();
                tell(&text);
            }
            Self::Lines { .. } | Self::Quiet => {}
        }
    }

    /// Says something beside it.
    pub(crate) fn say(&self, text: &str) {
        let text = &visible(text.to_owned());
        match self {
            Self::Bar(bar) => bar.suspend(|| tell(text)),
            Self::Lines { .. } | Self::Quiet => tell(text),
        }
    }

    /// It is over, with these words where there are lines.
    pub(crate) fn end(&self, text: Option<&str>) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Lines { .. } => text.into_iter().for_each(tell),
            Self::Quiet => {}
        }
    }
}

/// How much is done, counted by whoever does it.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    count: AtomicU64,
    then: OnceLock<&'static str>,
}

impl Counter {
    pub(crate) fn add(&self) {
        self.count.fetch_add(1, Relaxed);
    }

    /// All are counted, and what is done with them now is this.
    pub(crate) fn end(&self, then: &'static str) {
        let _ = self.then.set(then);
    }

    fn text(&self, doing: &str, length: Option<u64>, time: Duration) -> String {
        let count = self.count.load(Relaxed);
        match self.then.get() {
            Some(then) => text(&format!("{then} {}", tokens(count)), 0, None, time),
            None => text(doing, count, length, time),
        }
    }
}

/// Does something, and shows how far it has come: how much of `length` is done, if that is counted.
pub(crate) async fn watch<T>(
    doing: &str,
    done: &Counter,
    length: Option<u64>,
    work: impl Future<Output = T>,
) -> T {
    let began = Instant::now();
    let mut view = View::begin(0, length);
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            result = &mut work => {
                view.end(None);
                return result;
            }
            _ = ticks.tick() => {
                let text = done.text(doing, length, began.elapsed());
                view.show(done.count.load(Relaxed), text);
            }
        }
    }
}

fn text(doing: &str, count: u64, length: Option<u64>, time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if count == 0 {
        return format!("{doing}  {}", duration(seconds));
    }
    let rate = count as f64 / seconds.max(0.001);
    match length {
        Some(length) => {
            let left = duration((length.saturating_sub(count) as f64 / rate).ceil());
            format!(
                "{doing}  {count}/{length}  {}  {left} left",
                rate_text(rate)
            )
        }
        None => format!("{doing}  {count}  {}", rate_text(rate)),
    }
}

/// Not `eprintln!`: it panics when the terminal is gone.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn bar(position: u64, length: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    let style = match length {
        Some(_) => ProgressStyle::with_template(STYLE),
        None => ProgressStyle::with_template(STYLE_WITHOUT_END),
    };
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style.progress_chars("=> "))
        .with_position(position)
}

pub(crate) fn rate_text(rate: f64) -> String {
    match rate {
        _ if rate >= 10.0 => format!("{rate:.0}/s"),
        _ => format!("{rate:.1}/s"),
    }
}

/// In whole seconds.
pub(crate) fn duration(seconds: f64) -> String {
    let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_is_known() {
        let text = |count, length| text("exporting", count, length, Duration::from_secs(10));
        assert_eq!(text(0, Some(9)), "exporting  10s");
        assert_eq!(text(50, None), "exporting  50  5.0/s");
        assert_eq!(text(200, Some(1001)), "exporting  200/1001  20/s  41s left");
        // More came than there were.
        assert_eq!(text(20, Some(10)), "exporting  20/10  2.0/s  0s left");

        let counter = Counter::default();
        counter.add();
        let text = || counter.text("importing", None, Duration::from_secs(10));
        assert_eq!(text(), "importing  1  0.1/s");
        counter.end("storing");
        assert_eq!(text(), "storing 1 token  10s");
    }
}

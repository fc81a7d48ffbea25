//! Forward proxies and TLS inspection: the program at a provider that speaks TLS, through real proxies
//! that its environment names.

mod front;
mod group;
mod in_process;
mod no_proxy;
mod program;
mod proxies;
mod trial;

use std::path::Path;
use std::time::Instant;

use tokio::task::JoinSet;

const HEAD: &str = "
## Forward proxies and TLS inspection

The program calls `https://ghe.example:PORT`, whose certificate is by an authority that only `--ca-file`
makes known. That name and its address are not loopback, so the variables of a proxy count. The program
makes every attempt that it makes by default.
";

/// A part of the page, and what is not right in it.
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) wrong: Vec<String>,
}

/// Runs all of it.
pub(crate) async fn run(folder: &Path) -> Part {
    let began = Instant::now();
    let mut running = JoinSet::new();
    for (at, group) in group::ALL.iter().enumerate() {
        let folder = folder.to_owned();
        running.spawn(async move { (at, group::run(group, &folder).await) });
    }
    let own = folder.to_owned();
    running.spawn(async move { (usize::MAX - 1, no_proxy::run(&own).await) });
    let own = folder.to_owned();
    running.spawn(async move { (usize::MAX, in_process::run(&own).await) });
    let mut parts = running.join_all().await;
    parts.sort_by_key(|(at, _)| *at);
    eprintln!(
        "forward proxies took {:.0} s",
        began.elapsed().as_secs_f32()
    );
    let texts = parts.iter().map(|(_, part)| part.text.as_str());
    Part {
        text: [HEAD].into_iter().chain(texts).collect(),
        wrong: parts.into_iter().flat_map(|(_, part)| part.wrong).collect(),
    }
}

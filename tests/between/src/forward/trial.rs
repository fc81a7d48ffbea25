//! One run of the program through a proxy, and whether what it says is right by the provider's log.

use std::fs;
use std::future::pending;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokenturn_sandbox::Sandbox;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::call::{Is, Prepared, Provider};
use crate::cell::tokens;
use crate::does::Does;
use crate::instance::Instance;
use crate::origin::Case;
use crate::tap::{Came, Tap};

use super::front::{Front, authority};
use super::program::{self, Said, Task};
use super::proxies::OWN_AUTHORITY;

/// What happens meanwhile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    Provider(Does),
    ProviderIsAway,
    ProxyIsAway,
    ProxyReloaded,
    ProxyKilled,
}

/// Whom the program trusts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trusts {
    Provider,
    Inspector,
    /// Both.
    Whoever,
}

/// How the program is run.
pub(crate) struct Setup {
    pub(crate) task: Task,
    pub(crate) event: Event,
    pub(crate) trusts: Trusts,
    /// Its environment, with `{proxy}` for the host and the port of the proxy, and `{port}` for that
    /// of the provider.
    pub(crate) variables: Vec<(String, String)>,
}

/// What came of it, in the words of the page.
pub(crate) struct Made {
    pub(crate) task: Task,
    /// How many times the proxy was asked for a tunnel, and what it said to the first.
    pub(crate) connects: usize,
    pub(crate) proxy: String,
    pub(crate) seen: String,
    pub(crate) said: String,
    pub(crate) wrong: Option<String>,
}

/// Runs it. `front` stands before the origin of the instance.
pub(crate) async fn make(instance: &mut Instance, front: &mut Front, setup: Setup) -> Made {
    let Setup { task, event, .. } = setup;
    let (provider, prepared) = Provider::new(task.call()).await;
    let folder = folder(instance);
    let tap = Tap::start(instance.place.port).await;
    let agent = program::user_agent();
    let does = match event {
        Event::Provider(does) => does,
        _ => Does::Answers,
    };
    let (open, gate) = watch::channel(false);
    let mut case = Case::new(provider.address(), does);
    let is_under_way = matches!(event, Event::ProxyReloaded | Event::ProxyKilled);
    if is_under_way {
        case = case.gate(gate);
    }
    instance.origin.expect(&agent, case);
    let before = asked(&provider.sandbox);
    let inspector = || inspector(instance);
    let roots = match setup.trusts {
        Trusts::Provider => authority().pem().to_owned(),
        Trusts::Inspector => inspector().expect("the proxy has made it"),
        Trusts::Whoever => authority().pem().to_owned() + &inspector().unwrap_or_default(),
    };
    let proxy = match event {
        Event::ProxyIsAway => format!("127.0.0.1:{}", instance.place.spare),
        _ => tap.address.to_string(),
    };
    let variables: Vec<_> = setup
        .variables
        .into_iter()
        .map(|(name, value)| {
            let value = value.replace("{proxy}", &proxy);
            (name, value.replace("{port}", &front.port.to_string()))
        })
        .collect();
    if event == Event::ProviderIsAway {
        front.leave().await;
    }
    let url = front.url();
    let run = program::run(
        task,
        (&provider, &prepared),
        &url,
        (&folder, &roots),
        &variables,
    );
    let said = if is_under_way {
        let disturb = async {
            while instance.origin.seen(&agent).times == 0 {
                sleep(Duration::from_millis(1)).await;
            }
            disturb(instance, event).await;
            open.send_replace(true);
            pending().await
        };
        tokio::select! {
            said = run => said,
            said = disturb => said,
        }
    } else {
        run.await
    };
    if event == Event::ProxyKilled {
        instance.restart(|| {}).await;
    }
    if event == Event::ProviderIsAway {
        front.come_back().await;
    }
    let seen = instance.origin.seen(&agent);
    let times = match task {
        Task::Check => asked(&provider.sandbox) - before,
        _ => seen.times,
    };
    let is_changed = seen.answers.iter().any(|answer| answer.status < 300);
    let log = Log {
        times,
        is_changed,
        new: seen.answers.iter().flat_map(tokens).collect(),
    };
    let wrong = wrong(task, (&provider, &prepared), &log, &said);
    let mut wrong = wrong.map(str::to_owned);
    if said.is == Is::Unknown && task == Task::Rotate && wrong.is_none() {
        let direct = authority().pem();
        let kept = said.kept.as_deref();
        let found = program::recover((&provider, kept), &url, (&folder, direct)).await;
        wrong = wrong_recovery(&provider.sandbox, &prepared, &found);
    }
    Made {
        task,
        connects: tap.requests(),
        proxy: match tap.came() {
            Came::Answer(answer) => answer.status.to_string(),
            Came::PartOfHeaders => "a part of the headers".into(),
            Came::Close if tap.requests() > 0 => "closed".into(),
            _ => String::new(),
        },
        seen: match times {
            times if is_changed => format!("{times}, changed"),
            times => times.to_string(),
        },
        wrong: wrong.map(|wrong| format!("{wrong} (see {}): {}", folder.display(), said.output)),
        said: said.words,
    }
}

impl Made {
    /// Whether all but the task is the same.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let words = |made: &Self| (made.proxy.clone(), made.seen.clone(), made.said.clone());
        self.connects == other.connects && words(self) == words(other)
    }
}

/// What the provider knows of the call.
struct Log {
    times: usize,
    is_changed: bool,
    /// The tokens that it has given away.
    new: Vec<String>,
}

/// A folder for one run of the program.
fn folder(instance: &Instance) -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = instance.place.folder.join(format!("run-{number}"));
    fs::create_dir_all(&folder).expect("a folder in target/");
    folder
}

/// The certificate of the proxy's authority, if it has one.
fn inspector(instance: &Instance) -> Option<String> {
    let pem = fs::read_to_string(instance.place.folder.join(OWN_AUTHORITY)).ok()?;
    // Squid has the key in the same file, behind it.
    let end = "-----END CERTIFICATE-----\n";
    pem.split_inclusive(end).next().map(str::to_owned)
}

/// How many requests the sandbox has got.
fn asked(sandbox: &Sandbox) -> usize {
    sandbox.requests().len()
}

async fn disturb(instance: &Instance, event: Event) {
    if event == Event::ProxyReloaded {
        instance.reload().await;
    } else {
        let killed = instance.place.signal("KILL").status();
        assert!(killed.expect("kill(1)").success());
    }
}

fn wrong(
    task: Task,
    (provider, prepared): (&Provider, &Prepared),
    log: &Log,
    said: &Said,
) -> Option<&'static str> {
    let sandbox = &provider.sandbox;
    let old = prepared.old.as_deref().unwrap_or_default();
    let old_lives = sandbox.is_alive(old);
    let is_held = |token: &String| said.held.iter().any(|held| held.contains(token.as_str()));
    // Those that may be repeated are, as `tokenturn` documents it.
    let is_once = !matches!(task, Task::Check | Task::Revoke | Task::RevokeGrant);
    match said.is {
        _ if log.times > 1 && is_once => Some("the provider saw it more than once"),
        Is::Done if log.times == 0 => Some("the provider never saw it"),
        Is::Done if log.new.iter().any(|token| !is_held(token)) => Some("a token is not saved"),
        Is::Done if log.new.iter().any(|token| !sandbox.is_alive(token)) => {
            Some("the new token is dead")
        }
        Is::Done if matches!(task, Task::Revoke | Task::RevokeGrant) && old_lives => {
            Some("the token is alive")
        }
        Is::Done if task == Task::Check && !old_lives => Some("the token is dead"),
        Is::Dead if old_lives => Some("the token is alive"),
        // Of what something on the way may have said nothing follows.
        Is::Refused if said.words.contains(": other") => None,
        Is::Refused if log.is_changed => Some("it was done"),
        Is::NotSent if log.times > 0 => Some("it was sent"),
        Is::Refused | Is::NotSent if !old_lives => Some("the token is dead"),
        _ => None,
    }
}

/// Whether `recover` tells what became of an old token.
fn wrong_recovery(sandbox: &Sandbox, prepared: &Prepared, found: &Said) -> Option<String> {
    let old_lives = sandbox.is_alive(prepared.old.as_deref().unwrap_or_default());
    let is_right = match found.is {
        Is::Done => found
            .held
            .iter()
            .any(|token| sandbox.is_alive(token.trim())),
        Is::Refused => old_lives,
        Is::Dead => !old_lives,
        _ => false,
    };
    (!is_right).then(|| format!("recover says {}: {}", found.words, found.output))
}

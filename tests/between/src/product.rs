//! What a product is to the harness: how it is started in front of a provider, and what its operators
//! change.

use std::path::PathBuf;
use std::process::Command;

/// A gateway, a proxy or a tunnel.
pub(crate) struct Product {
    /// As its makers write it.
    pub(crate) name: &'static str,
    /// What prints its version.
    pub(crate) version: &'static [&'static str],
    /// What one has to know of how it is set up here, in sentences for the page.
    pub(crate) about: &'static str,
    /// The first one is as its package installs it.
    pub(crate) settings: &'static [Setting],
    /// The statuses that it is told to refuse calls with, with pages of its own: those whose
    /// `User-Agent` has `refuse-403` in it, and so on.
    pub(crate) refuses: &'static [u16],
    /// Writes its files and returns what runs it in the foreground.
    pub(crate) start: fn(&Place, &Setting) -> Command,
    /// What makes it read its files again, if anything does.
    pub(crate) reload: Option<fn(&Place) -> Command>,
}

/// What an operator has changed.
pub(crate) struct Setting {
    /// In the words of its configuration.
    pub(crate) name: &'static str,
    /// What stands in its configuration, where the product's `start` puts it.
    pub(crate) text: &'static str,
    /// The seconds after which it gives up on a provider. `None` when it does not in any time in which a
    /// client still waits, or where the rows are those of `Rows::Provider`, and it is not about that.
    pub(crate) gives_up: Option<u32>,
    /// Which rows are run.
    pub(crate) rows: Rows,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Rows {
    All,
    /// Those in which only the provider does something; the slow one where the setting is about that.
    Provider,
    /// Only the one in which so many other calls are under way already.
    Crowded(usize),
}

/// Where one instance of a product runs.
pub(crate) struct Place {
    /// An empty folder of its own, which every user may write to.
    pub(crate) folder: PathBuf,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    /// Another port that is free, for what needs two.
    pub(crate) spare: u16,
    /// Where the provider listens, on 127.0.0.1.
    pub(crate) origin: u16,
    /// The number of its process, once it runs.
    pub(crate) pid: Option<u32>,
}

impl Place {
    /// Writes a file of the instance and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, text).expect("a file in target/");
        path
    }

    /// A text with `{port}`, `{spare}`, `{origin}`, `{folder}` and `{setting}` filled in.
    pub(crate) fn fill(&self, text: &str, setting: &Setting) -> String {
        text.replace("{setting}", setting.text)
            .replace("{port}", &self.port.to_string())
            .replace("{spare}", &self.spare.to_string())
            .replace("{origin}", &self.origin.to_string())
            .replace("{folder}", &self.folder.to_string_lossy())
    }

    /// A signal to its process.
    pub(crate) fn signal(&self, name: &str) -> Command {
        let mut kill = Command::new("kill");
        let pid = self.pid.expect("it runs").to_string();
        kill.args(["-s", name, &pid]);
        kill
    }
}

/// A program from the folder of tools, or else from the system.
pub(crate) fn tool(name: &str) -> PathBuf {
    let folder = std::env::var_os("TOKENTURN_BETWEEN_TOOLS");
    let path = folder.map(|folder| PathBuf::from(folder).join("bin").join(name));
    path.filter(|path| path.exists())
        .unwrap_or_else(|| name.into())
}

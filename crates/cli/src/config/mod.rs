//! The config file: options of commands on a vault, for whoever does not want to write them each time.
//!
//! The command line goes before the environment, and both before the file.

mod apply;
mod file;
mod show;

use crate::client::GITHUB_SECRET;
use crate::vault::VAULT_VARIABLE;
use tokenturn_vault::KEY_VARIABLE;

pub(crate) use apply::arguments;
pub(crate) use show::run;

/// What a config file may set. A new option of commands on a vault is a new line here, and one in
/// `docs/config.md`.
const SETTINGS: &[Setting] = &[
    Setting::new("vault", Some(VAULT_VARIABLE), "tokenturn.db"),
    Setting::new("vault_file", Some(VAULT_VARIABLE), "-"),
    Setting::new("key_file", Some(KEY_VARIABLE), "beside the vault"),
    #[cfg(feature = "keyring")]
    Setting::new("keyring", Some(KEY_VARIABLE), "false"),
    Setting::new("client_secret_file", Some(GITHUB_SECRET), "-"),
    Setting::new("enterprise", None, "-"),
    Setting::new("enterprise_version", None, "-"),
    Setting::new("api_version", None, "2022-11-28"),
    Setting::new("base_url", None, "that of the tokens"),
    Setting::new("ohmygpt_base_url", None, "that of the tokens"),
    Setting::new("ca_file", None, "-"),
    Setting::new("concurrency", None, "16"),
    Setting::new("per_second", None, "1 at github.com"),
    Setting::new("max_same_refusal", None, "10"),
    Setting::new("max_lost", None, "3"),
    Setting::new("lease", None, "60s"),
    Setting::new("leave_alone", None, "10s"),
    Setting::new("report", None, "-"),
    Setting::new("deliver", None, "-"),
    Setting::new("deliver_within", None, "10m"),
    Setting::new("resume_within", None, "1d"),
];

/// An option, by its name with `_` for `-`.
#[derive(Debug)]
struct Setting {
    name: &'static str,
    /// The variable that goes before the file.
    variable: Option<&'static str>,
    /// What holds where nothing is set.
    default: &'static str,
}

impl Setting {
    const fn new(
        name: &'static str,
        variable: Option<&'static str>,
        default: &'static str,
    ) -> Self {
        Self {
            name,
            variable,
            default,
        }
    }

    fn of(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// The variable, if it is set.
    fn set_variable(&self) -> Option<&'static str> {
        let is_set = |variable: &&str| std::env::var_os(variable).is_some_and(|it| !it.is_empty());
        self.variable.filter(is_set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_an_option() {
        let command = file::command();
        for Setting { name, .. } in SETTINGS {
            let mut options = command.get_arguments();
            assert!(options.any(|option| option.get_id() == name), "{name}");
        }
    }
}

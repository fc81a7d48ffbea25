//! `tokenturn revoke --all`: whether it is meant.

use std::io::{self, IsTerminal, Write};

use anyhow::{Result, bail};
use tokenturn_vault::{Filter, State, Vault};

use crate::exit::Exit;

/// Asks whoever sits at the terminal for the number of tokens: nothing brings them back.
pub(super) async fn confirm(vault: &Vault, filter: &Filter) -> Result<()> {
    let mut count = 0;
    for state in [State::Active, State::Rotating, State::Unknown] {
        if filter.state.is_none_or(|wanted| wanted == state) {
            count += vault.count(&filter.clone().state(state)).await?;
        }
    }
    if !io::stdin().is_terminal() {
        bail!(
            "nothing was revoked: {count} tokens would be dead for good; say --yes if that is meant"
        );
    }
    let question = format!(
        "{count} tokens are about to be dead for good, and their users have to authorize the app again.\n\
         Type their number to go on: "
    );
    let mut out = io::stderr();
    let asked = out.write_all(question.as_bytes());
    // Whoever has not seen the question has not said yes to it.
    asked.and_then(|()| out.flush()).map_err(|why| {
        Exit::NotDone.because(format!(
            "nothing was revoked: the question whether that is meant cannot be shown: {why}"
        ))
    })?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match is_yes(&answer, count) {
        true => Ok(()),
        false => bail!("nothing was revoked"),
    }
}

fn is_yes(answer: &str, count: u64) -> bool {
    answer.trim() == count.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_number_is_a_yes() {
        assert!(is_yes("12\n", 12));
        assert!(is_yes(" 12", 12));
        for answer in ["", "\n", "y", "yes\n", "1", "13", "12 tokens", "012"] {
            assert!(!is_yes(answer, 12), "{answer}");
        }
    }
}

//! The same, kept in a vault: this program is built for its size; `cargo xtask bench fleet` measures
//! the speed.

use caller::{CLIENT_ID, CLIENT_SECRET, Failure, OLD_TOKEN};
use tokenturn::GitHub;
use tokenturn_vault::{Client, Entry, Key, Tokens, Vault};

fn main() -> Result<(), Failure> {
    caller::run(
        |url| {
            let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET);
            Ok(Client::from(github.base_url(url).build()?))
        },
        reset,
    )
}

async fn reset(client: Client) -> Result<(), Failure> {
    let vault = Vault::builder();
    let vault = vault.sqlite("tokens.db", &Key::generate()?).await?;
    let entry = Entry::new("mona", client.app(), Tokens::github(OLD_TOKEN));
    vault.put(entry).await?;
    let held = vault.get("mona").await?.ok_or("nobody")?;
    vault.rotate(&client, &held).await?;
    Ok(())
}

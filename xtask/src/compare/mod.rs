//! `cargo xtask compare`: what tokenturn and its peers make of the same odd answers, next to the page that says
//! so.

mod answers;
mod peers;
mod read;
mod server;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use answers::{EXCHANGES, Odd, RESETS};
use peers::Peer;
use server::Server;

const PAGE: &str = "docs/compare.md";

/// Who makes which call.
const EXCHANGE: [Peer; 5] = [
    Peer::Tokenturn,
    Peer::Octokit,
    Peer::Octocrab,
    Peer::Oauth2,
    Peer::Gh,
];
const RESET: [Peer; 3] = [Peer::Tokenturn, Peer::Octokit, Peer::Octocrab];

/// Prints the tables, and writes them or fails when they are not those of the page.
pub(crate) fn run(root: &Path, accept: bool) -> Result<()> {
    let folder = root.join("target/compare");
    fs::create_dir_all(&folder)?;
    peers::install(root, &folder)?;
    let path = root.join(PAGE);
    let mut page = fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    let before = page.clone();
    for (name, table) in [
        ("exchange", table(&folder, &EXCHANGES, &EXCHANGE)?),
        ("reset", table(&folder, &RESETS, &RESET)?),
    ] {
        println!("{table}");
        page = replaced(&page, name, &table)
            .with_context(|| format!("{PAGE} has no place for the table {name:?}"))?;
    }
    if accept {
        return Ok(fs::write(path, page)?);
    }
    ensure!(page == before, "{PAGE} says something else");
    Ok(())
}

/// The page with another table between the two comments that name it.
fn replaced(page: &str, name: &str, table: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (head, rest) = page.split_once(&begin)?;
    let (_, tail) = rest.split_once(&end)?;
    Some(format!("{head}{begin}{table}{end}{tail}"))
}

fn table(folder: &Path, rows: &[Odd], peers: &[Peer]) -> Result<String> {
    let names: Vec<_> = peers.iter().map(|peer| peer.name()).collect();
    let mut table = format!("| answer | {} |\n", names.join(" | "));
    table += &format!("|---|{}\n", "---|".repeat(peers.len()));
    for row in rows {
        table += &format!("| {} |", row.name);
        for &peer in peers {
            let server = Server::start(row.answer()?)?;
            let printed = peers::call(peer, folder, server.url(), row.call)
                .with_context(|| format!("{}: {}", peer.name(), row.name))?;
            let cell = read::cell(&printed, row.call, server.calls())
                .with_context(|| format!("{}: {}: {printed}", peer.name(), row.name))?;
            let has_asked = row
                .coding()
                .is_some_and(|coding| server.was_asked_for(coding));
            let asked = if has_asked {
                " (it asked for this)"
            } else {
                ""
            };
            table += &format!(" {cell}{asked} |");
        }
        table += "\n";
    }
    Ok(table)
}

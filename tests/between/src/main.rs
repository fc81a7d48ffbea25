//! `cargo xtask between`: real gateways between tokenturn and a provider, and what comes of each call.
//!
//! It is given an empty folder and perhaps names of products, and prints the page.

mod advice;
mod call;
mod cell;
mod does;
mod forward;
mod instance;
mod message;
mod origin;
mod page;
mod ports;
mod product;
mod products;
mod row;
mod seats;
mod table;
mod tap;
mod trial;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use tokio::task::JoinSet;

use page::Section;
use product::Product;
use table::Table;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let names: Vec<String> = arguments.collect();
    let is_meant = |product: &&&'static Product| {
        names.is_empty() || names.iter().any(|name| name == product.name)
    };
    let products: Vec<_> = products::ALL.iter().filter(is_meant).copied().collect();
    let is_forward = names.is_empty() || names.iter().any(|name| name == "Forward");
    let own = folder.clone();
    let forward = is_forward.then(|| tokio::spawn(async move { forward::run(&own).await }));
    let mut running = JoinSet::new();
    for product in &products {
        running.spawn(section(product, folder.join(product.name)));
    }
    let mut sections = running.join_all().await;
    sections.sort_by_key(|section| {
        products
            .iter()
            .position(|product| product.name == section.product.name)
    });
    print!("{}", page::page(&sections));
    let mut wrong: Vec<_> = sections
        .iter()
        .flat_map(|section| section.wrong.clone())
        .collect();
    if names.is_empty() {
        wrong.extend(advice::wrong(&sections));
    }
    if let Some(forward) = forward {
        match forward.await {
            Ok(forward) => {
                print!("{}", forward.text);
                print!("{}", page::wrong(&forward.wrong));
                wrong.extend(forward.wrong);
            }
            Err(error) => {
                let error = vec![error.to_string()];
                print!("\n## Forward proxies\n{}", page::wrong(&error));
                wrong.extend(error);
            }
        }
    }
    for wrong in &wrong {
        eprintln!("wrong: {wrong}");
    }
    match wrong.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

async fn section(product: &'static Product, folder: PathBuf) -> Section {
    let began = Instant::now();
    let mut running = JoinSet::new();
    for setting in product.settings {
        let folder = folder.clone();
        running.spawn(async move { table::run(product, setting, &folder).await });
    }
    let (mut tables, mut wrong) = (Vec::new(), Vec::new());
    while let Some(done) = running.join_next().await {
        match done {
            Ok(table) => tables.push(table),
            // What it has panicked with is in the log.
            Err(error) => wrong.push(format!("{}: {error}", product.name)),
        }
    }
    wrong.extend(tables.iter().flat_map(|table: &Table| table.wrong.clone()));
    tables.sort_by_key(|table| {
        product
            .settings
            .iter()
            .position(|setting| setting.name == table.setting.name)
    });
    eprintln!(
        "{} took {:.0} s",
        product.name,
        began.elapsed().as_secs_f32()
    );
    Section {
        product,
        version: version(product.version),
        tables,
        wrong,
    }
}

/// The first word with a digit and a dot in what a program says of itself.
fn version(command: &[&str]) -> String {
    let output = Command::new(product::tool(command[0]))
        .args(&command[1..])
        .output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", command[0]));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let words = said.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    // A sentence may end before it.
    let mut words = words.map(|word| word.trim_matches('.'));
    words
        .find(|word| word.contains('.'))
        .unwrap_or("of an unknown version")
        .to_owned()
}

//! The process that the proofs kill and stop. It is called as `tokenturn` is, and has verbs of its
//! own beside.

mod arguments;
mod ask;
mod deliver;
mod fleet;
mod one;
mod race;

use std::process::ExitCode;

use arguments::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr);
    log.with_ansi(false).init();
    let arguments = Arguments::read();
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    match words[..] {
        ["rotate", "--all"] => fleet::rotate(&arguments).await,
        ["deliver"] => fleet::deliver(&arguments).await,
        ["rotate", "one", id] => one::rotate(&arguments, id).await,
        ["recover", "one", id] => one::recover(&arguments, id).await,
        ["race", seed] => race::run(&arguments, seed.parse().unwrap()).await,
        ["ask", lives] => ask::run(&arguments, lives.parse().unwrap()).await,
        _ => panic!("no verb: {words:?}"),
    }
}

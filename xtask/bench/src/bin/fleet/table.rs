//! What is printed.

use tokenturn_bench::{Cost, Size};

pub(crate) fn begin_sizes(concurrency: usize) {
    println!("{concurrency} calls at a time, every token durable before it is told of");
    println!(
        "{:>8} {:>9} {:>9} {:>10} {:>11} {:>10}",
        "", "tokens", "tokens/s", "peak MiB", "bytes/token", "imported/s"
    );
}

pub(crate) fn size(size: &Size) {
    println!(
        "{:>8} {:>9} {:>9.0} {:>10.1} {:>11.0} {:>10.0}",
        format!("{:?}", size.store).to_lowercase(),
        size.tokens,
        size.tokens_per_second,
        size.peak_mib,
        size.disk_bytes_per_token,
        size.imported_per_second
    );
}

pub(crate) fn costs(costs: &[Cost]) {
    for cost in costs {
        println!(
            "\n{:?}, {} calls at a time, {} tokens, the middle one of {} rounds:\n  \
             {:.0} tokens/s; requests alone {:.0}/s; ratio {:.2}",
            cost.store,
            cost.concurrency,
            cost.tokens,
            cost.rounds,
            cost.fleet_per_second,
            cost.bare_per_second,
            cost.ratio
        );
        for part in &cost.parts {
            let name = format!("{:?}", part.name).to_lowercase();
            let percent = 100.0 * part.share;
            println!(
                "  {name:>8} {:>7.1} us per token {percent:>5.1} %",
                part.micros
            );
        }
    }
}

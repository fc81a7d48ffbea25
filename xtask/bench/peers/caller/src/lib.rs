//! What every caller does: `PROGRAM [--apart] URL CALLS CONCURRENCY` resets a token so often, on one
//! thread, and prints the seconds and the CPU seconds that the calls took. `--apart` makes each call in
//! a task of its own.

use std::error::Error;
use std::future::Future;
use std::time::Instant;

/// The app whose tokens are reset; the server wants both.
pub const CLIENT_ID: &str = "abcde12345fghij67890";
/// Its secret.
pub const CLIENT_SECRET: &str = "bench-client-secret";
/// The token that is replaced, over and over.
pub const OLD_TOKEN: &str = "e72e16c7e42f292c6912e7710c838347ae178b4a";

/// Anything that can go wrong.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Connects to the URL in the arguments, and calls `reset` as often as they say.
///
/// # Errors
///
/// When the arguments are no such thing, and when a call fails.
pub fn run<C, F>(
    connect: impl FnOnce(&str) -> Result<C, Failure>,
    reset: impl Fn(C) -> F + Copy + Send + 'static,
) -> Result<(), Failure>
where
    C: Clone + Send + 'static,
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (apart, arguments) = match &arguments[..] {
        [flag, rest @ ..] if flag == "--apart" => (true, rest),
        all => (false, all),
    };
    let [url, calls, concurrency] = arguments else {
        return Err("give the server's URL, the number of calls and the concurrency".into());
    };
    let (calls, concurrency): (usize, usize) = (calls.parse()?, concurrency.parse()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let client = connect(url)?;
        // Opens the connections.
        repeat(&client, reset, apart, concurrency, concurrency).await?;
        let begun = (Instant::now(), cpu_seconds()?);
        repeat(&client, reset, apart, calls, concurrency).await?;
        let seconds = begun.0.elapsed().as_secs_f64();
        println!("{seconds} {}", cpu_seconds()? - begun.1);
        Ok(())
    })
}

async fn repeat<C, F>(
    client: &C,
    reset: impl Fn(C) -> F + Copy + Send + 'static,
    apart: bool,
    calls: usize,
    concurrency: usize,
) -> Result<(), Failure>
where
    C: Clone + Send + 'static,
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let tasks: Vec<_> = (0..concurrency)
        .map(|lane| {
            let client = client.clone();
            let calls = calls / concurrency + usize::from(lane < calls % concurrency);
            tokio::spawn(async move {
                for _ in 0..calls {
                    let call = reset(client.clone());
                    match apart {
                        true => tokio::spawn(call).await??,
                        false => call.await?,
                    }
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// The time for which this thread, which does all the work, was on a CPU.
fn cpu_seconds() -> Result<f64, Failure> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = statistics.split_whitespace().next().unwrap_or_default();
    Ok(nanoseconds.parse::<f64>()? / 1e9)
}

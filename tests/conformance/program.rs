//! Programs that end when the test does.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::time::sleep;

const PAUSE: Duration = Duration::from_millis(50);

/// A program and what it printed.
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    pub fn start(mut command: Command, log: PathBuf) -> Self {
        let output = File::create(&log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { child, log }
    }

    pub fn printed(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap()).into_owned()
    }

    /// Waits for its end.
    pub async fn end(&mut self, limit: Duration) -> ExitStatus {
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            sleep(PAUSE).await;
        }
        panic!("it took longer than {limit:?}\n{}", self.printed());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Prism, serving a description.
pub struct Prism {
    program: Program,
    pub url: String,
}

impl Prism {
    /// Answers with the examples of a description.
    pub async fn mock(folder: &Path, name: &str) -> Self {
        Self::start(folder, name, "mock", &[]).await
    }

    /// Passes requests on and watches what goes over.
    pub async fn proxy(folder: &Path, name: &str, upstream: &str) -> Self {
        Self::start(folder, name, "proxy", &[upstream]).await
    }

    async fn start(folder: &Path, name: &str, verb: &str, arguments: &[&str]) -> Self {
        const LIMIT: Duration = Duration::from_secs(60);
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut command = Command::new("node");
        command
            .arg(folder.join("node/node_modules/@stoplight/prism-cli/dist/index.js"))
            .args([verb, "--errors", "--port", &address.port().to_string()])
            .arg(folder.join(format!("descriptions/{name}.json")))
            .args(arguments);
        let log = folder.join(format!("logs/prism-{verb}-{name}.log"));
        let mut program = Program::start(command, log);
        let start = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            let ended = program.child.try_wait().unwrap().is_some();
            let problem = ended || start.elapsed() > LIMIT;
            assert!(!problem, "Prism does not listen\n{}", program.printed());
            sleep(PAUSE).await;
        }
        Self {
            program,
            url: format!("http://{address}"),
        }
    }

    /// What did not conform to the description.
    pub fn violations(&self) -> Vec<String> {
        let printed = self.program.printed();
        let lines = printed.lines().filter(|line| line.contains("Violation:"));
        lines.map(str::to_owned).collect()
    }
}

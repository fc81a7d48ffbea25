//! A PostgreSQL server for tests and measurements: a cluster of its own in a temporary folder, which
//! ends with the process however that ends. PgBouncer may stand before it.
//!
//! It needs Debian's packages `postgresql` and `pgbouncer`. Without them, tests are skipped.

mod mover;
mod pooler;
mod processes;
mod programs;
mod servant;
mod tls;

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use pooler::Pooler;
use programs::{installed, programs};
use servant::{Servant, new_folder, run, serve};
use tokio::net::TcpSocket;

use crate::short_temp_dir;

const USER: &str = "tokenturn";

/// No disk is waited for: a process that is killed leaves its writes to the system.
const FOR_TESTS: &str = "-c listen_addresses= -c fsync=off -c autovacuum=off -c shared_buffers=16MB \
    -c max_connections=200";

/// Stops the servers and removes the folder when its input ends: when the test's process drops the
/// cluster, and says so, or ends. It may end in the middle of a start, of which more comes then.
const GUARD: &str = r#"
clean() {
    for way in TERM:pgbouncer.pid QUIT:data/postmaster.pid; do
        pid=$(head -n 1 "$1/${way#*:}" 2>/dev/null)
        if [ -n "$pid" ] && kill -"${way%%:*}" "$pid" 2>/dev/null; then
            for _ in $(seq 100); do
                kill -0 "$pid" 2>/dev/null || break
                sleep 0.05
            done
            kill -KILL "$pid" 2>/dev/null
        fi
    done
    rm -rf "$1"
}
read -r word
clean "$1"
[ "$word" = dropped ] && exit
for _ in $(seq 5); do
    sleep 1
    clean "$1"
done
"#;

/// A running server. It stops when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    options: String,
    /// What stands for the host in the URLs of its clients.
    host: String,
    /// The same in those that lead to the server itself.
    server: String,
    pooler: Option<Pooler>,
    /// Keeps the port that the server listens at, as long as it may be started.
    port: Option<TcpSocket>,
    servant: Option<Servant>,
    guard: Child,
    guarded: Option<ChildStdin>,
    databases: AtomicUsize,
}

impl Cluster {
    /// Starts one. `None`, and the test is skipped, where PostgreSQL is not installed.
    pub fn find() -> Option<Self> {
        installed().map(Self::for_tests)
    }

    /// The one that the tests of this process share, each with a database of its own. `None`, and the
    /// test is skipped, where PostgreSQL is not installed.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        let programs = installed()?;
        Some(SHARED.get_or_init(|| Self::for_tests(programs)))
    }

    /// Starts one.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed.
    pub fn start() -> Self {
        Self::for_tests(programs().expect("PostgreSQL is installed"))
    }

    /// Starts one as PostgreSQL sets itself up, every commit on the disk, on a port of loopback and
    /// in a folder in `place`. `None` where PostgreSQL is not installed.
    pub fn as_installed(place: &Path) -> Option<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let options = format!("-c listen_addresses=127.0.0.1 -c port={port}");
        let mut cluster = Self::new(programs()?, place, &options);
        cluster.host = format!("127.0.0.1:{port}");
        cluster.server.clone_from(&cluster.host);
        cluster.launch();
        Some(cluster)
    }

    fn for_tests(programs: PathBuf) -> Self {
        let cluster = Self::new(programs, &short_temp_dir(), FOR_TESTS);
        cluster.launch();
        cluster
    }

    /// One that does not run yet. It is behind a Unix socket in its folder.
    fn new(programs: PathBuf, place: &Path, options: &str) -> Self {
        let (folder, servant) = new_folder(place);
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A signal for the group of the tests must not end it.
            .process_group(0)
            .spawn()
            .unwrap();
        let guarded = guard.stdin.take();
        let host = folder.to_str().unwrap().replace('/', "%2F");
        let cluster = Self {
            programs,
            options: format!("{options} -c unix_socket_directories={}", folder.display()),
            host: host.clone(),
            server: host,
            pooler: None,
            port: None,
            folder,
            servant,
            guard,
            guarded,
            databases: AtomicUsize::new(0),
        };
        let data = cluster.data();
        let options = ["-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        cluster.serve(
            "initdb",
            &[&["-D", &data, "-U", USER], &options[..]].concat(),
        );
        cluster
    }

    /// The URL of a database that is there from the beginning.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The URL of a new, empty database.
    pub fn new_database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql(&self.url(), &format!("CREATE DATABASE {name}"));
        self.url_of(&name)
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://{USER}@{}/{database}", self.host)
    }

    /// What a statement returns: a line for each row, with `|` between columns. A pooler is passed by.
    ///
    /// # Panics
    ///
    /// When the server refuses it.
    pub fn sql(&self, url: &str, statement: &str) -> String {
        self.sql_as_client(&self.directly(url), statement)
    }

    /// The same, by the way of the clients.
    ///
    /// # Panics
    ///
    /// When the server refuses it.
    pub fn sql_as_client(&self, url: &str, statement: &str) -> String {
        psql(&self.programs, url, statement)
    }

    /// Everything that is in a database, as `pg_dump` writes it.
    pub fn dump(&self, url: &str) -> String {
        run(Command::new(self.programs.join("pg_dump")).args(["-d", &self.directly(url)]))
    }

    fn directly(&self, url: &str) -> String {
        url.replacen(
            &format!("@{}/", self.host),
            &format!("@{}/", self.server),
            1,
        )
    }

    /// What it is, for people.
    pub fn engine(&self) -> &'static str {
        match self.pooler {
            None => "PostgreSQL",
            Some(_) => "PgBouncer",
        }
    }

    /// Ends all connections to the server but its own.
    pub fn cut_connections(&self) {
        let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
        self.sql(&self.url(), all);
    }

    /// Kills all processes of the server, and waits until they are gone.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn kill(&mut self) {
        processes::kill(&format!("{}/postmaster.pid", self.data()));
        fs::remove_file(self.folder.join(".s.PGSQL.5432.lock")).unwrap();
    }

    /// Makes a standby of it, which can be read and not written to.
    pub fn stand_by(&mut self) {
        fs::write(format!("{}/standby.signal", self.data()), "").unwrap();
        self.restart();
    }

    /// Stops the server in good order, if it runs, and starts it.
    pub fn restart(&mut self) {
        let data = self.data();
        if Path::new(&data).join("postmaster.pid").exists() {
            self.serve("pg_ctl", &["-D", &data, "-m", "fast", "-w", "stop"]);
        }
        self.launch();
    }

    fn launch(&self) {
        let (data, log) = (self.data(), format!("{}/log", self.folder.display()));
        let arguments = ["-D", &data, "-l", &log, "-o", &self.options, "-w", "start"];
        self.serve("pg_ctl", &arguments);
    }

    fn data(&self) -> String {
        self.folder.join("data").to_str().unwrap().to_owned()
    }

    /// Runs a program of PostgreSQL's as the server's user.
    fn serve(&self, program: &str, arguments: &[&str]) {
        serve(self.servant, &self.programs.join(program), arguments);
    }
}

/// What a statement, or several in one transaction, return, by the way of the clients.
///
/// # Panics
///
/// When the server refuses it.
pub fn sql(url: &str, statement: &str) -> String {
    psql(
        &programs().expect("PostgreSQL is installed"),
        url,
        statement,
    )
}

fn psql(programs: &Path, url: &str, statement: &str) -> String {
    let options = ["-XAqt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement];
    run(Command::new(programs.join("psql")).args(options))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut guarded) = self.guarded.take() {
            // A guard that is gone is not told.
            let _ = guarded.write_all(b"dropped\n");
        }
        // It does not take long, and the folder is gone then.
        let _ = self.guard.wait();
    }
}

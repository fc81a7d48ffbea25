//! A PostgreSQL server for tests and measurements: a cluster of its own in a temporary folder, which
//! ends with the process however that ends.
//!
//! It needs Debian's package `postgresql`. Without it, tests are skipped.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{short_temp_dir, skip};

const USER: &str = "tokenturn";
/// Who the server runs as when the tests run as root, which it refuses.
const SERVANTS: [&str; 2] = ["postgres", "nobody"];
/// How long killed processes may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(600);

/// No disk is waited for: a process that is killed leaves its writes to the system.
const FOR_TESTS: &str = "-c listen_addresses= -c fsync=off -c autovacuum=off -c shared_buffers=16MB \
    -c max_connections=100";

/// Stops the server and removes the folder when its input ends: when the test's process drops the
/// cluster, and says so, or ends. It may end in the middle of a start, of which more comes then.
const GUARD: &str = r#"
clean() {
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
    if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.05
        done
        kill -KILL "$pid" 2>/dev/null
    fi
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
    /// What stands for the host in its URLs.
    host: String,
    servant: Option<Servant>,
    guard: Child,
    guarded: Option<ChildStdin>,
    databases: AtomicUsize,
}

#[derive(Clone, Copy, Debug)]
struct Servant {
    uid: u32,
    gid: u32,
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
        let host = format!("127.0.0.1:{port}");
        Some(Self::start_in(programs()?, place, &options, Some(host)))
    }

    fn for_tests(programs: PathBuf) -> Self {
        Self::start_in(programs, &short_temp_dir(), FOR_TESTS, None)
    }

    /// Without a `host`, it is behind a Unix socket in its folder.
    fn start_in(programs: PathBuf, place: &Path, options: &str, host: Option<String>) -> Self {
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
        let cluster = Self {
            programs,
            options: format!("{options} -c unix_socket_directories={}", folder.display()),
            host: host.unwrap_or_else(|| folder.to_str().unwrap().replace('/', "%2F")),
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
        cluster.launch();
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

    /// What a statement returns: a line for each row, with `|` between columns.
    ///
    /// # Panics
    ///
    /// When the server refuses it.
    pub fn sql(&self, url: &str, statement: &str) -> String {
        let options = ["-XAqt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement];
        run(Command::new(self.programs.join("psql")).args(options))
    }

    /// Everything that is in a database, as `pg_dump` writes it.
    pub fn dump(&self, url: &str) -> String {
        run(Command::new(self.programs.join("pg_dump")).args(["-d", url]))
    }

    /// Ends all connections but its own.
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
        let file = format!("{}/postmaster.pid", self.data());
        let content = fs::read_to_string(&file).expect("the server runs");
        let server: u32 = content.lines().next().unwrap().parse().unwrap();
        // The server first: it would start others in the place of its children.
        let all: Vec<u32> = std::iter::once(server).chain(children(server)).collect();
        for pid in &all {
            // A child that is gone already has done no harm.
            let _ = Command::new("sh")
                .args(["-c", &format!("kill -KILL {pid}")])
                .output();
        }
        until("they are gone", || all.iter().all(|pid| is_gone(*pid)));
        // Where nobody collects the dead, their numbers are still taken.
        fs::remove_file(file).unwrap();
        fs::remove_file(self.folder.join(".s.PGSQL.5432.lock")).unwrap();
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

    /// Runs a program as the server's user.
    fn serve(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = match self.servant {
            None => Command::new(program),
            Some(Servant { uid, gid }) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={uid}"))
                    .arg(format!("--regid={gid}"));
                command.arg("--clear-groups").arg(program);
                command
            }
        };
        run(command.args(arguments));
    }
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

/// What it printed. Nothing of the caller's environment decides where it connects to.
fn run(command: &mut Command) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let output = command
        .env_clear()
        .env("PATH", path)
        .env("LC_ALL", "C")
        // The server's user may not be let into this folder.
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// Where PostgreSQL's programs are. Without them, the test is skipped.
fn installed() -> Option<PathBuf> {
    let programs = programs();
    if programs.is_none() {
        skip("PostgreSQL is missing (Debian's postgresql)");
    }
    programs
}

/// Where PostgreSQL's programs are: the newest of Debian's versions, or what is in the `PATH`.
fn programs() -> Option<PathBuf> {
    let version = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .max_by_key(version);
    let newest = newest.map(|folder| folder.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = newest.into_iter().chain(std::env::split_paths(&path));
    places.find(|place| {
        ["initdb", "pg_ctl", "psql"]
            .iter()
            .all(|name| place.join(name).exists())
    })
}

/// A folder for the server, and who that runs as: PostgreSQL refuses to be root.
fn new_folder(place: &Path) -> (PathBuf, Option<Servant>) {
    let folder = TempDir::with_prefix_in("tokenturn", place).unwrap().keep();
    if fs::metadata(&folder).unwrap().uid() != 0 {
        return (folder, None);
    }
    let servant = SERVANTS
        .into_iter()
        .find_map(user)
        .expect("a user for the server");
    chown(&folder, Some(servant.uid), Some(servant.gid)).unwrap();
    (folder, Some(servant))
}

fn user(name: &str) -> Option<Servant> {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line
        .split(':')
        .skip(2)
        .map_while(|number| number.parse().ok());
    let (uid, gid) = (numbers.next()?, numbers.next()?);
    Some(Servant { uid, gid })
}

/// The processes that a process has started.
fn children(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten();
    let numbers = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers
        .filter(|pid| stat(*pid).is_some_and(|(_, of)| of == parent))
        .collect()
}

fn is_gone(pid: u32) -> bool {
    stat(pid).is_none_or(|(state, _)| state == "Z")
}

/// The state of a process, and the one that started it.
fn stat(pid: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may have any characters in it.
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

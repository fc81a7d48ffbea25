//! PgBouncer before a cluster, as Debian sets it up but for what is said here.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use super::programs::{installed, pgbouncer};
use super::servant::{serve, write};
use super::{Cluster, FOR_TESTS, USER, processes};
use crate::short_temp_dir;

/// Debian's port for it.
const PORT: u16 = 6432;

/// Each test has a database of its own, and PgBouncer some connections for each, which it keeps for
/// ten minutes as it comes.
const SERVER: &str = "-c max_connections=400";

/// A server that is back is found soon.
const SETTINGS: &str = "server_idle_timeout = 1\nserver_login_retry = 1\nmax_client_conn = 400\n";

#[derive(Debug)]
pub(super) struct Pooler {
    program: PathBuf,
}

impl Cluster {
    /// Starts one behind PgBouncer in transaction mode. `None`, and the test is skipped, where either
    /// is not installed.
    pub fn find_pooled() -> Option<Self> {
        Self::pooled("pool_mode = transaction")
    }

    /// The one of these that the tests of this process share, as with [`Cluster::shared`].
    pub fn shared_pooled() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(Self::find_pooled).as_ref()
    }

    /// Starts one behind PgBouncer with these settings beside the others. `None`, and the test is
    /// skipped, where either is not installed.
    pub fn pooled(settings: &str) -> Option<Self> {
        let (programs, program) = (installed()?, pgbouncer()?);
        let options = format!("{FOR_TESTS} {SERVER}");
        let mut cluster = Self::new(programs, &short_temp_dir(), &options);
        cluster.host = format!("{}:{PORT}", cluster.server);
        cluster.launch();
        let folder = cluster.folder.display();
        let users = format!("{folder}/users");
        // Who owns the folder is let in without a password.
        write(
            cluster.servant,
            users.as_ref(),
            &format!("\"{USER}\" \"\"\n"),
        );
        let settings = format!(
            "[databases]\n* = host={folder}\n\
             [pgbouncer]\nlisten_port = {PORT}\nunix_socket_dir = {folder}\nauth_type = trust\n\
             auth_file = {users}\nlogfile = {folder}/pgbouncer.log\npidfile = {}\n{SETTINGS}{settings}\n",
            cluster.pid_file()
        );
        write(cluster.servant, cluster.settings().as_ref(), &settings);
        cluster.pooler = Some(Pooler { program });
        cluster.start_pooler();
        Some(cluster)
    }

    /// Starts PgBouncer once more, after [`Cluster::kill_pooler`].
    ///
    /// # Panics
    ///
    /// When there is none, or it runs.
    pub fn start_pooler(&self) {
        let pooler = self.pooler.as_ref().expect("it has a pooler");
        let settings = self.settings();
        serve(self.servant, &pooler.program, &["-d", "-q", &settings]);
        processes::until("the pooler listens", || self.socket().exists());
    }

    /// Kills PgBouncer, and waits until it is gone.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn kill_pooler(&self) {
        processes::kill(&self.pid_file());
        fs::remove_file(self.socket()).unwrap();
    }

    fn settings(&self) -> String {
        format!("{}/pgbouncer.ini", self.folder.display())
    }

    fn pid_file(&self) -> String {
        format!("{}/pgbouncer.pid", self.folder.display())
    }

    fn socket(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{PORT}"))
    }
}

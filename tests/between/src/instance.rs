//! One running product, with the provider behind it.

use std::fs::{self, File, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::origin::Origin;
use crate::ports::free_port;
use crate::product::{Place, Product, Setting};

/// How long a product may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one may take to end that waits for nobody.
const END: Duration = Duration::from_millis(1500);

pub(crate) struct Instance {
    product: &'static Product,
    setting: &'static Setting,
    pub(crate) place: Place,
    pub(crate) origin: Origin,
    child: Option<Child>,
}

impl Instance {
    /// Starts it in a new folder below `folder`.
    pub(crate) async fn start(
        product: &'static Product,
        setting: &'static Setting,
        folder: &Path,
    ) -> Self {
        let origin = Origin::start().await;
        let port = free_port();
        let folder = folder.join(port.to_string());
        fs::create_dir_all(&folder).expect("a folder in target/");
        // Many a product gives its rights up.
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).expect("our own folder");
        let mut instance = Self {
            product,
            setting,
            place: Place {
                folder,
                port,
                spare: free_port(),
                origin: origin.port,
                pid: None,
            },
            origin,
            child: None,
        };
        instance.run().await;
        instance
    }

    /// Runs the product and waits until it listens.
    async fn run(&mut self) {
        let log = self.log();
        let mut command = Command::from((self.product.start)(&self.place, self.setting));
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .kill_on_drop(true);
        let child = command.spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{}: {error}", self.product.name));
        self.place.pid = child.id();
        let began = Instant::now();
        while !self.is_listening().await {
            let ended = child.try_wait().expect("our own child");
            assert!(
                ended.is_none() && began.elapsed() < PATIENCE,
                "{} with {} does not start: see {}",
                self.product.name,
                self.setting.name,
                self.place.folder.display()
            );
            sleep(Duration::from_millis(20)).await;
        }
        self.child = Some(child);
    }

    fn log(&self) -> File {
        let file = self.place.folder.join("log");
        let log = File::options().create(true).append(true).open(file);
        log.expect("a log")
    }

    /// Tells it to end, as a service manager does, and waits for that. One that waits for the calls
    /// under way does so until `release` has been called, after longer than it takes one that does not.
    pub(crate) async fn restart(&mut self, release: impl FnOnce()) {
        self.stop(release).await;
        self.run().await;
    }

    pub(crate) async fn stop(&mut self, release: impl FnOnce()) {
        let mut child = self.child.take().expect("it runs");
        let told = self.place.signal("TERM").status();
        assert!(told.expect("kill(1)").success());
        if timeout(END, child.wait()).await.is_err() {
            release();
            if timeout(PATIENCE, child.wait()).await.is_err() {
                let _ = child.kill().await;
            }
            self.silence().await;
        } else {
            self.silence().await;
            release();
        }
    }

    /// Waits for children of its own, which may outlive it a little.
    async fn silence(&self) {
        while self.is_listening().await {
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn is_listening(&self) -> bool {
        let address = (Ipv4Addr::LOCALHOST, self.place.port);
        TcpStream::connect(address).await.is_ok()
    }

    /// Makes it read its files again. Whether it can.
    pub(crate) async fn reload(&self) -> bool {
        let Some(reload) = self.product.reload else {
            return false;
        };
        let log = self.log();
        let done = Command::from(reload(&self.place))
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .status()
            .await;
        assert!(
            done.expect("a program that reloads").success(),
            "{}",
            self.product.name
        );
        // Nothing tells when the new configuration is in force.
        sleep(Duration::from_millis(500)).await;
        true
    }
}

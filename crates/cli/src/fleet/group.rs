//! The processes of a command.

use std::io;
#[cfg(unix)]
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::time::sleep;

/// How long they have to end by themselves when they are told to.
const GRACE: Duration = Duration::from_secs(1);

/// A command, with all of its process group, which ends with it and with this program: unless the
/// command has ended by itself, whatever it has left in the background.
pub(super) struct Group(Option<Members>);

struct Members {
    command: Child,
    /// Its number is that of the group, and nobody else's before this is dropped.
    #[cfg(unix)]
    watch: Child,
}

impl Group {
    /// Starts it.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        // Before the command: there is no moment without it.
        #[cfg(unix)]
        let watch = watch()?;
        // The terminal's Ctrl-C is for us, and we say what it means for them.
        #[cfg(unix)]
        command.process_group(number(&watch).unwrap_or_default());
        Ok(Self(Some(Members {
            command: command.kill_on_drop(true).spawn()?,
            #[cfg(unix)]
            watch,
        })))
    }

    /// The command itself. `None` when it has been ended.
    pub(super) fn command(&mut self) -> Option<&mut Child> {
        self.0.as_mut().map(|members| &mut members.command)
    }

    /// Ends it, and waits for that.
    pub(super) async fn end(mut self) {
        let Some(members) = &mut self.0 else { return };
        tell(members, How::Ask);
        sleep(GRACE).await;
        tell(members, How::Force);
        let _ = members.command.kill().await;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let is_left = |members: &Members| members.command.id().is_some();
        let Some(members) = self.0.take().filter(is_left) else {
            return;
        };
        tell(&members, How::Ask);
        let forced = Forced(members);
        // Where there is no runtime any more, or it ends before, it is forced at once.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                sleep(GRACE).await;
                drop(forced);
            });
        }
    }
}

/// A command that does not outlive this.
struct Forced(Members);

impl Drop for Forced {
    fn drop(&mut self) {
        tell(&self.0, How::Force);
    }
}

/// Ends the group when this program does not live to do so, which closes the pipe: a token must not be
/// handed on any more when the next run may hand on a newer one.
#[cfg(unix)]
fn watch() -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", "trap '' TERM; read -r _; kill -KILL 0"])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

#[cfg(unix)]
fn number(watch: &Child) -> Option<i32> {
    watch.id().and_then(|id| id.try_into().ok())
}

/// How a group is told to end.
#[derive(Clone, Copy)]
enum How {
    Ask,
    Force,
}

/// It may have ended already.
#[cfg(unix)]
fn tell(members: &Members, how: How) {
    use rustix::process::{Pid, Signal, kill_process_group};

    if let Some(group) = number(&members.watch).and_then(Pid::from_raw) {
        let signal = match how {
            How::Ask => Signal::TERM,
            How::Force => Signal::KILL,
        };
        let _ = kill_process_group(group, signal);
    }
}

/// Elsewhere there are no groups, and the command itself is killed when it is dropped.
#[cfg(not(unix))]
fn tell(_: &Members, _: How) {}

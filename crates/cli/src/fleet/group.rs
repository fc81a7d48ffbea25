//! The processes of a command.

use std::io;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::time::sleep;

/// How long they have to end by themselves when they are told to.
const GRACE: Duration = Duration::from_secs(1);

/// A command, with all that it has started, which end with it: unless the command has ended by
/// itself, whatever it has left in the background.
pub(super) struct Group(Option<Child>);

impl Group {
    /// Starts it.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        // The terminal's Ctrl-C is for us, and we say what it means for them.
        #[cfg(unix)]
        command.process_group(0);
        command.kill_on_drop(true).spawn().map(Some).map(Self)
    }

    /// The command itself. `None` when it has been ended.
    pub(super) fn command(&mut self) -> Option<&mut Child> {
        self.0.as_mut()
    }

    /// Ends it, and waits for that.
    pub(super) async fn end(mut self) {
        let Some(child) = &mut self.0 else { return };
        tell(child, How::Ask);
        // Nobody asks for its exit status before: its number would not be that of the group any more.
        sleep(GRACE).await;
        tell(child, How::Force);
        let _ = child.wait().await;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(child) = self.0.take().filter(|child| child.id().is_some()) else {
            return;
        };
        tell(&child, How::Ask);
        let forced = Forced(child);
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
struct Forced(Child);

impl Drop for Forced {
    fn drop(&mut self) {
        tell(&self.0, How::Force);
    }
}

/// How a group is told to end.
#[derive(Clone, Copy)]
enum How {
    Ask,
    Force,
}

/// It may have ended already.
#[cfg(unix)]
fn tell(child: &Child, how: How) {
    use rustix::process::{Pid, Signal, kill_process_group};

    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(group) = id.and_then(Pid::from_raw) {
        let signal = match how {
            How::Ask => Signal::TERM,
            How::Force => Signal::KILL,
        };
        let _ = kill_process_group(group, signal);
    }
}

/// Elsewhere there are no groups, and the command itself is killed when it is dropped.
#[cfg(not(unix))]
fn tell(_: &Child, _: How) {}

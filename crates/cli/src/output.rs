//! Standard output, whose reader may go away.

use std::io::{self, ErrorKind, Stdout, Write};

/// Standard output for what a command says. Whoever reads it may have seen enough, as `head` has: the
/// rest goes nowhere then, and neither what is done nor the exit code depends on it.
pub(crate) fn output() -> Output {
    Output(io::stdout())
}

pub(crate) struct Output(Stdout);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

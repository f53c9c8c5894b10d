//! The command line's side of the control socket.

use std::io;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::length::{self, TooLong};
use super::wire::{self, Asked, Reply, Request};
use crate::limits;

/// Why the daemon gave no reply.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody listens.
    #[error("the daemon is not running (no answer at \"{}\"); start it with `tidings run` or `systemctl start tidings`", .0.display())]
    NotRunning(PathBuf),
    /// Not allowed.
    #[error("not allowed to speak to the daemon at \"{}\": join the group \"tidings\"", .0.display())]
    NotAllowed(PathBuf),
    /// Its socket cannot be.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// It hung up.
    #[error("the daemon hung up: {0}")]
    Lost(io::Error),
    /// Its words make no sense.
    #[error("the daemon's reply cannot be read: is it of another version?")]
    Unreadable,
}

/// Asks the daemon, and waits for its reply: `digest now --wait` may take long.
///
/// # Errors
/// As `CallError` says.
pub async fn call(socket: &Path, request: &Request) -> Result<Reply, CallError> {
    ask(socket, &Asked { person: None, request: request.clone() }).await
}

/// The same about one person.
///
/// # Errors
/// As `CallError` says.
pub async fn ask(socket: &Path, asked: &Asked) -> Result<Reply, CallError> {
    length::check(socket)?;
    let mut stream = UnixStream::connect(socket).await.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => CallError::NotAllowed(socket.to_owned()),
        _ => CallError::NotRunning(socket.to_owned()),
    })?;
    let line = wire::write(asked).ok_or(CallError::Unreadable)?;
    stream.write_all(&line).await.map_err(CallError::Lost)?;
    let mut reply = Vec::new();
    stream.take(limits::doors::CONTROL_REPLY_BYTES).read_to_end(&mut reply).await.map_err(CallError::Lost)?;
    wire::read(&reply).ok_or(CallError::Unreadable)
}

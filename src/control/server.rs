//! The daemon's side of the control socket.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::length;
use super::wire::{self, Asked, Reply};
use crate::limits;

/// A request with the way back.
pub type Call = (Asked, oneshot::Sender<Reply>);

/// Binds the socket, mode 0660: its group may speak to the daemon. A socket that a killed daemon left is replaced; the
/// caller holds the store's lock, so no other daemon listens there.
///
/// The modes of the socket and of its folder alone decide who connects, and the kernel keeps to them. Asking for the peer
/// (SO_PEERCRED) would know less: it names the primary group only, and in a unit with PrivateUsers= nobody.
///
/// # Errors
/// When the runtime folder cannot be used.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    length::check(path).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// Takes requests until it is stopped, a few at a time.
pub async fn serve(listener: UnixListener, calls: mpsc::Sender<Call>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(limits::doors::CONTROL_CONNECTIONS));
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = stop.cancelled() => return,
        };
        let Ok(place) = place else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let (calls, stop) = (calls.clone(), stop.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        _ = answer(stream, calls) => {}
                        () = stop.cancelled() => {}
                    }
                    drop(place);
                });
            }
            Err(error) => {
                warn!("the control socket takes no connection: {error}");
                tokio::time::sleep(limits::doors::CONTROL_BREATH).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, calls: mpsc::Sender<Call>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut read = BufReader::new(read.take(limits::doors::CONTROL_REQUEST_BYTES));
    within(limits::doors::CONTROL_READ, read.read_line(&mut line)).await?;
    let reply = match wire::read::<Asked>(line.as_bytes()) {
        None => Reply::Refused { said: "the request cannot be read: is the daemon of another version?".to_owned() },
        Some(asked) => {
            let (back, reply) = oneshot::channel();
            let gone = || Reply::Refused { said: "the daemon is stopping".to_owned() };
            match calls.send((asked, back)).await {
                Ok(()) => reply.await.unwrap_or_else(|_| gone()),
                Err(_) => gone(),
            }
        }
    };
    let bytes = wire::write(&reply).ok_or(io::ErrorKind::InvalidData)?;
    within(limits::doors::CONTROL_WRITE, write.write_all(&bytes)).await
}

async fn within<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

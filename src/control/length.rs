//! How long the path of a Unix socket may be.

use std::path::{Path, PathBuf};

use crate::limits;

/// The socket's path is longer than the system takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the control socket's path \"{}\" has {} bytes, and a Unix socket's has {} at most; \
     set RUNTIME_DIRECTORY to a shorter folder, or shorten state_dir",
    .0.display(), .0.as_os_str().len(), limits::doors::SOCKET_PATH_BYTES
)]
pub struct TooLong(pub PathBuf);

/// Whether the system takes a socket's path.
///
/// # Errors
/// When it is longer than `limits::doors::SOCKET_PATH_BYTES`.
pub fn check(socket: &Path) -> Result<(), TooLong> {
    if socket.as_os_str().len() > limits::doors::SOCKET_PATH_BYTES { Err(TooLong(socket.to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::net::UnixListener;

    use super::check;

    /// As the system itself says.
    #[test]
    fn the_limit_is_the_systems() {
        let folder = tempfile::tempdir().unwrap();
        let room = 107 - folder.path().as_os_str().len() - 1;
        for (length, fits) in [(room, true), (room + 1, false)] {
            let path = folder.path().join("s".repeat(length));
            assert_eq!(check(&path).is_ok(), fits);
            assert_eq!(UnixListener::bind(&path).is_ok(), fits);
        }
    }
}

//! Taking the address on which HTTP is answered.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use super::settings::Listen;

/// A listener.
#[derive(Debug)]
pub enum Listener {
    /// On TCP.
    Tcp(TcpListener),
    /// On a Unix socket, whose file goes with it.
    Unix(UnixListener, SocketFile),
    /// On a Unix socket that somebody else holds.
    Passed(UnixListener),
}

/// A connection of either kind.
#[derive(Debug)]
pub enum Stream {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a Unix socket.
    Unix(UnixStream),
}

/// The file of a Unix socket; removed when it is dropped.
#[derive(Debug)]
pub struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // One that stays is replaced by the next start.
        let _ = fs::remove_file(&self.0);
    }
}

/// Why HTTP cannot be answered there.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else has it.
    #[error(
        "cannot listen on \"{0}\": another program does; end it (`ss -lnp` names it), or write another address as `listen`"
    )]
    InUse(Listen),
    /// The address is not there, and may come: a network that is not up yet.
    #[error("cannot listen on \"{0}\": this machine has no such address now; write one of its own as `listen`")]
    Absent(Listen),
    /// The system does not let us.
    #[error("cannot listen on \"{listen}\": {cause}; write another address as `listen`")]
    Refused {
        /// Where.
        listen: Listen,
        /// Why.
        cause: io::Error,
    },
}

impl BindError {
    /// Whether another try may succeed without a change of the configuration.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::InUse(_) | Self::Absent(_))
    }
}

impl Listener {
    /// Takes the address. A socket file that a killed daemon left is replaced.
    ///
    /// # Errors
    /// As `BindError` says.
    pub async fn bind(listen: &Listen) -> Result<Self, BindError> {
        let bound = match listen {
            Listen::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp),
            Listen::Unix(path) => unix(path).await,
        };
        bound.map_err(|cause| match cause.kind() {
            ErrorKind::AddrInUse => BindError::InUse(listen.clone()),
            ErrorKind::AddrNotAvailable => BindError::Absent(listen.clone()),
            _ => BindError::Refused { listen: listen.clone(), cause },
        })
    }

    /// The socket that systemd holds for us and has passed on (sd_listen_fds(3)): it is there before we are, and while we
    /// are restarted, so that nobody is turned away meanwhile. `None`: there is none.
    ///
    /// # Errors
    /// When what was passed is no socket that listens.
    pub fn passed() -> io::Result<Option<Self>> {
        let mut passed = ListenFd::from_env();
        if passed.len() == 0 {
            return Ok(None);
        }
        if let Ok(Some(listener)) = passed.take_tcp_listener(0) {
            listener.set_nonblocking(true)?;
            return TcpListener::from_std(listener).map(|listener| Some(Self::Tcp(listener)));
        }
        let Some(listener) = passed.take_unix_listener(0)? else { return Ok(None) };
        listener.set_nonblocking(true)?;
        UnixListener::from_std(listener).map(|listener| Some(Self::Passed(listener)))
    }

    /// Where it listens: with the port that the system chose, where that was left to it.
    pub fn address(&self) -> Option<Listen> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok().map(Listen::Tcp),
            Self::Unix(_, file) => Some(Listen::Unix(file.0.clone())),
            Self::Passed(listener) => {
                let address = listener.local_addr().ok()?;
                address.as_pathname().map(|path| Listen::Unix(path.to_owned()))
            }
        }
    }

    /// The next connection.
    ///
    /// # Errors
    /// As the system says: mostly that there are too many open files.
    pub async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => listener.accept().await.map(|(stream, _)| Stream::Tcp(stream)),
            Self::Unix(listener, _) | Self::Passed(listener) => {
                listener.accept().await.map(|(stream, _)| Stream::Unix(stream))
            }
        }
    }
}

/// A file that is left over has nobody behind it; one that is no socket is somebody's, and is not touched.
async fn unix(path: &Path) -> io::Result<Listener> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io::Error::new(ErrorKind::AlreadyExists, "there is a file, and it is no socket"));
        }
        Ok(_) if UnixStream::connect(path).await.is_ok() => return Err(ErrorKind::AddrInUse.into()),
        Ok(_) => fs::remove_file(path)?,
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    let file = SocketFile(path.to_owned());
    fs::set_permissions(path, Permissions::from_mode(0o660))?;
    Ok(Listener::Unix(listener, file))
}

//! How letters leave.

use std::path::PathBuf;

use crate::net::Security;
use crate::net::sasl::Auth;
use crate::secret::SecretSource;

/// The way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settings {
    /// By SMTP.
    Server(Server),
    /// As `.eml` files in a folder.
    Folder(PathBuf),
}

/// How the SMTP server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Host name or address; the certificate must carry it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// User name and password's source; `None`: no AUTH.
    pub login: Option<(String, SecretSource)>,
    /// What that password is.
    pub auth: Auth,
    /// An extra trust anchor, PEM.
    pub ca_file: Option<PathBuf>,
}

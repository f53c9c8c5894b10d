//! How an IMAP server is reached.

use std::time::Duration;

use crate::net::Security;
use crate::net::sasl::Auth;
use crate::secret::SecretSource;

/// How an IMAP server is reached and logged in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Host name or address; the certificate must carry it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// The login name.
    pub username: String,
    /// The source of the password, or of the access token.
    pub password: SecretSource,
    /// What the password is.
    pub auth: Auth,
    /// An extra trust anchor, PEM.
    pub ca_file: Option<std::path::PathBuf>,
    /// How often a server without IDLE is asked.
    pub poll: Duration,
}

//! How the tests reach an IMAP server.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tidings::imap::settings::Settings;
use tidings::model::mailbox::Mailbox;
use tidings::net::Security;
use tidings::net::sasl::Auth;
use tidings::secret::{Secret, SecretSource};

/// In plain text on loopback, as `ada` with the password `secret`.
pub fn settings(port: u16) -> Settings {
    Settings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        username: "ada".to_owned(),
        password: password("secret"),
        auth: Auth::Password,
        ca_file: None,
        poll: Duration::from_secs(60),
    }
}

/// A password that stands in the configuration.
pub fn password(password: &str) -> SecretSource {
    SecretSource::Plain(Secret::new(password.to_owned()))
}

/// INBOX.
pub fn inbox() -> Mailbox {
    Mailbox::new("INBOX")
}

/// Held.
pub fn held() -> Mailbox {
    Mailbox::new("Held")
}

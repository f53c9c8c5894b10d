//! Where a Maildir lies.

use std::path::PathBuf;

/// A Maildir whose Maildir++ subfolders are its mailboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder that holds `cur`, `new` and `tmp` of INBOX.
    pub path: PathBuf,
}

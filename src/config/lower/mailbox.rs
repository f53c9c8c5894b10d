//! Names of mailboxes, checked before any server sees them.

use super::bench::Bench;
use crate::config::reader::{At, shortened};
use crate::limits;
use crate::model::mailbox::Mailbox;

/// How an account's mailboxes are stored, as far as names are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// By a server, which has a delimiter of its own.
    Server,
    /// As folders of a Maildir++, where a dot is the delimiter.
    Maildir,
}

/// A mailbox name. `storage` is where it lies.
pub fn mailbox(bench: &mut Bench<'_>, prefix: &str, written: &At<String>, storage: Storage) -> Option<Mailbox> {
    match fault(&written.value, storage) {
        None => Some(Mailbox::new(written.value.clone())),
        Some(fault) => {
            let text = format!("{prefix}the mailbox name {:?} {fault}", shortened(&written.value));
            bench.faults.error(written.offset, text);
            None
        }
    }
}

/// What is wrong with a name. The wildcards of LIST (RFC 9051 section 6.3.9) are refused because servers and clients
/// disagree on mailboxes that hold them; control characters because they end a command.
fn fault(name: &str, storage: Storage) -> Option<&'static str> {
    if name.trim().is_empty() {
        Some("is empty; write a name such as \"Held\"")
    } else if name.chars().any(char::is_control) {
        Some("holds a control character; write it on one line")
    } else if name.contains(['*', '%']) {
        Some("holds a wildcard, * or %; name each mailbox")
    } else if name.starts_with('/') || name.ends_with('/') {
        Some("begins or ends with a slash; write \"Lists/rust\", slashes between levels only")
    } else if name.split('/').any(str::is_empty) {
        Some("has a level without a name; write one slash between levels")
    } else if name.len() > limits::front::CONFIG_MAILBOX_BYTES {
        Some("is too long; write at most 255 bytes")
    } else if storage == Storage::Maildir && name.contains('.') {
        Some("holds a dot, which parts levels in a Maildir; write a slash between levels")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Storage, fault};

    #[test]
    fn names() {
        let check = |name: &str, storage, allowed| assert_eq!(fault(name, storage).is_none(), allowed, "{name:?}");
        for name in ["INBOX", "Held", "Grüße/aus Köln", "a\"b\\c", "[Gmail]/All Mail", "x.y", "&", "#news"] {
            check(name, Storage::Server, true);
        }
        for name in ["", " ", "/a", "a/", "a//b", "a*", "100%", "a\r\nb", "a\0b", "a\tb"] {
            check(name, Storage::Server, false);
            check(name, Storage::Maildir, false);
        }
        for name in ["..", ".", "../x", "a.b"] {
            check(name, Storage::Maildir, false);
        }
        check(&"x".repeat(256), Storage::Server, false);
    }
}

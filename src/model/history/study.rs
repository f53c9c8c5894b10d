//! How far the past of a mailbox has been read.

/// How far the past of a mailbox has been read, newest first, and from where on what is new in it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Study {
    /// Under which UIDVALIDITY the positions count; 0 in a Maildir.
    pub generation: u32,
    /// The position from which on all is read; `None`: the past is read.
    pub down_to: Option<i64>,
    /// The position from which on nothing is read yet.
    pub next: i64,
}

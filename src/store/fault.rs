//! Why the store gave no answer, or could not be opened.

use std::path::PathBuf;

use crate::model::edition::SpoolName;

/// Why a store cannot be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the store in \"{}\" is in use by another tidings", .0.display())]
    Locked(PathBuf),
    /// A newer version wrote it.
    #[error("the store in \"{}\" was written by a newer tidings (format {format}); install that version again", path.display())]
    Newer {
        /// The state folder.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// The disk is full, read-only or not ours.
    #[error("cannot use the state folder \"{}\": {cause}", path.display())]
    Disk {
        /// The state folder.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
}

/// Why a transition or view gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The engine, the barrier or the spool failed. After an error of the first two nothing is proven any more until a
    /// restart; a full spool only fails the call in hand.
    #[error("the store failed: {0}")]
    Failed(String),
    /// A spool file is missing, or is not what its name says. Everything else goes on.
    #[error("the spool file \"{}\" is missing or damaged", .0.as_str())]
    Spoiled(SpoolName),
    /// The store is being closed.
    #[error("the store is closed")]
    Closed,
}

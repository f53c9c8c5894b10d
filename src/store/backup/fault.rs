//! Why a backup cannot be written, read or restored.

use std::path::PathBuf;

use crate::store::fault::OpenError;

/// Why a backup cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk that it is written to.
    #[error("cannot write \"{}\": {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The store cannot be read.
    #[error("cannot read the store: {0}")]
    Store(String),
    /// Two at a time would be in each other's way.
    #[error("another backup is being written; wait for its end")]
    Another,
    /// More changed while it was read than is kept in memory.
    #[error("too much was changing while the store was read; try again in a quieter moment")]
    TooMuch,
    /// A stopped daemon's store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no store.
    #[error("there is no store in \"{}\": nothing to back up", .0.display())]
    Nothing(PathBuf),
}

/// Why a file is no backup that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read \"{}\": {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// It is something else.
    #[error("\"{}\" is no backup of tidings", .0.display())]
    Other(PathBuf),
    /// A newer version wrote it.
    #[error("\"{}\" was written by a newer tidings (format {format}); install that version", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format, or that of the store in it.
        format: u32,
    },
    /// A part of it is not as it was written, or missing.
    #[error("the backup \"{}\" is damaged, at byte {at}: {what}; nothing of it is used", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How far it could be read.
        at: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// Why a backup was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup cannot be used.
    #[error(transparent)]
    Backup(#[from] ReadError),
    /// A daemon runs there.
    #[error("a daemon works in \"{}\": stop it first", .0.display())]
    Running(PathBuf),
    /// There is a store already.
    #[error("there is a store in \"{}\" already; --replace moves it aside", .0.display())]
    Occupied(PathBuf),
    /// The state folder cannot be used.
    #[error("cannot use \"{}\": {cause}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// What was written does not make a store.
    #[error("the backup does not make a whole store: {0}; nothing was changed")]
    Unsound(String),
}

/// Why a backup was not taken to its place.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// What the daemon wrote cannot be read.
    #[error("cannot read \"{}\", which the daemon has written: {cause}; run this as its user, or as root", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Its place cannot be written to.
    #[error("cannot write \"{}\": {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The copy is not what was written.
    #[error(transparent)]
    Copy(#[from] ReadError),
}

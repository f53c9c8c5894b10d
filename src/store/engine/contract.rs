//! What the store asks of a database: bytes under keys, written a batch at a time, durable when `apply` returns.

use std::fmt;

/// A database. Every key begins with the person (see `store/key.rs`), so that a second engine may split them by it.
pub trait Engine: Send + Sync + fmt::Debug {
    /// The value of a key.
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// At most `limit` pairs whose keys begin with `prefix` and are above `after` (`None`: from the first), in order
    /// of their bytes. Stops at the first error: an iterator over a damaged page may return the same error for ever.
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, EngineError>;

    /// Writes all or nothing; durable, power cut included, when it returns. After an error nothing more may be believed.
    fn apply(&self, batch: &Batch) -> Result<(), EngineError>;
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Puts (`Some`) and deletes (`None`), carried out in this order.
#[derive(Clone, Debug, Default)]
pub struct Batch(Vec<(Vec<u8>, Option<Vec<u8>>)>);

impl Batch {
    /// Adds a put (`Some`) or a delete (`None`).
    pub fn push(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.0.push((key, value));
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of keys and values.
    pub fn size(&self) -> usize {
        self.0.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum()
    }

    /// Its puts and deletes.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// Appends what another does.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }
}

/// Why an engine failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// What it holds cannot be read, or it panicked: the store must be moved aside.
    #[error("damaged: {0}")]
    Damaged(String),
    /// Another handle of it is still open.
    #[error("in use: {0}")]
    Busy(String),
    /// There is no space left; what is there is sound.
    #[error("no space: {0}")]
    Full(String),
    /// The disk is read-only, or not ours; what is there is sound.
    #[error("no access: {0}")]
    Access(String),
}

impl EngineError {
    /// What an error of the operating system means for the store.
    pub fn of_io(cause: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full(cause.to_string()),
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::Access(cause.to_string()),
            // EMFILE (24), ENFILE (23), ENOMEM (12): the process is short of something, the store is not to blame.
            _ if matches!(cause.raw_os_error(), Some(12 | 23 | 24)) => Self::Access(cause.to_string()),
            _ => Self::Damaged(cause.to_string()),
        }
    }
}

//! The format of a backup: a line that says what it is, frames with a checksum each, and at the end the hash of it all.

use crate::limits;

/// The format that is written; a higher one is not read.
pub const FORMAT: u32 = 1;
/// How the first line begins; the format's number follows, then words for people.
pub const MAGIC: &str = "tidings backup ";
/// Bytes of a frame before its key: kind, length of the key (4), length of the value (8).
pub const HEAD: usize = 13;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A record: its key, and its value as the store frames it.
    Put,
    /// A record that went while the others were read: its key.
    Gone,
    /// A file of the spool: its name, and its bytes.
    Spool,
    /// A small file of the state folder: its name, and its bytes.
    File,
    /// The end: nothing, and the SHA-256 of all bytes before this frame.
    End,
}

impl Kind {
    /// The byte that stands for it.
    pub fn byte(self) -> u8 {
        match self {
            Self::Put => b'P',
            Self::Gone => b'G',
            Self::Spool => b'S',
            Self::File => b'F',
            Self::End => b'E',
        }
    }

    /// What a byte stands for.
    pub fn of(byte: u8) -> Option<Self> {
        [Self::Put, Self::Gone, Self::Spool, Self::File, Self::End].into_iter().find(|kind| kind.byte() == byte)
    }

    /// The longest value that it may have, so that a damaged length asks for no memory.
    pub fn longest(self) -> u64 {
        match self {
            Self::Put => limits::memory::STORE_VALUE_BYTES as u64,
            Self::Gone => 0,
            Self::Spool => limits::memory::SPOOL_BYTES,
            Self::File => limits::memory::STATE_FILE_BYTES,
            Self::End => 32,
        }
    }
}

/// The head of a frame.
pub fn head(kind: Kind, key: &[u8], value: &[u8]) -> [u8; HEAD] {
    let key = u32::try_from(key.len()).unwrap_or(u32::MAX).to_be_bytes();
    let value = (value.len() as u64).to_be_bytes();
    let mut head = [kind.byte(); HEAD];
    for (to, from) in head.iter_mut().skip(1).zip(key.into_iter().chain(value)) {
        *to = from;
    }
    head
}

/// The checksum of a frame.
pub fn checksum(head: &[u8], key: &[u8], value: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(head), key), value)
}

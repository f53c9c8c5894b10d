//! Writes a backup's file, frame by frame.

use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use ring::digest::{Context, SHA256};

use super::frame::{self, Kind};
use super::part::Part;

/// A backup that is being written. One that is dropped before its end leaves nothing behind.
pub struct Writer {
    file: Part,
    hash: Context,
}

impl Writer {
    /// Begins a backup that will bear this name.
    ///
    /// # Errors
    /// As the system says.
    pub fn create(path: &Path, now: Timestamp) -> io::Result<Self> {
        let mut writer = Self { file: Part::create(path)?, hash: Context::new(&SHA256) };
        let (magic, format, version) = (frame::MAGIC, frame::FORMAT, env!("CARGO_PKG_VERSION"));
        writer.bytes(format!("{magic}{format}, taken {now} by {version}\n").as_bytes())?;
        Ok(writer)
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.file.write_all(bytes)
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// As the system says.
    pub fn frame(&mut self, kind: Kind, key: &[u8], value: &[u8]) -> io::Result<()> {
        let head = frame::head(kind, key, value);
        self.bytes(&head)?;
        self.bytes(key)?;
        self.bytes(value)?;
        self.bytes(&frame::checksum(&head, key, value).to_be_bytes())
    }

    /// Ends it; when this returns, it is on the disk and has its name.
    ///
    /// # Errors
    /// As the system says.
    pub fn finish(mut self) -> io::Result<()> {
        let hash = self.hash.clone().finish();
        self.frame(Kind::End, b"", hash.as_ref())?;
        self.file.finish()
    }
}

//! One file of the configuration: its text, where it lies, who may read it, and what is wrong with it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use toml::de::DeTable;
use zeroize::Zeroizing;

use super::environment::Environment;
use super::fault::{Fault, Faults, Text, Weight};
use super::lower::bench::{Bench, Readers};
use super::reader::Section;
use super::syntax;
use crate::limits;

/// A file that was read, and the faults found in it so far.
#[derive(Debug)]
pub struct Paper {
    /// Its text.
    pub text: Text,
    /// What is wrong with it.
    pub faults: Faults,
    /// The folder it stands in, absolute.
    folder: PathBuf,
    readers: Readers,
}

impl Paper {
    /// Reads a file. Blocking.
    ///
    /// # Errors
    /// The one reason why it cannot be read, or is no text.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let unreadable = |cause: io::Error| {
            let what_to_do = match cause.kind() {
                io::ErrorKind::PermissionDenied => {
                    "; its group may read it where it has mode 640: `chgrp tidings` for the system's"
                }
                io::ErrorKind::NotFound => {
                    "; write it (`tidings generate config` prints one that explains every key), or name another with --config"
                }
                _ => "",
            };
            let text = format!("cannot read the configuration: {cause}{what_to_do}");
            Fault { file: path.to_owned(), position: None, weight: Weight::Error, text }
        };
        let (bytes, readers) = read(path).map_err(unreadable)?;
        let whole = std::path::absolute(path).map_err(unreadable)?;
        let folder = whole.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { text: text(path, bytes)?, faults: Faults::default(), folder, readers })
    }

    /// Reads its table; `None`: it is not TOML, which is noted, and the rest may be misread.
    pub fn table<T>(&mut self, read: impl FnOnce(Section<'_, '_>, &mut Faults) -> T) -> Option<T> {
        let (root, errors) = DeTable::parse_recoverable(&self.text.source);
        let mut said: Vec<(usize, &str)> = errors
            .iter()
            .map(|error| (error.span().map_or(self.text.source.len(), |span| span.start), error.message()))
            .collect();
        said.sort_by_key(|(offset, _)| *offset);
        // What follows in a line mostly follows from the first.
        said.dedup_by_key(|(offset, _)| self.text.position(*offset).line);
        for (offset, words) in said {
            let rest = self.text.source.get(offset..).unwrap_or_default();
            self.faults.error(offset, syntax::said(words, rest));
        }
        errors.is_empty().then(|| read(Section { table: root.get_ref(), offset: 0 }, &mut self.faults))
    }

    /// A bench for what stands in it.
    pub fn bench<'a>(&'a mut self, environment: &'a Environment) -> Bench<'a> {
        let Self { folder, readers, faults, .. } = self;
        Bench { folder, environment, readers: *readers, faults, almanac: Default::default(), secrets: Vec::new() }
    }

    /// Its faults of one weight, in its order.
    pub fn sorted(&self, weight: Weight) -> Vec<Fault> {
        self.faults.sorted(weight, &self.text)
    }

    /// A place in it, as messages about another file name it: `FILE:LINE:COLUMN`.
    pub fn place(&self, offset: usize) -> String {
        let position = self.text.position(offset);
        format!("{}:{}:{}", self.text.file.display(), position.line, position.column)
    }
}

/// The bytes of the file, and who else may read them.
fn read(path: &Path) -> io::Result<(Vec<u8>, Readers)> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    let mut bytes = Vec::new();
    // One byte more than allowed, so that too long a file is told from one that fits.
    file.take(limits::front::CONFIG_BYTES.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits::front::CONFIG_BYTES {
        return Err(io::Error::other(format!("it is longer than {} bytes", limits::front::CONFIG_BYTES)));
    }
    let readers = if meta.permissions().mode() & 0o004 == 0 { Readers::Few } else { Readers::Everybody };
    Ok((bytes, readers))
}

/// The text of the file, without a byte order mark (editors of Windows write one).
fn text(path: &Path, bytes: Vec<u8>) -> Result<Text, Fault> {
    let (source, valid) = match String::from_utf8(bytes) {
        Ok(source) => (source, true),
        Err(error) => {
            let end = error.utf8_error().valid_up_to();
            let valid = error.as_bytes().get(..end).unwrap_or_default();
            (String::from_utf8_lossy(valid).into_owned(), false)
        }
    };
    let source = source.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(source);
    let text = Text { file: path.to_owned(), source: Zeroizing::new(source) };
    if valid {
        return Ok(text);
    }
    let position = text.position(text.source.len());
    let fault = "this is not UTF-8; save the file in that encoding".to_owned();
    Err(Fault { file: path.to_owned(), position: Some(position), weight: Weight::Error, text: fault })
}

//! Reads a backup's file, frame by frame, and believes nothing of it before its checksum.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use super::fault::ReadError;
use super::frame::{self, HEAD, Kind};
use crate::limits;
use crate::store::key::Key;
use crate::store::record::{self, small};
use crate::store::spool;

/// A backup that is being read.
pub struct Reader {
    file: BufReader<File>,
    hash: Context,
    path: PathBuf,
    at: u64,
}

/// One frame.
#[derive(Debug)]
pub struct Frame {
    /// What it holds.
    pub kind: Kind,
    /// Its key or name.
    pub key: Vec<u8>,
    /// Its value or bytes.
    pub value: Vec<u8>,
}

/// What a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Its first line.
    pub title: String,
    /// Records.
    pub records: usize,
    /// Files of the spool.
    pub files: usize,
    /// Octets in all.
    pub bytes: u64,
}

/// Reads a backup from its first byte to its last, and says what it holds.
///
/// # Errors
/// When any part of it is not as it was written.
pub fn verify(path: &Path) -> Result<Contents, ReadError> {
    let mut reader = Reader::open(path)?;
    let mut contents = Contents { title: reader.title()?, ..Contents::default() };
    while let Some(frame) = reader.frame()? {
        match frame.kind {
            Kind::Put => contents.records += 1,
            Kind::Spool => contents.files += 1,
            Kind::Gone | Kind::File | Kind::End => {}
        }
    }
    contents.bytes = reader.at;
    Ok(contents)
}

impl Reader {
    /// Opens a backup. Its title comes first, then its frames.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let file = File::open(path).map_err(|cause| ReadError::File { path: path.to_owned(), cause })?;
        Ok(Self { file: BufReader::new(file), hash: Context::new(&SHA256), path: path.to_owned(), at: 0 })
    }

    /// Reads the first line.
    ///
    /// # Errors
    /// When it is another's, or a newer format's.
    pub fn title(&mut self) -> Result<String, ReadError> {
        let mut line = Vec::new();
        let mut head = self.file.by_ref().take(limits::memory::BACKUP_TITLE_BYTES);
        head.read_until(b'\n', &mut line).map_err(|cause| ReadError::File { path: self.path.clone(), cause })?;
        let other = || ReadError::Other(self.path.clone());
        let title = std::str::from_utf8(&line).ok().and_then(|line| line.strip_suffix('\n')).ok_or_else(other)?;
        let format = title.strip_prefix(frame::MAGIC).ok_or_else(other)?;
        let format = format.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok());
        match format.ok_or_else(other)? {
            frame::FORMAT => {}
            format => return Err(ReadError::Newer { path: self.path.clone(), format }),
        }
        self.hash.update(&line);
        self.at = line.len() as u64;
        Ok(title.to_owned())
    }

    /// The next frame; `None` at the end, which proves everything before it.
    ///
    /// # Errors
    /// At the first thing that is not as it was written.
    pub fn frame(&mut self) -> Result<Option<Frame>, ReadError> {
        let before = self.hash.clone();
        let mut head = [0; HEAD];
        self.fill(&mut head)?;
        let parts = head.split_first_chunk::<1>().and_then(|([kind], rest)| {
            let (key, value) = rest.split_first_chunk::<4>()?;
            Some((Kind::of(*kind)?, u32::from_be_bytes(*key), u64::from_be_bytes(value.try_into().ok()?)))
        });
        let (kind, key, value) = parts.ok_or_else(|| self.damaged("no frame begins here"))?;
        if u64::from(key) > limits::memory::BACKUP_KEY_BYTES || value > kind.longest() {
            return Err(self.damaged("a frame that is longer than any"));
        }
        let mut frame = Frame { kind, key: vec![0; key as usize], value: vec![0; usize::try_from(value).unwrap_or(0)] };
        let mut sum = [0; 4];
        self.fill(&mut frame.key)?;
        self.fill(&mut frame.value)?;
        self.fill(&mut sum)?;
        if frame::checksum(&head, &frame.key, &frame.value).to_be_bytes() != sum {
            return Err(self.damaged("a frame with a wrong checksum"));
        }
        if kind == Kind::End {
            if frame.value != before.finish().as_ref() {
                return Err(self.damaged("frames are missing, or are another backup's"));
            }
            let behind = self.file.fill_buf().map(<[u8]>::is_empty);
            let behind = behind.map_err(|cause| ReadError::File { path: self.path.clone(), cause })?;
            return if behind { Ok(None) } else { Err(self.damaged("something stands behind the end")) };
        }
        self.believe(&frame)?;
        Ok(Some(frame))
    }

    /// Whether a frame holds what the store can read.
    fn believe(&self, frame: &Frame) -> Result<(), ReadError> {
        match frame.kind {
            Kind::Put => {
                if frame.key == Key::Format.bytes() {
                    let format = record::unframe(&frame.key, &frame.value).and_then(small::read_format);
                    let format = format.map_err(|damaged| self.damaged(damaged.0))?;
                    if format > record::FORMAT {
                        return Err(ReadError::Newer { path: self.path.clone(), format });
                    }
                }
                record::fact(&frame.key, &frame.value).map(drop).map_err(|damaged| self.damaged(damaged.0))
            }
            Kind::Gone => Key::read(&frame.key).map(drop).ok_or_else(|| self.damaged("unknown key")),
            Kind::Spool => {
                let name = spool::name_of(&frame.value).ok();
                let same = name.is_some_and(|name| name.as_str().as_bytes() == frame.key);
                if same { Ok(()) } else { Err(self.damaged("a file that is not what its name says")) }
            }
            Kind::File | Kind::End => Ok(()),
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ReadError> {
        self.file.read_exact(bytes).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::UnexpectedEof => self.damaged("it ends too early"),
            _ => ReadError::File { path: self.path.clone(), cause },
        })?;
        self.hash.update(bytes);
        self.at = self.at.saturating_add(bytes.len() as u64);
        Ok(())
    }

    fn damaged(&self, what: &'static str) -> ReadError {
        ReadError::Damaged { path: self.path.clone(), at: self.at, what }
    }
}

//! A file that has its name only once it is whole and on the disk.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file that is being written beside its place, readable for its owner only. One that is dropped before its end leaves
/// nothing behind.
#[derive(Debug)]
pub struct Part {
    file: BufWriter<File>,
    part: PathBuf,
    path: PathBuf,
}

impl Part {
    /// Begins a file that will bear this name, whatever bears it now.
    ///
    /// # Errors
    /// As the system says.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().ok_or_else(|| io::Error::other("it is no file's name"))?.to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        match fs::remove_file(&part) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
        let file = File::options().write(true).create_new(true).mode(0o600).open(&part)?;
        Ok(Self { file: BufWriter::new(file), part, path: path.to_owned() })
    }

    /// Where it lies until its end.
    pub fn aside(&self) -> &Path {
        &self.part
    }

    /// Ends it; when this returns, it is on the disk and has its name.
    ///
    /// # Errors
    /// As the system says.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        fs::rename(&self.part, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Renamed, it is not there any more.
        let _ = fs::remove_file(&self.part);
    }
}

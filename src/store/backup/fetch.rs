//! Takes a backup that the daemon has written in its own folder to where it is wanted.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::fault::FetchError;
use super::part::Part;
use super::reader::{self, Contents};

/// Copies a backup, looks at the copy whole, gives it its name and removes the original.
///
/// # Errors
/// When it cannot be read, written, or was damaged on the way: there is then no copy.
pub fn fetch(from: &Path, to: &Path) -> Result<Contents, FetchError> {
    let write = |cause| FetchError::Write { path: to.to_owned(), cause };
    let mut source = File::open(from).map_err(|cause| FetchError::Read { path: from.to_owned(), cause })?;
    let mut part = Part::create(to).map_err(write)?;
    io::copy(&mut source, &mut part).and_then(|_| part.flush()).map_err(write)?;
    let contents = reader::verify(part.aside())?;
    part.finish().map_err(write)?;
    // The next backup would take its place.
    let _ = fs::remove_file(from);
    Ok(contents)
}

//! Letters as files in a folder, instead of by SMTP.

use std::fs::{DirBuilder, File, OpenOptions, remove_file, rename};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::limits;

/// Puts a letter into the folder as `name`, whole or not at all, and returns when it is on disk. The same letter twice is
/// one file. The folder is made when it is missing; others cannot read it.
///
/// # Errors
/// `InvalidInput` when the name is not a plain file name (letters, digits, dots, hyphens; no dot first); what the file
/// system says, with the path.
pub async fn into_folder(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if !plain || name.is_empty() || name.starts_with('.') || name.len() > limits::doors::SMTP_FILE_NAME_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain name for a letter's file"));
    }
    let (folder, name, bytes) = (folder.to_owned(), name.to_owned(), bytes.to_owned());
    let shown = folder.clone();
    tokio::task::spawn_blocking(move || write(&folder, &name, &bytes))
        .await
        .unwrap_or_else(|_| Err(io::Error::other("the writing task was stopped")))
        .map_err(|cause| io::Error::new(cause.kind(), format!("cannot write into \"{}\": {cause}", shown.display())))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Hidden until it is whole. One that a crash left is ours: only one process works on a state folder.
    let unfinished: PathBuf = folder.join(format!(".{name}.tmp"));
    match remove_file(&unfinished) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(cause) = written.and_then(|()| rename(&unfinished, folder.join(name))) {
        // The first fault is the one to report.
        let _ = remove_file(&unfinished);
        return Err(cause);
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::into_folder;

    #[tokio::test]
    async fn a_letter_is_one_whole_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a/out");
        // What a crash left behind is in nobody's way.
        std::fs::create_dir_all(&out).unwrap();
        std::fs::write(out.join(".1f.eml.tmp"), "half").unwrap();
        into_folder(&out, "1f.eml", b"Subject: x\r\n\r\n.\r\n").await.unwrap();
        into_folder(&out, "1f.eml", b"Subject: x\r\n\r\n.\r\n").await.unwrap();
        let names: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["1f.eml"]);
        let file = out.join("1f.eml");
        assert_eq!(std::fs::read(&file).unwrap(), b"Subject: x\r\n\r\n.\r\n");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_missing_folder_is_made_for_us_alone() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("new");
        into_folder(&out, "1.eml", b"x").await.unwrap();
        assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn no_name_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "../x.eml", "a/b", ".hidden", "a\0b", "a b"] {
            assert!(into_folder(folder.path(), name, b"x").await.is_err(), "{name:?}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let fault = into_folder(&file, "1.eml", b"x").await.unwrap_err();
        assert!(fault.to_string().contains("file\""), "{fault}");
    }
}

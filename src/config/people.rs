//! Which files `people` names: a folder, and a glob for the names in it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::fault::Faults;
use super::reader::At;
use crate::limits;
use crate::pattern::{Field, Pattern};

/// A file of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The file, as messages name it: beside the main file as that was named to us.
    pub path: PathBuf,
    /// Its stem: the name of the person.
    pub stem: String,
}

/// The files that the pattern names, sorted by name. What cannot be is noted at the pattern; one that names nothing is
/// warned of. Blocking.
pub fn files(main: &Path, pattern: &At<String>, faults: &mut Faults) -> Vec<Named> {
    let beside = main.parent().unwrap_or(Path::new(""));
    let Some((folder, glob)) = taken_apart(pattern, faults) else { return Vec::new() };
    let folder = beside.join(folder);
    let mut names = match names(&folder, &glob) {
        Ok(names) => names,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(cause) => {
            faults.error(pattern.offset, format!("\"people\": cannot read the folder {:?}: {cause}", folder.display()));
            return Vec::new();
        }
    };
    names.sort_unstable();
    if names.is_empty() {
        faults.warn(pattern.offset, format!("\"people\": no file matches {:?}", pattern.value));
    }
    if names.len() > limits::front::CONFIG_PEOPLE {
        let (count, most) = (names.len(), limits::front::CONFIG_PEOPLE);
        faults.error(pattern.offset, format!("\"people\" names {count} files; a service has at most {most}"));
        return Vec::new();
    }
    let mut files = Vec::with_capacity(names.len());
    for name in names {
        let path = folder.join(&name);
        match path.file_stem().and_then(|stem| stem.to_str()) {
            Some(stem) => files.push(Named { stem: stem.to_owned(), path }),
            None => {
                let text = format!("\"people\": the name of {:?} is not UTF-8; rename the file", path.display());
                faults.error(pattern.offset, text);
            }
        }
    }
    files
}

/// The folder, and the glob for names in it.
fn taken_apart<'p>(pattern: &'p At<String>, faults: &mut Faults) -> Option<(&'p str, Pattern)> {
    let text = pattern.value.as_str();
    let (folder, glob) = text.rsplit_once('/').map_or(("", text), |(folder, glob)| (folder, glob));
    let folder = if folder.is_empty() && text.starts_with('/') { "/" } else { folder };
    if glob.is_empty() || text.chars().any(char::is_control) || text.starts_with(['~', '$']) {
        let text = format!("\"people\": {text:?} names no files; write people = \"people/*.toml\"");
        faults.error(pattern.offset, text);
        return None;
    }
    if folder.contains(['*', '?']) {
        let text = format!("\"people\": {text:?} has a pattern in a folder's name; only the files' names may have one");
        faults.error(pattern.offset, text);
        return None;
    }
    match Pattern::parse(glob, Field::Value, &|_| None) {
        Ok(glob) => Some((folder, glob)),
        Err(error) => {
            faults.error(pattern.offset, format!("\"people\": {error}"));
            None
        }
    }
}

/// The names in a folder that fit; hidden ones (editors leave some) do not.
fn names(folder: &Path, glob: &Pattern) -> io::Result<Vec<OsString>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)?.take(limits::front::CONFIG_PEOPLE_LOOKED_AT) {
        let entry = entry?;
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        let fits = !shown.starts_with('.') && glob.matches(&shown);
        // A link to a file is one; a folder is none.
        if fits && !entry.path().is_dir() {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::PathBuf;

    use zeroize::Zeroizing;

    use super::{At, Faults, files};
    use crate::config::fault::{Text, Weight};

    #[test]
    fn files_are_named_by_a_glob() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("people/folder.toml")).unwrap();
        for name in ["ben.toml", "ada.toml", ".ada.toml.swp", "ada.toml~", "Zoë.toml"] {
            std::fs::write(folder.path().join("people").join(name), "").unwrap();
        }
        let check = |pattern: &str, expected: &[&str], (errors, warnings): (usize, usize)| {
            let mut faults = Faults::default();
            let found = files(&folder.path().join("tidings.toml"), &At::new(0, pattern.to_owned()), &mut faults);
            let stems: Vec<&str> = found.iter().map(|file| file.stem.as_str()).collect();
            assert_eq!(stems, expected, "{pattern}");
            let text = Text { file: PathBuf::new(), source: Zeroizing::default() };
            let count = |weight| faults.sorted(weight, &text).len();
            assert_eq!((count(Weight::Error), count(Weight::Warning)), (errors, warnings), "{pattern}");
        };
        check("people/*.toml", &["Zoë", "ada", "ben"], (0, 0));
        check("people/ada.toml", &["ada"], (0, 0));
        check(&format!("{}/people/b*.toml", folder.path().display()), &["ben"], (0, 0));
        check("people/*.conf", &[], (0, 1));
        check("nowhere/*.toml", &[], (0, 1));
        check("people/", &[], (1, 0));
        check("*/ada.toml", &[], (1, 0));
        check("~/people/*.toml", &[], (1, 0));
        check("people/ada.toml/*", &[], (1, 0));
    }
}

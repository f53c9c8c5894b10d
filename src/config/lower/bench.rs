//! What every part of the lowering has at hand: where the file lies, the surroundings, and where faults go.

use std::path::{Path, PathBuf};

use crate::civil::holidays::Almanac;
use crate::config::environment::Environment;
use crate::config::fault::{Faults, alternatives, meant};
use crate::config::reader::{At, shortened};
use crate::config::ready::Proves;
use crate::limits;
use crate::secret::SecretSource;

/// The bench at which ready types are made.
#[derive(Debug)]
pub struct Bench<'a> {
    /// The folder of the file, absolute: relative paths begin there.
    pub folder: &'a Path,
    /// The surroundings.
    pub environment: &'a Environment,
    /// Who may read the file.
    pub readers: Readers,
    /// Where faults go.
    pub faults: &'a mut Faults,
    /// The holidays of the person whose file it is.
    pub almanac: Almanac,
    /// The secrets so far.
    pub secrets: Vec<Named>,
}

/// A secret that stands in the file.
#[derive(Debug)]
pub struct Named {
    /// What begins each message about it.
    pub prefix: String,
    /// Its byte offset.
    pub offset: usize,
    /// Where it comes from.
    pub source: SecretSource,
    /// What it proves; `None`: it opens something elsewhere.
    pub proves: Option<Proves>,
}

/// Who may read the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner, and perhaps its group.
    Few,
    /// Everybody on the machine.
    Everybody,
}

impl Bench<'_> {
    /// A path, relative to the folder of the file.
    pub fn path(&mut self, prefix: &str, written: &At<String>) -> Option<PathBuf> {
        let path = written.value.as_str();
        if path.is_empty() || path.chars().any(char::is_control) {
            self.faults
                .error(written.offset, format!("{prefix}{path:?} is no path; write the path of a file or folder"));
            return None;
        }
        if path == "~" || path.starts_with("~/") || path.starts_with('$') {
            let text = format!("{prefix}{path:?} is taken as it stands, no shell expands it; write the whole path");
            self.faults.error(written.offset, text);
            return None;
        }
        Some(self.folder.join(path))
    }

    /// One word of a set, or its default.
    pub fn word<T: Copy>(&mut self, prefix: &str, written: Option<&At<String>>, choice: &Choice<'_, T>) -> Option<T> {
        let Some(written) = written else { return choice.default };
        if let Some((_, value)) = choice.words.iter().find(|(word, _)| *word == written.value) {
            return Some(*value);
        }
        let words: Vec<&str> = choice.words.iter().map(|(word, _)| *word).collect();
        let advice = format!("write {}", alternatives(&words));
        let advice = meant(&written.value, words.iter().copied(), advice);
        let (key, value) = (choice.key, shortened(&written.value));
        self.faults.error(written.offset, format!("{prefix}{key:?} cannot be {value:?}; {advice}"));
        None
    }

    /// A number within bounds.
    pub fn number(&mut self, prefix: &str, written: &At<i64>, (key, least, most): (&str, i64, i64)) -> Option<usize> {
        if (least..=most).contains(&written.value) {
            return usize::try_from(written.value).ok();
        }
        let value = written.value;
        self.faults
            .error(written.offset, format!("{prefix}{key:?} cannot be {value}; write a number from {least} to {most}"));
        None
    }

    /// A name that somebody will type and read: not empty, on one line, not too long.
    pub fn name(&mut self, prefix: &str, written: &At<String>) -> Option<String> {
        let name = written.value.as_str();
        let fault = if name.trim().is_empty() {
            "is empty; write a name"
        } else if name.trim() != name {
            "begins or ends with a space; write it without"
        } else if name.chars().any(char::is_control) {
            "holds a control character; write it on one line"
        } else if name.chars().count() > limits::front::CONFIG_NAME_CHARS {
            "is too long for a name; write at most 100 characters"
        } else {
            return Some(name.to_owned());
        };
        self.faults.error(written.offset, format!("{prefix}the name {:?} {fault}", shortened(name)));
        None
    }
}

/// The words that a key may hold.
#[derive(Debug)]
pub struct Choice<'a, T> {
    /// The key.
    pub key: &'a str,
    /// Each word and what it means.
    pub words: &'a [(&'a str, T)],
    /// What it means when it is left out.
    pub default: Option<T>,
}

//! What the surroundings of the program say: the variables of systemd and XDG, as a value.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where the system's configuration lies.
pub const SYSTEM_FILE: &str = "/etc/tidings/tidings.toml";

/// The variables that the configuration looks at. A value, so that tests need no process of their own; all are `None` by
/// default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `$STATE_DIRECTORY`, from systemd.
    pub state_directory: Option<PathBuf>,
    /// `$RUNTIME_DIRECTORY`, from systemd.
    pub runtime_directory: Option<PathBuf>,
    /// `$CREDENTIALS_DIRECTORY`, from systemd.
    pub credentials_directory: Option<PathBuf>,
    /// `$XDG_STATE_HOME`.
    pub xdg_state_home: Option<PathBuf>,
    /// `$XDG_RUNTIME_DIR`.
    pub xdg_runtime_dir: Option<PathBuf>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
}

impl Environment {
    /// The variables of this process, for this configuration. With the system's, whoever asks means the system's daemon,
    /// of whose folders, which its unit names, a shell knows nothing.
    pub fn for_file(file: &Path) -> Self {
        let system = file == Path::new(SYSTEM_FILE);
        Self::of(|name| {
            let folder = || match name {
                "STATE_DIRECTORY" if system => Some("/var/lib/tidings".into()),
                "RUNTIME_DIRECTORY" if system => Some("/run/tidings".into()),
                _ => None,
            };
            std::env::var_os(name).or_else(folder)
        })
    }

    /// The variables that this function knows. A path that is not absolute counts as unset (XDG Base Directory
    /// Specification, "Basics"); of a list (systemd writes one where a unit names several folders) the first is taken.
    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let folder = |name| {
            let value = variable(name)?;
            std::env::split_paths(&value).next().filter(|path| path.is_absolute())
        };
        Self {
            state_directory: folder("STATE_DIRECTORY"),
            runtime_directory: folder("RUNTIME_DIRECTORY"),
            // One path, never a list: a colon in it belongs to the unit's name.
            credentials_directory: variable("CREDENTIALS_DIRECTORY")
                .map(PathBuf::from)
                .filter(|path| path.is_absolute()),
            xdg_state_home: folder("XDG_STATE_HOME"),
            xdg_runtime_dir: folder("XDG_RUNTIME_DIR"),
            home: folder("HOME"),
        }
    }

    /// Where state lies when `state_dir` is left out; `None` when nothing says where.
    pub fn state(&self) -> Option<PathBuf> {
        self.state_directory
            .clone()
            .or_else(|| self.xdg_state_home.as_ref().map(|home| home.join("tidings")))
            .or_else(|| self.home.as_ref().map(|home| home.join(".local/state/tidings")))
    }

    /// Where the control socket lies; `None`: in the state folder.
    pub fn runtime(&self) -> Option<PathBuf> {
        self.runtime_directory.clone().or_else(|| self.xdg_runtime_dir.as_ref().map(|dir| dir.join("tidings")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Environment {
        Environment::of(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)))
    }

    #[test]
    fn state_falls_back() {
        let check = |pairs: &[(&str, &str)], expected: Option<&str>| {
            assert_eq!(of(pairs).state(), expected.map(PathBuf::from), "{pairs:?}");
        };
        check(&[], None);
        check(&[("HOME", "/home/ada")], Some("/home/ada/.local/state/tidings"));
        check(&[("HOME", "/home/ada"), ("XDG_STATE_HOME", "/x")], Some("/x/tidings"));
        check(&[("HOME", "/home/ada"), ("XDG_STATE_HOME", "x")], Some("/home/ada/.local/state/tidings"));
        check(&[("STATE_DIRECTORY", "/var/lib/tidings"), ("XDG_STATE_HOME", "/x")], Some("/var/lib/tidings"));
        check(&[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")], Some("/var/lib/a"));
    }

    #[test]
    fn runtime_falls_back() {
        let check = |pairs: &[(&str, &str)], expected: Option<&str>| {
            assert_eq!(of(pairs).runtime(), expected.map(PathBuf::from), "{pairs:?}");
        };
        check(&[("HOME", "/home/ada")], None);
        check(&[("XDG_RUNTIME_DIR", "/run/user/1000")], Some("/run/user/1000/tidings"));
        check(&[("XDG_RUNTIME_DIR", "/run/user/1000"), ("RUNTIME_DIRECTORY", "/run/tidings")], Some("/run/tidings"));
    }
}

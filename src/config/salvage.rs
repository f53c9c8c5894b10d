//! What can be told from a configuration that has errors: where its daemon answers, and in which zone its reader lives.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::environment::Environment;
use crate::civil::Zone;
use crate::limits;

/// What was found.
#[derive(Clone, Debug)]
pub struct Salvage {
    /// The folder of the control socket; `None`: nothing says where.
    pub runtime: Option<PathBuf>,
    /// The time zone, where it can be read.
    pub zone: Option<Zone>,
}

/// Looks for both, in a file that may be broken, or not ours to read. Blocking.
pub fn salvage(path: &Path, environment: &Environment) -> Salvage {
    let mut source = String::new();
    let read = File::open(path).and_then(|file| file.take(limits::front::CONFIG_BYTES).read_to_string(&mut source));
    if read.is_err() {
        source.clear();
    }
    let (root, _) = DeTable::parse_recoverable(&source);
    let text = |key: &str| root.get_ref().get(key).and_then(|value| value.get_ref().as_str());
    let folder = std::path::absolute(path).ok();
    let written = text("state_dir").zip(folder.as_deref().and_then(Path::parent));
    let state = written.map(|(state, folder)| folder.join(state)).or_else(|| environment.state());
    Salvage { runtime: environment.runtime().or(state), zone: text("timezone").and_then(|name| Zone::parse(name).ok()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::salvage;
    use crate::config::environment::Environment;

    #[test]
    fn a_broken_file_still_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tidings.toml");
        let check = |source: &str, runtime: &str, zone: Option<&str>| {
            std::fs::write(&file, source).unwrap();
            let found = salvage(&file, &Environment::default());
            let expected = (!runtime.is_empty()).then(|| folder.path().join(runtime));
            assert_eq!(
                (found.runtime, found.zone.map(|zone| zone.name)),
                (expected, zone.map(str::to_owned)),
                "{source}"
            );
        };
        let good = "state_dir = \"state\"\ntimezone = \"Europe/Lisbon\"\n";
        check(&format!("{good}[[rule]]\nurgency = \"soon\"\n"), "state", Some("Europe/Lisbon"));
        check(&format!("{good}[[rule]\nurgency = \"so"), "state", Some("Europe/Lisbon"));
        check("state_dir = \"state\"\ntimezone = \"Lisbon\"\n", "state", None);
        check("state_dir = 7", "", None);
        std::fs::remove_file(&file).unwrap();
        let environment = Environment { state_directory: Some("/s".into()), ..Environment::default() };
        assert_eq!(salvage(&file, &environment).runtime, Some("/s".into()));
        let environment = Environment { runtime_directory: Some("/r".into()), ..environment };
        assert_eq!(salvage(&file, &environment).runtime, Some("/r".into()));
    }
}

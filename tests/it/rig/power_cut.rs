//! A power cut: the shim under which only fsynced bytes survive, and what the disk holds after it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the shim that makes only fsynced bytes survive.
pub fn shim(folder: &Path) -> Option<PathBuf> {
    let shared = std::env::var("TIDINGS_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let source = Path::new(&shared).join("bench/faults/power_cut.c");
    let shim = folder.join("power_cut.so");
    let built = source.exists()
        && Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([shim.as_path(), source.as_path()])
            .args(["-ldl", "-lpthread"])
            .status()
            .is_ok_and(|status| status.success());
    if !built {
        println!("not run: no {} or no C compiler", source.display());
    }
    built.then_some(shim)
}

/// Puts the durable copies back under their names. The shim does not follow renames: what was written as `NAME.tmp` (or
/// `NAME.3.tmp`) and renamed has its folder fsynced before anything rests on it, so it is put under its last name.
pub fn restore(shadow: &Path, to: &Path) {
    for entry in std::fs::read_dir(shadow).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap().replace('%', "/");
        if name.rsplit_once(".tmp").is_some_and(|(_, rest)| !rest.is_empty()) {
            continue; // a copy of the shim's own that the kill cut short
        }
        let name = name.strip_suffix(".tmp").map_or(name.clone(), |name| {
            let (stem, number) = name.rsplit_once('.').unwrap_or((name, ""));
            if number.parse::<u64>().is_ok() { stem.to_owned() } else { name.to_owned() }
        });
        let target = to.join(name);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(entry.path(), target).unwrap();
    }
    std::fs::create_dir_all(to).unwrap();
}

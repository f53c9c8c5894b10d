//! Names that must be given once.

use std::collections::HashSet;

use super::bench::Bench;
use crate::config::reader::At;

/// Complains of each name that an earlier one of its kind has already. Case does not count: patterns on names (`source`)
/// do not regard it.
pub fn names<'n>(bench: &mut Bench<'_>, kind: &str, names: impl Iterator<Item = Option<&'n At<String>>>) {
    let mut seen: HashSet<String> = HashSet::new();
    for name in names.flatten() {
        if !seen.insert(name.value.to_lowercase()) {
            let text = format!("{kind} {:?} has the name of an earlier one; give each a name of its own", name.value);
            bench.faults.error(name.offset, text);
        }
    }
}

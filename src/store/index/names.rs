//! Names as small numbers, so that a million items name their person and account in two bytes.

use std::collections::HashMap;
use std::sync::Arc;

/// Names in order of their first use. All come from the configuration: there are few.
#[derive(Debug, Default)]
pub struct Names {
    list: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u16>,
}

/// The number of no name. Past 65,535 names, which no configuration has, new ones get it too and read as empty.
pub const NONE: u16 = u16::MAX;

impl Names {
    /// The number of a name, given at its first use.
    pub fn number(&mut self, name: &str) -> u16 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = u16::try_from(self.list.len()).unwrap_or(NONE);
        if number != NONE {
            let name: Arc<str> = name.into();
            self.list.push(Arc::clone(&name));
            self.numbers.insert(name, number);
        }
        number
    }

    /// The number of a name that was used before.
    pub fn known(&self, name: &str) -> Option<u16> {
        self.numbers.get(name).copied()
    }

    /// The name of a number; empty for `NONE`.
    pub fn name(&self, number: u16) -> Arc<str> {
        self.list.get(usize::from(number)).cloned().unwrap_or_default()
    }
}

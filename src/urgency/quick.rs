//! A quick hash for tables of our own words, to which nobody can add.

use std::hash::{BuildHasherDefault, Hasher};

/// For tables that are looked into once a word.
pub type Quick = BuildHasherDefault<Fnv>;

/// FNV-1a.
#[derive(Default)]
pub struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

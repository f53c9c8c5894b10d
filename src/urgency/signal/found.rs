//! A signal that fired, before its weight is known.

use crate::model::signal::Signal;

/// A signal that fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub signal: Signal,
    /// How strongly, in percent of its weight: 1 to 100.
    pub share: u8,
    /// The words, header or fact that fired it, one phrase each.
    pub evidence: Vec<String>,
}

impl Found {
    /// A signal that fired in full.
    pub fn whole(signal: Signal, evidence: String) -> Self {
        Self { signal, share: 100, evidence: vec![evidence] }
    }

    /// A signal that fired in part.
    pub fn part(signal: Signal, share: u8, evidence: String) -> Self {
        Self { signal, share, evidence: vec![evidence] }
    }
}

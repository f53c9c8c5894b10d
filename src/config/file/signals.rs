//! `[signals]` as it is written: whether they decide, the thresholds, and the weights by name.

use crate::config::fault::Faults;
use crate::config::reader::{At, Reader, Section};

/// `[signals]`.
#[derive(Debug, Default)]
pub struct Signals {
    /// `enabled`.
    pub enabled: Option<At<bool>>,
    /// `[signals.mail]`.
    pub mail: Option<Thresholds>,
    /// `[signals.chat]`.
    pub chat: Option<Thresholds>,
    /// `[signals.weights]` in the order of the file: a name, and a number as [`Reader::decimal`] gives it.
    pub weights: Vec<(At<String>, At<String>)>,
}

/// `[signals.mail]` or `[signals.chat]`; numbers as [`Reader::decimal`] gives them.
#[derive(Debug)]
pub struct Thresholds {
    /// What begins each message about it.
    pub prefix: String,
    /// Where it begins.
    pub offset: usize,
    /// `urgent_at`.
    pub urgent_at: Option<At<String>>,
    /// `low_at`.
    pub low_at: Option<At<String>>,
}

/// Reads `[signals]`.
pub fn read(section: Section<'_, '_>, faults: &mut Faults) -> Signals {
    let mut reader = Reader::new(section, "[signals]", faults);
    let signals = Signals {
        enabled: reader.truth("enabled"),
        mail: reader.section("mail").map(|section| thresholds(section, "[signals.mail]", reader.faults)),
        chat: reader.section("chat").map(|section| thresholds(section, "[signals.chat]", reader.faults)),
        weights: reader.section("weights").map(|section| weights(section, reader.faults)).unwrap_or_default(),
    };
    reader.done();
    signals
}

fn thresholds(section: Section<'_, '_>, label: &str, faults: &mut Faults) -> Thresholds {
    let mut reader = Reader::new(section, label, faults);
    let thresholds = Thresholds {
        prefix: reader.prefix(),
        offset: section.offset,
        urgent_at: reader.decimal("urgent_at"),
        low_at: reader.decimal("low_at"),
    };
    reader.done();
    thresholds
}

/// The names are looked at when they are made ready, as those in rules are.
fn weights(section: Section<'_, '_>, faults: &mut Faults) -> Vec<(At<String>, At<String>)> {
    let mut weights = Vec::new();
    for (key, value) in section.table.iter() {
        let name = At::new(key.span().start, key.get_ref().to_string());
        let mut reader = Reader::new(section, "[signals.weights]", faults);
        let value = At::new(value.span().start, value.get_ref());
        let number = reader.decimal_of(&name.value, &value);
        weights.extend(number.map(|number| (name, number)));
    }
    weights.sort_by_key(|(name, _)| name.offset);
    weights
}

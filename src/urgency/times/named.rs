//! A time that a text names.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// When and where a text was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// When: a message's own Date, else its arrival.
    pub at: Timestamp,
    /// By which clock: the offset of that Date, else the reader's zone.
    pub zone: TimeZone,
}

/// A time that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Where it stands in the text, in octets: with its preposition ("by 5pm").
    pub span: Range<usize>,
    /// How it is meant.
    pub relation: Relation,
    /// When it begins: the instant itself where that is named ("5pm"), midnight of a day, noon of "the afternoon".
    pub starts: Timestamp,
    /// When it ends: the same instant; the end of the day, the afternoon, the range.
    pub ends: Timestamp,
    /// How exactly it is named.
    pub grain: Grain,
}

/// How a time is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The last moment: "by 5pm", "before noon", "until tomorrow", "deadline friday", "bis 17 uhr", "avant midi".
    By,
    /// The moment: "at 5pm", "5:00 today", "tomorrow", "um 17 uhr".
    At,
    /// A span from now: "in 20 min", "within the hour", "in einer stunde".
    Within,
    /// A range: "2-3pm", "from 10 to 11".
    Range,
    /// The first moment: "after 5pm", "from monday on".
    From,
}

/// How exactly a time is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// To the minute, or the hour: "5pm", "7.45".
    Minute,
    /// A part of a day: "tonight", "this morning", "after lunch".
    PartOfDay,
    /// A day: "tomorrow", "friday", "the 5th of may".
    Day,
    /// A week or more: "next week", "in june".
    Longer,
}

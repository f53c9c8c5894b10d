//! Panics on purpose, for tests of what one leaves: only in debug builds, only where a rule has this very name.

use super::desk::Desk;
use crate::model::message::Message;

/// A message with this subject is spared.
const SOUND: &str = "sound";

/// Where it may break; each has the name of a rule that makes it break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// While rules and signals are asked.
    Judging,
    /// While it is read what a message teaches.
    Learning,
}

impl Flaw {
    /// Breaks here, where it is wished, at any message but a sound one; never in a release build.
    pub fn breaks(self, desk: &Desk, message: &Message) {
        let name = match self {
            Self::Judging => "a flaw in judging",
            Self::Learning => "a flaw in learning",
        };
        if cfg!(debug_assertions) && message.subject != SOUND {
            let is_wished = desk.rules.iter().any(|rule| rule.name.as_str() == name);
            assert!(!is_wished, "{name}, as a test wished");
        }
    }
}

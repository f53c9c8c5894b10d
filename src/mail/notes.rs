//! What could not be read: one phrase each, gathered without any content.

use crate::limits;

/// Notes in the order in which they were made; unique, bounded by `limits::mail::MAIL_NOTES`.
#[derive(Clone, Debug, Default)]
pub struct Notes(Vec<String>);

impl Notes {
    /// Adds a phrase unless it is there already.
    pub fn add(&mut self, phrase: impl Into<String>) {
        let phrase = phrase.into();
        if self.0.len() < limits::mail::MAIL_NOTES && !self.0.contains(&phrase) {
            self.0.push(phrase);
        }
    }

    /// Whether anything was noted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The phrases.
    pub fn into_phrases(self) -> Vec<String> {
        self.0
    }
}

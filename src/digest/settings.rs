//! What a person sets of a digest's letter.

use super::own::Templates;
use crate::model::name::DigestName;

/// How the letters of one `[[digest]]` are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name.
    pub name: DigestName,
    /// Envelope recipients, at least one; each gets a letter of its own.
    pub to: Vec<String>,
    /// The subject's template (minijinja), checked: `count`, `day`, `name`.
    pub subject: String,
    /// Items in one part, 1 to 1,000.
    pub max_items: usize,
    /// Whether the mails themselves are attached.
    pub attach: bool,
    /// In which form.
    pub format: Format,
    /// The person's own templates, checked.
    pub templates: Templates,
}

/// In which form letters are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Text and HTML, for people.
    #[default]
    Mail,
    /// The plain form of RFC 1153, for programs that take a digest apart.
    Rfc1153,
}

//! The digest as a letter: what stands in it, in which order, in which bytes.

pub mod alert;
pub mod draw;
pub mod enclosed;
pub mod forward;
pub mod link;
pub mod notice;
pub mod order;
pub mod originals;
pub mod own;
pub mod settings;
pub mod sheet;

mod answer;
mod choice;
pub mod clean;
pub mod columns;
pub mod context;
mod domain;
mod entry;
mod excerpt;
mod folded;
mod gather;
mod harmless;
mod issue;
mod letter;
mod page;
mod parts;
mod phrase;
mod place;
mod plain;
pub mod render;
mod specimen;
mod subject;
pub mod tier;
mod twin;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod sizes;

use order::{ComposeError, Composed, Order};
use own::{Form, Template};

/// Makes all letters of an edition: for each part one for each recipient. Equal orders give equal bytes.
///
/// # Errors
/// `Empty` without items, `NoRecipient` and `Address` for settings that cannot be used, `TooLarge` when not even one item
/// fits the server's SIZE; `Render` and `Unsound` are faults of ours.
pub fn compose(order: &Order<'_>) -> Result<Composed, ComposeError> {
    issue::compose_for(order, &order.settings.to)
}

/// As [`compose`], for the first recipient only: what `tidings digest preview` shows. Nothing is changed by it.
///
/// # Errors
/// As [`compose`].
pub fn preview(order: &Order<'_>) -> Result<Composed, ComposeError> {
    issue::compose_for(order, order.settings.to.get(..1).unwrap_or_default())
}

/// Whether a subject's template can be used: the names in it are those of [`context::Subject`].
///
/// # Errors
/// What is wrong with it, for whoever wrote it.
pub fn check_subject(template: &str) -> Result<(), String> {
    let context = context::Subject {
        count: 7,
        things: "7 things".to_owned(),
        top: "Charles Babbage: Budget".to_owned(),
        day: "Wednesday 13 January".to_owned(),
        name: "daily".to_owned(),
        person: "Ada Lovelace".to_owned(),
    };
    render::subject(template, &context).map(|_| ())
}

/// Whether a person's own template can be used: it is tried with pages in which everything stands, and next to nothing.
///
/// # Errors
/// What is wrong with it, in which line, for whoever wrote it.
pub fn check_template(template: &Template, form: Form) -> Result<(), String> {
    let environment = render::ours().map_err(|error| error.to_string())?;
    for page in specimen::pages() {
        own::render(&environment, (template, form), &page)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::sample::{Desk, day};
    use super::{check_subject, compose, preview};

    #[test]
    fn a_preview_is_the_first_recipients_letter() {
        let mut desk = Desk::new();
        desk.settings.to.push("team@example.org".to_owned());
        let order = desk.order(day());
        assert_eq!(preview(&order).unwrap().drafts, compose(&order).unwrap().drafts[..1]);
    }

    #[test]
    fn a_subjects_template_can_be_checked() {
        assert!(check_subject("{{ nope }}").is_err());
        assert!(check_subject("{{ count }} for {{ person }} in {{ name }}").is_ok());
    }
}

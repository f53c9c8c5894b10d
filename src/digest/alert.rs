//! Urgent chat: a short letter at once that says who, where and what, with what was said before and the way there.

use super::order::ComposeError;
use super::sheet::{Sheet, Words, Written};
use super::{clean, columns, entry, excerpt, phrase, place};
use crate::limits;
use crate::model::edition::LetterId;
use crate::model::item::Item;

/// What such a letter tells.
#[derive(Clone, Copy, Debug)]
pub enum Alert<'a> {
    /// Of one conversation.
    Thread {
        /// What is urgent, in order; not empty.
        items: &'a [Item],
        /// What was said before, in order.
        before: &'a [Item],
    },
    /// Of all that is too much to be told of by itself, in order; not empty.
    Storm(&'a [Item]),
}

/// Writes the letter: no bulk mail, since it must ring. Its subject is what a locked screen shows.
///
/// # Errors
/// As [`Sheet::write`].
pub fn write(sheet: &Sheet<'_>, id: LetterId, alert: Alert<'_>) -> Result<Written, ComposeError> {
    let (subject, text) = match alert {
        Alert::Thread { items, before } => (subject(items), thread(sheet, items, before)),
        Alert::Storm(items) => {
            (phrase::count(items.len(), "more urgent message", "more urgent messages"), storm(sheet, items))
        }
    };
    sheet.write(id.0, &Words { subject: &subject, text: &text, attached: None, trace: &[] })
}

/// Who, where, and the first words of the newest: `Ben in #ops: the shop is down`.
fn subject(items: &[Item]) -> String {
    let Some(newest) = items.last() else { return String::new() };
    let who = who(newest);
    let from = match place::channel(&newest.message) {
        Some(channel) if who.is_empty() => channel,
        Some(channel) => format!("{who} in {channel}"),
        None => who,
    };
    let more = if items.len() > 1 { format!(" ({})", items.len()) } else { String::new() };
    let words = first_words(newest);
    clean::line(&format!("{from}{more}: {words}"), limits::judgement::ALERT_SUBJECT)
}

fn first_words(item: &Item) -> String {
    let title = clean::line(&item.message.subject, limits::judgement::DIGEST_FIELD);
    if title.is_empty() { said(item, limits::judgement::ALERT_SUBJECT) } else { title }
}

fn who(item: &Item) -> String {
    match item.message.sender.as_ref().map(entry::name_and_address) {
        Some((Some(name), _)) => clean::isolate(&name),
        Some((None, id)) => id,
        None => String::new(),
    }
}

fn said(item: &Item, most: usize) -> String {
    excerpt::of(&item.message.own_text, "", most)
}

fn thread(sheet: &Sheet<'_>, items: &[Item], before: &[Item]) -> String {
    let mut text = String::new();
    let Some(newest) = items.last() else { return text };
    if !before.is_empty() {
        paragraph(&mut text, "", "Said before:");
        before.iter().for_each(|item| line(&mut text, sheet, item, limits::judgement::DIGEST_EXCERPT_SHORT));
        paragraph(&mut text, "", "Now:");
    }
    for item in items {
        line(&mut text, sheet, item, limits::judgement::ALERT_TEXT);
    }
    let links = items.iter().rev().filter_map(|item| item.message.post.as_ref()?.permalink.as_deref());
    if let Some(link) = links.map(|link| clean::line(link, limits::judgement::ALERT_LINK)).next() {
        paragraph(&mut text, "", &link);
    }
    let (moment, zone) =
        (phrase::moment(newest.message.received_at, sheet.zone), phrase::zone(newest.message.received_at, sheet.zone));
    paragraph(&mut text, "", &format!("It came on {moment}, {zone}, {}.", place::whence(&newest.message)));
    paragraph(&mut text, "", &phrase::in_full(&newest.verdict));
    text.push_str("Tidings\n");
    text
}

fn storm(sheet: &Sheet<'_>, items: &[Item]) -> String {
    let mut text = String::new();
    for item in items {
        let at = phrase::when(item.message.received_at, sheet.zone, sheet.now);
        let (who, words) = (who(item), first_words(item));
        let channel = place::channel(&item.message).map(|channel| format!(" in {channel}")).unwrap_or_default();
        text.push_str(&columns::wrap(
            &format!("{at}, {who}{channel}: {}", clean::line(&words, limits::judgement::DIGEST_EXCERPT_SHORT)),
            "- ",
            "  ",
            limits::judgement::DIGEST_COLUMNS,
        ));
        text.push('\n');
    }
    text.push('\n');
    let (minute, day) = (limits::hands::URGENT_A_MINUTE, limits::hands::URGENT_A_DAY);
    paragraph(
        &mut text,
        "",
        &format!(
            "They came in so large a number that they are told of together: {minute} in a minute and {day} in a day leave one by one."
        ),
    );
    text.push_str("Tidings\n");
    text
}

/// One message: when, who, what.
fn line(text: &mut String, sheet: &Sheet<'_>, item: &Item, most: usize) {
    let at = phrase::when(item.message.received_at, sheet.zone, sheet.now);
    let who = who(item);
    paragraph(text, "", &if who.is_empty() { at } else { format!("{who}, {at}") });
    let title = clean::line(&item.message.subject, limits::judgement::DIGEST_FIELD);
    for words in [title, said(item, most)] {
        if !words.is_empty() {
            text.truncate(text.trim_end().len());
            text.push('\n');
            paragraph(text, "    ", &clean::isolate(&words));
        }
    }
}

fn paragraph(text: &mut String, indent: &str, words: &str) {
    text.push_str(&columns::wrap(words, indent, indent, limits::judgement::DIGEST_COLUMNS));
    text.push_str("\n\n");
}

//! Cuts an item to what a value holds, so that no message, however strange, is refused for its size.

use crate::limits;
use crate::model::item::Item;
use crate::model::message::{Address, Header, Message};
use crate::model::verdict::Reason;

/// How much of each part is kept.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    text: usize,
    headers: usize,
    header: usize,
    list: usize,
    string: usize,
}

impl Measure {
    /// The limits of `limits::memory`, halved so many times.
    pub fn halved(times: u32) -> Self {
        let cut = |full: usize| full.checked_shr(times).unwrap_or(0);
        Self {
            text: cut(limits::memory::ITEM_TEXT_BYTES),
            headers: cut(limits::memory::ITEM_HEADERS_BYTES),
            header: cut(limits::memory::ITEM_HEADER_BYTES),
            list: cut(limits::memory::ITEM_LIST),
            string: cut(limits::memory::ITEM_STRING_BYTES),
        }
    }
}

/// Cuts an item to this measure. What is left out of a list stands at its end.
pub fn cut(item: &mut Item, measure: Measure) {
    message(&mut item.message, measure);
    if let Reason::Rule { evidence, .. } = &mut item.verdict.reason {
        strings(evidence, measure);
    }
    if let Reason::Signals(tally) = &mut item.verdict.reason {
        tally.fired.truncate(measure.list);
        tally.fired.iter_mut().for_each(|fired| strings(&mut fired.evidence, measure));
    }
    if let Reason::Unjudged(why) = &mut item.verdict.reason {
        string(why, measure.string);
    }
    if let Some(note) = &mut item.verdict.wishes.note {
        string(note, measure.string);
    }
}

fn message(message: &mut Message, measure: Measure) {
    let bytes = measure.string;
    string(&mut message.own_text, measure.text);
    headers(&mut message.headers, measure);
    string(&mut message.subject, bytes);
    for text in message.message_id.iter_mut().chain(&mut message.list_id) {
        string(text, bytes);
    }
    strings(&mut message.thread.in_reply_to, measure);
    strings(&mut message.thread.references, measure);
    strings(&mut message.notes, measure);
    message.to.truncate(measure.list);
    message.cc.truncate(measure.list);
    let people = message.sender.iter_mut().chain(&mut message.reply_to).chain(&mut message.to).chain(&mut message.cc);
    people.for_each(|person| address(person, bytes));
    message.attachments.truncate(measure.list);
    for attachment in &mut message.attachments {
        string(&mut attachment.name, bytes);
        string(&mut attachment.media_type, bytes);
    }
    if let Some(event) = &mut message.event {
        string(&mut event.method, bytes);
        string(&mut event.uid, bytes);
        string(&mut event.summary, bytes);
    }
}

fn headers(headers: &mut Vec<Header>, measure: Measure) {
    let mut left = measure.headers;
    headers.retain_mut(|field| {
        if is_noise(field) {
            return false;
        }
        string(&mut field.name, measure.header);
        string(&mut field.value, measure.header);
        let size = field.name.len() + field.value.len();
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    });
}

/// Fields that no rule asks for and that make up most of a header: traces and signatures.
fn is_noise(field: &Header) -> bool {
    let name = field.name.to_ascii_lowercase();
    let trace =
        matches!(name.as_str(), "received" | "dkim-signature" | "domainkey-signature" | "x-google-dkim-signature");
    trace
        || name.starts_with("arc-")
        || (name.starts_with("x-") && field.value.len() > limits::memory::ITEM_X_HEADER_BYTES)
}

fn address(address: &mut Address, bytes: usize) {
    if let Some(name) = &mut address.name {
        string(name, bytes);
    }
    string(&mut address.address, bytes);
}

fn strings(list: &mut Vec<String>, measure: Measure) {
    list.truncate(measure.list);
    list.iter_mut().for_each(|text| string(text, measure.string));
}

fn string(text: &mut String, bytes: usize) {
    text.truncate(text.floor_char_boundary(bytes));
}

#[cfg(test)]
mod tests {
    use super::string;

    #[test]
    fn cuts_between_characters() {
        let mut text = "aé".to_owned();
        string(&mut text, 2);
        assert_eq!(text, "a");
    }
}

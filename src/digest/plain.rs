//! A digest in the plain form of RFC 1153, which old programs take apart into its messages.

use super::context::Page;
use super::page::Part;
use super::{clean, columns, entry, phrase, place};
use crate::civil::Zone;
use crate::limits;
use crate::model::item::Item;
use crate::model::message::{Address, Message};

/// What stands between the preamble and the first message.
const AFTER_PREAMBLE: usize = 70;
/// What stands behind each message.
const BETWEEN: usize = 30;

/// What all parts of an edition share.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// The digest's name, on one line.
    pub name: &'a str,
    /// The person's zone.
    pub zone: &'a Zone,
    /// Characters of one message's text.
    pub most: usize,
}

/// Writes a part: a preamble with what is to be known and a table of contents, the messages, the end.
pub fn write(part: &Part, title: &str, (listed, form): (&[&Item], Form<'_>)) -> String {
    let mut out = String::new();
    let page = &part.page;
    // What is folded is named in the preamble, and is no message of its own.
    let messages: Vec<&Message> = listed.iter().map(|item| &item.message).collect();
    preamble(&mut out, (page, title), &messages);
    out.push_str(&format!("\n{}\n\n", "-".repeat(AFTER_PREAMBLE)));
    for message in messages {
        head(&mut out, message, form.zone);
        out.push('\n');
        text(&mut out, message, form.most);
        out.push_str(&format!("\n{}\n\n", "-".repeat(BETWEEN)));
    }
    let end = format!("End of {} Digest", form.name);
    out.push_str(&format!("{end}\n{}\n", "*".repeat(columns::of(&end))));
    out
}

fn preamble(out: &mut String, (page, title): (&Page, &str), messages: &[&Message]) {
    let mut line = |text: &str, first: &str, rest: &str| {
        out.push_str(&columns::wrap(text, first, rest, limits::judgement::DIGEST_COLUMNS));
        out.push('\n');
    };
    line(title, "", "");
    page.about.iter().for_each(|words| line(&clean::isolate(words), "", ""));
    line("", "", "");
    page.lead.iter().for_each(|words| line(words, "", ""));
    if !messages.is_empty() {
        line("", "", "");
        line("Today's Topics:", "", "");
        line("", "", "");
        for (number, message) in (1..).zip(messages) {
            let (first, rest) = (format!("{number:>5}. "), " ".repeat(7));
            let whose = message.sender.as_ref().map(|sender| format!(" ({})", shown(sender))).unwrap_or_default();
            line(&format!("{}{whose}", clean::isolate(&subject(message))), &first, &rest);
        }
    }
    if let Some(folded) = &page.folded {
        line("", "", "");
        line(&folded.said, "", "");
        folded.names.iter().for_each(|name| line(&clean::isolate(name), "  - ", "    "));
    }
    line("", "", "");
    page.footer.iter().for_each(|words| line(words, "", ""));
}

/// The fields of a message, in the order of RFC 1153; none is folded.
fn head(out: &mut String, message: &Message, zone: &Zone) {
    let at = message.received_at.to_zoned_datetime(zone.rules.clone());
    if let Ok(date) = jiff::fmt::rfc2822::to_string(&at) {
        out.push_str(&format!("Date: {date}\n"));
    }
    if let Some(sender) = &message.sender {
        out.push_str(&format!("From: {}\n", from(sender, message)));
    }
    out.push_str(&format!("Subject: {}\n", subject(message)));
    let id = message.message_id.as_deref().filter(|_| message.post.is_none());
    if let Some(id) = id.map(|id| clean::line(id, limits::judgement::DIGEST_FIELD)).filter(|id| !id.is_empty()) {
        out.push_str(&format!("Message-ID: <{id}>\n"));
    }
}

/// A sender as a header has it. In chat the id behind the name is no address.
fn from(sender: &Address, message: &Message) -> String {
    let (name, address) = entry::name_and_address(sender);
    let name = name.map(|name| quoted(&name));
    match (name, &message.post) {
        (Some(name), None) => format!("{name} <{address}>"),
        (None, None) => address,
        (name, Some(_)) => name.unwrap_or(address),
    }
}

/// A name in quotes where it is more than words (RFC 5322 section 3.2.4).
fn quoted(name: &str) -> String {
    if name.chars().all(|c| c.is_alphanumeric() || c == ' ' || c == '-' || !c.is_ascii()) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn shown(sender: &Address) -> String {
    let (name, address) = entry::name_and_address(sender);
    clean::isolate(&name.unwrap_or(address))
}

fn subject(message: &Message) -> String {
    if message.post.is_some() && message.subject.is_empty() {
        return place::heading(message);
    }
    entry::shown_subject(&message.subject)
}

/// The text of a message: no line of it can be taken for one of ours (RFC 1153: a blank is set before).
fn text(out: &mut String, message: &Message, most: usize) {
    let mut left = most;
    for line in message.own_text.lines() {
        let length = line.chars().count();
        let line = clean::line(line, left.min(limits::judgement::DIGEST_PLAIN_LINE));
        let wrapped = columns::wrap(&line, "", "", limits::judgement::DIGEST_COLUMNS);
        for line in wrapped.lines().chain(wrapped.is_empty().then_some("")) {
            let is_ours = line.len() >= BETWEEN && line.bytes().all(|byte| byte == b'-');
            out.push_str(if is_ours { " " } else { "" });
            out.push_str(line);
            out.push('\n');
        }
        left = left.saturating_sub(length.max(1));
        if left == 0 {
            out.push_str("[The rest is left out.]\n");
            break;
        }
    }
    if let Some(attached) = phrase::attachments(&message.attachments) {
        out.push_str(&columns::wrap(&attached, "[Attached: ", "    ", limits::judgement::DIGEST_COLUMNS));
        out.push_str("]\n");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use crate::digest::hostile::{TEXTS, all_over};
    use crate::digest::order::Composed;
    use crate::digest::sample::{Desk, With, compose, day, in_order, item};
    use crate::digest::settings::Format;
    use crate::model::item::Item;

    fn composed(items: Vec<Item>, caps: Option<u64>) -> Composed {
        let mut desk = Desk::new();
        desk.settings.format = Format::Rfc1153;
        let mut order = desk.order(items);
        order.caps.max_bytes = caps;
        compose(&order).unwrap()
    }

    /// Preamble, messages and end, as a program takes them apart.
    fn apart(text: &str) -> (String, Vec<String>, String) {
        let (preamble, rest) = text.split_once(&format!("\n{}\n\n", "-".repeat(70))).unwrap();
        let mut messages: Vec<String> = rest.split(&format!("\n{}\n\n", "-".repeat(30))).map(str::to_owned).collect();
        let end = messages.pop().unwrap();
        (preamble.to_owned(), messages, end)
    }

    #[test]
    fn a_day_in_plain_form() {
        let composed = composed(day(), None);
        assert_eq!(composed.drafts.len(), 1);
        let mail = mail_parser::MessageParser::new().parse(&composed.drafts[0].bytes).unwrap();
        assert!(mail.parts.len() == 1 && composed.drafts[0].html.is_empty());
        let (preamble, messages, end) = apart(&composed.drafts[0].text);
        assert_eq!(messages.len(), 16);
        assert_eq!(end, "End of workdays Digest\n**********************\n");
        let said =
            ["16 messages waited", "Today's Topics:", "    1. Database move tonight", "(Lena Ahrens)", "All times"];
        in_order(&preamble, &said);
        let first =
            ["Date: Wed, 13 Jan 2027 07:25:00 +0000", "From: Lena Ahrens <lena@example.net>", "Subject: Database"];
        in_order(&messages[0], &first);
        in_order(&messages[0], &["Message-ID: <", ">\n\nHi Ada,\n\nwe can move", "[Attached: plan.pdf (1.2 MB)"]);
    }

    #[test]
    fn no_text_is_taken_for_a_separator() {
        let line = "-".repeat(30);
        let text =
            format!("a\n\n{line}\n\nEnd of x Digest\n{}\n{line}{line}\nb {}\n{line}", "*".repeat(30), "-".repeat(71));
        let (_, messages, _) = apart(&composed(vec![item("x@example.net", "a", 1).text(&text)], None).drafts[0].text);
        assert_eq!(messages.len(), 1);
        for hostile in TEXTS {
            let items = vec![all_over(hostile), item("y@example.net", "b", 5)];
            let (_, messages, _) = apart(&composed(items, None).drafts[0].text);
            assert_eq!(messages.len(), 2, "{hostile:?}");
            for message in messages {
                let (head, _) = message.split_once("\n\n").unwrap();
                let known = |line: &str| {
                    ["Date: ", "From: ", "Subject: ", "Message-ID: "].iter().any(|name| line.starts_with(name))
                };
                assert!(head.lines().all(known), "{head}");
            }
        }
    }

    #[test]
    fn what_is_too_long_is_cut_until_it_fits() {
        let long = "The quick brown fox jumps over the lazy dog. ".repeat(2_000);
        let items = (0..40).map(|n| item("x@example.net", &format!("subject {n}"), n).text(&long)).collect();
        let composed = composed(items, Some(60_000));
        assert!(composed.drafts.iter().all(|draft| draft.bytes.len() <= 60_000));
        assert!(composed.drafts[0].text.contains("[The rest is left out.]"));
        let listed: usize = composed.drafts.iter().map(|draft| draft.items.len()).sum();
        assert_eq!(listed + composed.held_back, 40);
    }
}

//! Makes an edition's letters: chooses, orders, lays out, renders, writes.

use std::collections::HashMap;

use super::choice::Choice;
use super::context;
use super::enclosed::{self, Chosen};
use super::gather::Group;
use super::letter::{self, Body, Head};
use super::order::{ComposeError, Composed, Draft, Order};
use super::page::{self, Layout, Part};
use super::render::{self, Renderer};
use super::settings::Format;
use super::tier::Tier;
use super::{clean, entry, phrase, plain};
use crate::limits;
use crate::model::edition::{EditionId, LetterId};
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::name::DigestName;

/// Makes all letters of an edition for these recipients.
///
/// # Errors
/// As [`ComposeError`]'s variants say.
pub fn compose_for(order: &Order<'_>, recipients: &[String]) -> Result<Composed, ComposeError> {
    if recipients.is_empty() {
        return Err(ComposeError::NoRecipient);
    }
    let choice = Choice::of(order);
    let heads = headlines(&choice.groups);
    let renderer = Renderer::new(&order.settings.templates).map_err(|error| ComposeError::Render(error.to_string()))?;
    let most = order.caps.max_bytes.unwrap_or(u64::MAX);
    let (mut room, mut largest, mut most_text) = (choice.room, 0, limits::judgement::DIGEST_PLAIN);
    for _ in 0..limits::judgement::DIGEST_TRIES {
        let layout = page::lay_out(order, &choice.groups, room, &choice.aside);
        let words = (choice.things(layout.shown), heads.as_slice());
        let (drafts, faults) = write(order, recipients, (&renderer, most_text), (&layout, words))?;
        largest = drafts.iter().map(|draft| draft.bytes.len() as u64).max().unwrap_or(0);
        if drafts.is_empty() {
            return Err(ComposeError::Empty);
        }
        if largest <= most {
            let items = layout.parts.iter().flat_map(|part| part.items.iter().copied()).collect();
            return Ok(Composed { drafts, items, held_back: layout.waiting, faults });
        }
        room.sent = room.sent / 4 * 3;
        most_text /= 2;
    }
    Err(ComposeError::TooLarge { octets: largest, most })
}

/// Renders each part once, and writes it for each recipient. Also what is wrong with the person's own templates.
fn write(
    order: &Order<'_>,
    recipients: &[String],
    (renderer, most_text): (&Renderer<'_>, usize),
    (layout, (things, heads)): (&Layout, ((usize, String), &[String])),
) -> Result<(Vec<Draft>, Vec<String>), ComposeError> {
    let title = title(order, things, heads.first().map(String::as_str));
    let (mut drafts, mut faults) = (Vec::new(), Vec::new());
    // Each recipient's letter carries them.
    let mut carried = limits::judgement::DIGEST_ORIGINALS / recipients.len().max(1);
    let known: HashMap<Identity, &Item> = order.items.iter().map(|item| (item.message.identity, item)).collect();
    for (number, part) in (1_u32..).zip(&layout.parts) {
        let mut page = part.page.clone();
        page.title.clone_from(&title);
        page.preheader = heads.join(" · ");
        let edition = EditionId::of(order.person, order.kind, order.slot, order.revision, number);
        let letters: Vec<LetterId> = recipients.iter().map(|recipient| LetterId::of(edition, recipient)).collect();
        let listed = listed(&known, part);
        let Chosen { mails, said } = enclosed::choose(&order.originals, (&listed, &letters), &mut carried);
        page.footer.extend(said);
        let fault = |error: minijinja::Error| ComposeError::Render(error.to_string());
        let rendered = match order.settings.format {
            Format::Mail => renderer.page(&page).map_err(fault)?,
            Format::Rfc1153 => plainly(order, (part, &title), (&listed, most_text)),
        };
        let render::Rendered { text, html, faults: own } = rendered;
        faults.extend(own);
        let rendered = Rendered { number, parts: layout.parts.len(), part, title: &title, text, html, mails };
        for recipient in recipients {
            drafts.push(rendered.draft(order, recipient)?);
        }
    }
    faults.dedup();
    Ok((drafts, faults))
}

/// The items that a part lists, in its order, without what is folded.
fn listed<'a>(known: &HashMap<Identity, &'a Item>, part: &Part) -> Vec<&'a Item> {
    let shown = part.items.len() - part.folded;
    part.items.iter().take(shown).filter_map(|identity| known.get(identity).copied()).collect()
}

/// A part in the form of RFC 1153.
fn plainly(order: &Order<'_>, (part, title): (&Part, &str), (listed, most): (&[&Item], usize)) -> render::Rendered {
    let name = order.kind.digest().map_or("overdue", DigestName::as_str);
    let name = clean::line(name, limits::judgement::DIGEST_FIELD);
    let form = plain::Form { name: &name, zone: order.zone, most };
    let text = plain::write(part, title, (listed, form));
    render::Rendered { text, html: String::new(), faults: Vec::new() }
}

/// Who wants what, in the order of the letter: the first few groups that are for the reader.
fn headlines(groups: &[Group<'_>]) -> Vec<String> {
    let mine = groups.iter().filter(|group| group.tier == Tier::ForYou).take(limits::judgement::DIGEST_HEADLINES);
    mine.filter_map(|group| group.items.last().map(|item| entry::headline(item))).collect()
}

/// The heading of the edition: its subject without a part's number.
fn title(order: &Order<'_>, (count, things): (usize, String), top: Option<&str>) -> String {
    match order.kind.digest() {
        Some(name) => {
            let context = context::Subject {
                count,
                things,
                top: top.unwrap_or_default().to_owned(),
                day: phrase::day(order.now, order.zone),
                name: name.as_str().to_owned(),
                person: order.person_name.unwrap_or_default().to_owned(),
            };
            // The configuration has checked the template. Should it fail all the same, mail goes out with a plain subject
            // rather than not at all.
            render::subject(&order.settings.subject, &context)
                .unwrap_or_else(|_| format!("{} for {}", phrase::count(count, "message", "messages"), context.day))
        }
        None => {
            format!("These could wait no longer: {}", phrase::count(count, "message", "messages"))
        }
    }
}

/// A part, rendered.
struct Rendered<'a> {
    number: u32,
    parts: usize,
    part: &'a Part,
    title: &'a str,
    text: String,
    html: String,
    mails: Vec<&'a [u8]>,
}

impl Rendered<'_> {
    fn draft(&self, order: &Order<'_>, recipient: &str) -> Result<Draft, ComposeError> {
        let edition_of = |part| EditionId::of(order.person, order.kind, order.slot, order.revision, part);
        let id_of = |part| LetterId::of(edition_of(part), recipient);
        let letter = id_of(self.number);
        let message_id = letter::message_id(&letter.to_string(), order.domain);
        let first = letter::message_id(&id_of(1).to_string(), order.domain);
        let name = order.kind.digest().map_or("overdue", DigestName::as_str);
        let subject = match self.parts {
            1 => self.title.to_owned(),
            parts => format!("{} ({}/{parts})", self.title, self.number),
        };
        let head = Head {
            from: order.from,
            to: recipient,
            subject: &subject,
            message_id: &message_id,
            follows: (self.number > 1).then_some(first.as_str()),
            at: order.now,
            zone: order.zone,
            mark: &order.mark.mark(letter.0),
            trace: &[],
            list_id: Some(&letter::list_id(name, order.domain)),
        };
        // `=_` stands in no quoted-printable line, and `_` in no base64 one (RFC 2045 section 6.7).
        let boundary = format!("=_tidings_{letter}");
        let html = (!self.html.is_empty()).then_some((self.html.as_str(), boundary.as_str()));
        let body = Body { text: &self.text, html, attached: None, enclosed: enclosed::enclose(&self.mails, letter) };
        let bytes = letter::write(&head, &body)?;
        let parts = u32::try_from(self.parts).unwrap_or(u32::MAX);
        let (part, items) = (self.number, self.part.items.clone());
        let (text, html) = (self.text.clone(), self.html.clone());
        Ok(Draft { part, parts, recipient: recipient.to_owned(), letter, message_id, bytes, text, html, items })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

    use std::collections::BTreeSet;

    use crate::digest::columns;
    use jiff::SignedDuration;

    use crate::digest::order::{ComposeError, Week};
    use crate::digest::sample::{Desk, compose, composed, day, identities, in_order, item, one, read};
    use crate::digest::tier::{Counts, Tier};
    use crate::mark::FIELD;
    use crate::model::edition::EditionKind;
    use crate::model::verdict::Reason;

    #[test]
    fn a_day_in_its_order() {
        let read = one(day());
        let order = [
            "16 messages waited: 3 for you, 9 in conversations, 3 notices and 1\nnewsletter or the like.",
            "FOR YOU (3)",
            "* Database move tonight: please decide before 14:00",
            "Lena Ahrens <lena@example.net>, Wed 13 Jan, 07:25",
            "| we can move tonight",
            "Attached: plan.pdf (1.2 MB)",
            "Why it waited: rule \"my managers, to me alone\"",
            "mid:",
            "Invitation: Weekly round",
            "When: Weekly round, Thu 14 Jan, 10:00 to 10:45",
            "CONVERSATIONS (",
            "Your account is limited",
            "service@xn--pypal-4ve.com",
            "[link to paypal.com.example.net]",
            "Beware: the sender is not confirmed",
            "* dev.lists.example",
            "2 messages on this list",
            "* Budget for the second engine",
            "3 messages in this conversation",
            "- Charles Babbage",
            "- Mary Somerville",
            "Attached: sheets-2027-final.xlsx (48 kB)",
            "(no subject)",
            "NOTICES (3)",
            "* Shop",
            "<orders@shop.example>",
            "2 messages",
            "- Your order has shipped",
            "- Your second parcel has shipped",
            "main is green again",
            "Why it waited: the build's own mail",
            "NEWSLETTERS AND THE REST (1)",
            "* Seven things you missed",
            "The Weekly <news@weekly.example>, Tue 12 Jan, 18:00",
            "All times are those of Europe/Lisbon (UTC+00:00).",
        ];
        in_order(&read.text, &order);
        assert_eq!(
            read.subject,
            "16 things for Wednesday 13 January: Lena Ahrens: Database move tonight: please decide before 14:00"
        );
        for word in ["Treasury", "Database move tonight", "waited: <bdi>the build&#39;s own mail", "href=\"mid:"] {
            assert!(read.html.contains(word), "{word}");
        }
    }

    #[test]
    fn items_can_be_told_back() {
        let items = day();
        let composed = composed(items.clone());
        assert_eq!(composed.items.iter().copied().collect::<BTreeSet<_>>(), identities(&items));
        assert_eq!(composed.items.len(), items.len());
        assert_eq!(composed.items, composed.drafts[0].items);
        assert_eq!(composed.held_back, 0);
    }

    #[test]
    fn equal_orders_give_equal_bytes_whatever_the_order_of_items() {
        let mut items = day();
        let first = composed(items.clone());
        assert_eq!(first, composed(items.clone()));
        items.reverse();
        assert_eq!(first, composed(items));
    }

    #[test]
    fn every_header_is_there_and_no_other() {
        let mut desk = Desk::new();
        desk.settings.to.push("team@example.org".to_owned());
        let composed = compose(&desk.order(day())).unwrap();
        assert_eq!(composed.drafts.len(), 2);
        for draft in &composed.drafts {
            let read = read(&draft.bytes);
            let value = |name: &str| {
                read.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).unwrap()
            };
            let names: Vec<String> = read.headers.iter().map(|(name, _)| name.replace("List-ID", "List-Id")).collect();
            let expected = [
                "From",
                "To",
                "Subject",
                "Date",
                "Message-ID",
                "Auto-Submitted",
                "X-Auto-Response-Suppress",
                FIELD,
                "List-Id",
                "Precedence",
                "MIME-Version",
                "Content-Type",
            ];
            assert_eq!(names, expected);
            assert_eq!(value("To"), format!("<{}>", draft.recipient));
            assert_eq!(value("Date"), "Wed, 13 Jan 2027 09:00:00 +0000");
            assert_eq!(value("Message-ID"), format!("<{}@example.org>", draft.letter));
            assert_eq!(value("List-Id"), "<workdays.tidings.example.org>");
            assert_eq!(value("Precedence"), "bulk");
            assert_eq!(desk.mark.read(value(FIELD)), Some(draft.letter.0));
            assert!(value("Content-Type").starts_with("multipart/alternative"));
            assert!(value("Content-Type").contains(&draft.letter.to_string()), "the boundary is not the letter's own");
        }
        assert_ne!(composed.drafts[0].letter, composed.drafts[1].letter);
    }

    #[test]
    fn what_is_only_counted_is_counted_exactly() {
        let desk = Desk::new();
        let mut order = desk.order(day());
        (order.seen_meanwhile, order.dropped, order.held_back) = (3, 1, Counts::from([(Tier::Rest, 1_204)]));
        order.slot = "2027-01-13T07:00:00Z".parse().unwrap();
        let composed = compose(&order).unwrap();
        assert_eq!(composed.held_back, 1_204);
        let read = read(&composed.drafts[0].bytes);
        for words in [
            "3 you have already seen.",
            "1 was dropped by a rule of yours",
            "1,204 more messages wait for the next one",
            "This was due on Wednesday 13 January 2027, 07:00.",
        ] {
            assert!(read.text.contains(words), "{words} is not in:\n{}", read.text);
            assert!(read.html.contains(words), "{words}");
        }
        assert!(read.html.contains("next one, 1,204 newsletters and the like:"), "{}", read.html);
    }

    #[test]
    fn the_foot_tells_of_the_week() {
        let desk = Desk::new();
        let mut order = desk.order(day());
        order.week = Some(Week { waited: 1_214, letters: 9, longest: SignedDuration::from_hours(80), passed: 12 });
        let read = read(&compose(&order).unwrap().drafts[0].bytes);
        let told = "In the last seven days 1,214 messages waited and came in 9 letters, 12 passed at once: 1,205 interruptions \
                    fewer. The longest wait was 3 days.";
        assert!(read.html.contains(told), "{}", read.html);
        in_order(&read.text, &["Seven things you missed", "In the last seven days 1,214", "All times are those of"]);
    }

    #[test]
    fn what_could_wait_no_longer_says_so() {
        let mut desk = Desk::new();
        desk.kind = EditionKind::Overdue;
        let read = read(&compose(&desk.order(day())).unwrap().drafts[0].bytes);
        assert_eq!(read.subject, "These could wait no longer: 16 messages");
        assert!(read.text.contains("16 messages reached the longest time that mail is held"));
    }

    #[test]
    fn after_a_vacation_it_says_since_when() {
        let desk = Desk::new();
        let mut order = desk.order(day());
        order.away_since = Some("2026-12-18T17:00:00Z".parse().unwrap());
        let read = read(&compose(&order).unwrap().drafts[0].bytes);
        let said = "16 messages waited while you were away, since Friday 18 December 2026, 17:00: 3 for you, ";
        assert!(read.html.contains(said), "{}", read.html);
    }

    #[test]
    fn without_items_or_recipients_there_is_no_letter() {
        let mut desk = Desk::new();
        assert_eq!(compose(&desk.order(Vec::new())), Err(ComposeError::Empty));
        let mut order = desk.order(day());
        order.caps.max_bytes = Some(900);
        assert!(matches!(compose(&order), Err(ComposeError::TooLarge { most: 900, .. })));
        desk.settings.to = vec!["ada@example.org\r\nBcc: x@example.net".to_owned()];
        assert!(matches!(compose(&desk.order(day())), Err(ComposeError::Address(_))));
        desk.settings.to.clear();
        assert_eq!(compose(&desk.order(day())), Err(ComposeError::NoRecipient));
    }

    #[test]
    fn a_bad_subject_template_stops_no_digest() {
        let mut desk = Desk::new();
        desk.settings.subject = "{{ nope }}".to_owned();
        let read = read(&compose(&desk.order(day())).unwrap().drafts[0].bytes);
        assert_eq!(read.subject, "16 messages for Wednesday 13 January");
    }

    #[test]
    fn the_text_reads_well_at_72_columns() {
        let text = one(day()).text;
        for line in text.lines() {
            let fits = columns::of(line) <= 72 || line.trim_start().starts_with("mid:");
            assert!(fits, "{line:?}");
            assert_eq!(line.trim_end(), line, "{line:?}");
        }
        assert!(!text.contains("\n\n\n\n"), "{text}");
    }

    #[test]
    fn other_scripts_stay_whole_and_to_themselves() {
        let read = one(day());
        in_order(&read.text, &["\u{2068}مرحبا: جدول الاجتماعات\u{2069}", "\u{2068}دعاء حسن\u{2069} <doaa@example.eg>"]);
        assert!(read.text.contains("山田 太郎 <taro@例え.jp>"));
        assert!(read.html.contains("<bdi>دعاء حسن</bdi>"));
        assert!(read.html.contains("<p class=\"text\" dir=\"auto\">مرحبا"));
        assert_eq!(one(vec![item("a@example.net", "日本語の件名", 1)]).subject, "1 thing for Wednesday 13 January");
    }

    #[test]
    fn what_is_missing_is_said() {
        let mut bare = item("x@example.net", " \r\n", 5);
        bare.message.sender = None;
        bare.message.message_id = None;
        bare.verdict.reason = Reason::Unjudged("it took too long".to_owned());
        let read = one(vec![bare]);
        in_order(
            &read.text,
            &["* (no subject)", "unknown sender, Wed 13 Jan, 08:55", "could not be judged: it took too long"],
        );
        assert!(!read.html.contains("href="));
    }

    /// Writes the sample letter where one can look at it: `TIDINGS_LOOK=DIR cargo test --lib digest::issue::tests::look -- --ignored`.
    #[test]
    #[ignore = "writes files for the eye"]
    fn look() {
        let Some(folder) = std::env::var_os("TIDINGS_LOOK").map(std::path::PathBuf::from) else {
            println!("not run: TIDINGS_LOOK names no folder");
            return;
        };
        let desk = Desk::new();
        let mut order = desk.order(day());
        (order.seen_meanwhile, order.dropped) = (3, 2);
        for draft in compose(&order).unwrap().drafts {
            let read = read(&draft.bytes);
            std::fs::write(folder.join("letter.eml"), &draft.bytes).unwrap();
            std::fs::write(folder.join("letter.html"), read.html).unwrap();
            std::fs::write(folder.join("letter.txt"), read.text).unwrap();
        }
    }
}

//! What is made for many, or to be read at leisure.

use crate::limits;
use crate::model::mailing_list::{self, Sign, field, is_discussion};
use crate::model::message::{Header, Kind, Message};
use crate::model::signal::Signal;
use crate::text;
use crate::urgency::phrase::quoted;
use crate::urgency::phrases::sense::Sense;
use crate::urgency::signal::account;
use crate::urgency::signal::alarm;
use crate::urgency::signal::code;
use crate::urgency::signal::found::Found;
use crate::urgency::view::View;

/// Fields that programs put in which send one text to many: campaigns, and who gave one out.
const CAMPAIGN_FIELDS: [&str; 13] = [
    "List-Unsubscribe-Post",
    "X-Campaign",
    "X-CampaignId",
    "X-Campaign-Id",
    "X-Mailchimp-Campaign-Id",
    "X-MC-User",
    "X-CSA-Complaints",
    "X-rpcampaign",
    "X-Mailer-RecptId",
    // What turns feeds into mails: rss2email, feed2imap.
    "X-RSS-Feed",
    "X-RSS-URL",
    "X-RSS-ID",
    "X-Feed2Imap-Version",
];

/// Fields of services that tell what others do there.
const SOCIAL_FIELDS: [&str; 5] =
    ["X-Facebook-Notify", "X-LinkedIn-Class", "X-LinkedIn-Template", "X-Twitter-Notify", "X-Social-Notification"];

/// Hosts where a film or a recording is watched.
const RECORDINGS: [&str; 8] = [
    "youtube.com/watch",
    "youtu.be/",
    "vimeo.com/",
    "loom.com/share",
    "zoom.us/rec",
    "twitch.tv/videos",
    "ted.com/talks",
    "dailymotion.com/video",
];

/// Whether it came by a list, and by what that is known.
pub fn list(message: &Message) -> Option<String> {
    Some(match mailing_list::sign(message)? {
        Sign::Id(id) => format!("list is {}", quoted(id)),
        Sign::Field(name) => format!("list: it has {}", quoted(name)),
    })
}

/// `list_mail`. A list mail that names me as its recipient was written to me, too.
pub fn list_mail(view: &View<'_>) -> Option<Found> {
    let message = view.message;
    let bulk = || {
        let precedence = field(message, &["Precedence"])?;
        let many = ["bulk", "junk"].iter().any(|word| precedence.value.trim().eq_ignore_ascii_case(word));
        many.then(|| format!("Precedence is {}", quoted(precedence.value.trim())))
    };
    let evidence = list(message).or_else(bulk)?;
    let to_me = message.to.iter().any(|to| view.moment.is_me(&to.address));
    let share = if to_me && is_discussion(message) { 50 } else { 100 };
    Some(Found::part(Signal::ListMail, share, evidence))
}

/// `newsletter`: one can unsubscribe from it, or it says what only such texts say; and nobody writes to it.
pub fn newsletter(view: &View<'_>) -> Option<Found> {
    let message = view.message;
    if is_discussion(message) || view.moment.history.is_some_and(|history| history.answers_me) {
        return None;
    }
    let mark = field(message, &["List-Unsubscribe"]).or_else(|| field(message, &CAMPAIGN_FIELDS));
    let mut words: Vec<String> = view.hits(Sense::Bulk).map(|(words, hit)| quoted(words.at(&hit.span))).collect();
    words.sort();
    words.dedup();
    let is_answer = !message.thread.in_reply_to.is_empty();
    let share = match (mark.is_some(), words.len()) {
        (true, 0) => 70,
        (true, _) => 100,
        // Who answers may speak of such things.
        (false, _) if is_answer && !message.automated => return None,
        (false, 0) => return None,
        (false, 1) => 50,
        (false, 2) => 80,
        (false, _) => 100,
    };
    let mark = mark.map(|header| format!("it has {}", quoted(&header.name)));
    let evidence = mark.into_iter().chain(words.into_iter().take(limits::judgement::QUOTED_MANY)).collect();
    Some(Found { signal: Signal::Newsletter, share, evidence })
}

/// `automated_report`: a machine tells of what is done. One that brings a code or rings an alarm does not.
pub fn automated_report(view: &View<'_>) -> Option<Found> {
    let message = view.message;
    let presses = || {
        let pressing = [code::one_time_code(view), account::account_security(view), alarm::alert_source(view)];
        pressing.into_iter().flatten().next().is_some()
    };
    if message.event.is_some() || message.automated && presses() {
        return None;
    }
    if let Some(social) = field(message, &SOCIAL_FIELDS) {
        return Some(Found::whole(Signal::AutomatedReport, format!("it has {}", quoted(&social.name))));
    }
    if let Some(how) = field(message, &["Auto-Submitted"]).filter(|how| is_auto(how, "auto-replied")) {
        let evidence = format!("Auto-Submitted is {}", quoted(how.value.trim()));
        return Some(Found::whole(Signal::AutomatedReport, evidence));
    }
    // As cron(8) writes it.
    if view.subject.folded.starts_with("cron <") {
        return Some(Found::whole(Signal::AutomatedReport, "its subject is cron's".to_owned()));
    }
    // What marks a list's mail as a machine's marks what people write to the list, too.
    if is_discussion(message) {
        return None;
    }
    let words = view.hits(Sense::Report).next();
    let words = words.map(|(words, hit)| quoted(words.at(&hit.span)));
    match words {
        Some(words) if message.automated => {
            let evidence = vec!["a machine sent it".to_owned(), words];
            Some(Found { signal: Signal::AutomatedReport, share: 100, evidence })
        }
        Some(words) if message.thread.in_reply_to.is_empty() => Some(Found::part(Signal::AutomatedReport, 50, words)),
        None if message.automated => Some(Found::part(Signal::AutomatedReport, 60, "a machine sent it".to_owned())),
        Some(_) | None => None,
    }
}

/// `long_read`: a long text, many links, something to open or to watch.
pub fn long_read(view: &View<'_>) -> Option<Found> {
    let message = view.message;
    let long = match message.kind {
        Kind::Mail => limits::judgement::LONG_TEXT,
        Kind::Chat(_) => limits::judgement::LONG_CHAT,
    };
    let own = text::first_bytes(&message.own_text, limits::judgement::SIGNAL_OCTETS);
    let links = own.matches("://").count();
    let recording = RECORDINGS.iter().find(|host| view.body.folded.contains(*host));
    let is_film = |media: &str| media.starts_with("video/") || media.starts_with("audio/");
    let film = message.attachments.iter().any(|attachment| is_film(&attachment.media_type));
    let is_paper = |media: &str| !media.starts_with("image/") && !media.starts_with("text/calendar") && !is_film(media);
    let papers = message.attachments.iter().filter(|attachment| is_paper(&attachment.media_type)).count();
    let parts = [
        (own.len() >= long, 50, format!("a text of {} octets", own.len())),
        (own.len() >= 2 * long, 50, format!("more than {}", 2 * long)),
        (links >= limits::judgement::MANY_LINKS, 50, format!("{links} links")),
        (film || recording.is_some(), 50, "something to watch or to hear".to_owned()),
        (papers > 0, 50, format!("{papers} attached")),
    ];
    let found: Vec<(u8, String)> =
        parts.into_iter().filter_map(|(fires, share, evidence)| fires.then_some((share, evidence))).collect();
    let share = found.iter().map(|(share, _)| *share).sum::<u8>().min(100);
    let evidence = found.into_iter().map(|(_, evidence)| evidence).collect();
    (share > 0).then_some(Found { signal: Signal::LongRead, share, evidence })
}

fn is_auto(header: &Header, how: &str) -> bool {
    header.value.trim().to_ascii_lowercase().starts_with(how)
}

#[cfg(test)]
mod tests {
    use super::{automated_report, list_mail, long_read, newsletter};
    use crate::model::message::{Attachment, Audience, Mention, Message};
    use crate::urgency::phrases::sense::Sense;
    use crate::urgency::signal::rig::{Rig, address, chat, header, mail, word};

    fn headed(lines: &[&str]) -> Rig {
        mail("Things", "Some of them.").with(|mail| mail.headers.extend(lines.iter().map(|line| header(line))))
    }

    #[test]
    fn lists_are_known_by_their_fields() {
        headed(&["List-Id: <ducks.example.org>", "List-Post: NO"]).check(list_mail, 100);
        headed(&["List-Unsubscribe: <mailto:u@example.net>"]).check(list_mail, 100);
        headed(&["Precedence: bulk"]).check(list_mail, 100);
        headed(&["Precedence: first-class"]).check(list_mail, 0);
        headed(&[]).check(list_mail, 0);
        // Answered to the list, and to me.
        headed(&["List-Post: <mailto:ducks@example.org>"]).check(list_mail, 50);
        headed(&["List-Post: <mailto:ducks@example.org>"]).with(|mail| mail.to.clear()).check(list_mail, 100);
    }

    #[test]
    fn newsletters_are_for_many() {
        headed(&["List-Unsubscribe: <u>"]).check(newsletter, 70);
        headed(&["List-Unsubscribe: <u>"]).says(Sense::Bulk, "some of").check(newsletter, 100);
        headed(&["X-Campaign: 7"]).check(newsletter, 70);
        headed(&[]).says(Sense::Bulk, "some of").check(newsletter, 50);
        headed(&[]).says(Sense::Bulk, "some of").says(Sense::Bulk, "things").check(newsletter, 80);
        headed(&[]).check(newsletter, 0);
        headed(&["List-Unsubscribe: <u>", "List-Post: <mailto:ducks@example.org>"]).check(newsletter, 0);
        let to_list = |mail: &mut Message| {
            mail.list_id = Some("ducks.lists.example.org".to_owned());
            mail.to = vec![address("Ducks@lists.example.org")];
            mail.automated = true;
        };
        headed(&["List-Unsubscribe: <u>"]).with(to_list).check(newsletter, 0);
        headed(&["List-Unsubscribe: <u>"]).with(to_list).check(list_mail, 100);
        headed(&["Precedence: list"]).with(to_list).check(automated_report, 0);
        let answer = headed(&[]).with(|mail| mail.thread.in_reply_to = vec!["x@example.org".to_owned()]);
        answer.says(Sense::Bulk, "some of").check(newsletter, 0);
        let mut mine = word("me", "root", 60);
        mine.ancestors.clear();
        headed(&["List-Unsubscribe: <u>"]).after(&[mine]).check(newsletter, 0);
    }

    #[test]
    fn machines_tell_of_what_is_done() {
        let by_machine = |lines| headed(lines).with(|mail| mail.automated = true);
        by_machine(&[]).check(automated_report, 60);
        by_machine(&[]).says(Sense::Report, "some of").check(automated_report, 100);
        by_machine(&["Auto-Submitted: auto-replied (vacation)"]).check(automated_report, 100);
        by_machine(&["X-LinkedIn-Class: INMAIL"]).check(automated_report, 100);
        headed(&[]).with(|mail| mail.subject = "Cron <root@db7> tidy".to_owned()).check(automated_report, 100);
        headed(&[]).says(Sense::Report, "some of").check(automated_report, 50);
        headed(&[]).check(automated_report, 0);
        let alarm = |mail: &mut Message| mail.subject = "[FIRING:1] QueueTooLong".to_owned();
        by_machine(&[]).with(alarm).check(automated_report, 0);
        let code = |mail: &mut Message| mail.own_text = "Your verification code is 482913.".to_owned();
        by_machine(&[]).with(code).check(automated_report, 0);
    }

    #[test]
    fn what_takes_time_is_long() {
        let attached = |media: &str| {
            let attachment = Attachment { name: String::new(), media_type: media.to_owned(), size: 9 };
            mail("Look", "At this.").with(|mail| mail.attachments = vec![attachment])
        };
        mail("Look", "At this.").check(long_read, 0);
        mail("Look", &"word ".repeat(500)).check(long_read, 50);
        mail("Look", &"word ".repeat(1_000)).check(long_read, 100);
        mail("Look", &"https://example.org/a ".repeat(5)).check(long_read, 50);
        attached("application/pdf").check(long_read, 50);
        attached("video/mp4").check(long_read, 50);
        attached("image/png").check(long_read, 0);
        attached("text/calendar").check(long_read, 0);
        mail("Talk", "See https://vimeo.com/123 for it").check(long_read, 50);
        chat(Audience::Direct, Mention::Nobody, &"word ".repeat(250)).check(long_read, 50);
    }
}

//! Urgent mail is sent on: once, as it came, soon; never in circles, never without bound, never in anybody's way.

mod real;

use std::collections::BTreeMap;

use mail_parser::{Message, MessageParser, MimeHeaders};
use tidings::control::wire::{Request, Which};

use crate::rig::day::{AT_NINE, Day, berlin, seconds};
use crate::rig::inside::{field, letter, until};
use crate::rig::smtp_server::{Fault, Received, Setup, Step};

const PHONE: &str = "ada@phone.example";
const FORWARD: &str =
    "[[account]]\nname = \"work\"\nmaildir = \"Work\"\nhold_in = \"Held\"\nforward_urgent_to = \"ada@phone.example\"\n";
const NIGHT: &str = "[[quiet]]\nname = \"night\"\nfrom = \"20:00\"\nuntil = \"08:00\"\n";

/// A day with a second account that forwards.
async fn day(setup: Setup, at: &str, pieces: &[&str]) -> Day {
    let pieces = [&[FORWARD, AT_NINE], pieces].concat();
    Day::begin_prepared(setup, berlin(at), &pieces, |house| house.make_maildir("Work")).await
}

/// Delivers into the account that forwards.
async fn come(day: &Day, mails: &[Vec<u8>]) {
    for mail in mails {
        day.house.deliver("Work", mail, day.daemon.now());
    }
    day.daemon.on(seconds(3)).await;
}

fn mail(day: &Day, subject: &str) -> Vec<u8> {
    letter(subject, day.daemon.now()).into_bytes()
}

/// The letters to the phone.
fn forwards(day: &Day) -> Vec<Received> {
    day.smtp.letters().into_iter().filter(|letter| letter.rcpt.contains(PHONE)).collect()
}

fn read(bytes: &[u8]) -> Message<'_> {
    MessageParser::new().parse(bytes).unwrap()
}

/// The mail that a letter carries, and as what.
fn carried(letter: &[u8]) -> Option<(String, Vec<u8>)> {
    let message = read(letter);
    let part = message.attachment(0)?;
    let media = part.content_type().unwrap();
    let bytes = part.message().map_or_else(|| part.contents().to_vec(), |inner| inner.raw_message().to_vec());
    Some((format!("{}/{}", media.ctype(), media.subtype().unwrap()), bytes))
}

fn text(letter: &[u8]) -> String {
    read(letter).body_text(0).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_is_sent_on_once_as_it_came_and_nothing_else_is() {
    let day = day(Setup::default(), "06T10:00", &[]).await;
    let urgent = mail(&day, "urgent: the server");
    come(&day, &[urgent.clone(), mail(&day, "a newsletter")]).await;
    // The other account forwards nothing.
    day.mails(&["urgent: at home"]).await;
    let sent = forwards(&day);
    assert_eq!(sent.len(), 1);
    assert_eq!(day.smtp.letters().len(), 1);
    let bytes = &sent[0].bytes;
    assert_eq!(carried(bytes), Some(("message/rfc822".to_owned(), urgent)));
    assert_eq!(sent[0].mail.split(' ').next(), Some("FROM:<tidings@example.org>"), "never in another's name");
    for (name, value) in [
        ("From", "\"Tidings\" <tidings@example.org>"),
        ("Subject", "urgent: the server"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Precedence", ""),
        ("List-Id", ""),
    ] {
        assert_eq!(field(bytes, name), value, "{name}");
    }
    let text = text(bytes);
    for part in ["Urgent mail from Bob <bob@example.net>", "Monday 6 May 2024, 10:00", "rule \"second\"", "\"work\""] {
        assert!(text.contains(part), "{part:?} in {text:?}");
    }
    let day = day.again(berlin("06T11:00")).await;
    day.daemon.at(berlin("08T11:00")).await;
    assert_eq!(forwards(&day).len(), 1, "neither a restart nor time sends it again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_the_end_of_quiet_hours_is_sent_on_then_and_what_is_critical_at_once() {
    let day = day(Setup::default(), "06T22:00", &[NIGHT]).await;
    come(&day, &[mail(&day, "urgent: later"), mail(&day, "critical: now")]).await;
    let subjects =
        |day: &Day| -> Vec<String> { forwards(day).iter().map(|one| field(&one.bytes, "Subject")).collect() };
    assert_eq!(subjects(&day), ["critical: now"]);
    day.daemon.at(berlin("07T07:59")).await;
    assert_eq!(subjects(&day).len(), 1);
    day.daemon.at(berlin("07T08:00")).await;
    day.daemon.on(seconds(3)).await;
    assert_eq!(subjects(&day), ["critical: now", "urgent: later"]);
    let original = carried(&forwards(&day)[1].bytes).unwrap().1;
    assert_eq!(field(&original, "Subject"), "urgent: later");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_promoted_is_sent_on_and_what_is_released_by_hand_is_not() {
    let day = day(Setup::default(), "06T22:00", &[NIGHT]).await;
    come(&day, &[mail(&day, "plain one"), mail(&day, "urgent by hand")]).await;
    let held = day.daemon.held().await;
    let by_hand = held.iter().find(|one| one.subject == "urgent by hand").unwrap().id.clone();
    day.daemon.ask(Request::Release { which: Which::Ids(vec![by_hand]) }).await;
    day.daemon.on(seconds(3)).await;
    assert_eq!(forwards(&day).len(), 0);
    let rule = "[[rule]]\nname = \"third\"\nsubject = \"plain one\"\nurgency = \"critical\"\n";
    let day = day.configured_again(&[FORWARD, AT_NINE, NIGHT, rule], berlin("06T23:00")).await;
    day.daemon.on(seconds(3)).await;
    let sent = forwards(&day);
    assert_eq!(sent.iter().map(|one| field(&one.bytes, "Subject")).collect::<Vec<_>>(), ["plain one"]);
    assert!(text(&sent[0].bytes).contains("Critical mail"), "by its new verdict");
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_bits_go_as_they_are_where_they_are_taken_and_as_a_file_where_not() {
    let check = async |offer: Vec<&'static str>, media: &str| {
        let day = day(Setup { offer, ..Setup::default() }, "06T10:00", &[]).await;
        let urgent = String::from_utf8(mail(&day, "urgent: Gr\u{fc}n")).unwrap() + "gr\u{fc}n \u{2713}\r\n";
        come(&day, &[urgent.clone().into_bytes()]).await;
        let sent = forwards(&day);
        assert_eq!(sent.len(), 1, "{media}");
        assert_eq!(carried(&sent[0].bytes), Some((media.to_owned(), urgent.into_bytes())));
        assert_eq!(sent[0].mail.contains("BODY=8BITMIME"), !sent[0].bytes.is_ascii());
        assert_eq!(day.daemon.status().await.outbox, 0);
    };
    check(vec!["SIZE 1000000", "8BITMIME"], "message/rfc822").await;
    check(vec!["SIZE 1000000"], "application/octet-stream").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_the_server_does_not_take_goes_without_its_original_and_says_so() {
    let check = async |setup: Setup, fault: Option<Fault>, said: &str| {
        let day = day(setup, "06T10:00", &[]).await;
        if let Some(fault) = fault {
            day.smtp.fault(Step::EndOfData, fault, 1);
        }
        let urgent = [mail(&day, "urgent: large"), b"0123456789\r\n".repeat(5_000)].concat();
        come(&day, &[urgent]).await;
        let sent = forwards(&day);
        assert_eq!(sent.len(), 1, "{said}");
        assert_eq!(carried(&sent[0].bytes), None);
        assert_eq!(field(&sent[0].bytes, "Subject"), "urgent: large");
        assert!(text(&sent[0].bytes).contains(said), "{:?}", text(&sent[0].bytes));
        assert_eq!(day.house.files("Mail", "").len(), 0, "no notice: it was sent on");
    };
    check(Setup { offer: vec!["SIZE 30000", "8BITMIME"], ..Setup::default() }, None, "too large to be sent on").await;
    let reply = |text: &str| Some(Fault::Reply(text.to_owned()));
    check(Setup::default(), reply("552 5.3.4 too big"), "too large to be sent on").await;
    check(Setup::default(), reply("554 5.7.0 a forbidden attachment"), "refuses to send it on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_mail_is_not_even_fetched() {
    let day = day(Setup { offer: vec!["SIZE 0"], ..Setup::default() }, "06T10:00", &[]).await;
    let huge = [mail(&day, "urgent: huge"), b"0123456789\r\n".repeat(900_000)].concat();
    come(&day, &[huge]).await;
    assert_eq!(forwards(&day).len(), 1);
    assert!(text(&forwards(&day)[0].bytes).contains("11 MB it is too large"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_from_disk_is_sent_as_imap_shows_it_and_odd_lines_stay_as_they_are() {
    let day = day(Setup::default(), "06T10:00", &[]).await;
    let unix = String::from_utf8(mail(&day, "urgent: unix")).unwrap();
    let long = format!("{}{}\r\n", String::from_utf8(mail(&day, "urgent: long")).unwrap(), "x".repeat(2_000));
    come(&day, &[unix.replace("\r\n", "\n").into_bytes(), long.clone().into_bytes()]).await;
    let mut found: BTreeMap<String, (String, Vec<u8>)> = BTreeMap::new();
    for one in forwards(&day) {
        found.insert(field(&one.bytes, "Subject"), carried(&one.bytes).unwrap());
    }
    assert_eq!(found["urgent: unix"], ("message/rfc822".to_owned(), unix.into_bytes()));
    assert_eq!(found["urgent: long"], ("application/octet-stream".to_owned(), long.into_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_letter_waits_behind_no_digest() {
    let day = day(Setup::default(), "06T08:00", &[]).await;
    come(&day, &[mail(&day, "alpha")]).await;
    // The server takes the digest and then says nothing for as long as we like.
    day.smtp.fault(Step::EndOfData, Fault::Late, 1);
    day.daemon.set(berlin("06T09:00"));
    day.smtp.is_late().await;
    day.house.deliver("Work", &mail(&day, "urgent: meanwhile"), day.daemon.now());
    day.daemon.set(berlin("06T09:00:03"));
    until("it is sent on", async || forwards(&day).len() == 1).await;
    until("only the digest is under way", async || day.daemon.outbox().await.len() == 1).await;
    assert_eq!(day.daemon.outbox().await[0].to, "ada@example.org");
    day.smtp.release();
    day.daemon.settled().await;
    assert_eq!(day.smtp.letters().len(), 2);

    // A digest that was deferred defers nothing else.
    come(&day, &[mail(&day, "beta")]).await;
    day.smtp.fault(Step::Mail, Fault::Reply("451 4.3.0 later".to_owned()), 1);
    day.daemon.at(berlin("07T09:00")).await;
    assert_eq!(day.daemon.outbox().await.len(), 1);
    come(&day, &[mail(&day, "urgent: again")]).await;
    assert_eq!(forwards(&day).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_letter_whose_answer_was_lost_is_sent_again_after_a_minute() {
    let day = day(Setup::default(), "06T10:00", &[]).await;
    day.smtp.fault(Step::EndOfData, Fault::Cut, 1);
    come(&day, &[mail(&day, "urgent: lost")]).await;
    assert_eq!(day.daemon.status().await.uncertain, 1);
    day.daemon.on(seconds(55)).await;
    assert_eq!(forwards(&day).len(), 1);
    day.daemon.on(seconds(10)).await;
    let sent = forwards(&day);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1], "the same bytes");
    day.daemon.on(seconds(4000)).await;
    assert_eq!(forwards(&day).len(), 2);
}

/// What the notices in the INBOX of a Maildir say.
fn notices(day: &Day, maildir: &str) -> Vec<String> {
    let files = day.house.files(maildir, "");
    let mut subjects: Vec<String> = files.iter().map(|file| field(&std::fs::read(file).unwrap(), "Subject")).collect();
    subjects.retain(|subject| subject.starts_with("Tidings "));
    subjects
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_comes_back_is_not_sent_on_again_and_raises_one_alarm() {
    let day = day(Setup::default(), "06T10:00", &[]).await;
    come(&day, &[mail(&day, "urgent: round")]).await;
    let back = forwards(&day)[0].bytes.clone();
    // Where nothing is sent on it is an ordinary letter of ours.
    day.house.deliver("Mail", &back, day.daemon.now());
    day.daemon.on(seconds(3)).await;
    assert_eq!(notices(&day, "Mail"), [""; 0]);
    come(&day, std::slice::from_ref(&back)).await;
    come(&day, &[[b"Received: again\r\n".to_vec(), back].concat()]).await;
    assert_eq!(forwards(&day).len(), 1);
    assert_eq!(notices(&day, "Work"), ["Tidings stopped mail that goes in circles: work"]);
    assert_eq!(day.house.subjects("Work", "").iter().filter(|one| *one == "urgent: round").count(), 3, "they stay");
    assert_eq!(day.daemon.held().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_tidings_sent_on_may_be_sent_on_until_it_comes_home() {
    let ours = day(Setup::default(), "06T10:00", &[]).await;
    let theirs = day(Setup::default(), "06T10:00", &[]).await;
    come(&ours, &[mail(&ours, "urgent: round")]).await;
    come(&theirs, &[forwards(&ours)[0].bytes.clone()]).await;
    assert_eq!(forwards(&theirs).len(), 1, "they are another, and send on what we sent");
    come(&ours, &[forwards(&theirs)[0].bytes.clone()]).await;
    assert_eq!(forwards(&ours).len(), 1, "we know our own again, in whatever it came");
    assert_eq!(notices(&ours, "Work").len(), 1);
    assert_eq!(notices(&theirs, "Work").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_a_long_way_round_is_not_sent_on() {
    let day = day(Setup::default(), "06T10:00", &[]).await;
    let far =
        |count: usize, subject: &str| [b"Received: from somewhere\r\n".repeat(count), mail(&day, subject)].concat();
    come(&day, &[far(50, "urgent: far"), far(51, "urgent: farther")]).await;
    let sent: Vec<String> = forwards(&day).iter().map(|one| field(&one.bytes, "Subject")).collect();
    assert_eq!(sent, ["urgent: far"]);
    assert_eq!(notices(&day, "Work"), ["Tidings stopped mail that goes in circles: work"]);
    assert!(day.house.subjects("Work", "").contains(&"urgent: farther".to_owned()), "it stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_is_sent_on_in_part_and_told_of_in_one_letter_also_after_a_restart() {
    let day = day(Setup::default(), "06T10:00", &[]).await;
    let storm = |from: usize, to: usize| -> Vec<Vec<u8>> {
        (from..to).map(|n| mail(&day, &format!("urgent: alarm {n:03}"))).collect()
    };
    come(&day, &storm(0, 50)).await;
    let rest = storm(50, 100);
    assert_eq!(forwards(&day).len(), 50);
    let day = day.again(berlin("06T10:00:20")).await;
    come(&day, &rest).await;
    assert_eq!(forwards(&day).len(), 60, "the restart gave no more room");
    assert_eq!(day.house.files("Work", "").len(), 100, "all lie where they came");
    day.daemon.at(berlin("06T10:05:01")).await;
    day.daemon.on(seconds(3)).await;
    let sent = forwards(&day);
    assert_eq!(sent.len(), 61);
    let last = sent.iter().find(|one| !field(&one.bytes, "Subject").starts_with("urgent")).unwrap();
    assert_eq!(field(&last.bytes, "Subject"), "40 more urgent messages");
    assert!(text(&last.bytes).contains("the account \"work\" and lie there"));
    day.daemon.at(berlin("06T12:00")).await;
    assert_eq!(forwards(&day).len(), 61, "once");
    come(&day, &[mail(&day, "urgent: later")]).await;
    assert_eq!(forwards(&day).len(), 62, "the next one goes by itself again");
}

/// What a server writes when it cannot deliver a letter after all.
fn bounce(letter: &[u8], to: &str) -> Vec<u8> {
    let head = String::from_utf8_lossy(letter).split("\r\n\r\n").next().unwrap().to_owned();
    format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: tidings@example.org\r\nSubject: Undelivered urgent mail\r\n\
         Date: Mon, 06 May 2024 08:00:00 +0000\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n\
         --B\r\n\r\nSorry.\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
         --B\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n\r\n--B--\r\n"
    )
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_letters_that_came_back_stop_the_sending_and_what_waits_goes_on_waiting() {
    let day = day(Setup::default(), "06T08:00", &[]).await;
    for (number, at) in [(1, "06T09:00"), (2, "07T09:00"), (3, "08T09:00")] {
        come(&day, &[mail(&day, &format!("matter {number}"))]).await;
        day.daemon.at(berlin(at)).await;
        let letters = day.smtp.letters();
        assert_eq!(letters.len(), number);
        come(&day, &[bounce(&letters[number - 1].bytes, "ada@example.org")]).await;
        assert_eq!(day.daemon.held().await, [], "a bounce of ours is in no digest");
    }
    assert_eq!(notices(&day, "Mail"), ["Tidings sends nothing to ada@example.org any more"]);
    assert_eq!(day.daemon.status().await.failed, 3);
    come(&day, &[mail(&day, "matter 4")]).await;
    let day = day.again(berlin("09T08:30")).await;
    day.daemon.at(berlin("09T09:00")).await;
    assert_eq!((day.smtp.letters().len(), day.daemon.held_subjects().await), (3, vec!["matter 4".to_owned()]));
    // A day after the last one came back it is tried once more: the missed slot is answered.
    day.daemon.at(berlin("09T09:01")).await;
    assert_eq!(day.smtp.letters().len(), 4);
    // Who has not got our key proves nothing.
    let forged = bounce(b"Subject: x\r\nX-Tidings-Id: 00000000000000000000000000000000 0000000000000000000000000000000000000000000000000000000000000000\r\n\r\n", "x");
    come(&day, &[forged]).await;
    assert_eq!(day.daemon.status().await.failed, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_refuses_three_times_is_left_alone() {
    let day = day(Setup::default(), "06T10:00", &[]).await;
    day.smtp.refuse_recipient(PHONE, "550 5.1.1 no such user");
    for number in 1..=5 {
        come(&day, &[mail(&day, &format!("urgent: {number}"))]).await;
    }
    let asked = day.smtp.heard().iter().filter(|line| line.starts_with("RCPT") && line.contains(PHONE)).count();
    assert_eq!(asked, 3);
    assert_eq!(day.house.files("Work", "").len(), 5, "all lie where they came");
    assert!(notices(&day, "Mail").contains(&format!("Tidings sends nothing to {PHONE} any more")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_gets_three_digests_a_day_beyond_the_schedule() {
    let full = "[[digest]]\nname = \"full\"\nschedule = \"0 9 * * *\"\nflush_at = 1\n";
    let day = Day::begin(berlin("06T10:00"), &[full]).await;
    for number in 1..=5 {
        day.mails(&[&format!("matter {number}")]).await;
        day.daemon.on(seconds(300)).await;
    }
    assert_eq!(day.smtp.letters().len(), 3);
    assert_eq!(day.daemon.held().await.len(), 2);
    let day = day.again(berlin("06T20:00")).await;
    assert_eq!(day.smtp.letters().len(), 3, "a restart gives no more");
    day.daemon.at(berlin("07T09:00")).await;
    assert_eq!(day.smtp.letters().len(), 4, "the schedule's own comes whatever came before");
    assert_eq!(day.daemon.held().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_of_somebody_elses_mail_is_mail() {
    let day = day(Setup::default(), "06T10:00", &[]).await;
    come(&day, &[bounce(b"Subject: mine\r\n\r\n", "x@example.net")]).await;
    assert_eq!(forwards(&day).len(), 1, "it is judged by the rules");
}

//! Reads every mail and calendar of the shared corpus, and hostile ones made here: nothing panics, nothing is dropped
//! without a word.

#![allow(clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidings::mail::calendar::{self, Reading};
use tidings::mail::notes::Notes;
use tidings::mail::read::{Raw, read};
use tidings::model::identity::{Id, Identity};
use tidings::model::message::Message;

fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("TIDINGS_SHARED").unwrap_or_else(|| "../shared".into());
    let corpus = Path::new(&shared).join("corpus");
    if !corpus.is_dir() {
        println!("not run: no folder \"{}\"", corpus.display());
        return None;
    }
    Some(corpus)
}

/// All files with this ending, folder by folder, sorted.
fn files(corpus: &Path, ending: &str) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(corpus).expect("a folder").flatten().filter(|entry| entry.path().is_dir());
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| std::fs::read_dir(folder.path()).expect("a folder").flatten().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

fn message(bytes: &[u8]) -> Message {
    read(&Raw {
        bytes,
        size: bytes.len() as u64,
        received_at: Timestamp::UNIX_EPOCH,
        source: "work",
        identity: Identity(Id::of(&[bytes])),
        trust: None,
        zone: &TimeZone::UTC,
    })
}

#[test]
fn every_mail_is_read() {
    let Some(corpus) = corpus() else { return };
    let (mut counts, mut notes) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    let mut slowest = (Duration::ZERO, PathBuf::new());
    for path in files(&corpus, "eml") {
        let bytes = std::fs::read(&path).expect("a file");
        let began = Instant::now();
        let message = message(&bytes);
        slowest = slowest.max((began.elapsed(), path.clone()));
        let shown = path.display();
        assert!(!message.notes.iter().any(|note| note == "mail not readable"), "{shown}: a parser panicked");
        let is_empty = message.own_text.is_empty() && message.attachments.is_empty() && message.event.is_none();
        let has_body = !tidings::mail::fields::after_header(&bytes).trim_ascii().is_empty();
        assert!(!is_empty || !has_body || !message.notes.is_empty(), "{shown}: nothing read and nothing said");
        let is_broken = format!("{}{}", message.subject, message.own_text).contains('\u{fffd}');
        assert!(!is_broken || message.notes.iter().any(|note| note == "some letters are broken"), "{shown}");
        let controls = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
        assert!(!controls(&message.own_text) && !message.headers.iter().any(|h| controls(&h.value)), "{shown}");
        let mut count = |what: &str, is_so: bool| *counts.entry(what.to_owned()).or_default() += usize::from(is_so);
        count("mails", true);
        count("with own text", !message.own_text.is_empty());
        count("with a sender", message.sender.is_some());
        count("with a date", message.sent_at.is_some());
        count("automated", message.automated);
        count("with a list", message.list_id.is_some());
        count("with attachments", !message.attachments.is_empty());
        count("with an event", message.event.is_some());
        count("with notes", !message.notes.is_empty());
        for note in message.notes {
            *notes.entry(note).or_default() += 1;
        }
    }
    println!("{counts:#?}\n{notes:#?}\nslowest: {:?} {}", slowest.0, slowest.1.display());
    assert!(counts.get("mails").is_some_and(|count| *count > 1_000));
}

#[test]
fn every_calendar_is_read() {
    let Some(corpus) = corpus() else { return };
    let zone = TimeZone::UTC;
    let (mut events, mut all, mut slowest) = (0, 0, Duration::ZERO);
    let mut said = BTreeMap::<String, usize>::new();
    for path in files(&corpus, "ics") {
        let text = String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).into_owned();
        let mut notes = Notes::default();
        let began = Instant::now();
        let reading = Reading { received_at: Timestamp::UNIX_EPOCH, zone: &zone, method: None };
        let event = calendar::read(&text, reading, &mut notes);
        slowest = slowest.max(began.elapsed());
        assert!(event.is_some() || !notes.is_empty(), "{}: nothing read and nothing said", path.display());
        (all, events) = (all + 1, events + usize::from(event.is_some()));
        for note in notes.into_phrases() {
            println!("{}: {note}", path.display());
            *said.entry(note).or_default() += 1;
        }
    }
    println!("{events} events in {all} calendars, slowest {slowest:?}: {said:#?}");
    assert!(all > 100);
}

/// Debug builds are ten times slower than what is released; the bounds here are for them.
fn check_hostile(what: &str, bytes: &[u8]) -> Message {
    let began = Instant::now();
    let message = message(bytes);
    println!("{what}: {} bytes in {:?}: {:?}", bytes.len(), began.elapsed(), message.notes);
    assert!(!message.notes.iter().any(|note| note == "mail not readable"), "{what}: a parser panicked");
    assert!(began.elapsed() < Duration::from_secs(10), "{what}: {:?}", began.elapsed());
    message
}

const HEAD: &str = "From: a@example.org\r\nDate: Wed, 13 Jan 2027 10:00:00 +0000\r\n";

#[test]
fn hostile_structures_harm_nothing() {
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
    check_hostile("50,000 messages in messages", nested.as_bytes());
    let mut levels = String::from(HEAD);
    for level in 0..500 {
        levels.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"));
    }
    levels.push_str("Content-Type: text/plain\r\n\r\nthe bottom");
    let message = check_hostile("500 levels of multipart", levels.as_bytes());
    assert!(message.own_text.contains("the bottom"), "{}", message.own_text.len());
    let parts = "--b\r\nContent-Type: text/plain\r\n\r\npart\r\n".repeat(10_000);
    let message = check_hostile(
        "10,000 parts",
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}").as_bytes(),
    );
    assert!(message.notes.contains(&"more parts than are read".to_owned()));
    let lines = "--b\r\n".repeat(200_000);
    check_hostile(
        "200,000 boundaries",
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{lines}").as_bytes(),
    );
    let dashes = "--\r\n".repeat(250_000);
    check_hostile(
        "250,000 dashes",
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{dashes}").as_bytes(),
    );
}

#[test]
fn hostile_headers_harm_nothing() {
    let fields = "X-A: b\r\n".repeat(100_000);
    let message = check_hostile("100,000 fields", format!("{HEAD}{fields}\r\nHi").as_bytes());
    assert_eq!((message.headers.len(), message.own_text.as_str()), (1_000, "Hi"));
    assert!(message.notes.contains(&"header longer than is read".to_owned()));
    for (what, field) in [
        ("1 MB in one field", "x".repeat(1 << 20)),
        ("1 MB of encoded words", "=?utf-8?Q?a?= ".repeat(75_000)),
        ("1 MB of unfinished words", "=?a?Q?".repeat(170_000)),
        ("1 MB of folds", "a\r\n ".repeat(250_000)),
        ("1 MB of parameters", "text/plain; a*0*=b".repeat(60_000)),
        ("1 MB of sections", (0..80_000).map(|n| format!("; filename*{n}=a")).collect()),
    ] {
        for name in ["Subject", "From", "Content-Type", "Content-Disposition", "References", "List-Id"] {
            check_hostile(&format!("{what} in {name}"), format!("{HEAD}{name}: {field}\r\n\r\nHi").as_bytes());
        }
    }
    for field in ["(", "\"", "<", "a@b,", "x:", "=?utf-8?q?", "(\\"] {
        let raw = format!("{HEAD}To: {}\r\n\r\nHi", field.repeat(300_000 / field.len()));
        check_hostile(&format!("300 kB of {field} in To"), raw.as_bytes());
    }
}

#[test]
fn hostile_texts_harm_nothing() {
    let html = |body: &str| format!("{HEAD}Content-Type: text/html\r\n\r\n{body}");
    check_hostile("100,000 open divs", html(&("<div>".repeat(100_000) + "text")).as_bytes());
    check_hostile("100,000 hidden divs", html(&("<div style='display:none'>".repeat(100_000) + "text")).as_bytes());
    check_hostile("1 MB of <", html(&"<".repeat(1 << 20)).as_bytes());
    check_hostile("1 MB of &", html(&"&#".repeat(1 << 19)).as_bytes());
    check_hostile("100,000 open cells", html(&"<table><tr><td>a".repeat(60_000)).as_bytes());
    let text = |body: &str| format!("{HEAD}\r\n{body}");
    check_hostile("1 MB of quotation", text(&"> a\r\n".repeat(200_000)).as_bytes());
    check_hostile("1 MB of signatures", text(&"-- \r\n".repeat(200_000)).as_bytes());
    check_hostile("1 MB in one line", text(&"a ".repeat(1 << 19)).as_bytes());
    check_hostile("1 MB of attributions", text(&"On 1 wrote:\r\n".repeat(80_000)).as_bytes());
    let flowed =
        format!("{HEAD}Content-Type: text/plain; format=flowed\r\n\r\n{}", ">".repeat(1000).to_owned() + " a \r\n");
    check_hostile("flowed quotation", flowed.repeat(3).as_bytes());
    let message = check_hostile("NUL and 0xff", &[HEAD.as_bytes(), b"\r\n", &[0, 255].repeat(100_000)].concat());
    assert!(!message.own_text.contains('\0'));
}

#[test]
fn hostile_calendars_harm_nothing() {
    let mail = |body: &str| format!("{HEAD}Content-Type: text/calendar\r\n\r\n{body}");
    check_hostile("50,000 BEGIN lines", mail(&"BEGIN:VEVENT\r\n".repeat(50_000)).as_bytes());
    check_hostile("100,000 folds", mail(&format!("BEGIN:VCALENDAR\r\n{}", " a\r\n".repeat(50_000))).as_bytes());
    let dates = "RDATE:20270113T100000Z\r\n".repeat(9_000);
    check_hostile(
        "9,000 RDATEs",
        mail(&format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20270101T000000Z\r\n{dates}END:VEVENT\r\nEND:VCALENDAR\r\n"
        ))
        .as_bytes(),
    );
}

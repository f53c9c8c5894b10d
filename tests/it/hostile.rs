//! Mail that means harm, through the whole daemon: each ends in exactly one place, and the daemon neither dies nor grows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use ring::digest::{SHA256, digest};

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::maildir;

/// What the daemon may grow by while it reads all of it.
const GROWTH_KIB: u64 = 64 * 1024;
const BIG: u64 = 100 << 20;

const ACCOUNT: &str = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\nhold_in = \"Held\"\n";
const RULES: &str = "[[rule]]\nname = \"secret word\"\ntext = \"sesame\"\nurgency = \"urgent\"\n\
    [[rule]]\nname = \"boss\"\nfrom = \"boss@example.net\"\nurgency = \"urgent\"\n";

fn head(subject: &str) -> String {
    format!(
        "From: Bob <bob@example.net>\r\nTo: u0@test.example\r\nSubject: {subject}\r\nMessage-ID: <{}@example.net>\r\n",
        subject.replace(' ', "-")
    )
}

fn nested(depth: usize) -> String {
    format!("{}{}\r\nat the bottom", head("nested"), "Content-Type: message/rfc822\r\n\r\n".repeat(depth))
}

fn nested_multiparts(depth: usize) -> String {
    let mut mail = head("multiparts in multiparts");
    for level in 0..depth {
        let _ = write!(mail, "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    mail
}

fn parts(count: usize) -> String {
    let part = "--b\r\nContent-Type: text/plain; name=\"a.txt\"\r\n\r\nx\r\n";
    format!("{}Content-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n", head("many parts"), part.repeat(count))
}

fn many_fields() -> String {
    format!("{}{}\r\nbody", head("many fields"), "X-Long-And-Useless: as this value is\r\n".repeat(28_000))
}

fn hidden() -> String {
    format!(
        "{}MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello<span style=\"display:none\"> sesame</span>\
         <span style='font-size:0'>sesame</span><!-- sesame --></p>\r\n",
        head("hidden text")
    )
}

/// Each with its name.
fn mails() -> Vec<(&'static str, Vec<u8>)> {
    let mut all: Vec<(&str, Vec<u8>)> = vec![
        ("nested", nested(50_000).into_bytes()),
        ("nested multiparts", nested_multiparts(20_000).into_bytes()),
        ("many parts", parts(10_000).into_bytes()),
        ("many fields", many_fields().into_bytes()),
        (
            "one long field",
            format!("{}X-Long: {}\r\n\r\nbody", head("one long field"), "a".repeat(1 << 20)).into_bytes(),
        ),
        ("many folds", format!("{}X-Long: {}\r\n\r\nbody", head("many folds"), "a\r\n ".repeat(200_000)).into_bytes()),
        ("a header without an end", format!("{}X: ", head("endless")).repeat(8_000).into_bytes()),
        ("NUL bytes", [head("nu\0ll").as_bytes(), b"\r\na\0b", &[0; 4096], b"\r\n"].concat()),
        ("no header", b"this is no mail at all, but a line of text\n".to_vec()),
        ("only an end", b"\r\n\r\n".to_vec()),
        ("empty", Vec::new()),
        ("two From", format!("From: boss@example.net\r\n{}\r\nbody", head("two senders")).into_bytes()),
        ("hidden text", hidden().into_bytes()),
        ("random bytes", (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
    ];
    let deep = format!("{}Content-Type: text/html\r\n\r\n{}", head("deep html"), "<div><b>".repeat(7_000));
    let entities =
        format!("{}Content-Type: text/html\r\n\r\n{}", head("entities"), "&amp;&#x10ffff;&#0;".repeat(3_000));
    let people = format!("{}Cc: {}\r\n\r\nbody", head("many people"), "a@b.example, ".repeat(50_000));
    let words = format!("{}X: =?utf-8?Q?{}?=\r\n\r\nbody", head("=?utf-8?B?4oCu4oCu?= =?x?q?y?="), "=00".repeat(9_000));
    let calendar = format!(
        "{}Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n{}DTSTART:99999999T999999Z\r\nRRULE:FREQ=SECONDLY\r\n",
        head("calendar"),
        "BEGIN:VEVENT\r\n".repeat(3_000)
    );
    let transfer = format!("{}Content-Transfer-Encoding: base64\r\n\r\n{}", head("bad base64"), "=!A".repeat(10_000));
    for (name, text) in [
        ("deep html", deep),
        ("entities", entities),
        ("many people", people),
        ("words", words),
        ("calendar", calendar),
        ("bad base64", transfer),
    ] {
        all.push((name, text.into_bytes()));
    }
    all
}

/// A mail whose body is a hole of 100 MB.
fn deliver_big(folder: &Path) {
    maildir::deliver_as(folder, |aside| {
        let mut file = File::create(aside).unwrap();
        write!(file, "{}\r\n", head("big")).unwrap();
        file.set_len(BIG).unwrap();
    });
}

fn kib(daemon: &Daemon<'_>, key: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// How often each content lies in the mailboxes; a large file counts by its size.
fn contents(folder: &Path) -> BTreeMap<Vec<u8>, Vec<String>> {
    let mut all: BTreeMap<Vec<u8>, Vec<String>> = BTreeMap::new();
    for mailbox in ["", "Held"] {
        for file in maildir::files(folder, mailbox) {
            let key = if fs::metadata(&file).unwrap().len() == BIG {
                b"big".to_vec()
            } else {
                hash(&fs::read(&file).unwrap())
            };
            all.entry(key).or_default().push(mailbox.to_owned());
        }
    }
    all
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

#[test]
fn each_hostile_mail_ends_in_one_place_and_the_daemon_stays_small() {
    let home = Home::new();
    let folder = home.path().join("Mail");
    maildir::make(&folder);
    home.configure(&[PERSON, INTO_FOLDER, ACCOUNT, RULES, YEARLY]);
    let mut daemon = home.start();
    let before = kib(&daemon, "VmRSS");
    let mails = mails();
    for (_, bytes) in &mails {
        maildir::deliver(&folder, bytes);
    }
    deliver_big(&folder);
    // What comes last is an ordinary mail: when it is held, all that came before was looked at.
    maildir::deliver(&folder, maildir::letter("the last one").as_bytes());
    daemon.until("the ordinary mail is held", |status| {
        status["errands"] == 0 && maildir::subjects(&folder, "Held").contains(&"the last one".to_owned())
    });
    daemon.settled();
    let lie = contents(&folder);
    for (name, bytes) in &mails {
        let places = lie.get(&hash(bytes)).cloned().unwrap_or_default();
        println!("{name}: {places:?}");
        assert_eq!(places.len(), 1, "{name} lies in {places:?}");
    }
    assert_eq!(lie[b"big".as_slice()].len(), 1);
    assert_eq!(lie.values().map(Vec::len).sum::<usize>(), mails.len() + 2);
    let place = |name: &str| -> &str {
        let bytes = &mails.iter().find(|mail| mail.0 == name).unwrap().1;
        &lie[&hash(bytes)][0]
    };
    assert_eq!(place("hidden text"), "Held", "what nobody sees makes nothing urgent");
    assert_eq!(lie[b"big".as_slice()], ["Held"]);

    // All of it goes into a digest.
    daemon.tell(&["digest", "now", "--wait"]);
    daemon.settled();
    assert!(!home.letters().is_empty());
    for letter in home.letters() {
        let longest = letter.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap();
        assert!(longest <= 1_000 && !letter.contains(&0), "a line of {longest} octets");
    }
    let peak = kib(&daemon, "VmHWM");
    println!("resident: {before} KiB before, {peak} KiB at most");
    assert!(peak < before + GROWTH_KIB, "grew from {before} to {peak} KiB");
    assert!(daemon.child().try_wait().unwrap().is_none());
    assert_eq!(contents(&folder).values().map(Vec::len).sum::<usize>(), mails.len() + 2);
    daemon.stop();
    let log = home.log();
    assert!(!log.contains("panicked"), "{log}");
}

//! The same between a real Dovecot and a real Postfix.

use mail_parser::MessageParser;

use crate::rig::daemon::{Home, PERSON, YEARLY};
use crate::rig::dovecot::Dovecot;
use crate::rig::mails::mail;
use crate::rig::postfix::Postfix;
use crate::rig::postman::Postman;
use crate::rig::wait::{PATIENCE, until_true};

const RULE: &str = "[[rule]]\nname = \"matters\"\nsubject = \"*matters*\"\nurgency = \"urgent\"\n";

/// A home for this user that sends on to another.
fn home(dovecot: &Dovecot, postfix: &Postfix, user: &str, to: &str) -> Home {
    let home = Home::new();
    let out = postfix.way_out(dovecot).replace("tidings@test.example", &format!("{user}@test.example"));
    let person = PERSON.replace("u0@", &format!("{user}@"));
    let keys = format!("forward_urgent_to = \"{to}@test.example\"\n");
    home.configure(&[&person, &out, &dovecot.account(&home, user, &keys), RULE, YEARLY]);
    home
}

/// A mail with a word of its own in subject and text, and with octets of eight bits.
fn urgent(word: &str) -> Vec<u8> {
    let text = String::from_utf8(mail(word, "boss@work.example")).unwrap();
    let text = text.replace(&format!("Subject: Mail {word}"), &format!("Subject: {word} matters"));
    (text + "Gr\u{fc}\u{df}e \u{2713}\r\n.\r\n").into_bytes()
}

/// Nothing that came in stands in the log.
fn says_nothing(home: &Home) {
    let log = home.log().to_lowercase();
    for word in ["canary", "boss@", "@test.example", "gr\u{fc}\u{df}e"] {
        assert!(!log.contains(word), "{word:?} in\n{log}");
    }
}

#[test]
fn two_that_send_on_to_each_other_come_to_an_end_and_lose_nothing() {
    let dovecot = Dovecot::start();
    let postfix = Postfix::start(&dovecot);
    let (ada, bob) = (home(&dovecot, &postfix, "u0", "u1"), home(&dovecot, &postfix, "u1", "u0"));
    let (one, other) = (ada.start(), bob.start());
    let mut postman = Postman::smtp(postfix.plain);
    let original = urgent("canary");
    postman.bring(&["u0@test.example"], &original);
    let (mut adas, mut bobs) = (dovecot.client("u0"), dovecot.client("u1"));
    // The mail, what came round, and the notice about it.
    until_true(PATIENCE, "it came round", || adas.count("INBOX") == Some(3) && bobs.count("INBOX") == Some(1));
    one.settled();
    other.settled();
    assert_eq!((adas.count("INBOX"), bobs.count("INBOX")), (Some(3), Some(1)));
    assert_eq!((adas.count("Held"), bobs.count("Held")), (Some(0), Some(0)));
    let subjects = |stored: Vec<crate::rig::imap_client::Stored>| -> Vec<String> {
        let read = |bytes: &[u8]| MessageParser::new().parse(bytes).unwrap().subject().unwrap().to_owned();
        let mut subjects: Vec<String> = stored.iter().map(|one| read(&one.bytes)).collect();
        subjects.sort();
        subjects
    };
    let notice = "Tidings stopped mail that goes in circles: u0";
    assert_eq!(subjects(adas.messages("INBOX")), [notice, "canary matters", "canary matters"]);
    let sent_on = bobs.messages("INBOX");
    let letter = MessageParser::new().parse(&sent_on[0].bytes).unwrap();
    let carried = letter.attachment(0).unwrap().message().unwrap().raw_message().to_vec();
    assert!(carried.ends_with(&original), "byte for byte, behind what the servers put before it");
    one.stop();
    other.stop();
    says_nothing(&ada);
    says_nothing(&bob);
}

#[test]
fn a_letter_that_a_real_server_returns_is_known_and_passes() {
    let dovecot = Dovecot::start();
    let postfix = Postfix::start(&dovecot);
    let ada = home(&dovecot, &postfix, "u0", "nobody");
    let daemon = ada.start();
    Postman::smtp(postfix.plain).bring(&["u0@test.example"], &urgent("canary"));
    let mut reader = dovecot.client("u0");
    until_true(PATIENCE, "the letter came back", || reader.count("INBOX") == Some(2));
    daemon.until("it counts as refused", |status| status["failed"] == 1 && status["held"] == 0);
    daemon.settled();
    assert_eq!((reader.count("INBOX"), reader.count("Held")), (Some(2), Some(0)));
    daemon.stop();
    says_nothing(&ada);
}

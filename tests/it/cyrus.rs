//! `check --connect` and the daemon before a real Cyrus IMAP.

use crate::rig::cyrus::Cyrus;
use crate::rig::daemon::{Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::mails::{links_of, mail};
use crate::rig::postman::Postman;

const BOSS: &str = "[[rule]]\nname = \"boss\"\nfrom = \"boss@work.example\"\nurgency = \"urgent\"\n";

#[test]
fn check_connect_says_what_cyrus_can() {
    let (cyrus, home) = (Cyrus::start(), Home::new());
    let keys = "hold_in = \"Later/Für mich\"\nurgent_to = \"Now\"\nwatch = [\"INBOX\", \"Incomming\"]\n";
    cyrus.client("u1").run("CREATE Incoming");
    let accounts = cyrus.account(&home, "u0", "") + &cyrus.account(&home, "u1", keys);
    home.configure(&[PERSON, INTO_FOLDER, &accounts, YEARLY]);
    let (code, out, err) = home.run(&["check", "--connect"]);
    assert_eq!(code, 1, "{out}{err}");
    let (whole, faulty) = out.split_once("account \"u1\" at").unwrap();
    let check = |said: &str, expected: &[&str]| {
        // A finding may stand on several lines.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in expected {
            assert!(said.contains(part), "{part:?} is missing in:\n{out}");
        }
    };
    check(
        whole,
        &[
            "account \"u0\" at localhost:",
            ": works",
            "as \"u0\" over TLS",
            "MOVE: mail is filed in one step",
            "IDLE: new mail is seen at once",
            "OBJECTID: mail is known by the server's id",
            "\"INBOX\": 0 mails",
            "\"Held\": was made, and subscribed",
            "$TidingsListed can be kept in \"Held\"",
        ],
    );
    check(
        faulty,
        &[
            ": DOES NOT WORK",
            "\"Incomming\" cannot be opened",
            "did you mean \"Incoming\"?",
            "\"Later/Für mich\": was made, and subscribed",
            "\"Now\": was made, and subscribed",
        ],
    );
    let made = cyrus.client("u1").mailboxes();
    assert!(made.contains(&"Later/F&APw-r mich".to_owned()), "{made:?}");
    home.configure(&[PERSON, INTO_FOLDER, &cyrus.account(&home, "u0", ""), YEARLY]);
    home.write("imap-password", "wrong\n");
    let (code, out, _) = home.run(&["check", "--connect"]);
    assert_eq!(code, 1);
    check(&out, &["refused the login", "check `username` and `password`"]);
}

/// The urgent passes, the rest is filed, a digest names it, and what was named is marked.
#[test]
fn mail_in_cyrus_is_judged_filed_and_listed() {
    let (cyrus, home) = (Cyrus::start(), Home::new());
    home.configure(&[PERSON, INTO_FOLDER, &cyrus.account(&home, "u0", "urgent_to = \"Now\"\n"), BOSS, YEARLY]);
    let daemon = home.start();
    let mut postman = Postman::lmtp(cyrus.lmtp);
    for (id, from) in [("a1", "friend@home.example"), ("a2", "boss@work.example"), ("a3", "friend@home.example")] {
        postman.bring(&["u0"], &mail(id, from));
    }
    daemon.until("two are held and filed", |status| status["held"] == 2 && status["errands"] == 0);
    let mut reader = cyrus.client("u0");
    assert_eq!((reader.count("INBOX"), reader.count("Held"), reader.count("Now")), (Some(0), Some(2), Some(1)));
    reader.only("Now", "Mail a2");
    daemon.tell(&["digest", "now", "--wait"]);
    daemon.settled();
    let letters = home.letters();
    let mut listed = letters.iter().flat_map(|letter| links_of(letter)).collect::<Vec<_>>();
    listed.sort();
    assert_eq!(listed, ["a1@mails.example", "a3@mails.example"]);
    for held in reader.messages("Held") {
        assert_eq!(held.flags, ["$TidingsListed"]);
    }
    daemon.stop();
}

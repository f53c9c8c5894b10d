//! The daemon before a real Dovecot that can less than usual, that is full, that restarts, and whose mail its reader handles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::dovecot::{Dovecot, Wishes, subfolder};
use crate::rig::imap_client::{ImapClient, Stored};
use crate::rig::imap_server::mask;
use crate::rig::mails::{links_of, mail, text_of};
use crate::rig::postman::Postman;
use crate::rig::wait::{PATIENCE, until_true};

const BOSS: &str = "[[rule]]\nname = \"boss\"\nfrom = \"boss@work.example\"\nurgency = \"urgent\"\n";
const URGENT: &str = "boss@work.example";
const FRIEND: &str = "friend@home.example";
const LISTED: &str = "$TidingsListed";
const LONG_AGO: &str = "05-Jan-2026 10:00:00 +0000";

/// A Dovecot, and a home that watches its user u0; letters go into a folder.
struct Bench {
    dovecot: Dovecot,
    home: Home,
}

impl Bench {
    fn new(keys: &str) -> Self {
        Self::with(Wishes::default(), keys)
    }

    fn with(wishes: Wishes<'_>, keys: &str) -> Self {
        let (dovecot, home) = (Dovecot::with(wishes), Home::new());
        let account = dovecot.account(&home, "u0", keys);
        home.configure(&[PERSON, "[hold]\nlease = \"10m\"\n", INTO_FOLDER, &account, BOSS, YEARLY]);
        Self { dovecot, home }
    }

    fn bring(&self, mails: &[(&str, &str)]) {
        let mut postman = Postman::lmtp(self.dovecot.lmtp);
        for (id, from) in mails {
            postman.bring(&["u0"], &mail(id, from));
        }
    }

    fn reader(&self) -> ImapClient {
        self.dovecot.client("u0")
    }

    /// The ids in a mailbox, in order of their UIDs, each with its flags.
    fn lies_in(&self, mailbox: &str) -> Vec<(String, Vec<String>)> {
        let mut reader = self.reader();
        if reader.count(mailbox).is_none() {
            return Vec::new();
        }
        reader.messages(mailbox).iter().map(|message| (id(message), message.flags.clone())).collect()
    }

    /// The ids of a mailbox, sorted; each is held against what was brought, byte for byte.
    fn ids(&self, mailbox: &str) -> Vec<String> {
        let mut reader = self.reader();
        let messages = if reader.count(mailbox).is_some() { reader.messages(mailbox) } else { Vec::new() };
        let mut ids: Vec<String> = messages.iter().map(id).collect();
        for (message, id) in messages.iter().zip(&ids) {
            let whole = [URGENT, FRIEND].iter().any(|from| message.bytes.ends_with(&mail(id, from)));
            assert!(whole, "{id} in {mailbox} is not what was brought");
        }
        ids.sort();
        ids
    }

    /// Sends the digest and returns its text and the ids that it lists, sorted.
    fn digest(&self, daemon: &Daemon<'_>) -> (String, Vec<String>) {
        let before = self.home.letters().len();
        daemon.tell(&["digest", "now", "--wait"]);
        let letters = self.home.letters();
        assert_eq!(letters.len(), before + 1, "one letter is sent: {}", self.home.log());
        let letter = letters.iter().max_by_key(|letter| sent_at(letter)).unwrap();
        let mut listed: Vec<String> =
            links_of(letter).iter().map(|link| link.trim_end_matches("@mails.example").to_owned()).collect();
        listed.sort();
        (text_of(letter), listed)
    }
}

/// When a letter says it was sent; the folder sorts by something else.
fn sent_at(letter: &[u8]) -> i64 {
    let message = mail_parser::MessageParser::default().parse(letter).unwrap();
    message.date().map_or(0, mail_parser::DateTime::to_timestamp)
}

fn id(message: &Stored) -> String {
    let text = String::from_utf8_lossy(&message.bytes);
    let (_, rest) = text.split_once("Message-ID: <").unwrap();
    rest.split_once('@').unwrap().0.to_owned()
}

fn held(daemon: &Daemon<'_>, count: u64) {
    daemon.until(&format!("{count} are held and filed"), |status| status["held"] == count && status["errands"] == 0);
}

fn names(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

const THREE: [(&str, &str); 3] = [("a1", FRIEND), ("a2", URGENT), ("a3", FRIEND)];

#[test]
fn without_move_it_copies_and_removes_just_these() {
    let bench = Bench::with(Wishes { without: &["MOVE"], ..Wishes::default() }, "");
    // Somebody else's mark must survive: a plain EXPUNGE would remove it.
    bench.reader().append("INBOX", ("\\Deleted", Some(LONG_AGO)), &mail("marked", FRIEND));
    let daemon = bench.home.start();
    bench.bring(&THREE);
    held(&daemon, 2);
    assert_eq!(bench.ids("Held"), ["a1", "a3"]);
    assert_eq!(bench.ids("INBOX"), ["a2", "marked"]);
    assert_eq!(bench.digest(&daemon).1, ["a1", "a3"]);
    daemon.settled();
    assert_eq!(bench.lies_in("Held")[0].1, [LISTED]);
    daemon.stop();
}

#[test]
fn without_move_and_uidplus_it_holds_by_reference() {
    let bench = Bench::with(Wishes { without: &["MOVE", "UIDPLUS"], ..Wishes::default() }, "");
    let daemon = bench.home.start();
    bench.bring(&THREE);
    daemon.until("two are held", |status| status["held"] == 2);
    assert_eq!(bench.digest(&daemon).1, ["a1", "a3"]);
    daemon.until("no letter is left", |status| status["outbox"] == 0 && status["held"] == 0);
    let lies = bench.lies_in("INBOX");
    assert_eq!(lies.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a1", "a2", "a3"]);
    assert!(lies.iter().all(|(_, flags)| !flags.contains(&"\\Deleted".to_owned())), "{lies:?}");
    assert_eq!(bench.ids("Held"), Vec::<String>::new());
    daemon.stop();
}

#[test]
fn a_full_account_keeps_its_mail_where_it_is_and_the_digest_lists_it() {
    let settings = "mail_plugins = $mail_plugins quota\nplugin {\n  quota = count:User quota\n  quota_vsizes = yes\n  \
                    quota_rule = *:storage=24k\n  quota_grace = 0\n}\nprotocol imap {\n  mail_plugins = $mail_plugins quota\n}\n";
    let bench = Bench::with(Wishes { without: &["MOVE"], settings }, "");
    let big = |id: &str| [mail(id, FRIEND), vec![b'x'; 900], b"\r\n".to_vec()].concat();
    let daemon = bench.home.start();
    let mut postman = Postman::lmtp(bench.dovecot.lmtp);
    let filler = [mail("filler", URGENT), "a line that fills\r\n".repeat(1150).into_bytes()].concat();
    postman.bring(&["u0"], &filler);
    postman.bring(&["u0"], &big("a1"));
    let status = daemon.until("one is held", |status| status["held"] == 1);
    assert_eq!(status["degraded"], serde_json::Value::Null);
    until_true(PATIENCE, "the refusal is said", || {
        bench.home.log().contains("takes nothing, so mail stays where it is")
    });
    assert_eq!(bench.lies_in("INBOX").len(), 2);
    assert_eq!(bench.lies_in("Held").len(), 0);
    assert_eq!(bench.digest(&daemon).1, ["a1"]);
    daemon.until("it is in no digest any more", |status| status["held"] == 0);
    assert_eq!(bench.lies_in("INBOX").len(), 2);
    daemon.stop();
}

#[test]
fn mailboxes_may_have_umlauts_and_levels() {
    let keys = "hold_in = \"Später/Für & mich/読む\"\nurgent_to = \"Wichtig/Ü\"\nrelease_to = \"Später/Fertig\"\n";
    let bench = Bench::new(keys);
    let daemon = bench.home.start();
    bench.bring(&THREE);
    held(&daemon, 2);
    assert_eq!(bench.ids("Sp&AOQ-ter/F&APw-r &- mich/&irWAgA-").len(), 0, "that is another word");
    assert_eq!(bench.ids("Sp&AOQ-ter/F&APw-r &- mich/&irCAgA-").len(), 0, "and that too");
    let mailboxes = bench.reader().mailboxes();
    let hold = mailboxes.iter().find(|name| name.starts_with("Sp&AOQ-ter/F&APw-r &- mich/&")).unwrap();
    assert_eq!(bench.ids(hold), ["a1", "a3"]);
    assert_eq!(bench.ids("Wichtig/&ANw-"), ["a2"]);
    bench.digest(&daemon);
    daemon.settled();
    assert_eq!(bench.ids("Sp&AOQ-ter/Fertig"), ["a1", "a3"]);
    assert_eq!(bench.ids(hold), Vec::<String>::new());
    assert_eq!(bench.ids("INBOX"), Vec::<String>::new());
    daemon.stop();
}

#[test]
fn a_hold_mailbox_that_its_reader_deletes_is_made_again() {
    let bench = Bench::new("");
    let daemon = bench.home.start();
    bench.bring(&[("a1", FRIEND)]);
    held(&daemon, 1);
    bench.reader().run("DELETE Held");
    bench.bring(&[("a2", FRIEND)]);
    held(&daemon, 2);
    assert_eq!(bench.ids("Held"), ["a2"]);
    let (text, listed) = bench.digest(&daemon);
    assert_eq!(listed, ["a2"]);
    assert!(text.contains("1 you have already seen."), "{text}");
    daemon.settled();
    assert_eq!(bench.lies_in("Held"), [("a2".to_owned(), names(&[LISTED]))]);
    daemon.stop();
}

#[test]
fn what_its_reader_has_handled_leaves_the_digest_and_is_not_touched() {
    let bench = Bench::new("release_to = \"Done\"\nmark_seen = true\n");
    let daemon = bench.home.start();
    bench.bring(&[
        ("read", FRIEND),
        ("starred", FRIEND),
        ("moved", FRIEND),
        ("gone", FRIEND),
        ("a1", FRIEND),
        ("a2", FRIEND),
    ]);
    held(&daemon, 6);
    let mut reader = bench.reader();
    reader.run("CREATE Mine");
    for (id, command) in [
        ("read", "UID STORE # +FLAGS (\\Seen)"),
        ("starred", "UID STORE # +FLAGS (\\Flagged)"),
        ("moved", "UID MOVE # Mine"),
        ("gone", "UID STORE # +FLAGS (\\Deleted)"),
    ] {
        let uid = reader.only("Held", &format!("Mail {id}"));
        reader.run(&command.replace('#', &uid.to_string()));
    }
    reader.run("EXPUNGE");
    let (text, listed) = bench.digest(&daemon);
    assert_eq!(listed, ["a1", "a2"]);
    assert!(text.contains("4 you have already seen."), "{text}");
    daemon.settled();
    assert_eq!(
        bench.lies_in("Held"),
        [("read".to_owned(), names(&["\\Seen"])), ("starred".to_owned(), names(&["\\Flagged"]))]
    );
    assert_eq!(bench.lies_in("Mine"), [("moved".to_owned(), Vec::new())]);
    let released = names(&[LISTED, "\\Seen"]);
    assert_eq!(bench.lies_in("Done"), [("a1".to_owned(), released.clone()), ("a2".to_owned(), released)]);
    daemon.stop();
}

/// What a restored backup or a lost index looks like: every UID means something else now.
fn renumber(maildir: &Path) {
    for entry in std::fs::read_dir(maildir).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name == "dovecot-uidlist" || name.starts_with("dovecot.index") {
            std::fs::remove_file(file).unwrap();
        }
    }
}

#[test]
fn other_uids_do_no_harm() {
    let bench = Bench::new("release_to = \"Done\"\n");
    bench.reader().append("INBOX", ("", Some(LONG_AGO)), &mail("old", FRIEND));
    let daemon = bench.home.start();
    bench.bring(&THREE);
    held(&daemon, 2);
    // The reader's own mail in between: after the renumbering another mail has the UID of a held one.
    let mut reader = bench.reader();
    reader.append("Held", ("", Some(LONG_AGO)), &mail("own", FRIEND));
    let uid = reader.only("Held", "Mail a1");
    reader.run(&format!("UID MOVE {uid} INBOX"));
    let uid = reader.only("INBOX", "Mail a1");
    reader.run(&format!("UID MOVE {uid} Held"));
    drop(reader);
    let validity = |mailbox: &str| {
        let answers = bench.reader().run(&format!("STATUS {mailbox} (UIDVALIDITY)"));
        answers[0].line.clone()
    };
    let before = (validity("INBOX"), validity("Held"));
    let maildir = bench.dovecot.maildir("u0");
    renumber(&maildir);
    renumber(&subfolder(&maildir, "Held"));
    until_true(PATIENCE, "the mailboxes are renumbered", || {
        validity("INBOX") != before.0 && validity("Held") != before.1
    });
    // A session whose index was lost may be told nothing more until its IDLE is renewed, after five minutes.
    bench.dovecot.stop();
    bench.dovecot.start_again();
    bench.bring(&[("a4", FRIEND), ("a5", URGENT)]);
    held(&daemon, 3);
    assert_eq!(bench.ids("INBOX"), ["a2", "a5", "old"]);
    assert_eq!(bench.ids("Held"), ["a1", "a3", "a4", "own"]);
    assert_eq!(bench.digest(&daemon).1, ["a1", "a3", "a4"]);
    daemon.settled();
    assert_eq!(bench.ids("Done"), ["a1", "a3", "a4"]);
    assert_eq!(bench.lies_in("Held"), [("own".to_owned(), Vec::new())]);
    assert_eq!(bench.ids("INBOX"), ["a2", "a5", "old"]);
    daemon.stop();
}

#[test]
fn a_server_that_restarts_in_between_loses_and_doubles_nothing() {
    let bench = Bench::new("");
    let daemon = bench.home.start();
    let all: Vec<String> = (0..60).map(|n| format!("b{n:02}")).collect();
    for some in all.chunks(20) {
        let mails: Vec<(&str, &str)> = some.iter().map(|id| (id.as_str(), FRIEND)).collect();
        bench.bring(&mails);
        bench.dovecot.stop();
        bench.dovecot.start_again();
    }
    held(&daemon, 60);
    assert_eq!(bench.ids("Held"), all);
    assert_eq!(bench.ids("INBOX"), Vec::<String>::new());
    assert_eq!(bench.digest(&daemon).1, all);
    daemon.stop();
}

#[test]
fn released_mail_is_seen_and_is_not_held_again() {
    let bench = Bench::new("release_to = \"INBOX\"\nmark_seen = true\n");
    let daemon = bench.home.start();
    bench.bring(&THREE);
    held(&daemon, 2);
    bench.digest(&daemon);
    daemon.settled();
    let released = names(&[LISTED, "\\Seen"]);
    let expected = [("a2".to_owned(), Vec::new()), ("a1".to_owned(), released.clone()), ("a3".to_owned(), released)];
    assert_eq!(bench.lies_in("INBOX"), expected);
    // Whatever came after it is looked at, and so was what was released.
    bench.bring(&[("a4", FRIEND)]);
    held(&daemon, 1);
    assert_eq!(bench.ids("INBOX"), ["a1", "a2", "a3"]);
    assert_eq!(bench.ids("Held"), ["a4"]);
    daemon.stop();
}

#[test]
fn from_a_mailbox_that_nobody_reads_the_urgent_goes_to_the_inbox() {
    let bench = Bench::new("watch = \"Incoming\"\nurgent_to = \"INBOX\"\n");
    let mut reader = bench.reader();
    reader.run("CREATE Incoming");
    let daemon = bench.home.start();
    for (id, from) in THREE {
        reader.append("Incoming", ("", None), &mail(id, from));
    }
    held(&daemon, 2);
    assert_eq!(bench.ids("INBOX"), ["a2"]);
    assert_eq!(bench.ids("Held"), ["a1", "a3"]);
    assert_eq!(bench.ids("Incoming"), Vec::<String>::new());
    bench.digest(&daemon);
    // Our own letter passes, though no rule says so; the same letter with a mark that is not ours does not.
    let letter = bench.home.letters().remove(0);
    reader.append("Incoming", ("", None), &letter);
    let text = String::from_utf8(letter.clone()).unwrap();
    let (before, mark) = text.split_once("X-Tidings-Id: ").unwrap();
    let (mark, after) = mark.split_once("\r\n").unwrap();
    let forged: String = mark.chars().rev().collect();
    reader.append("Incoming", ("", None), format!("{before}X-Tidings-Id: {forged}\r\n{after}").as_bytes());
    held(&daemon, 1);
    until_true(PATIENCE, "both were filed", || reader.count("Incoming") == Some(0));
    assert_eq!(reader.messages("INBOX").iter().filter(|message| message.bytes == letter).count(), 1);
    assert_eq!(reader.count("Held"), Some(3));
    daemon.stop();
}

#[test]
fn a_watched_mailbox_that_is_missing_stops_no_other() {
    let bench = Bench::new("watch = [\"Nowhere\", \"INBOX\"]\nurgent_to = \"INBOX\"\n");
    let daemon = bench.home.start();
    let watching = |status: &serde_json::Value| status["sources"][0].clone();
    daemon.until("INBOX is watched", |status| watching(status)["state"] == "watching");
    bench.bring(&THREE);
    held(&daemon, 2);
    let error = watching(&daemon.json(&["status"]))["error"].clone();
    assert!(
        error.as_str().is_some_and(
            |error| error.contains("\"Nowhere\" cannot be watched") && error.contains("name another in `watch`")
        ),
        "{error}"
    );
    assert_eq!(bench.home.log().matches("cannot be watched").count(), 1, "it is said once");
    daemon.stop();
}

/// A mail whose size the server cannot say ends each connection in which it is fetched. It must not stop the others, and
/// not lie for ever in a mailbox that nobody reads.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_the_server_cannot_give_passes_unread() {
    let (dovecot, home) = (Dovecot::start(), Home::new());
    let port = mask(dovecot.imap, b"RFC822.SIZE 77777 ", b"RFC822.SIZE 7777) ").await;
    let password = home.secret("imap-password", "pw\n");
    let account = format!(
        "[[account]]\nname = \"u0\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nusername = \"u0\"\n\
         password = {password}\nwatch = \"Incoming\"\nurgent_to = \"INBOX\"\n"
    );
    home.configure(&[PERSON, INTO_FOLDER, &account, BOSS, YEARLY]);
    let mut reader = dovecot.client("u0");
    reader.run("CREATE Incoming");
    let daemon = home.start();
    let poison =
        [mail("poison", FRIEND), vec![b'x'; 77_777 - mail("poison", FRIEND).len() - 2], b"\r\n".to_vec()].concat();
    for bytes in [mail("a1", FRIEND), poison.clone(), mail("a2", URGENT), mail("a3", FRIEND)] {
        reader.append("Incoming", ("", None), &bytes);
    }
    until_true(PATIENCE, "Incoming is empty", || reader.count("Incoming") == Some(0));
    held(&daemon, 2);
    let passed = reader.messages("INBOX");
    assert_eq!(passed.len(), 2, "the urgent one and the broken one");
    assert!(passed.iter().any(|message| message.bytes == poison), "byte for byte");
    daemon.stop();
}

#[test]
fn mail_that_was_there_before_is_left_or_classified() {
    for (first_run, in_inbox, in_held) in
        [("leave", vec!["a1", "a2", "a3"], vec![]), ("classify", vec!["a2"], vec!["a1", "a3"])]
    {
        let bench = Bench::new(&format!("first_run = \"{first_run}\"\n"));
        let mut reader = bench.reader();
        for (id, from) in THREE {
            reader.append("INBOX", ("", Some(LONG_AGO)), &mail(id, from));
        }
        reader.append("INBOX", ("\\Seen", Some(LONG_AGO)), &mail("seen", FRIEND));
        let daemon = bench.home.start();
        held(&daemon, in_held.len() as u64);
        let mut expected = names(&in_inbox);
        expected.push("seen".to_owned());
        assert_eq!(bench.ids("INBOX"), expected, "{first_run}");
        assert_eq!(bench.ids("Held"), in_held, "{first_run}");
        daemon.stop();
    }
}

/// Two held mails, one that was in a digest, an urgent one and an old one in INBOX; the daemon is stopped. `first` are held
/// at first: with the old one, where a first start judges it.
fn with_some_held(bench: &Bench, first: u64) {
    bench.reader().append("INBOX", ("", Some(LONG_AGO)), &mail("old", FRIEND));
    let daemon = bench.home.start();
    bench.bring(&[("listed", FRIEND)]);
    held(&daemon, first);
    bench.digest(&daemon);
    daemon.settled();
    bench.bring(&THREE);
    held(&daemon, 2);
    daemon.stop();
}

fn is_as_before(bench: &Bench, daemon: &Daemon<'_>) {
    held(daemon, 2);
    assert_eq!(bench.ids("INBOX"), ["a2", "old"]);
    assert_eq!(bench.ids("Held"), ["a1", "a3", "listed"]);
    assert_eq!(bench.digest(daemon).1, ["a1", "a3"]);
    daemon.settled();
    assert_eq!(bench.ids("INBOX"), ["a2", "old"]);
    assert!(bench.lies_in("Held").iter().all(|(_, flags)| *flags == [LISTED]));
}

#[test]
fn without_its_state_folder_it_holds_what_it_held() {
    for (first_run, first) in [("leave", 1), ("classify", 2)] {
        let bench = Bench::new(&format!("first_run = \"{first_run}\"\n"));
        with_some_held(&bench, first);
        if first_run == "classify" {
            // There from the beginning, and so held then: this one came by another way.
            let mut reader = bench.reader();
            let uid = reader.only("Held", "Mail old");
            reader.run(&format!("UID MOVE {uid} INBOX"));
        }
        std::fs::remove_dir_all(bench.home.state()).unwrap();
        std::fs::create_dir(bench.home.state()).unwrap();
        let daemon = bench.home.start();
        is_as_before(&bench, &daemon);
        daemon.stop();
    }
}

#[test]
fn with_a_damaged_store_it_holds_what_it_held() {
    let bench = Bench::new("");
    with_some_held(&bench, 1);
    let store = bench.home.state().join("store");
    let file = store.join("db");
    let length = std::fs::metadata(&file).unwrap().len();
    std::fs::write(&file, vec![0xA5; usize::try_from(length).unwrap()]).unwrap();
    let daemon = bench.home.start();
    is_as_before(&bench, &daemon);
    assert!(bench.home.log().contains("rebuilt from the mailboxes"), "{}", bench.home.log());
    let status = daemon.until("the rescue is over", |status| status["degraded"].is_null());
    assert_eq!(status["held"], 0);
    daemon.stop();
}

#[test]
fn held_mail_comes_back_without_daemon_and_state() {
    let bench = Bench::new("");
    with_some_held(&bench, 1);
    std::fs::remove_dir_all(bench.home.state()).unwrap();
    let (code, out, err) = bench.home.run(&["release", "--expired"]);
    assert_eq!(code, 0, "{err}");
    let awake = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic).tv_sec;
    if awake <= 600 {
        // A machine that has just started: the daemon may have been alive until then.
        assert!(out.contains("nothing to do"), "{out}");
        assert_eq!(bench.ids("Held"), ["a1", "a3", "listed"]);
        return;
    }
    assert!(out.contains("2 mails were given back to \"INBOX\""), "{out}");
    assert_eq!(bench.ids("INBOX"), ["a1", "a2", "a3", "old"]);
    assert_eq!(bench.ids("Held"), ["listed"]);
}

//! SIGHUP on the running daemon: what counts at once, what changes nothing, and what must not come later than it was.

use rustix::process::{Pid, Signal, kill_process};

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::maildir;
use crate::rig::wait::{PATIENCE, until_true};

const ACCOUNT: &str = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\nhold_in = \"Held\"\n";
const SECOND: &str = "[[digest]]\nname = \"second\"\nschedule = \"0 4 1 1 *\"\ntakes = [\"low\"]\n";
const LOW: &str = "[[rule]]\nname = \"offers\"\nsubject = \"offer\"\nurgency = \"low\"\n";

fn home(pieces: &[&str]) -> Home {
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    configure(&home, pieces);
    home
}

fn configure(home: &Home, pieces: &[&str]) {
    home.configure(&[&[PERSON, INTO_FOLDER, ACCOUNT, YEARLY], pieces].concat());
}

/// Sends SIGHUP and waits until the log has one more line with these words.
fn hang_up(daemon: &Daemon<'_>, words: &str) {
    let count = || daemon.home.log().matches(words).count();
    let before = count();
    let pid = Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    until_true(PATIENCE, words, || count() > before);
}

fn hold(daemon: &Daemon<'_>, subjects: &[&str]) {
    let before = daemon.count("held");
    let folder = daemon.home.path().join("Mail");
    subjects.iter().for_each(|subject| drop(maildir::deliver(&folder, maildir::letter(subject).as_bytes())));
    let all = before + subjects.len() as u64;
    daemon.until("the mails are held", |status| status["held"] == all && status["errands"] == 0);
}

#[test]
fn a_file_with_errors_changes_nothing() {
    let home = home(&[]);
    let daemon = home.start();
    hold(&daemon, &["alpha"]);
    configure(
        &home,
        &["[[rule]]\nname = \"all\"\nurgency = \"urgent\"\n[[rule]]\nname = \"broken\"\nurgency = \"soon\"\n"],
    );
    hang_up(&daemon, "nothing was changed");
    // Commands read the file as well; the daemon is not told that it is well again.
    configure(&home, &[]);
    hold(&daemon, &["beta"]);
    assert_eq!(daemon.count("held"), 2, "the old rules hold it");
    std::fs::remove_file(home.path().join("tidings.toml")).unwrap();
    let pid = Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    until_true(PATIENCE, "it says that the file is gone", || home.log().matches("nothing was changed").count() == 2);
    configure(&home, &[]);
    assert_eq!(daemon.count("held"), 2);
    daemon.stop();
}

#[test]
fn what_waits_for_a_digest_that_is_gone_joins_the_first() {
    let home = home(&[SECOND, LOW]);
    let daemon = home.start();
    hold(&daemon, &["alpha", "an offer"]);
    let digests = |daemon: &Daemon<'_>| -> Vec<(String, String)> {
        let held = daemon.json(&["held"]);
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        held.as_array().unwrap().iter().map(|item| (text(&item["subject"]), text(&item["digest"]))).collect()
    };
    let mut before = digests(&daemon);
    before.sort();
    assert_eq!(before, [("alpha".into(), "all".into()), ("an offer".into(), "second".into())]);
    configure(&home, &[LOW]);
    hang_up(&daemon, "the configuration was read again");
    daemon.settled();
    assert_eq!(daemon.count("held"), 2, "it passes not only because its digest is gone");
    daemon.tell(&["digest", "now", "all", "--wait"]);
    assert_eq!(daemon.count("held"), 0);
    let letters = home.letters();
    assert_eq!(letters.len(), 1);
    let text = String::from_utf8_lossy(&letters[0]);
    assert!(text.contains("alpha") && text.contains("an offer"), "{text}");
    daemon.stop();
}

#[test]
fn other_rules_let_pass_what_waits_and_hold_nothing_longer() {
    let home = home(&[SECOND]);
    let daemon = home.start();
    hold(&daemon, &["alpha", "an offer", "the pager"]);
    let pager = "[[rule]]\nname = \"pager\"\nsubject = \"pager\"\nurgency = \"urgent\"\n";
    let drop = "[[rule]]\nname = \"away\"\nsubject = \"alpha\"\nurgency = \"drop\"\n";
    configure(&home, &[SECOND, LOW, pager, drop]);
    hang_up(&daemon, "the configuration was read again");
    let folder = home.path().join("Mail");
    until_true(PATIENCE, "the pager's mail passes", || maildir::subjects(&folder, "") == ["the pager"]);
    daemon.settled();
    assert_eq!(maildir::subjects(&folder, "Held"), ["alpha", "an offer"]);
    let held = daemon.json(&["held"]);
    let held = held.as_array().unwrap();
    assert_eq!(held.len(), 2, "what a rule would now drop waits on: it never leaves later than it would have");
    assert!(held.iter().all(|item| item["digest"] == "all"), "{held:?}");
    daemon.stop();
}

#[test]
fn my_own_address_that_is_added_lets_my_mail_pass() {
    let home = home(&[]);
    let daemon = home.start();
    hold(&daemon, &["alpha"]);
    let me = PERSON.replace("[\"u0@test.example\"]", "[\"u0@test.example\", \"bob@example.net\"]");
    home.configure(&[&me, INTO_FOLDER, ACCOUNT, YEARLY]);
    hang_up(&daemon, "the configuration was read again");
    let folder = home.path().join("Mail");
    until_true(PATIENCE, "it passes", || maildir::subjects(&folder, "") == ["alpha"]);
    daemon.stop();
}

#[test]
fn another_watched_mailbox_is_watched_at_once() {
    let home = home(&[]);
    let daemon = home.start();
    let folder = home.path().join("Mail");
    maildir::make(&folder.join(".Extra"));
    let account = ACCOUNT.replace("Held", "Later") + "watch = [\"INBOX\", \"Extra\"]\n";
    home.configure(&[PERSON, INTO_FOLDER, &account, YEARLY]);
    hang_up(&daemon, "the configuration was read again");
    daemon.settled();
    maildir::deliver(&folder.join(".Extra"), maildir::letter("alpha").as_bytes());
    until_true(PATIENCE, "it is held in the new mailbox", || maildir::subjects(&folder, "Later") == ["alpha"]);
    daemon.stop();
}

//! SIGHUP on the running daemon: what counts at once, what changes nothing, and what must not come later than it was.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::day::{Day, berlin};
use crate::rig::maildir;
use crate::rig::mails::text_of;
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
pub fn hang_up(daemon: &Daemon<'_>, words: &str) {
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

const PEOPLE: &str = "people = \"people/*.toml\"\n";

/// A person with a Maildir of their name beside the main file.
fn person(name: &str) -> String {
    let account = ACCOUNT.replace("\"Mail\"", &format!("\"../{name}\""));
    format!("timezone = \"Etc/UTC\"\n[me]\naddresses = [\"{name}@test.example\"]\n{account}{YEARLY}")
}

/// A home with a service and nobody in it yet.
fn nobodys_home() -> Home {
    let home = Home::new();
    std::fs::create_dir(home.path().join("people")).unwrap();
    home.configure(&[PEOPLE, INTO_FOLDER]);
    home
}

fn moves_in(home: &Home, name: &str) {
    maildir::make(&home.path().join(name));
    home.write(&format!("people/{name}.toml"), &person(name));
}

fn brings(daemon: &Daemon<'_>, name: &str, subject: &str) {
    daemon.settled();
    let folder = daemon.home.path().join(name);
    maildir::deliver(&folder, maildir::letter(subject).as_bytes());
    until_true(PATIENCE, "it is held", || maildir::subjects(&folder, "Held").contains(&subject.to_owned()));
    daemon.settled();
}

const READ: &str = "the configuration was read again";

#[test]
fn persons_come_and_go() {
    let home = nobodys_home();
    let daemon = home.start();
    moves_in(&home, "ada");
    moves_in(&home, "ben");
    hang_up(&daemon, READ);
    brings(&daemon, "ada", "for ada");
    brings(&daemon, "ben", "for ben");
    std::fs::remove_file(home.path().join("people/ben.toml")).unwrap();
    hang_up(&daemon, READ);
    let ben = home.path().join("ben");
    assert_eq!(maildir::subjects(&ben, ""), ["for ben"], "his mail is given back");
    assert_eq!(maildir::subjects(&ben, "Held"), [] as [&str; 0]);
    let status = daemon.settled();
    assert_eq!((status["held"].as_u64(), status["sources"].as_array().unwrap().len()), (Some(1), 1), "{status}");
    // Whoever comes back finds nothing twice.
    home.write("people/ben.toml", &person("ben"));
    hang_up(&daemon, READ);
    brings(&daemon, "ben", "another for ben");
    assert_eq!(daemon.count("held"), 2);
    assert_eq!(home.letters().len(), 0);
    daemon.stop();
}

#[test]
fn an_account_that_is_removed_gives_its_held_mail_back() {
    let home = home(&[]);
    maildir::make(&home.path().join("Other"));
    let other = ACCOUNT.replace("home", "other").replace("Mail", "Other");
    configure(&home, &[&other]);
    let daemon = home.start();
    hold(&daemon, &["alpha"]);
    maildir::deliver(&home.path().join("Other"), maildir::letter("beta").as_bytes());
    daemon.until("both are held", |status| status["held"] == 2 && status["errands"] == 0);
    configure(&home, &[]);
    hang_up(&daemon, READ);
    assert_eq!(maildir::subjects(&home.path().join("Other"), ""), ["beta"]);
    assert_eq!(daemon.count("held"), 1);
    daemon.tell(&["digest", "now", "--wait"]);
    let text = text_of(&home.letters()[0]);
    assert!(text.contains("alpha") && !text.contains("beta"), "{text}");
    daemon.stop();
}

#[test]
fn an_account_with_another_name_holds_nothing_twice() {
    let home = home(&[]);
    let daemon = home.start();
    hold(&daemon, &["alpha"]);
    home.configure(&[PERSON, INTO_FOLDER, &ACCOUNT.replace("\"home\"", "\"new name\""), YEARLY]);
    hang_up(&daemon, READ);
    let status = daemon.settled();
    assert_eq!((status["held"].as_u64(), status["sources"][0]["name"].as_str()), (Some(0), Some("new name")));
    assert_eq!(maildir::subjects(&home.path().join("Mail"), ""), ["alpha"]);
    hold(&daemon, &["beta"]);
    daemon.stop();
}

#[test]
fn another_login_of_the_same_name_is_another_account() {
    let other = ACCOUNT.replace("Mail", "Other");
    for there in [true, false] {
        let home = home(&[]);
        let daemon = home.start();
        hold(&daemon, &["alpha"]);
        if !there {
            take_away(&home.path().join("Mail"));
        }
        maildir::make(&home.path().join("Other"));
        home.configure(&[PERSON, INTO_FOLDER, &other, YEARLY]);
        hang_up(&daemon, READ);
        daemon.settled();
        assert_eq!(daemon.count("held"), 0);
        if there {
            assert_eq!(maildir::subjects(&home.path().join("Mail"), ""), ["alpha"]);
        } else {
            assert!(text_of(&home.letters()[0]).contains("alpha"), "it is named in a letter");
        }
        maildir::deliver(&home.path().join("Other"), maildir::letter("beta").as_bytes());
        daemon.until("the new one is watched", |status| status["held"] == 1 && status["errands"] == 0);
        daemon.stop();
    }
}

/// The Maildir is where nobody finds it.
fn take_away(folder: &Path) {
    std::fs::rename(folder, folder.with_extension("away")).unwrap();
}

#[test]
fn what_a_removed_account_cannot_give_back_is_in_the_next_digest() {
    let home = home(&[]);
    maildir::make(&home.path().join("Other"));
    let other = ACCOUNT.replace("home", "other").replace("Mail", "Other");
    let quiet = "[[quiet]]\nname = \"always\"\nfrom = \"00:00\"\nuntil = \"24:00\"\n";
    let urgent = "[[rule]]\nname = \"u\"\nsubject = \"urgent\"\nurgency = \"urgent\"\n";
    configure(&home, &[&other, quiet, urgent]);
    let daemon = home.start();
    for subject in ["beta", "urgent gamma"] {
        maildir::deliver(&home.path().join("Other"), maildir::letter(subject).as_bytes());
    }
    daemon.until("both are held", |status| status["held"] == 2 && status["errands"] == 0);
    take_away(&home.path().join("Other"));
    configure(&home, &[]);
    hang_up(&daemon, READ);
    daemon.settled();
    assert_eq!(daemon.count("held"), 2, "{}", home.log());
    daemon.tell(&["digest", "now", "--wait"]);
    let text = text_of(&home.letters()[0]);
    assert!(text.contains("beta") && text.contains("urgent gamma"), "{text}");
    assert!(text.contains("no longer watched"), "{text}");
    daemon.stop();
}

#[test]
fn what_cannot_be_given_back_to_one_who_left_is_named_at_once() {
    let home = nobodys_home();
    moves_in(&home, "ada");
    moves_in(&home, "ben");
    let daemon = home.start();
    brings(&daemon, "ben", "for ben");
    take_away(&home.path().join("ben"));
    std::fs::remove_file(home.path().join("people/ben.toml")).unwrap();
    hang_up(&daemon, READ);
    until_true(PATIENCE, "a letter is sent", || home.letters().len() == 1);
    assert!(text_of(&home.letters()[0]).contains("for ben"));
    daemon.settled();
    assert_eq!(daemon.count("held"), 0);
    daemon.stop();
}

#[test]
fn one_wrong_file_changes_nothing_for_anybody() {
    let home = nobodys_home();
    moves_in(&home, "ada");
    let daemon = home.start();
    moves_in(&home, "ben");
    home.write("people/eve.toml", "timezone = \"Etc/UTC\"\n[me]\naddresses = [\"eve@test.example\"]\nwrong = 1\n");
    hang_up(&daemon, "nothing was changed");
    assert!(home.log().contains("people/eve.toml:4:1: [me]: unknown key"), "{}", home.log());
    std::fs::remove_file(home.path().join("people/eve.toml")).unwrap();
    assert_eq!(daemon.json(&["status"])["sources"].as_array().unwrap().len(), 1);
    hang_up(&daemon, READ);
    brings(&daemon, "ben", "for ben");
    daemon.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rarer_schedule_keeps_the_slot_that_was_noted() {
    let configure = |day: &Day, schedule: &str| {
        let digest = format!("[[digest]]\nname = \"daily\"\nschedule = \"{schedule}\"\n");
        day.house.configure(&crate::rig::day::configuration(day.smtp.port, &[&digest]));
    };
    let day = Day::begin(berlin("06T08:00"), &["[[digest]]\nname = \"daily\"\nschedule = \"0 16 * * *\"\n"]).await;
    day.mails(&["one"]).await;
    configure(&day, "0 9 * * sun");
    let day = day.again(berlin("06T12:00")).await;
    day.mails(&["two"]).await;
    day.daemon.at(berlin("06T15:59")).await;
    assert_eq!(day.letters(&[]), []);
    day.daemon.at(berlin("06T16:00")).await;
    assert_eq!(day.letters(&["one", "two"]), [(berlin("06T16:00"), 2)], "what waits goes with it");
    day.mails(&["three"]).await;
    day.daemon.at(berlin("07T16:00")).await;
    day.daemon.at(berlin("12T09:00")).await;
    assert_eq!(day.letters(&["three"])[1..], [(berlin("12T09:00"), 1)], "and then the new schedule counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn longer_quiet_hours_keep_the_end_that_was_noted() {
    let quiet = |until: &str| format!("[[quiet]]\nname = \"n\"\nfrom = \"20:00\"\nuntil = \"{until}\"\n");
    let at_six = "[[digest]]\nname = \"daily\"\nschedule = \"0 6 * * *\"\n";
    let day = Day::begin(berlin("06T21:00"), &[&quiet("08:00"), at_six]).await;
    day.mails(&["an urgent one", "a plain one"]).await;
    day.house.configure(&crate::rig::day::configuration(day.smtp.port, &[&quiet("11:00"), at_six]));
    let day = day.again(berlin("06T22:00")).await;
    day.daemon.at(berlin("07T07:59:59")).await;
    assert_eq!(day.held(), ["a plain one", "an urgent one"]);
    day.daemon.at(berlin("07T08:00")).await;
    assert_eq!(day.inbox(), ["an urgent one"]);
    assert_eq!(day.letters(&["a plain one"]), [(berlin("07T08:00"), 1)]);
    day.mails(&["another urgent one"]).await;
    assert_eq!(day.inbox(), ["an urgent one"], "what is new waits for the new end");
    day.daemon.at(berlin("07T11:00")).await;
    assert_eq!(day.inbox(), ["an urgent one", "another urgent one"]);
}

/// How many files, threads and KiB of memory the daemon has.
fn footprint(daemon: &Daemon<'_>) -> (usize, usize, usize) {
    let folder = format!("/proc/{}", daemon.pid());
    let status = std::fs::read_to_string(format!("{folder}/status")).unwrap();
    let number = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap()
    };
    let files = std::fs::read_dir(format!("{folder}/fd")).unwrap().count();
    (files, number("Threads:"), number("VmRSS:"))
}

/// How many reloads: `TIDINGS_RELOADS` for more.
fn reloads() -> usize {
    std::env::var("TIDINGS_RELOADS").ok().and_then(|count| count.parse().ok()).unwrap_or(200)
}

#[test]
fn many_reloads_leave_nothing_behind() {
    let home = nobodys_home();
    ["ada", "ben"].iter().for_each(|name| moves_in(&home, name));
    let daemon = home.start();
    brings(&daemon, "ada", "for ada");
    let one = |number: usize| {
        let (bens, eves) = (home.path().join("people/ben.toml"), home.path().join("people/eve.toml"));
        match number % 4 {
            0 => std::fs::remove_file(bens).unwrap(),
            1 => drop(home.write("people/ben.toml", &person("ben"))),
            2 => drop(home.write("people/eve.toml", "wrong = 1\n")),
            _ => std::fs::remove_file(eves).unwrap(),
        }
        hang_up(&daemon, if number % 4 == 2 { "nothing was changed" } else { READ });
    };
    (0..40).for_each(one);
    daemon.settled();
    let before = footprint(&daemon);
    (40..reloads().next_multiple_of(4)).for_each(one);
    daemon.settled();
    let after = footprint(&daemon);
    println!("files, threads, KiB: {before:?}, then {after:?}");
    // A connection of ours may be open at the one moment and closed at the other.
    assert!(after.0 <= before.0 + 4, "files: {before:?} {after:?}");
    assert!(after.1 <= before.1 + 20, "threads: {before:?} {after:?}");
    assert!(after.2 <= before.2 + 16 * 1024, "memory: {before:?} {after:?}");
    assert_eq!(daemon.count("held"), 1, "what waits has waited through all of it");
    daemon.stop();
}

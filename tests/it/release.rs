//! The dead-man release: held mail goes back to its reader when the daemon has been silent too long, by the configuration alone.

use std::path::Path;

use tidings::clock;

use crate::rig::daemon::{Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::maildir;

const LEASE: &str = "[hold]\nlease = \"10m\"\n";
/// The shortest lease there can be, and a second.
const OLDER: u64 = 601;

fn home(account: &str) -> Home {
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    home.configure(&[PERSON, INTO_FOLDER, LEASE, account, YEARLY]);
    home
}

/// Writes the lease of a daemon that was alive so many seconds ago, as the store does.
fn lease(home: &Home, seconds_ago: u64) {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let seconds = clock::awake().as_secs().checked_sub(seconds_ago).unwrap();
    home.write("state/lease", &format!("{seconds} {}\n", boot.trim()));
}

/// The same, where somebody is on vacation.
fn lease_of_vacation(home: &Home, seconds_ago: u64) {
    lease(home, seconds_ago);
    let text = std::fs::read_to_string(home.path().join("state/lease")).unwrap();
    home.write("state/lease", &format!("{} vacation\n", text.trim_end()));
}

/// A machine that has not been awake for as long as the shortest lease knows no expired one.
fn is_awake_long_enough() -> bool {
    let awake = clock::awake().as_secs();
    if awake <= OLDER {
        println!("not run: the machine has been awake for {awake} s only, and the shortest lease is {OLDER} s");
    }
    awake > OLDER
}

/// Runs the daemon until one mail was delivered in a digest and another waits.
fn one_listed_one_waiting(home: &Home, watched: &Path) {
    let daemon = home.start();
    maildir::deliver(watched, maildir::letter("listed").as_bytes());
    daemon.until("the mail is held", |status| status["held"] == 1 && status["errands"] == 0);
    daemon.tell(&["digest", "now", "--wait"]);
    daemon.settled();
    maildir::deliver(watched, maildir::letter("waiting").as_bytes());
    daemon.until("the mail is held", |status| status["held"] == 1 && status["errands"] == 0);
    daemon.stop();
}

const IN_PLACE: &str = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\nhold_in = \"Held\"\n";

#[test]
fn what_waited_for_the_end_of_a_vacation_goes_back_too() {
    if !is_awake_long_enough() {
        return;
    }
    let home = home(IN_PLACE);
    let folder = home.path().join("Mail");
    maildir::make(&folder.join(".Held"));
    let day = std::time::Duration::from_secs(86_400);
    for (subject, days) in [("in the vacation", 40), ("long before", 70)] {
        let file = maildir::deliver(&folder.join(".Held"), maildir::letter(subject).as_bytes());
        let file = std::fs::File::options().write(true).open(file).unwrap();
        file.set_modified(std::time::SystemTime::now() - day * days).unwrap();
    }
    lease(&home, OLDER);
    assert_eq!(home.run(&["release", "--expired"]).0, 0);
    assert_eq!(maildir::subjects(&folder, ""), [""; 0], "older than anything is held: it is not ours");
    lease_of_vacation(&home, OLDER);
    let (code, out, err) = home.run(&["release", "--expired"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(maildir::subjects(&folder, ""), ["in the vacation"]);
    assert_eq!(maildir::subjects(&folder, "Held"), ["long before"]);
}

#[test]
fn mail_goes_back_only_when_the_lease_has_run_out() {
    if !is_awake_long_enough() {
        return;
    }
    let home = home(IN_PLACE);
    let folder = home.path().join("Mail");
    one_listed_one_waiting(&home, &folder);
    lease(&home, 0);
    let (code, out, err) = home.run(&["release", "--expired"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("nothing to do"), "{out}");
    assert_eq!(maildir::subjects(&folder, "Held"), ["listed", "waiting"]);

    lease(&home, OLDER);
    let (code, out, err) = home.run(&["release", "--expired"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(maildir::subjects(&folder, "Held"), ["listed"], "what a letter has named stays");
    assert_eq!(maildir::subjects(&folder, ""), ["waiting"]);
    let (code, _, _) = home.run(&["release", "--expired"]);
    assert_eq!(code, 0, "there is nothing left, and that is well");

    // The daemon comes back: it leaves the mail where its reader has it, and does not name it in a digest.
    let daemon = home.start();
    daemon.settled();
    let (code, _, err) = home.run(&["digest", "now"]);
    assert_eq!(code, 1, "{err}");
    daemon.settled();
    assert_eq!(maildir::subjects(&folder, ""), ["waiting"]);
    assert_eq!(home.letters().len(), 1);
    daemon.stop();
}

#[test]
fn all_goes_back_at_once_but_not_under_a_running_daemon() {
    let home = home(IN_PLACE);
    let folder = home.path().join("Mail");
    one_listed_one_waiting(&home, &folder);
    let daemon = home.start();
    let (code, _, err) = home.run(&["release", "--all"]);
    assert_eq!(code, 1);
    assert!(err.contains("the daemon is running"), "{err}");
    assert_eq!(maildir::subjects(&folder, "Held"), ["listed", "waiting"]);
    daemon.stop();

    let (code, out, err) = home.run(&["release", "--all"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("1 mails were given back"), "{out}");
    assert_eq!(maildir::subjects(&folder, "Held"), ["listed"], "what a letter has named stays");
    assert_eq!(maildir::subjects(&folder, ""), ["waiting"]);
    assert_eq!(home.run(&["release"]).0, 2, "which is never guessed");
    assert_eq!(home.run(&["release", "--all", "--expired"]).0, 2);
}

#[test]
fn a_state_folder_that_is_gone_counts_as_silence() {
    if !is_awake_long_enough() {
        return;
    }
    let home = home(IN_PLACE);
    let folder = home.path().join("Mail");
    one_listed_one_waiting(&home, &folder);
    std::fs::remove_dir_all(home.state()).unwrap();
    let (code, out, err) = home.run(&["release", "--expired"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(maildir::subjects(&folder, ""), ["waiting"]);
    assert_eq!(maildir::subjects(&folder, "Held"), ["listed"]);
}

#[test]
fn where_nobody_looks_at_the_watched_mailbox_it_is_emptied_too() {
    if !is_awake_long_enough() {
        return;
    }
    let account = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\nwatch = \"Incoming\"\nhold_in = \"Held\"\nurgent_to = \"INBOX\"\n";
    let home = home(account);
    let folder = home.path().join("Mail");
    let incoming = folder.join(".Incoming");
    maildir::make(&incoming);
    one_listed_one_waiting(&home, &incoming);
    maildir::deliver(&incoming, maildir::letter("unjudged").as_bytes());
    lease(&home, OLDER);
    let (code, out, err) = home.run(&["release", "--expired"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(maildir::subjects(&folder, ""), ["unjudged", "waiting"]);
    assert_eq!(maildir::subjects(&folder, "Held"), ["listed"]);
    assert_eq!(maildir::subjects(&folder, "Incoming"), [""; 0]);
}

#[test]
fn an_account_that_cannot_be_reached_is_said() {
    if !is_awake_long_enough() {
        return;
    }
    let both = format!("{IN_PLACE}[[account]]\nname = \"gone\"\nmaildir = \"Nowhere\"\nhold_in = \"Held\"\n");
    let home = home(IN_PLACE);
    let folder = home.path().join("Mail");
    one_listed_one_waiting(&home, &folder);
    home.configure(&[PERSON, INTO_FOLDER, LEASE, &both, YEARLY]);
    lease(&home, OLDER);
    let (code, _, err) = home.run(&["release", "--expired"]);
    assert_eq!(code, 1);
    assert!(err.contains("gone"), "{err}");
    assert_eq!(maildir::subjects(&folder, ""), ["waiting"], "the other one's mail is given back all the same");
}

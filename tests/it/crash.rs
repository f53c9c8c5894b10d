//! What a crash leaves: at every barrier, at random moments, within a command, without power, beside another daemon.
//!
//! By environment: `TIDINGS_SEED`, `TIDINGS_KILLS` (25), `TIDINGS_CUTS` (12).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod cutter;
mod forwarding;
mod mails;
mod power;
mod stage;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::rig::daemon::{Home, PERSON, YEARLY};
use crate::rig::dice::{Dice, times};
use crate::rig::dovecot::{Dovecot, Wishes};
use crate::rig::postfix::Postfix;
use crate::rig::postman::Postman;
use crate::rig::smtp_server::{Fault, Setup, SmtpServer, Step};
use cutter::{Cut, Cutter};
use mails::{Digests, FILING, Mail, Mailboxes, RULES, sort};
use stage::{Drive, HURRY};

/// An `[smtp]` without TLS on the loopback.
fn way_out(port: u16) -> String {
    format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nfrom = \"Tidings <tidings@test.example>\"\n"
    )
}

/// An `[[account]]` without TLS on the loopback.
fn imap_account(home: &Home, port: u16, user: &str) -> String {
    let password = home.secret("imap-password", "pw\n");
    format!(
        "[[account]]\nname = \"home\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\n\
         username = \"{user}\"\npassword = {password}\n{FILING}"
    )
}

const MAILDIR_ACCOUNT: &str = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\n";

/// Hands the letters that an SMTP server took over to whoever keeps the mailbox.
struct HandOver<'a> {
    smtp: &'a SmtpServer,
    given: usize,
}

impl HandOver<'_> {
    fn next(&mut self, mut give: impl FnMut(usize, &[u8])) {
        for letter in self.smtp.letters().iter().skip(self.given) {
            give(self.given, &letter.bytes);
            self.given += 1;
        }
    }
}

/// One run of eight messages with a digest; how often the daemon crashed.
fn eight_in_a_maildir(runtime: &Runtime, crash: &str) -> Result<usize, String> {
    let home = Home::new().with_variable(HURRY.0, HURRY.1);
    let mailboxes = Mailboxes::make(home.path().join("Mail"));
    let smtp = runtime.block_on(SmtpServer::start(Setup::default()));
    home.configure(&[PERSON, &way_out(smtp.port), MAILDIR_ACCOUNT, FILING, RULES, YEARLY]);
    let mails = Mail::some(8);
    for mail in &mails {
        mailboxes.deliver(&mail.word, &mail.bytes);
    }
    let mut hand_over = HandOver { smtp: &smtp, given: 0 };
    let mut beside = || hand_over.next(|n, bytes| mailboxes.deliver(&format!("letter{n}"), &mails::with_lf(bytes)));
    let mut drive = Drive { home: &home, mailboxes: &mailboxes, mails: &mails, beside: &mut beside };
    let crashes = drive.run_to_the_end(|| home.spawn_with(&[("TIDINGS_CRASH", crash)]))?;
    drive.check(Digests::One)?;
    Ok(crashes)
}

/// The same on a Dovecot.
fn eight_on_dovecot(runtime: &Runtime, dovecot: &Dovecot, user: &str, crash: &str) -> Result<usize, String> {
    let home = Home::new().with_variable(HURRY.0, HURRY.1);
    let smtp = runtime.block_on(SmtpServer::start(Setup::default()));
    home.configure(&[PERSON, &way_out(smtp.port), &imap_account(&home, dovecot.imap, user), RULES, YEARLY]);
    let result = on_dovecot(&home, dovecot, (user, &smtp), crash);
    // The next run begins with an empty mailbox.
    let _ = std::fs::remove_dir_all(dovecot.maildir(user));
    result
}

fn on_dovecot(home: &Home, dovecot: &Dovecot, (user, smtp): (&str, &SmtpServer), crash: &str) -> Result<usize, String> {
    let mailboxes = Mailboxes::at(dovecot.maildir(user));
    let mails = Mail::some(8);
    let mut client = dovecot.client(user);
    for mail in &mails {
        client.append("INBOX", ("", None), &mail.bytes);
    }
    drop(client);
    let mut hand_over = HandOver { smtp, given: 0 };
    let address = format!("{user}@test.example");
    let mut beside = || hand_over.next(|_, bytes| Postman::lmtp(dovecot.lmtp).bring(&[&address], bytes));
    let mut drive = Drive { home, mailboxes: &mailboxes, mails: &mails, beside: &mut beside };
    let crashes = drive.run_to_the_end(|| home.spawn_with(&[("TIDINGS_CRASH", crash)]))?;
    drive.check(Digests::One)?;
    Ok(crashes)
}

const WORKERS: usize = 4;

/// Before and after every barrier in turn, on a Maildir and on a Dovecot.
#[test]
fn a_crash_at_every_barrier_ends_as_if_there_had_been_none() {
    let runtime = Runtime::new().unwrap();
    let dovecot = Dovecot::start();
    let (next, last) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let (wrong, crashed) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (runtime, dovecot, next, last, wrong, crashed) = (&runtime, &dovecot, &next, &last, &wrong, &crashed);
            scope.spawn(move || {
                loop {
                    let run = next.fetch_add(1, Ordering::SeqCst);
                    if run > last.load(Ordering::SeqCst) {
                        return;
                    }
                    let side = if run.is_multiple_of(2) { "before" } else { "after" };
                    let crash = format!("{side}:{}", run / 2 + 1);
                    let started = Instant::now();
                    let done = eight_in_a_maildir(runtime, &crash).and_then(|crashes| {
                        let user = format!("u{worker}");
                        Ok(crashes + eight_on_dovecot(runtime, dovecot, &user, &crash)?)
                    });
                    println!("{crash}: {:?} after {:?}", done.as_ref().ok(), started.elapsed());
                    match done {
                        // No barrier has this number any more.
                        Ok(0) => drop(last.fetch_min(run, Ordering::SeqCst)),
                        Ok(crashes) => drop(crashed.fetch_add(crashes, Ordering::SeqCst)),
                        Err(why) => wrong.lock().unwrap().push(format!("{crash}: {why}")),
                    }
                }
            });
        }
    });
    let (wrong, crashed) = (wrong.into_inner().unwrap(), crashed.into_inner());
    println!("{crashed} crashes at barriers in {:?}", begun.elapsed());
    assert!(wrong.is_empty(), "{} runs ended otherwise:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(crashed >= 30, "only {crashed} crashes: is the daemon built with debug assertions?");
}

/// 500 messages through a real Dovecot and a real Postfix, and `kill -9` again and again.
#[test]
fn kills_at_random_moments_lose_nothing_and_repeat_nothing() {
    let mut dice = Dice::new("kills");
    let kills = times("TIDINGS_KILLS", 25);
    let dovecot = Dovecot::start();
    let postfix = Postfix::start(&dovecot);
    let home = Home::new().with_variable(HURRY.0, HURRY.1);
    let digest = "[[digest]]\nname = \"all\"\nschedule = \"* * * * *\"\nflush_at = 5\nmax_items = 1000\n";
    home.configure(&[PERSON, &postfix.way_out(&dovecot), &imap_account(&home, dovecot.imap, "u0"), RULES, digest]);
    let mailboxes = Mailboxes::at(dovecot.maildir("u0"));
    let mails = Mail::some(500);
    let begun = Instant::now();
    let mut daemon = home.spawn();
    let mut postman = Postman::lmtp(dovecot.lmtp);
    for kill in 0..kills {
        // Mail comes all the while the daemon lives, and while it does not.
        let (from, to) = (mails.len() * kill / kills, mails.len() * (kill + 1) / kills);
        let (first, rest) = mails[from..to].split_at((to - from) * 3 / 4);
        let life = Duration::from_millis(dice.below(2_000));
        for mail in first {
            postman.bring(&["u0@test.example"], &mail.bytes);
            std::thread::sleep(life / u32::try_from(first.len()).unwrap());
        }
        daemon.kill();
        rest.iter().for_each(|mail| postman.bring(&["u0@test.example"], &mail.bytes));
        daemon = home.spawn();
    }
    let killed = begun.elapsed();
    let mut beside = || {};
    let mut drive = Drive { home: &home, mailboxes: &mailboxes, mails: &mails, beside: &mut beside };
    drive.run_to_the_end(|| daemon).unwrap_or_else(|why| panic!("{why}"));
    drive.check(Digests::Exact).unwrap_or_else(|why| panic!("{why}"));
    let (_, letters) = sort([mailboxes.read("INBOX"), mailboxes.read("Urgent")].concat());
    println!(
        "{kills} kills in {killed:?}, all done after {:?}: 500 messages, {} digests, lost 0, twice 0; looked for {} times",
        begun.elapsed(),
        letters.len(),
        home.log().matches("nobody knows whether").count()
    );
}

/// One run on a Dovecot behind a proxy that cuts at this word.
fn cut_imap(dovecot: &Dovecot, user: &str, (word, cut, many): (&'static str, Cut, usize)) -> Result<(), String> {
    let runtime = Runtime::new().unwrap();
    let home = Home::new().with_variable(HURRY.0, HURRY.1);
    let smtp = runtime.block_on(SmtpServer::start(Setup::default()));
    let cutter = Cutter::start(dovecot.imap, word, cut, many);
    home.configure(&[PERSON, &way_out(smtp.port), &imap_account(&home, cutter.port, user), RULES, YEARLY]);
    let done = on_dovecot(&home, dovecot, (user, &smtp), "").map_err(|why| format!("{word:?} {cut:?}: {why}"));
    let _ = std::fs::remove_dir_all(dovecot.maildir(user));
    done?;
    if cutter.left() == 0 {
        Ok(())
    } else {
        Err(format!("{word:?} {cut:?}: it was not said {many} times\n{}", home.log()))
    }
}

fn all_cuts(dovecot: &Dovecot, plans: &[(&'static str, Cut, usize)]) {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (next, wrong) = (&next, &wrong);
            scope.spawn(move || {
                while let Some(plan) = plans.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(why) = cut_imap(dovecot, &format!("u{worker}"), *plan) {
                        wrong.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} went wrong:\n{}", wrong.len(), plans.len(), wrong.join("\n\n"));
}

/// The connection is lost at each command that changes a mailbox, before the server hears it or before its answer comes.
#[test]
fn a_command_whose_answer_is_lost_is_done_once() {
    let commands = ["UID MOVE", "UID STORE", "UID FETCH", "CREATE", "SELECT"];
    let plans: Vec<_> = commands.iter().flat_map(|word| [(*word, Cut::Before, 2), (*word, Cut::Answer, 2)]).collect();
    all_cuts(&Dovecot::start(), &plans);
}

/// The same on a server that cannot move: each message is copied, marked, expunged.
#[test]
fn a_copy_whose_answer_is_lost_leaves_no_second() {
    let commands = ["UID COPY", "\\Deleted", "UID EXPUNGE"];
    let plans: Vec<_> = commands.iter().flat_map(|word| [(*word, Cut::Before, 2), (*word, Cut::Answer, 2)]).collect();
    all_cuts(&Dovecot::with(Wishes { without: &["MOVE"], ..Wishes::default() }), &plans);
}

/// The connection to the SMTP server is lost at each step of a letter's way.
#[test]
fn a_letter_whose_answer_is_lost_arrives_once() {
    let runtime = Runtime::new().unwrap();
    let words = ["EHLO", "MAIL FROM", "RCPT TO", "DATA\r\n", "\r\n.\r\n"];
    let plans: Vec<_> = words.iter().flat_map(|word| [(*word, Cut::Before), (*word, Cut::Answer)]).collect();
    std::thread::scope(|scope| {
        for some in plans.chunks(plans.len().div_ceil(WORKERS)) {
            let runtime = &runtime;
            scope.spawn(move || some.iter().for_each(|(word, cut)| cut_smtp(runtime, word, *cut)));
        }
    });
}

fn cut_smtp(runtime: &Runtime, word: &'static str, cut: Cut) {
    let home = Home::new().with_variable(HURRY.0, HURRY.1);
    let mailboxes = Mailboxes::make(home.path().join("Mail"));
    let smtp = runtime.block_on(SmtpServer::start(Setup::default()));
    let cutter = Cutter::start(smtp.port, word, cut, 2);
    home.configure(&[PERSON, &way_out(cutter.port), MAILDIR_ACCOUNT, FILING, RULES, YEARLY]);
    let mails = Mail::some(8);
    mails.iter().for_each(|mail| mailboxes.deliver(&mail.word, &mail.bytes));
    let mut hand_over = HandOver { smtp: &smtp, given: 0 };
    let mut beside = || hand_over.next(|n, bytes| mailboxes.deliver(&format!("letter{n}"), &mails::with_lf(bytes)));
    let mut drive = Drive { home: &home, mailboxes: &mailboxes, mails: &mails, beside: &mut beside };
    drive.run_to_the_end(|| home.spawn()).unwrap_or_else(|why| panic!("{word:?} {cut:?}: {why}"));
    drive.check(Digests::One).unwrap_or_else(|why| panic!("{word:?} {cut:?}: {why}"));
    // A letter that was found where its answer was lost is not sent again.
    let expected = if word == "\r\n.\r\n" && cut == Cut::Answer { 1 } else { 0 };
    assert_eq!(cutter.left(), expected, "{word:?} {cut:?}");
    assert_eq!(smtp.letters().len(), 1, "{word:?} {cut:?}: {}", home.log());
}

/// No letter can be sent, and the notice that says so is put into INBOX over a line that is lost at APPEND.
#[test]
fn a_notice_whose_answer_is_lost_is_there_once() {
    let runtime = Runtime::new().unwrap();
    let dovecot = Dovecot::start();
    std::thread::scope(|scope| {
        for (user, cut) in [("u0", Cut::Before), ("u1", Cut::Answer)] {
            let (runtime, dovecot) = (&runtime, &dovecot);
            scope.spawn(move || {
                let home = Home::new().with_variable(HURRY.0, HURRY.1);
                let smtp = runtime.block_on(SmtpServer::start(Setup::default()));
                smtp.fault(Step::Mail, Fault::Reply("550 5.7.1 not you".to_owned()), 1_000);
                let cutter = Cutter::start(dovecot.imap, "APPEND", cut, 1);
                let account = imap_account(&home, cutter.port, user);
                home.configure(&[PERSON, &way_out(smtp.port), &account, RULES, YEARLY]);
                dovecot.client(user).append("INBOX", ("", None), &Mail::new(7, false).bytes);
                let daemon = home.start();
                daemon.until("it is held", |status| status["held"] == 1 && status["errands"] == 0);
                daemon.tell(&["digest", "now"]);
                daemon.until("the notice is there", |status| {
                    status["errands"] == 0 && cutter.left() == 0 && dovecot.client(user).count("Urgent") == Some(1)
                });
                assert_eq!(dovecot.client(user).count("INBOX"), Some(0));
                daemon.stop();
            });
        }
    });
}

#[test]
fn a_second_daemon_on_the_same_store_says_so_and_ends() {
    let home = Home::new();
    Mailboxes::make(home.path().join("Mail"));
    home.configure(&[PERSON, crate::rig::daemon::INTO_FOLDER, MAILDIR_ACCOUNT, RULES, YEARLY]);
    let daemon = home.start();
    let begun = Instant::now();
    let (code, out, err) = home.run(&["run"]);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(code, 75, "{out}{err}");
    assert!(err.contains("is in use by another tidings"), "{out}{err}");
    // The first one has not noticed.
    assert_eq!(daemon.count("held"), 0);
    daemon.stop();
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    use tidings::store::engine::{
        contract::{Batch, Engine},
        sled::SledEngine,
    };
    use tidings::store::key::Key;
    use tidings::store::record::{FORMAT, frame, small};
    let home = Home::new();
    Mailboxes::make(home.path().join("Mail"));
    home.configure(&[PERSON, crate::rig::daemon::INTO_FOLDER, MAILDIR_ACCOUNT, RULES, YEARLY]);
    home.start().stop();
    let engine = SledEngine::open(&home.state().join("store")).unwrap();
    let (key, mut batch) = (Key::Format.bytes(), Batch::default());
    let value = frame(&key, &small::write_format(FORMAT + 1));
    batch.push(key.clone(), value);
    engine.apply(&batch).unwrap();
    let before = engine.value(&key).unwrap();
    drop(engine);
    let (code, out, err) = home.run(&["run"]);
    assert_eq!(code, 78, "{out}{err}");
    assert!(err.contains("was written by a newer tidings"), "{out}{err}");
    assert_eq!(SledEngine::open(&home.state().join("store")).unwrap().value(&key).unwrap(), before);
    let names: Vec<PathBuf> = std::fs::read_dir(home.state()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!names.iter().any(|name| name.display().to_string().contains("damaged")), "{names:?}");
}

/// The store is lost or damaged while mail is held: it is held again, or passes, and is in a digest.
#[test]
fn a_store_that_is_lost_is_rebuilt_from_the_mailboxes() {
    let runtime = Runtime::new().unwrap();
    std::thread::scope(|scope| {
        for damage in [lose as fn(&std::path::Path), spoil] {
            let runtime = &runtime;
            scope.spawn(move || {
                let home = Home::new().with_variable(HURRY.0, HURRY.1);
                let mailboxes = Mailboxes::make(home.path().join("Mail"));
                let smtp = runtime.block_on(SmtpServer::start(Setup::default()));
                home.configure(&[PERSON, &way_out(smtp.port), MAILDIR_ACCOUNT, FILING, RULES, YEARLY]);
                let mails = Mail::some(8);
                mails.iter().for_each(|mail| mailboxes.deliver(&mail.word, &mail.bytes));
                let daemon = home.start();
                daemon.until("all is filed", |status| status["held"] == 5 && status["errands"] == 0);
                daemon.kill();
                damage(&home.state().join("store"));
                let mut hand_over = HandOver { smtp: &smtp, given: 0 };
                let mut beside =
                    || hand_over.next(|n, bytes| mailboxes.deliver(&format!("letter{n}"), &mails::with_lf(bytes)));
                let mut drive = Drive { home: &home, mailboxes: &mailboxes, mails: &mails, beside: &mut beside };
                drive.run_to_the_end(|| home.spawn()).unwrap_or_else(|why| panic!("{why}"));
                drive.check(Digests::One).unwrap_or_else(|why| panic!("{why}"));
                assert!(home.log().contains("it is rebuilt from the mailboxes"), "{}", home.log());
            });
        }
    });
}

fn lose(store: &std::path::Path) {
    std::fs::remove_dir_all(store).unwrap();
}

/// Every file of it is half zeros.
fn spoil(store: &std::path::Path) {
    for entry in std::fs::read_dir(store).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let mut bytes = std::fs::read(&path).unwrap();
            let half = bytes.len() / 2;
            bytes[..half].fill(0);
            std::fs::write(&path, bytes).unwrap();
        }
    }
}

/// SIGTERM while the answer to the end of a letter is outstanding: it is waited for, and the letter is not sent again.
#[test]
fn a_stop_waits_for_the_answer_to_a_letter() {
    let runtime = Runtime::new().unwrap();
    let smtp = runtime.block_on(SmtpServer::start(Setup::default()));
    let home = Home::new().with_variable(HURRY.0, HURRY.1);
    let mailboxes = Mailboxes::make(home.path().join("Mail"));
    home.configure(&[PERSON, &way_out(smtp.port), MAILDIR_ACCOUNT, FILING, RULES, YEARLY]);
    let mails = Mail::some(8);
    mails.iter().for_each(|mail| mailboxes.deliver(&mail.word, &mail.bytes));
    smtp.fault(Step::EndOfData, Fault::Late, 1);
    let mut daemon = home.start();
    daemon.until("all is filed", |status| status["held"] == 5 && status["errands"] == 0);
    daemon.tell(&["digest", "now"]);
    runtime.block_on(smtp.is_late());
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| daemon.terminate());
        crate::rig::wait::until_true(crate::rig::wait::PATIENCE, "it is stopping", || home.log().contains("stopping"));
        smtp.release();
        assert!(stopping.join().unwrap().success(), "{}", home.log());
    });
    let mut hand_over = HandOver { smtp: &smtp, given: 0 };
    let mut beside = || hand_over.next(|n, bytes| mailboxes.deliver(&format!("letter{n}"), &mails::with_lf(bytes)));
    let mut drive = Drive { home: &home, mailboxes: &mailboxes, mails: &mails, beside: &mut beside };
    drive.run_to_the_end(|| home.spawn()).unwrap_or_else(|why| panic!("{why}"));
    drive.check(Digests::One).unwrap_or_else(|why| panic!("{why}"));
    assert!(!home.log().contains("nobody knows"), "{}", home.log());
}

/// SIGTERM at random moments of the work.
#[test]
fn a_stop_in_the_middle_is_short_and_loses_nothing() {
    let mut dice = Dice::new("stops");
    let dovecot = Dovecot::start();
    let runtime = Runtime::new().unwrap();
    let smtp = runtime.block_on(SmtpServer::start(Setup::default()));
    let home = Home::new().with_variable(HURRY.0, HURRY.1);
    let digest = "[[digest]]\nname = \"all\"\nschedule = \"0 3 1 1 *\"\nflush_at = 10\n";
    home.configure(&[PERSON, &way_out(smtp.port), &imap_account(&home, dovecot.imap, "u0"), RULES, digest]);
    let mails = Mail::some(120);
    let mut postman = Postman::lmtp(dovecot.lmtp);
    let mut hand_over = HandOver { smtp: &smtp, given: 0 };
    let mut beside = || hand_over.next(|_, bytes| Postman::lmtp(dovecot.lmtp).bring(&["u0@test.example"], bytes));
    let mut longest = Duration::ZERO;
    for some in mails.chunks(10) {
        some.iter().for_each(|mail| postman.bring(&["u0@test.example"], &mail.bytes));
        let mut daemon = home.spawn();
        std::thread::sleep(Duration::from_millis(dice.below(800)));
        let begun = Instant::now();
        let status = daemon.terminate();
        longest = longest.max(begun.elapsed());
        // Before it listens to signals, one ends it as a signal does.
        let young = std::os::unix::process::ExitStatusExt::signal(&status) == Some(15) && daemon.said().is_empty();
        assert!(status.success() || young, "{status}\n{}", home.log());
        beside();
    }
    println!("the longest stop took {longest:?}");
    assert!(longest < Duration::from_secs(20), "{longest:?}");
    let mailboxes = Mailboxes::at(dovecot.maildir("u0"));
    let mut drive = Drive { home: &home, mailboxes: &mailboxes, mails: &mails, beside: &mut beside };
    drive.run_to_the_end(|| home.spawn()).unwrap_or_else(|why| panic!("{why}"));
    drive.check(Digests::Exact).unwrap_or_else(|why| panic!("{why}"));
}

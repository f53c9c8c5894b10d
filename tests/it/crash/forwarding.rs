//! Urgent mail that is sent on arrives exactly once, whatever ends the daemon on the way.

use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mail_parser::MessageParser;
use tokio::runtime::Runtime;

use super::mails::{FILING, Mail, Mailboxes, RULES, with_lf};
use super::stage::HURRY;
use super::{MAILDIR_ACCOUNT, WORKERS, way_out};
use crate::rig::daemon::Home;
use crate::rig::smtp_server::{Setup, SmtpServer};

/// The mailbox of the phone is one that can be looked into.
const PERSON: &str = "timezone = \"Etc/UTC\"\n[me]\naddresses = [\"u0@test.example\", \"phone@test.example\"]\n";
const FORWARD: &str = "forward_urgent_to = \"phone@test.example\"\n";
const PHONE: &str = "[[account]]\nname = \"phone\"\nmaildir = \"Phone\"\nfirst_run = \"classify\"\n";
const DIGEST: &str = "[[digest]]\nname = \"all\"\nschedule = \"0 3 1 1 *\"\n";
const MAILS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(120);

/// Before and after every barrier in turn.
#[test]
fn what_is_sent_on_arrives_once_whatever_barrier_it_crashes_at() {
    let runtime = Runtime::new().unwrap();
    let (next, last) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let (wrong, crashed) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let run = next.fetch_add(1, Ordering::SeqCst);
                    if run > last.load(Ordering::SeqCst) {
                        return;
                    }
                    let side = if run.is_multiple_of(2) { "before" } else { "after" };
                    let crash = format!("{side}:{}", run / 2 + 1);
                    match two(&runtime, &crash) {
                        Ok(0) => drop(last.fetch_min(run, Ordering::SeqCst)),
                        Ok(_) => drop(crashed.fetch_add(1, Ordering::SeqCst)),
                        Err(why) => {
                            wrong.lock().unwrap().push(format!("{crash}: {why}"));
                            last.fetch_min(run, Ordering::SeqCst);
                        }
                    }
                }
            });
        }
    });
    let (wrong, crashed) = (wrong.into_inner().unwrap(), crashed.into_inner());
    println!("{crashed} crashes of a daemon that sends on, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(crashed > 20, "{crashed} barriers are too few to be all");
}

/// One run of two urgent messages; how often the daemon crashed.
fn two(runtime: &Runtime, crash: &str) -> Result<usize, String> {
    let home = Home::new().with_variable(HURRY.0, HURRY.1);
    let mailboxes = Mailboxes::make(home.path().join("Mail"));
    let phone = Mailboxes::make(home.path().join("Phone"));
    let smtp = runtime.block_on(SmtpServer::start(Setup::default()));
    home.configure(&[PERSON, &way_out(smtp.port), MAILDIR_ACCOUNT, FILING, FORWARD, PHONE, RULES, DIGEST]);
    let mails: Vec<Mail> = (0..MAILS).map(|n| Mail::new(n, true)).collect();
    for mail in &mails {
        mailboxes.deliver(&mail.word, &mail.bytes);
    }
    let begun = Instant::now();
    let (mut crashes, mut given) = (0, 0);
    let mut daemon = home.spawn_with(&[("TIDINGS_CRASH", crash)]);
    loop {
        if begun.elapsed() > PATIENCE {
            return Err(format!("not done in time: {:?}\n{}", home.run(&["status"]), home.log()));
        }
        let mut ended = daemon.child().try_wait().unwrap();
        for letter in smtp.letters().iter().skip(given) {
            phone.deliver(&format!("letter{given}"), &with_lf(&letter.bytes));
            given += 1;
        }
        if ended.is_none() && mailboxes.count("Urgent") == MAILS && given >= MAILS && is_done(&home) {
            ended = Some(daemon.terminate());
        }
        match ended {
            None => {}
            Some(status) if status.signal().is_some() => {
                crashes += 1;
                daemon = home.spawn();
            }
            Some(status) if status.success() => break,
            Some(status) => return Err(format!("the daemon ended with {status}\n{}", home.log())),
        }
        std::thread::sleep(Duration::from_millis(40));
    }
    check(&phone, &mails).map(|()| crashes).map_err(|why| format!("{why}\n{}", home.log()))
}

fn is_done(home: &Home) -> bool {
    let (code, out, _) = home.run(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap_or_default();
    code == 0 && ["errands", "outbox", "held", "uncertain", "failed"].iter().all(|key| status[key] == 0)
}

fn check(phone: &Mailboxes, mails: &[Mail]) -> Result<(), String> {
    let letters = phone.read("INBOX");
    let mut carried = Vec::new();
    for letter in &letters {
        let letter = MessageParser::new().parse(letter).unwrap();
        carried.push(letter.attachment(0).unwrap().message().unwrap().raw_message().to_vec());
    }
    for mail in mails {
        let count = carried.iter().filter(|bytes| with_lf(bytes).trim_ascii() == mail.bytes.trim_ascii()).count();
        if count != 1 {
            return Err(format!("{} was sent on {count} times", mail.word));
        }
    }
    if letters.len() == mails.len() { Ok(()) } else { Err(format!("{} letters", letters.len())) }
}

//! The daemon between a real Dovecot and a real Postfix, TLS on both: five hundred real mails, each ends in one place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use tidings::app::{self, App};
use tidings::clock::Clock;
use tidings::config;
use tidings::config::environment::Environment;
use tokio_util::sync::CancellationToken;

use crate::rig::daemon::{Home, PERSON, YEARLY, is_settled};
use crate::rig::dovecot::Dovecot;
use crate::rig::imap_client::{ImapClient, Stored};
use crate::rig::mails::{links_of, mail, text_of};
use crate::rig::postfix::Postfix;
use crate::rig::postman::Postman;
use crate::rig::wait::{PATIENCE, until, until_true};

/// What is urgent in real mail is not asked here.
const RULES_ALONE: &str = "[signals]\nenabled = false\n";
const BOSS: &str = "[[rule]]\nname = \"boss\"\nfrom = \"boss@work.example\"\nurgency = \"urgent\"\n";
const MAILS: usize = 500;
const URGENT: usize = 30;
/// How far the slots of the test lie apart: long enough for everything to be brought, short enough that mail of the true
/// present is still new by a clock that was moved over some of them.
const SLOT: i64 = 120;
const EVERY_SLOT: &str = "[[digest]]\nname = \"often\"\nschedule = \"*/2 * * * *\"\nmax_items = 1000\n";

#[test]
fn a_letter_goes_by_starttls_and_is_known_again() {
    let dovecot = Dovecot::start();
    let postfix = Postfix::start(&dovecot);
    let home = Home::new();
    let out = postfix.way_out_by_starttls(&dovecot);
    home.configure(&[PERSON, &out, &dovecot.account(&home, "u0", ""), BOSS, YEARLY]);
    let daemon = home.start();
    let mut postman = Postman::smtp(postfix.plain);
    postman.bring(&["u0@test.example"], &mail("one", "friend@home.example"));
    postman.bring(&["u0@test.example"], &mail("two", "boss@work.example"));
    daemon.until("one is held", |status| status["held"] == 1 && status["errands"] == 0);
    daemon.tell(&["digest", "now", "--wait"]);
    let mut reader = dovecot.client("u0");
    until_true(PATIENCE, "the letter came", || reader.count("INBOX") == Some(2));
    daemon.settled();
    let held = reader.messages("Held");
    assert_eq!(held.iter().map(|message| message.flags.join(" ")).collect::<Vec<_>>(), ["$TidingsListed"]);
    assert_eq!(reader.messages("INBOX").len(), 2);
    daemon.stop();
}

/// The app in this process, on a clock that goes as fast as the true one, and can be moved ahead.
struct Running {
    clock: Clock,
    ahead: Arc<AtomicI64>,
    stop: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
    ended: Arc<Mutex<Option<String>>>,
}

impl Running {
    fn start(home: &Home) -> Self {
        let file = home.path().join("tidings.toml");
        let environment = Environment {
            state_directory: Some(home.state()),
            runtime_directory: Some(home.path().join("run")),
            ..Environment::default()
        };
        let config = config::load(&file, &environment).unwrap();
        // A second after a slot.
        let ahead = SLOT + 1 - Timestamp::now().as_second().rem_euclid(SLOT);
        let clock = Clock::manual(Timestamp::now() + SignedDuration::from_secs(ahead));
        let (ahead, stop, ended) =
            (Arc::new(AtomicI64::new(ahead)), CancellationToken::new(), Arc::new(Mutex::new(None)));
        let app = App { config, config_file: Some(file), clock: clock.clone() };
        let (hands, moved, said) = (clock.clone(), Arc::clone(&ahead), Arc::clone(&ended));
        let (token, ticking) = (stop.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let ticker = async {
                    while !ticking.is_cancelled() {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        hands.set(Timestamp::now() + SignedDuration::from_secs(moved.load(Ordering::SeqCst)));
                    }
                };
                let (result, ()) = tokio::join!(app::run(app, token), ticker);
                *said.lock().unwrap() = Some(format!("{result:?}"));
            });
        });
        Self { clock, ahead, stop, thread: Some(thread), ended }
    }

    /// Moves the clock over the next slot.
    fn to_next_slot(&self) {
        let left = SLOT - self.clock.now().as_second().rem_euclid(SLOT);
        self.ahead.fetch_add(left, Ordering::SeqCst);
    }

    fn end(mut self) {
        self.stop.cancel();
        self.thread.take().unwrap().join().unwrap();
        assert_eq!(self.ended.lock().unwrap().as_deref(), Some("Ok(())"));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn status(home: &Home) -> Option<Value> {
    let (code, out, _) = home.run(&["status", "--json"]);
    (code == 0).then(|| serde_json::from_str(&out).unwrap())
}

fn status_is(home: &Home, what: &str, is_so: impl Fn(&Value) -> bool) {
    until(Duration::from_secs(120), what, || status(home).filter(&is_so));
}

fn shared() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("TIDINGS_SHARED").unwrap_or_else(|| "../shared".into()));
    folder.join("corpus").is_dir().then_some(folder)
}

/// Mails with Message-IDs of their own, taken evenly from all there are.
fn mails() -> Vec<Vec<u8>> {
    let Some(shared) = shared() else {
        eprintln!("not run: the corpus, because there is no ../shared; {MAILS} mails written for the test stand in");
        return (0..MAILS).map(|n| mail(&format!("m{n:03}"), &format!("someone{}@home.example", n % 40))).collect();
    };
    let mut files = Vec::new();
    for kind in std::fs::read_dir(shared.join("corpus")).unwrap().map(|entry| entry.unwrap().path()) {
        if kind.is_dir() {
            files.extend(std::fs::read_dir(kind).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    files.retain(|file: &PathBuf| file.extension().is_some_and(|end| end == "eml"));
    files.sort();
    let mut known = BTreeSet::new();
    let mut all: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    all.retain(|mail| !has_odd_id(mail));
    let own: Vec<Vec<u8>> = all.into_iter().filter(|mail| plain_id(mail).is_none_or(|id| known.insert(id))).collect();
    let step = own.len() / MAILS;
    assert!(step > 0, "the corpus has {} mails", own.len());
    own.into_iter().step_by(step).take(MAILS).collect()
}

/// A Message-ID beyond ASCII, over which the oracle stumbles (Python's email gives it another type).
fn has_odd_id(mail: &[u8]) -> bool {
    let is_id = |line: &[u8]| line.get(..11).is_some_and(|name| name.eq_ignore_ascii_case(b"message-id:"));
    mail.split(|byte| *byte == b'\n').any(|line| is_id(line) && !line.is_ascii())
}

/// A Message-ID that needs no thought: every reader understands it alike.
fn plain_id(mail: &[u8]) -> Option<String> {
    let id = MessageParser::default().parse(mail)?.message_id()?.to_owned();
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".@_-+".contains(&byte));
    (plain && id.contains('@') && id.len() < 100).then_some(id)
}

/// What was brought: without the three fields that Dovecot writes above it, which differ by recipient.
fn as_brought(stored: &Stored) -> &[u8] {
    let bytes = &stored.bytes[..];
    let mut rest = bytes;
    let mut traces = 0;
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let line = &rest[..end];
        let trace = [&b"Return-Path:"[..], b"Delivered-To:", b"Received:"][traces.min(2)..]
            .iter()
            .any(|name| line.starts_with(name));
        if traces == 3 && !line.starts_with(b"\t") || !trace && !line.starts_with(b"\t") {
            break;
        }
        traces += usize::from(trace);
        rest = &rest[end + 2..];
    }
    assert!(
        traces > 0,
        "Dovecot writes above what it takes: {}",
        String::from_utf8_lossy(&bytes[..200.min(bytes.len())])
    );
    rest
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

fn is_letter(stored: &Stored) -> bool {
    let parsed = MessageParser::default().parse(&stored.bytes).unwrap();
    parsed.header_raw("X-Tidings-Id").is_some()
}

/// The judge that shares no code with us, where it is there.
struct Oracle<'a> {
    program: PathBuf,
    journal: PathBuf,
    dovecot: &'a Dovecot,
}

impl<'a> Oracle<'a> {
    fn of(home: &Path, dovecot: &'a Dovecot) -> Option<Self> {
        let Some(shared) = shared() else {
            eprintln!("not run: the oracle, because there is no ../shared");
            return None;
        };
        Some(Self { program: shared.join("bench/oracle.py"), journal: home.join("oracle"), dovecot })
    }

    fn run(&self, what: &str, more: &[&str]) {
        let mut command = Command::new("python3");
        command.arg(&self.program).arg(what).arg(&self.journal).args(more);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{what}: {said}{}", String::from_utf8_lossy(&output.stderr));
    }

    fn inject(&self, (want, count): (&str, usize), from: &str) {
        let (port, count) = (self.dovecot.lmtp.to_string(), count.to_string());
        self.run(
            "inject",
            &["--want", want, "--count", &count, "--via", "lmtp", "--to", &port, "--user", "u0", "--from", from],
        );
    }

    fn judge(&self) {
        self.run("judge", &["--imap", &self.dovecot.imap.to_string(), "--user", "u0"]);
    }
}

/// The letters in INBOX, the originals in INBOX, and those in Held.
fn places(reader: &mut ImapClient) -> (Vec<Stored>, Vec<Stored>, Vec<Stored>) {
    let others = sorted(reader.mailboxes());
    assert_eq!(others, ["Held", "INBOX", "Sent", "Trash"]);
    assert_eq!((reader.count("Sent"), reader.count("Trash")), (Some(0), Some(0)));
    let (letters, passed) = reader.messages("INBOX").into_iter().partition(is_letter);
    (letters, passed, reader.messages("Held"))
}

fn listed(letters: &[Stored]) -> Vec<String> {
    sorted(letters.iter().flat_map(|letter| links_of(&letter.bytes)))
}

/// Holds what passed and what is held, byte for byte, against the twin in front of which nobody stands: each once. The ids
/// of what passed; the oracle's mails left out, of which there is no twin.
fn are_whole(twin: &[Stored], passed: &[Stored], held: &[Stored]) -> BTreeSet<String> {
    let ours = |stored: &&Stored| !plain_id(&stored.bytes).is_some_and(|id| id.ends_with("@oracle.example"));
    let originals = sorted(twin.iter().map(|stored| hash(as_brought(stored))));
    let found = sorted(passed.iter().chain(held).filter(ours).map(|stored| hash(as_brought(stored))));
    assert_eq!(found.len(), MAILS);
    assert!(found == originals, "originals are byte for byte what was brought, each once");
    passed.iter().filter(ours).filter_map(|stored| plain_id(&stored.bytes)).collect()
}

#[test]
fn five_hundred_mails_end_in_one_place_each() {
    let (dovecot, home) = (Dovecot::start(), Home::new());
    let postfix = Postfix::start(&dovecot);
    let mails = mails();
    let with_id: Vec<&Vec<u8>> = mails.iter().filter(|mail| plain_id(mail).is_some()).collect();
    let urgent: BTreeSet<String> =
        with_id.iter().step_by(with_id.len() / URGENT).take(URGENT).map(|mail| plain_id(mail).unwrap()).collect();
    assert_eq!((mails.len(), urgent.len()), (MAILS, URGENT));
    let patterns: Vec<String> = urgent.iter().map(|id| format!("\"*{id}*\"")).collect();
    let rule =
        format!("[[rule]]\nname = \"thirty\"\nheader.Message-ID = [{}]\nurgency = \"urgent\"\n", patterns.join(", "));
    let account = dovecot.account(&home, "u0", "");
    home.configure(&[PERSON, &postfix.way_out(&dovecot), &account, &rule, BOSS, EVERY_SLOT, RULES_ALONE]);
    let app = Running::start(&home);
    status_is(&home, "the account is watched", |status| status["sources"][0]["state"] == "watching");

    let mut postman = Postman::lmtp(dovecot.lmtp);
    for mail in &mails {
        postman.bring(&["u0", "u1"], mail);
    }
    let oracle = Oracle::of(home.path(), &dovecot);
    let (mut held, mut passed) = (MAILS - URGENT, URGENT);
    if let Some(oracle) = &oracle {
        oracle.inject(("INBOX", 10), "boss@work.example");
        oracle.inject(("Held+letter", 20), "friend@home.example");
        (held, passed) = (held + 20, passed + 10);
    }
    status_is(&home, "all are judged and filed", |status| status["held"] == held && status["errands"] == 0);

    app.to_next_slot();
    let mut reader = dovecot.client("u0");
    status_is(&home, "nothing waits any more", |status| status["held"] == 0 && is_settled(status));
    until_true(PATIENCE, "Postfix has handed over the letter", || reader.count("INBOX").unwrap() > passed);
    let (letters, in_inbox, in_held) = places(&mut reader);
    let parts = letters.len();
    assert_eq!((in_inbox.len(), in_held.len()), (passed, held));
    // One digest: all its parts count the same.
    for letter in &letters {
        let subject = MessageParser::default().parse(&letter.bytes).unwrap().subject().unwrap().to_owned();
        assert!(subject.contains(&format!("{held} things")), "{subject}");
        assert!(parts == 1 || subject.contains(&format!("/{parts})")), "{parts} parts: {subject}");
        assert!(letter.flags.is_empty(), "a letter is as it came: {:?}", letter.flags);
    }
    assert!(in_held.iter().all(|stored| stored.flags == ["$TidingsListed"]));
    assert!(in_inbox.iter().all(|stored| stored.flags.is_empty()));
    let wanted = sorted(in_held.iter().filter_map(|stored| plain_id(&stored.bytes)));
    let names: Vec<String> = listed(&letters).into_iter().filter(|id| wanted.binary_search(id).is_ok()).collect();
    assert_eq!(names, wanted, "the digest's items are exactly the held ones");
    assert!(listed(&letters).len() <= held);

    let passed_ids = are_whole(&dovecot.client("u1").messages("INBOX"), &in_inbox, &in_held);
    assert_eq!(passed_ids, urgent);
    if let Some(oracle) = &oracle {
        oracle.judge();
    }

    // A slot without mail has no digest; the next one has just what came meanwhile.
    app.to_next_slot();
    let news = ["n1", "n2", "n3"];
    for id in news {
        postman.bring(&["u0"], &mail(id, "friend@home.example"));
    }
    status_is(&home, "the news are held", |status| status["held"] == news.len() && status["errands"] == 0);
    app.to_next_slot();
    status_is(&home, "the news are sent", |status| status["held"] == 0 && is_settled(status));
    until_true(PATIENCE, "the second letter came", || reader.count("INBOX").unwrap() > passed + parts);
    let (letters, ..) = places(&mut reader);
    assert_eq!(letters.len(), parts + 1, "one digest a slot");
    let last = letters.last().unwrap();
    assert_eq!(sorted(links_of(&last.bytes)), news.map(|id| format!("{id}@mails.example")));
    assert!(text_of(&last.bytes).contains("Mail n1"));
    app.end();
}

//! How long one mail takes: reading it, and judging it by 50 rules and all signals. `cargo bench`.
//!
//! Over the corpus of the shared folder (`TIDINGS_SHARED`, else `../shared`) where it is there, else over mails of our own.
//! Beside criterion's means the 99th percentile of all mails is printed: of the shortest of some rounds each, so that what
//! the machine does meanwhile does not count.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use criterion::Criterion;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidings::cli::judged::AsOf;
use tidings::cli::known::{Known, Order};
use tidings::config;
use tidings::config::environment::Environment;
use tidings::intake::desk::Desk;
use tidings::intake::judge::{self, Circumstance};
use tidings::limits;
use tidings::mail::read::{self, Raw};
use tidings::model::history::facts::History;
use tidings::model::identity::{Id, Identity};
use tidings::model::message::Message;
use tidings::text;
use tidings::urgency::times::named::Written;
use tidings::urgency::{phrases, times};

/// Rounds of which the shortest counts.
const ROUNDS: usize = 5;
const SUBJECTS: [&str; 5] =
    ["Lunch at 12:30?", "[ops] disk full", "Your code is 493028", "Minutes of Tuesday", "Re: plan"];

/// Rules of every kind that ask much of a mail: 50 of them, none of which decides.
fn rules() -> String {
    let kinds = [
        "subject = '/\\bsev-?[12]{N}\\b/i'",
        "text = [\"unicorn {N}\", \"dragon {N}\"]",
        "from = [\"*@a{N}.example\", \"boss{N}@*\"]",
        "header.X-Team = \"team-{N}\"",
        "body = '/gr(ee|u)n(e|er)? ape{N}/'\nlist = true",
        "anyone = \"*-{N}@b.example\"",
        "attachment = \"*-{N}.exe\"",
        "any = [{ subject = \"yeti {N}\" }, { from_name = \"Yeti {N}*\" }]",
        "signal = \"crisis\"\nsubject = \"unheard {N}\"",
        "burst = { count = 24, within = \"1m\" }\nsubject = \"never {N}\"",
    ];
    (0..50)
        .zip(kinds.iter().cycle())
        .map(|(n, kind)| {
            let when = kind.replace("{N}", &n.to_string());
            format!("[[rule]]\nname = \"rule {n}\"\nurgency = \"low\"\n{when}\n")
        })
        .collect()
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.toml");
    let head = "timezone = \"Europe/Madrid\"\nstate_dir = \"s\"\nworking_hours = { days = \"mon-fri\", from = \"09:00\", until = \"18:00\" }\n\
                [me]\nname = \"Ada Lovelace\"\naddresses = [\"ada@example.org\"]\n[smtp]\nfolder = \"o\"\nfrom = \"t@example.org\"\n\
                [[account]]\nname = \"a\"\nmaildir = \"m\"\n[[digest]]\nname = \"d\"\nschedule = \"0 9 * * *\"\n";
    fs::write(&file, format!("{head}{}", rules())).unwrap();
    config::load(&file, &Environment::default()).unwrap().people.remove(0).desk
}

/// The mails, and where they are from.
fn mails() -> (Vec<Vec<u8>>, String) {
    let shared = std::env::var_os("TIDINGS_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let corpus = shared.join("corpus");
    let folders = fs::read_dir(&corpus).into_iter().flatten().flatten();
    let files =
        folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten().map(|file| file.path());
    let mut files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|end| end == "eml")).collect();
    files.sort();
    if files.is_empty() {
        let text = "Hello Ada,\r\n\r\ncan you send me the figures before 5 pm? They wait for us.\r\n\r\n> On Tue Bob wrote:\r\n".repeat(20);
        let mails = SUBJECTS.map(|subject| {
            format!("From: Bob <bob@example.net>\r\nTo: ada@example.org\r\nSubject: {subject}\r\nDate: Tue, 12 Jan 2027 09:41:00 +0100\r\n\r\n{text}")
        });
        return (mails.map(String::into_bytes).to_vec(), "mails of our own".to_owned());
    }
    (files.iter().map(|file| fs::read(file).unwrap()).collect(), format!("\"{}\"", corpus.display()))
}

fn read(desk: &Desk, bytes: &[u8]) -> Message {
    read::read(&Raw {
        bytes,
        size: bytes.len() as u64,
        received_at: Timestamp::UNIX_EPOCH,
        source: "a",
        identity: Identity(Id::of(&[b"bench"])),
        zone: &desk.zone.rules,
        trust: None,
    })
}

/// Each mail with what was known of its thread and sender when it came.
fn with_history(desk: &Desk, mut messages: Vec<Message>) -> Vec<(Message, Option<History>)> {
    messages.sort_by_key(sent);
    let mut known = Known::of(desk, std::iter::empty(), AsOf::Arrival(Timestamp::MAX), Timestamp::MAX);
    let around = |message: Message| {
        let history = known.around(desk, &message, (Order::AsItComes, None));
        (message, history)
    };
    messages.into_iter().map(around).collect()
}

fn sent(message: &Message) -> Timestamp {
    message.sent_at.map_or(message.received_at, |sent| sent.instant)
}

fn judge(desk: &Desk, (message, history): &(Message, Option<History>)) {
    let circumstance = Circumstance { history: history.as_ref(), ..Circumstance::unknown() };
    black_box(judge::judge(desk, message, &circumstance, sent(message)));
}

/// What signals look at, and when it was written.
fn text(message: &Message) -> (String, Written) {
    let text = text::first_bytes(&message.own_text, limits::judgement::SIGNAL_OCTETS);
    (text::fold(text), Written { at: sent(message), zone: TimeZone::UTC })
}

/// Mean, 99th percentile and longest of what each takes at its shortest.
fn report<T>(name: &str, things: &[T], work: impl Fn(&T)) {
    let shortest = |thing: &T| {
        let took = (0..ROUNDS).map(|_| {
            let begun = Instant::now();
            work(thing);
            begun.elapsed()
        });
        took.min().unwrap_or_default()
    };
    let mut took: Vec<Duration> = things.iter().map(shortest).collect();
    took.sort_unstable();
    let mean = took.iter().sum::<Duration>() / u32::try_from(took.len()).unwrap();
    let at = |percent: usize| took.get((took.len() - 1) * percent / 100).copied().unwrap_or_default();
    println!(
        "{name:<11} mean {mean:>10.1?}  median {:>10.1?}  p99 {:>10.1?}  longest {:>10.1?}",
        at(50),
        at(99),
        at(100)
    );
}

fn main() {
    let desk = desk();
    let (mails, place) = mails();
    println!("{} mails of {place}, {} rules, all signals", mails.len(), desk.rules.len());
    let messages = with_history(&desk, mails.iter().map(|bytes| read(&desk, bytes)).collect());
    report("reading", &mails, |bytes| drop(black_box(read(&desk, bytes))));
    report("judgement", &messages, |message| judge(&desk, message));
    // What of it the signals take, and of that the finding of phrases and of times.
    let without_rules = Desk { rules: Vec::new(), ..desk.clone() };
    report("  signals", &messages, |message| judge(&without_rules, message));
    let texts: Vec<(String, Written)> = messages.iter().map(|(message, _)| text(message)).collect();
    report("    phrases", &texts, |(text, _)| drop(black_box(phrases::find(text))));
    report("    times", &texts, |(text, written)| drop(black_box(times::find(text, written))));

    // A mail after the other, all of them again and again: criterion's mean is that of one mail.
    let mut criterion = Criterion::default().configure_from_args();
    let mut each = mails.iter().cycle();
    criterion.bench_function("reading", |bench| {
        bench.iter(|| black_box(read(&desk, each.next().unwrap())));
    });
    let mut each = messages.iter().cycle();
    criterion.bench_function("judgement", |bench| {
        bench.iter(|| judge(&desk, each.next().unwrap()));
    });
    criterion.final_summary();
}

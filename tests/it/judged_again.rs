//! Judged again while it waits: as its time nears, when its thread grows, when quiet hours end; and what is over folds.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::Timestamp;
use mail_parser::MessageParser;
use tidings::clock::Clock;
use tidings::config;
use tidings::config::environment::Environment;
use tidings::digest::order::Sender;
use tidings::health::Health;
use tidings::intake::desk::Desk;
use tidings::intake::judge::{self, Circumstance};
use tidings::intake::place::{self, When};
use tidings::intake::sealing::Press;
use tidings::mark::MarkKey;
use tidings::model::identity::{Id, Identity};
use tidings::model::item::{Item, Standing};
use tidings::model::message::{Event, Message};
use tidings::store::handle::Store;
use tidings::timekeeper::{self, Timekeeper};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::rig::day::{AT_NINE, Day, berlin, seconds};
use crate::rig::inside::until;

/// Signals decide nothing: each of these tests is about one reason.
const REST: &str = "[[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";
const SOON: &str = "[[rule]]\nname = \"soon\"\nstarts_within = \"2h\"\nurgency = \"urgent\"\n";
const NEVER: &str = "[[digest]]\nname = \"yearly\"\nschedule = \"0 3 1 1 *\"\n";
const NIGHTS: &str = "[[quiet]]\nname = \"nights\"\ndays = \"mon-sun\"\nfrom = \"20:00\"\nuntil = \"08:00\"\n";

/// A mail from Bob to me of now, with these more header lines and this text.
fn mail(day: &Day, subject: &str, more: &str, text: &str) {
    let now = day.daemon.now();
    let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let id: String = subject.chars().filter(char::is_ascii_alphanumeric).collect();
    let from = if more.contains("From:") { "" } else { "From: Bob <bob@example.net>\r\n" };
    let mail = format!(
        "{from}To: ada@example.org\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{id}@example.net>\r\n{more}\r\n{text}\r\n"
    );
    day.house.deliver("Mail", mail.as_bytes(), now);
}

/// An invitation to an event at this time.
fn invitation(day: &Day, subject: &str, starts: Timestamp) {
    let starts = starts.strftime("%Y%m%dT%H%M%SZ");
    word(day, subject, ("", "REQUEST"), &format!("UID:{subject}\r\nDTSTAMP:20240501T000000Z\r\nDTSTART:{starts}"));
}

/// A word on an event, with these lines: of Bob, or of whom the header line says.
fn word(day: &Day, subject: &str, (from, method): (&str, &str), lines: &str) {
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n{lines}\r\n\
         SUMMARY:{subject}\r\nEND:VEVENT\r\nEND:VCALENDAR"
    );
    let kind = format!("MIME-Version: 1.0\r\nContent-Type: text/calendar; method={method}; charset=utf-8\r\n");
    mail(day, subject, &format!("{from}{kind}"), &text);
}

fn texts(day: &Day) -> Vec<String> {
    let text = |bytes: &[u8]| {
        let letter = MessageParser::new().parse(bytes).unwrap();
        letter.body_text(0).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    day.smtp.letters().iter().map(|letter| text(&letter.bytes)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nears_passes_once_also_after_a_restart() {
    let day = Day::begin(berlin("06T10:00"), &[NEVER, SOON, REST]).await;
    invitation(&day, "tomorrow", berlin("07T12:00"));
    invitation(&day, "meanwhile", berlin("07T16:00"));
    day.daemon.on(seconds(3)).await;
    assert_eq!(day.held(), ["meanwhile", "tomorrow"]);
    day.daemon.at(berlin("07T09:59:59")).await;
    assert_eq!(day.inbox(), [""; 0], "not before it is near");
    day.daemon.at(berlin("07T10:00")).await;
    assert_eq!(day.inbox(), ["tomorrow"]);
    assert_eq!(day.held(), ["meanwhile"]);

    // It was down while the other one came near.
    let day = day.again(berlin("07T15:00")).await;
    until("the other one has passed", async || day.inbox() == ["meanwhile", "tomorrow"]).await;
    day.daemon.at(berlin("09T12:00")).await;
    assert_eq!(day.smtp.letters(), [], "nothing is left to tell of");
    assert_eq!(day.daemon.held().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_is_heard_by_the_signals_when_it_nears() {
    let day = Day::begin(berlin("06T10:00"), &[NEVER]).await;
    mail(&day, "The figures", "", "Hello Ada,\r\ncould you please send me the figures by noon tomorrow?\r\nBob");
    day.daemon.on(seconds(3)).await;
    assert_eq!(day.held(), ["The figures"]);
    for hour in 7..12 {
        day.daemon.at(berlin(&format!("07T{hour:02}:30"))).await;
    }
    assert_eq!(day.inbox(), ["The figures"], "noon is near");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_has_expired_is_in_no_digest_and_no_reason_for_one() {
    let codes = "[[rule]]\nname = \"codes\"\nsubject = \"log in\"\nurgency = \"normal\"\n";
    let day = Day::begin(berlin("06T08:00"), &[AT_NINE, codes, REST, "[hold]\nmax = \"3d\"\n"]).await;
    let code = "Your verification code is 482913. It expires in 10 minutes.";
    mail(&day, "log in 1", "", code);
    day.daemon.on(seconds(3)).await;
    assert_eq!(day.held(), ["log in 1"]);
    day.daemon.at(berlin("06T09:00")).await;
    day.daemon.at(berlin("06T09:00:03")).await;
    assert_eq!(texts(&day), [""; 0], "no digest is sent for it alone");
    assert_eq!(day.held(), ["log in 1"], "and it is not lost");

    day.mails(&["a plain one"]).await;
    day.daemon.at(berlin("07T09:00")).await;
    let letters = texts(&day);
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains("a plain one") && letters[0].contains("1 code has expired"), "{letters:?}");
    assert!(!letters[0].contains("482913") && !letters[0].contains("log in"), "{letters:?}");
    assert_eq!(day.daemon.held().await, [], "it is delivered by that edition");

    // With no other mail to go with, it leaves by its last moment, without a letter.
    mail(&day, "log in 2", "", code);
    day.daemon.on(seconds(3)).await;
    for (time, held) in [("08T09:00", 1), ("09T09:00", 1), ("10T08:59", 1), ("10T09:00:10", 0)] {
        day.daemon.at(berlin(time)).await;
        assert_eq!(day.daemon.held().await.len(), held, "{time}");
    }
    assert!(day.inbox().contains(&"log in 2".to_owned()), "{:?}", day.inbox());
    assert_eq!(texts(&day).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_message_settles_folds() {
    let day = Day::begin(berlin("06T08:00"), &[AT_NINE, REST]).await;
    mail(&day, "The printer", "", "Hello Ada,\r\ncan you have a look at the printer some day? It eats paper.");
    day.mails(&["a plain one"]).await;
    assert_eq!(day.held(), ["The printer", "a plain one"]);
    day.daemon.at(berlin("06T08:20")).await;
    let answers = "In-Reply-To: <Theprinter@example.net>\r\nReferences: <Theprinter@example.net>\r\n";
    mail(&day, "Re: The printer", answers, "Never mind, it is solved.");
    day.daemon.on(seconds(3)).await;
    day.daemon.at(berlin("06T09:00")).await;
    let letters = texts(&day);
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains("1 message waited."), "{letters:?}");
    assert!(letters[0].contains("1 thing settled without you: - The printer"), "{letters:?}");
    assert!(!letters[0].contains("eats paper"), "{letters:?}");
    assert_eq!(day.daemon.held().await, [], "all of it is delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_invitation_folds_the_older_one() {
    let day = Day::begin(berlin("06T08:00"), &[AT_NINE, REST]).await;
    let says = |subject: &str, (from, method): (&str, &str), uid: &str, sequence: u32, more: &str| {
        let lines =
            format!("UID:{uid}\r\nSEQUENCE:{sequence}\r\nDTSTAMP:20240506T050000Z\r\nDTSTART:20240520T100000Z{more}");
        word(&day, subject, (from, method), &lines);
    };
    let (bob, eve) = (("", "REQUEST"), ("From: Eve <eve@example.net>\r\n", "REQUEST"));
    says("Review at ten", bob, "review", 0, "");
    says("Board at ten", bob, "board", 0, "");
    says("Weekly round", bob, "weekly", 0, "\r\nRRULE:FREQ=WEEKLY");
    says("Lunch at noon", bob, "lunch", 3, "");
    day.daemon.on(seconds(3)).await;
    assert_eq!(day.daemon.held().await.len(), 4);
    says("Review at eleven", bob, "review", 1, "");
    says("Board is mine", eve, "board", 1, "");
    says("Board suits me", ("", "REPLY"), "board", 1, "");
    says("Weekly round once later", bob, "weekly", 1, "\r\nRECURRENCE-ID:20240527T100000Z");
    // It was under way for long.
    says("Lunch at one", bob, "lunch", 2, "");
    day.daemon.on(seconds(3)).await;
    day.daemon.at(berlin("06T09:00")).await;
    let letters = texts(&day);
    assert_eq!(letters.len(), 1);
    let (shown, settled) = letters[0].split_once("2 things settled without you:").expect(&letters[0]);
    for subject in ["Board at ten", "Weekly round", "Lunch at noon", "Review at eleven", "Board is mine"] {
        assert!(shown.contains(subject), "{subject}: {letters:?}");
    }
    assert!(settled.contains("Review at ten") && settled.contains("Lunch at one"), "{letters:?}");
    assert_eq!(day.daemon.held().await, [], "all of it is delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_grows_lets_what_waits_in_it_pass_once() {
    let answers = "[[rule]]\nname = \"answers\"\nreplies_to_me = true\nurgency = \"urgent\"\n";
    let day = Day::begin(berlin("06T10:00"), &[AT_NINE, answers, REST]).await;
    mail(&day, "Re: offer", "In-Reply-To: <offer@example.net>\r\n", "Yes, let us do so.");
    mail(&day, "another matter", "", "Nothing in particular.");
    day.daemon.on(seconds(3)).await;
    assert_eq!(day.held(), ["Re: offer", "another matter"], "nobody knows of what I wrote");
    // My own mail comes late: somebody sends it back to me, or I had copied myself.
    mail(&day, "offer", "From: Ada <ada@example.org>\r\n", "Shall we?");
    day.daemon.on(seconds(3)).await;
    assert_eq!(day.inbox(), ["Re: offer", "offer"]);
    assert_eq!(day.held(), ["another matter"]);
    day.daemon.at(berlin("07T09:00")).await;
    assert_eq!(day.letters(&["another matter", "Re: offer"]), [(berlin("07T09:00"), 1)], "it has left the digest");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_past_when_quiet_hours_end_joins_its_digest() {
    let day = Day::begin(berlin("06T22:00"), &[NIGHTS, AT_NINE, SOON, REST]).await;
    invitation(&day, "tonight", berlin("06T23:30"));
    invitation(&day, "in the morning", berlin("07T08:30"));
    mail(&day, "plain and urgent", "", "Nothing in particular.");
    day.daemon.on(seconds(3)).await;
    assert_eq!(day.inbox(), [""; 0], "it is quiet");
    let held = day.daemon.held().await;
    let tonight = held.iter().find(|held| held.subject == "tonight").unwrap().clone();
    assert_eq!((tonight.digest.clone(), tonight.urgency.as_str()), (None, "urgent"));

    day.daemon.at(berlin("07T00:00")).await;
    let moved = day.daemon.item(&tonight.id).await.held;
    assert_eq!(moved.digest.as_deref(), Some("daily"), "it is urgent no more");
    assert_eq!(moved.deliver_by, tonight.deliver_by, "and goes on waiting within what was promised");
    day.daemon.at(berlin("07T08:00")).await;
    assert_eq!(day.inbox(), ["in the morning", "plain and urgent"]);
    day.daemon.at(berlin("07T09:00")).await;
    assert_eq!(day.letters(&["tonight", "in the morning"]), [(berlin("07T09:00"), 1)]);
    assert_eq!(day.daemon.held().await, []);
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.toml");
    let text = "timezone = \"Etc/UTC\"\nstate_dir = \"s\"\n[smtp]\nfolder = \"o\"\nfrom = \"me@a.example\"\n\
        [me]\naddresses = [\"me@a.example\"]\n[[account]]\nname = \"a\"\nmaildir = \"m\"\nhold_in = \"Held\"\n";
    std::fs::write(&file, format!("{text}{NEVER}{SOON}{REST}")).unwrap();
    config::load(&file, &Environment::default()).unwrap_or_else(|faults| panic!("{faults:?}")).people.remove(0).desk
}

/// An invitation that came now, as it waits.
fn waiting(desk: &Desk, n: u32, (now, starts): (Timestamp, Timestamp)) -> Item {
    let event = Event {
        method: "REQUEST".to_owned(),
        uid: n.to_string(),
        summary: "Round".to_owned(),
        starts,
        ends: None,
        all_day: false,
        cancelled: false,
        people: 2,
        revision: None,
    };
    let message = Message::bare(Identity(Id::of(&[&n.to_be_bytes()])), "a", now, 100);
    let message = Message { message_id: Some(format!("{n}@b.example")), event: Some(event), ..message };
    let verdict = judge::judge(desk, &message, &Circumstance::unknown(), now);
    let placement = place::place(desk, &verdict, "a", &When { now, arrived: now, pause: None });
    let (person, standing) = (desk.person.clone(), Standing::Waiting);
    Item { person, message, verdict, placement, place: None, wanted: None, standing, accepted_at: now }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_that_wait_for_their_time_keep_nobody_busy() {
    let state = tempfile::tempdir().unwrap();
    let now: Timestamp = "2024-05-06T08:00:00Z".parse().unwrap();
    let store = Store::open(state.path(), now).unwrap().store;
    let desk = Desk { scale: None, ..desk() };
    let hours = |hours: i64| now + seconds(3_600 * hours);
    let items: Vec<Item> = (0..10_000).map(|n| waiting(&desk, n, (now, hours(24 + i64::from(n) % 2)))).collect();
    for some in items.chunks(500) {
        join_all(some.iter().map(|item| store.accept(item.clone(), Vec::new()))).await;
    }
    let person = desk.person.clone();
    let clock = Clock::manual(now);
    let sender = Sender { name: None, address: "me@a.example".to_owned() };
    let (_desks, desk) = watch::channel(Arc::new(desk));
    let press = Press { from: sender, mark: MarkKey::new(&[7; 32]), health: Health::new() };
    let keeper = Timekeeper { desk, press, store: store.clone(), clock: clock.clone(), health: Health::new() };
    let stop = CancellationToken::new();
    let task = tokio::spawn(timekeeper::run(keeper, stop.clone()));
    let rests = async |what: &str| {
        let mut same = 0;
        until(what, async || {
            same = if clock.waiting() == 1 { same + 1 } else { 0 };
            same >= 8
        })
        .await;
    };
    rests("the start has judged all").await;
    assert_eq!(store.again(&person, now, 0).next, Some(hours(22)));
    assert_eq!(store.waiting(&person).len(), 10_000);
    let transitions = |store: &Store| store.counts();
    let before = transitions(&store);
    clock.set(hours(21));
    rests("nothing was due").await;
    assert_eq!(transitions(&store), before);
    clock.set(hours(22));
    rests("half of them have passed").await;
    assert_eq!((store.counts().held, store.counts().passed), (5_000, 5_000));
    assert_eq!(store.again(&person, hours(22), 0).next, Some(hours(23)));
    clock.set(hours(23));
    rests("all have passed").await;
    assert_eq!((store.counts().held, store.counts().passed), (0, 10_000));
    assert_eq!(store.again(&person, hours(23), 0).due, []);
    stop.cancel();
    task.await.unwrap().unwrap();
}

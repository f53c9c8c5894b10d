//! The way out: a server that is away, refuses at each stage, loses its answer, or finds letters too large; nothing is lost,
//! nothing is sent twice that can be helped.

use std::collections::BTreeMap;

use tokio::net::TcpListener;

use crate::rig::day::{AT_NINE, Day, berlin, configuration, named, seconds};
use crate::rig::inside::{House, date, field, until};
use crate::rig::smtp_server::{Fault, Setup, SmtpServer, Step};

/// The subjects of so many mails, no one part of another.
fn subjects(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("matter {number:03} of the town")).collect()
}

/// A day on which these mails wait, one second before their digest.
async fn before_nine(setup: Setup, pieces: &[&str], subjects: &[&str]) -> Day {
    let day = Day::begin_with(setup, berlin("06T08:00"), pieces).await;
    day.mails(subjects).await;
    day.daemon.at(berlin("06T08:59:59")).await;
    assert_eq!(day.daemon.held().await.len(), subjects.len());
    day
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_letter_cannot_say_by_its_last_moment_is_filed_back_and_named_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let house = House::new();
    house.configure(&configuration(port, &[AT_NINE, "[hold]\nmax = \"1d\"\n"]));
    let daemon = house.start(berlin("06T08:00")).await;
    house.mail("alpha", daemon.now());
    daemon.on(seconds(3)).await;
    daemon.at(berlin("06T09:00")).await;
    let seen = || house.subjects("Mail", "").contains(&"alpha".to_owned());
    daemon.at(berlin("07T05:00")).await;
    daemon.settled().await;
    assert!(!seen(), "the letter may still go out in time");
    for hour in ["07T06:10", "07T07:20", "07T08:00:01"] {
        daemon.at(berlin(hour)).await;
    }
    daemon.settled().await;
    assert!(seen(), "nothing stays hidden past its last moment");
    assert_eq!(daemon.status().await.outbox, 1);

    let smtp = SmtpServer::start_at(port, Setup::default()).await;
    daemon.at(berlin("07T12:00")).await;
    daemon.settled().await;
    assert_eq!(smtp.letters().len(), 1, "and the letter still comes");
    assert_eq!(daemon.status().await.outbox, 0);
    assert!(seen());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_gets_the_letter_when_it_is_back() {
    // A port at which nobody listens: it was free a moment ago, and is taken again later.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let house = House::new();
    house.configure(&configuration(port, &[AT_NINE]));
    let daemon = house.start(berlin("06T08:00")).await;
    house.mail("alpha", daemon.now());
    daemon.on(seconds(3)).await;
    daemon.at(berlin("06T09:00")).await;
    let outbox = daemon.outbox().await;
    assert_eq!((outbox.len(), outbox[0].attempts, outbox[0].stage.as_str()), (1, 1, "ready"));
    assert!(outbox[0].error.is_some());
    let notices = || house.files("Mail", "").len();
    // Away for a moment is no news; after the third failed attempt the person hears of it, once a day.
    daemon.at(berlin("06T09:03")).await;
    assert_eq!((daemon.outbox().await[0].attempts, notices()), (2, 0));
    daemon.at(berlin("06T09:12")).await;
    assert_eq!(daemon.outbox().await[0].attempts, 3);
    until("a notice lies in the INBOX", async || notices() == 1).await;
    daemon.at(berlin("06T09:40")).await;
    assert_eq!((daemon.outbox().await[0].attempts, notices()), (4, 1), "one a day");
    daemon.at(berlin("07T08:00")).await;
    until("the next day has its notice", async || notices() == 2).await;
    assert!(daemon.status().await.outbox == 1);

    let smtp = SmtpServer::start_at(port, Setup::default()).await;
    daemon.at(berlin("07T09:30")).await;
    assert_eq!(smtp.letters().len(), 1);
    assert_eq!(date(&smtp.letters()[0].bytes), berlin("06T09:00"), "the letter as it was sealed");
    daemon.settled().await;
    assert_eq!((daemon.status().await.outbox, daemon.status().await.failed), (0, 0));
    assert_eq!(notices(), 2, "the notices stay, and are no mail to be judged");
    assert_eq!(daemon.held().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_for_now_at_any_stage_is_asked_again() {
    let day = before_nine(Setup::default(), &[AT_NINE], &["alpha"]).await;
    let stages = [Step::Greeting, Step::Hello, Step::Mail, Step::Rcpt, Step::Data, Step::EndOfData];
    let cuts = [Step::Greeting, Step::Hello, Step::Mail, Step::Rcpt, Step::Data, Step::Body];
    let mut attempts = 0;
    let faults = stages.iter().map(|step| (*step, Fault::Reply("451 4.3.0 later".to_owned())));
    for (step, fault) in faults.chain(cuts.iter().map(|step| (*step, Fault::Cut))) {
        let what = format!("{step:?} {fault:?}");
        day.smtp.fault(step, fault, 1);
        if attempts == 0 {
            day.daemon.at(berlin("06T09:00")).await;
        } else {
            let next = day.daemon.outbox().await[0].next_try.clone().unwrap().parse().unwrap();
            day.daemon.at(next).await;
        }
        attempts += 1;
        let outbox = day.daemon.outbox().await;
        assert_eq!((outbox.len(), outbox[0].stage.as_str(), outbox[0].attempts), (1, "ready", attempts), "{what}");
        assert_eq!(day.smtp.faults_to_come(), 0, "{what}");
        assert_eq!(day.smtp.letters().len(), 0, "{what}");
    }
    let next = day.daemon.outbox().await[0].next_try.clone().unwrap().parse().unwrap();
    day.daemon.at(next).await;
    assert_eq!(day.letters(&["alpha"]), [(berlin("06T09:00"), 1)]);
    assert_eq!(day.daemon.outbox().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_for_good_lets_the_items_wait_again_and_is_said_at_once() {
    for step in [Step::Mail, Step::Rcpt, Step::Data, Step::EndOfData] {
        let day = before_nine(Setup::default(), &[AT_NINE], &["alpha"]).await;
        day.smtp.fault(step, Fault::Reply("554 5.7.1 not from you".to_owned()), 1);
        day.daemon.at(berlin("06T09:00")).await;
        assert_eq!(day.letters(&[]), [], "{step:?}");
        assert_eq!(day.daemon.held_subjects().await, ["alpha"], "{step:?}");
        assert_eq!(day.daemon.status().await.failed, 1, "{step:?}");
        assert_eq!(day.inbox().len(), 1, "{step:?}: a notice");
        let notice = std::fs::read(&day.house.files("Mail", "")[0]).unwrap();
        assert!(!field(&notice, "X-Tidings-Id").is_empty());
        day.daemon.at(berlin("07T09:00")).await;
        assert_eq!(day.letters(&["alpha"]), [(berlin("07T09:00"), 1)], "{step:?}: in the next digest");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubtful_no_is_asked_once_more_after_an_hour_and_no_third_time() {
    let day = before_nine(Setup::default(), &[AT_NINE], &["alpha"]).await;
    day.smtp.fault(Step::EndOfData, Fault::Reply("550 5.5.0 service unavailable".to_owned()), 2);
    day.daemon.at(berlin("06T09:00")).await;
    assert_eq!(day.daemon.outbox().await[0].stage, "ready");
    day.daemon.at(berlin("06T10:00")).await;
    assert_eq!(day.daemon.outbox().await[0].stage, "failed");
    assert_eq!(day.daemon.held_subjects().await, ["alpha"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_pause_after_a_failure_is_five_minutes() {
    let day = before_nine(Setup::default(), &[AT_NINE], &["alpha"]).await;
    day.smtp.fault(Step::Greeting, Fault::Cut, 2);
    day.daemon.at(berlin("06T09:00")).await;
    day.daemon.at(berlin("06T09:02")).await;
    assert_eq!(day.smtp.faults_to_come(), 0);
    day.daemon.at(berlin("06T09:06")).await;
    assert_eq!(day.letters(&[]), []);
    day.daemon.at(berlin("06T09:08")).await;
    assert_eq!(day.smtp.letters().len(), 1);
}

/// The files below a folder.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_damaged_on_the_disk_stops_nothing_else() {
    let day = before_nine(Setup::default(), &[AT_NINE], &["alpha"]).await;
    day.smtp.fault(Step::Greeting, Fault::Cut, 1);
    day.daemon.at(berlin("06T09:00")).await;
    for file in files(&day.house.path("state/spool")) {
        let bytes = std::fs::read(&file).unwrap();
        if bytes.windows(11).any(|some| some == b"Message-ID:") {
            std::fs::write(&file, b"damaged").unwrap();
        }
    }
    day.daemon.at(berlin("06T10:00")).await;
    assert_eq!(day.letters(&[]), []);
    assert_eq!(day.daemon.held_subjects().await, ["alpha"], "it waits again");
    day.daemon.at(berlin("07T09:00")).await;
    assert_eq!(day.letters(&["alpha"]), [(berlin("07T09:00"), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_whose_answer_was_lost_is_found_where_it_arrived() {
    let day = before_nine(Setup::default(), &[AT_NINE], &["alpha"]).await;
    day.smtp.fault(Step::EndOfData, Fault::Cut, 1);
    day.daemon.at(berlin("06T09:00")).await;
    assert_eq!(day.daemon.status().await.uncertain, 1);
    // The server had taken it, and delivers it.
    let letter = day.smtp.letters()[0].bytes.clone();
    day.house.deliver("Mail", &letter, day.daemon.now());
    day.daemon.at(berlin("06T09:01:30")).await;
    until("the letter is found", async || day.daemon.outbox().await.is_empty()).await;
    day.daemon.settled().await;
    assert_eq!(day.daemon.held().await, []);
    day.daemon.at(berlin("06T12:00")).await;
    day.daemon.at(berlin("08T12:00")).await;
    assert_eq!(day.smtp.letters().len(), 1, "nothing is sent twice");
    assert_eq!(day.inbox().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_whose_answer_was_lost_and_that_did_not_arrive_is_sent_again() {
    let day = before_nine(Setup::default(), &[AT_NINE], &["alpha"]).await;
    day.smtp.fault(Step::EndOfData, Fault::Cut, 1);
    day.daemon.at(berlin("06T09:00")).await;
    day.daemon.at(berlin("06T09:01")).await;
    day.daemon.at(berlin("06T09:04")).await;
    assert_eq!(day.smtp.letters().len(), 1, "it is looked for twice");
    day.daemon.at(berlin("06T09:07")).await;
    let letters = day.smtp.letters();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0], letters[1], "the same bytes");
    assert_eq!(day.daemon.outbox().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_can_look_the_same_bytes_are_sent_once_more() {
    let elsewhere = format!("{AT_NINE}to = [\"team@elsewhere.example\"]\n");
    let day = before_nine(Setup::default(), &[&elsewhere], &["alpha"]).await;
    day.smtp.fault(Step::EndOfData, Fault::Cut, 1);
    day.daemon.at(berlin("06T09:00")).await;
    day.daemon.at(berlin("06T09:29:59")).await;
    assert_eq!(day.smtp.letters().len(), 1);
    day.daemon.at(berlin("06T09:30")).await;
    let letters = day.smtp.letters();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0], letters[1], "the same bytes");
    day.daemon.at(berlin("06T12:00")).await;
    assert_eq!(day.smtp.letters().len(), 2);
    assert_eq!((day.daemon.outbox().await, day.daemon.held().await), (Vec::new(), Vec::new()));
}

/// Each of these subjects is named by exactly one letter.
fn each_once(day: &Day, subjects: &[&str]) {
    let mut count: BTreeMap<&str, usize> = subjects.iter().map(|subject| (*subject, 0)).collect();
    for letter in day.smtp.letters() {
        for subject in subjects {
            *count.get_mut(subject).unwrap() += named(&letter, &[subject]);
        }
    }
    let wrong: Vec<_> = count.iter().filter(|(_, count)| **count != 1).collect();
    assert!(wrong.is_empty(), "{} letters: {wrong:?}", day.smtp.letters().len());
}

/// Lets the daemon send what it can today; what found no room goes out with the digests of the next days.
async fn send_all(day: &Day) {
    day.daemon.at(berlin("06T09:00")).await;
    day.daemon.at(berlin("06T10:00")).await;
    let first = day.smtp.letters().len();
    assert!(first > 1, "{first} letters");
    for next in ["07T09:00", "07T10:00", "08T09:00", "08T10:00", "09T09:00", "09T10:00"] {
        day.daemon.at(berlin(next)).await;
    }
    assert_eq!(day.daemon.held_subjects().await, [""; 0]);
    assert!(day.daemon.outbox().await.iter().all(|letter| letter.stage == "failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_larger_than_the_server_takes_becomes_several() {
    let all = subjects(120);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let setup = Setup { offer: vec!["PIPELINING", "SIZE 30000", "8BITMIME"], ..Setup::default() };
    let day = before_nine(setup, &[AT_NINE], &all).await;
    send_all(&day).await;
    each_once(&day, &all);
    assert!(day.smtp.letters().iter().all(|letter| letter.bytes.len() <= 30_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_refused_as_too_large_becomes_several() {
    for step in [Step::Mail, Step::EndOfData] {
        let all = subjects(120);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let day = before_nine(Setup::default(), &[AT_NINE], &all).await;
        day.smtp.fault(step, Fault::Reply("552 5.3.4 message too big".to_owned()), 2);
        send_all(&day).await;
        each_once(&day, &all);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_recipients_one_that_is_refused_does_not_hold_up_the_other() {
    let two = format!("{AT_NINE}to = [\"ada@example.org\", \"gone@example.org\"]\n");
    let day = before_nine(Setup::default(), &[&two], &["alpha"]).await;
    day.smtp.refuse_recipient("gone@example.org", "550 5.1.1 no such user");
    day.daemon.at(berlin("06T09:00")).await;
    let letters = day.smtp.letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].rcpt.contains("ada@example.org"));
    let outbox = day.daemon.outbox().await;
    assert_eq!((outbox.len(), outbox[0].stage.as_str(), outbox[0].to.as_str()), (1, "failed", "gone@example.org"));
    assert_eq!(day.daemon.held().await, [], "one was sent: the items are delivered");
    day.daemon.at(berlin("07T09:00")).await;
    assert_eq!(day.smtp.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_days_a_letter_is_given_up_and_its_items_are_in_the_next_digest() {
    let day = before_nine(Setup::default(), &[AT_NINE], &["alpha"]).await;
    day.smtp.fault(Step::Mail, Fault::Reply("451 4.3.0 later".to_owned()), 200);
    day.daemon.at(berlin("06T09:00")).await;
    let given_up = berlin("11T09:00");
    let mut attempts = 1;
    while day.daemon.now() < given_up {
        // Five hours at a time, so that it is tried about 25 times.
        day.daemon.on(seconds(5 * 3600)).await;
        let first = &day.daemon.outbox().await[0];
        assert!(first.attempts >= attempts);
        attempts = first.attempts;
    }
    day.daemon.on(seconds(2 * 3600)).await;
    assert!(attempts >= 12, "{attempts}");
    let failed: Vec<_> = day.daemon.outbox().await.into_iter().filter(|letter| letter.stage == "failed").collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(day.daemon.held_subjects().await, ["alpha"], "it waits again");
    let left = day.smtp.faults_to_come();
    assert!(left > 150, "not hammered: {left}");
    day.smtp.reset();
    day.daemon.at(berlin("12T09:00")).await;
    assert_eq!(day.letters(&["alpha"]), [(berlin("12T09:00"), 1)]);
    assert_eq!(day.daemon.held().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_answer_to_a_letter_that_was_handed_over() {
    let day = before_nine(Setup::default(), &[AT_NINE], &["alpha"]).await;
    day.smtp.fault(Step::EndOfData, Fault::Late, 1);
    day.daemon.set(berlin("06T09:00"));
    day.smtp.is_late().await;
    day.daemon.begin_to_stop();
    day.smtp.release();
    let day = day.again(berlin("06T09:05")).await;
    assert_eq!(day.daemon.outbox().await, []);
    day.daemon.at(berlin("08T12:00")).await;
    assert_eq!(day.smtp.letters().len(), 1, "it was accepted, and is not sent again");
    assert_eq!(day.daemon.held().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_recipients_one_whose_letter_is_too_large_gets_it_in_parts_and_the_other_nothing_twice() {
    let all = subjects(60);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let two = format!("{AT_NINE}to = [\"ada@example.org\", \"small@example.org\"]\n");
    let day = before_nine(Setup::default(), &[&two], &all).await;
    day.smtp.limit_recipient("small@example.org", 25_000);
    day.daemon.at(berlin("06T09:00")).await;
    day.daemon.at(berlin("06T12:00")).await;
    let to =
        |address: &str| -> Vec<_> { day.smtp.letters().into_iter().filter(|one| one.rcpt.contains(address)).collect() };
    assert_eq!(to("ada@example.org").len(), 1);
    let parts = to("small@example.org");
    assert!(parts.len() > 1 && parts.iter().all(|part| part.bytes.len() <= 25_000));
    for subject in &all {
        assert_eq!(parts.iter().map(|part| named(part, &[subject])).sum::<usize>(), 1, "{subject}");
    }
    assert_eq!(day.daemon.held().await, []);
    let letters = day.smtp.letters().len();
    day.daemon.at(berlin("08T12:00")).await;
    assert_eq!(day.smtp.letters().len(), letters, "nothing is sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubtful_no_is_asked_once_more_also_after_other_failures() {
    let day = before_nine(Setup::default(), &[AT_NINE], &["alpha"]).await;
    day.smtp.fault(Step::Mail, Fault::Reply("451 4.3.0 later".to_owned()), 2);
    day.smtp.fault(Step::EndOfData, Fault::Reply("550 5.5.0 service unavailable".to_owned()), 1);
    for at in ["06T09:00", "06T09:02", "06T09:10"] {
        day.daemon.at(berlin(at)).await;
    }
    assert_eq!((day.daemon.outbox().await[0].stage.as_str(), day.smtp.faults_to_come()), ("ready", 0));
    day.daemon.at(berlin("06T10:11")).await;
    assert_eq!(day.letters(&["alpha"]), [(berlin("06T09:00"), 1)]);
}

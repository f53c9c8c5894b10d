//! When mail passes and digests leave: by a clock that the test moves, in quiet hours, over slots, pauses, jumps and the
//! two nights of summer time.

use jiff::Timestamp;
use tidings::control::wire::{Reply, Request};

use crate::rig::day::{AT_NINE, Day, berlin, configuration, seconds};
use crate::rig::inside::{House, letter, until};
use crate::rig::smtp_server::{Fault, Step};

const NIGHTS: &str = r#"
[[quiet]]
name = "nights"
days = "mon-sun"
from = "20:00"
until = "08:00"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_hold_the_urgent_until_their_end_and_let_the_critical_pass() {
    let day = Day::begin(berlin("06T22:00"), &[NIGHTS, AT_NINE]).await;
    day.mails(&["an urgent one", "a critical one", "a plain one"]).await;
    assert_eq!(day.inbox(), ["a critical one"]);
    assert_eq!(day.held(), ["a plain one", "an urgent one"]);
    let held = day.daemon.held().await;
    let urgent = held.iter().find(|held| held.subject == "an urgent one").unwrap();
    assert_eq!(urgent.slot.parse::<Timestamp>().unwrap(), berlin("07T08:00"));

    day.daemon.at(berlin("07T07:59:59")).await;
    assert_eq!(day.inbox(), ["a critical one"], "not before the end");
    day.daemon.at(berlin("07T08:00")).await;
    assert_eq!(day.inbox(), ["a critical one", "an urgent one"]);
    assert_eq!(day.held(), ["a plain one"]);
    assert_eq!(day.daemon.item(&urgent.id).await.standing, format!("passed at {}", berlin("07T08:00")));

    day.mails(&["urgent by day"]).await;
    assert_eq!(day.inbox(), ["a critical one", "an urgent one", "urgent by day"], "outside of quiet hours it passes");
    assert_eq!(day.letters(&[]), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_that_falls_into_quiet_hours_waits_for_their_end() {
    let at_six = "[[digest]]\nname = \"early\"\nschedule = \"0 6 * * *\"\n";
    let day = Day::begin(berlin("06T12:00"), &[NIGHTS, at_six]).await;
    day.mails(&["a plain one"]).await;
    day.daemon.at(berlin("07T06:00")).await;
    day.daemon.at(berlin("07T07:59:59")).await;
    assert_eq!(day.letters(&[]), []);
    day.daemon.at(berlin("07T08:00")).await;
    assert_eq!(day.letters(&["a plain one"]), [(berlin("07T08:00"), 1)]);
    day.daemon.at(berlin("08T08:30")).await;
    assert_eq!(day.smtp.letters().len(), 1, "an empty digest is not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_slot_has_one_digest_and_an_empty_one_none() {
    let day = Day::begin(berlin("06T07:00"), &[AT_NINE]).await;
    day.daemon.at(berlin("06T09:00")).await;
    assert_eq!(day.letters(&[]), [], "nothing waited");
    day.mails(&["one", "two"]).await;
    day.daemon.at(berlin("07T08:59:59")).await;
    assert_eq!(day.letters(&[]), []);
    day.daemon.at(berlin("07T09:00")).await;
    day.daemon.at(berlin("07T09:00:01")).await;
    day.daemon.at(berlin("07T23:00")).await;
    let subjects = ["subject", "one", "two"];
    assert_eq!(day.letters(&subjects[1..]), [(berlin("07T09:00"), 2)]);
    day.mails(&["three"]).await;
    day.daemon.at(berlin("08T09:00")).await;
    assert_eq!(day.letters(&["three"]), [(berlin("07T09:00"), 0), (berlin("08T09:00"), 1)]);
    assert_eq!(day.daemon.held().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn few_wait_for_more_and_many_leave_early() {
    let digest = format!("{AT_NINE}min_items = 2\nflush_at = 4\n");
    let day = Day::begin(berlin("06T07:00"), &[&digest]).await;
    day.mails(&["alpha"]).await;
    day.daemon.at(berlin("06T09:00")).await;
    day.daemon.at(berlin("06T10:00")).await;
    assert_eq!(day.letters(&[]), [], "one is too few");
    day.mails(&["beta"]).await;
    assert_eq!(day.letters(&[]), [], "two wait for the slot");
    day.daemon.at(berlin("07T09:00")).await;
    assert_eq!(day.letters(&["alpha", "beta"]), [(berlin("07T09:00"), 2)]);

    day.mails(&["gamma", "delta", "epsilon"]).await;
    assert_eq!(day.smtp.letters().len(), 1, "three wait");
    day.mails(&["zeta"]).await;
    let letters = day.letters(&["gamma", "delta", "epsilon", "zeta"]);
    assert_eq!(letters.len(), 2, "four do not");
    assert_eq!(letters[1].1, 4);
    assert!(letters[1].0 < berlin("07T09:01"));
    day.daemon.at(berlin("08T09:00")).await;
    assert_eq!(day.smtp.letters().len(), 2, "the next slot has nothing left");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_downtime_there_is_one_digest_for_all_slots() {
    let day = Day::begin(berlin("06T12:00"), &[AT_NINE]).await;
    day.mails(&["before"]).await;
    let day = day.again(berlin("09T12:00")).await;
    assert_eq!(day.letters(&["before"]), [(berlin("09T12:00"), 1)]);
    assert!(day.daemon.held().await.is_empty());
    day.mails(&["after"]).await;
    day.daemon.at(berlin("10T08:59:59")).await;
    assert_eq!(day.smtp.letters().len(), 1);
    day.daemon.at(berlin("10T09:00")).await;
    assert_eq!(day.smtp.letters().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_sends_nothing_twice() {
    let day = Day::begin(berlin("06T08:00"), &[AT_NINE]).await;
    day.mails(&["one"]).await;
    day.daemon.at(berlin("06T09:00")).await;
    assert_eq!(day.smtp.letters().len(), 1);
    // Back over the slot, with something new waiting: it waits for the next day's.
    day.house.mail("two", berlin("06T08:30"));
    day.daemon.at(berlin("06T08:30")).await;
    assert_eq!(day.held(), ["one", "two"], "the last sync is in the future now, and makes no mail old");
    day.daemon.at(berlin("06T09:00:30")).await;
    assert_eq!(day.smtp.letters().len(), 1, "nine o'clock was done");
    // A day forward, over one slot: one digest.
    day.daemon.at(berlin("07T09:30")).await;
    assert_eq!(day.letters(&["two"])[1..], [(berlin("07T09:30"), 1)]);
    day.mails(&["three"]).await;
    // Far ahead (digests go out there), and back again: the days in between have their digests all the same.
    day.daemon.at(berlin("12T09:30")).await;
    assert_eq!(day.letters(&["three"])[2..], [(berlin("12T09:30"), 1)]);
    day.daemon.at(berlin("07T10:00")).await;
    day.mails(&["four"]).await;
    day.daemon.at(berlin("08T09:00")).await;
    assert_eq!(day.letters(&["four"])[3..], [(berlin("08T09:00"), 1)]);
    // The slot that the clock had been ahead to has its edition; what waits for it now leaves in one of its own.
    day.mails(&["five"]).await;
    day.daemon.at(berlin("12T09:00:01")).await;
    assert_eq!(day.letters(&["five"])[4..], [(berlin("12T09:00:01"), 1)]);
}

const SUNDAY_WITHIN_A_DAY: &str =
    "[hold]\nmax = \"1d\"\n[[digest]]\nname = \"sunday\"\nschedule = \"0 9 * * sun\"\nmax_items = 50\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_can_wait_no_longer_leaves_by_its_moment_through_quiet_hours_and_pauses() {
    let day = Day::begin(berlin("06T22:00"), &[SUNDAY_WITHIN_A_DAY, NIGHTS]).await;
    day.mails(&["alpha"]).await;
    day.daemon.at(berlin("06T22:14")).await;
    day.mails(&["beta"]).await;
    day.daemon.at(berlin("06T22:40")).await;
    day.mails(&["gamma"]).await;
    let until = berlin("08T12:00").to_string();
    assert!(matches!(day.daemon.ask(Request::Pause { until, reason: None }).await, Reply::Done { .. }));
    // Ten minutes before the moment nothing has left.
    day.daemon.at(berlin("07T21:50")).await;
    assert_eq!(day.letters(&[]), []);
    let moment = berlin("07T22:00:03");
    day.daemon.at(moment - seconds(180)).await;
    let letters = day.letters(&["alpha", "beta", "gamma"]);
    assert_eq!(letters.len(), 1, "the letter of what could wait no longer");
    assert!(letters[0].0 <= moment);
    assert_eq!(letters[0].1, 2, "together with what is due within a quarter of an hour");
    assert_eq!(day.daemon.held_subjects().await, ["gamma"]);
    day.daemon.at(berlin("07T22:40")).await;
    assert_eq!(day.letters(&["gamma"]).len(), 2);
    assert_eq!(day.letters(&["gamma"])[1].1, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_overdue_letter_is_refused_with_passes_by_itself() {
    let day = Day::begin(berlin("06T12:00"), &[SUNDAY_WITHIN_A_DAY]).await;
    day.mails(&["alpha"]).await;
    assert_eq!(day.inbox(), [""; 0]);
    day.smtp.fault(Step::Rcpt, Fault::Reply("550 5.1.1 no such user".to_owned()), 3);
    day.daemon.at(berlin("07T12:00")).await;
    assert_eq!(day.smtp.faults_to_come(), 2, "one attempt, and no endless row of them");
    assert_eq!(day.daemon.held_subjects().await, ["alpha"], "its last moment is some seconds away");
    day.daemon.at(berlin("07T12:01")).await;
    assert_eq!(day.daemon.held_subjects().await, [""; 0], "nothing waits past its last moment");
    assert!(day.inbox().contains(&"alpha".to_owned()), "beside the notice that nothing can be sent");
    day.daemon.at(berlin("08T12:00")).await;
    assert_eq!(day.smtp.faults_to_come(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn urgent_mail_that_its_mailbox_does_not_take_is_filed_there_once_it_does() {
    let house = House::new();
    house.make_maildir("Mail/.Incoming");
    let account = "hold_in = \"Held\"\nwatch = \"Incoming\"\nurgent_to = \"Urgent\"\n";
    house.configure(&configuration(1, &[AT_NINE]).replace("hold_in = \"Held\"\n", account));
    std::fs::write(house.path("Mail/.Urgent"), "in the way").unwrap();
    let daemon = house.start(berlin("06T12:00")).await;
    house.deliver("Mail/.Incoming", letter("an urgent one", daemon.now()).as_bytes(), daemon.now());
    daemon.on(seconds(3)).await;
    assert_eq!(house.subjects("Mail", "Incoming"), ["an urgent one"]);
    daemon.on(seconds(60)).await;
    std::fs::remove_file(house.path("Mail/.Urgent")).unwrap();
    house.make_maildir("Mail/.Urgent");
    daemon.on(seconds(60)).await;
    assert_eq!(house.subjects("Mail", "Urgent"), ["an urgent one"]);
    assert_eq!(house.subjects("Mail", "Incoming"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_watched_later_keeps_what_lies_in_it() {
    let house = House::new();
    house.make_maildir("Mail/.Incoming");
    let account = |watch: &str| format!("hold_in = \"Held\"\nwatch = [{watch}]\nurgent_to = \"Urgent\"\n");
    let configure = |watch: &str| {
        house.configure(&configuration(1, &[AT_NINE]).replace("hold_in = \"Held\"\n", &account(watch)));
    };
    configure("\"Incoming\"");
    house.start(berlin("06T12:00")).await.stop().await.unwrap();
    house.make_maildir("Mail/.More");
    house.deliver("Mail/.More", letter("an old one", berlin("01T12:00")).as_bytes(), berlin("01T12:00"));
    configure("\"Incoming\", \"More\"");
    let daemon = house.start(berlin("06T13:00")).await;
    daemon.settled().await;
    assert_eq!(house.subjects("Mail", "More"), ["an old one"]);
    house.deliver("Mail/.More", letter("an urgent one", daemon.now()).as_bytes(), daemon.now());
    daemon.on(seconds(61)).await;
    assert_eq!(house.subjects("Mail", "Urgent"), ["an urgent one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_long_overdue_waits_at_rest_for_an_account_that_is_away() {
    let day = Day::begin(berlin("06T12:00"), &[SUNDAY_WITHIN_A_DAY]).await;
    day.mails(&["alpha"]).await;
    std::fs::rename(day.house.path("Mail"), day.house.path("away")).unwrap();
    day.daemon.on(seconds(3)).await;
    // The machine has slept over the moment. `at` comes back only if every hand rests.
    day.daemon.at(berlin("07T15:00")).await;
    assert_eq!(day.letters(&[]), [], "the account is asked first");
    day.daemon.at(berlin("07T15:02")).await;
    assert_eq!(day.letters(&["alpha"]), [(berlin("07T15:02"), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_counts_what_a_rule_dropped_since_the_last_one() {
    let rule = "[[rule]]\nname = \"away\"\nsubject = \"offer\"\nurgency = \"drop\"\n";
    let day = Day::begin(berlin("06T12:00"), &[AT_NINE, rule]).await;
    day.mails(&["alpha", "an offer", "one more offer"]).await;
    day.daemon.at(berlin("07T09:00")).await;
    day.mails(&["beta"]).await;
    day.daemon.at(berlin("08T09:00")).await;
    assert_eq!(day.letters(&["alpha", "beta"]), [(berlin("07T09:00"), 1), (berlin("08T09:00"), 1)]);
    let says = |number: usize| String::from_utf8_lossy(&day.smtp.letters()[number].bytes).contains("dropped by a rule");
    assert_eq!([says(0), says(1)], [true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_holds_and_its_end_lets_pass() {
    let day = Day::begin(berlin("06T12:00"), &[NIGHTS, AT_NINE]).await;
    let until = berlin("07T12:00").to_string();
    assert!(matches!(day.daemon.ask(Request::Pause { until: until.clone(), reason: None }).await, Reply::Done { .. }));
    assert_eq!(day.daemon.status().await.paused_until, Some(until));
    day.mails(&["an urgent one", "a critical one", "a plain one"]).await;
    assert_eq!(day.inbox(), ["a critical one"]);
    // Quiet hours begin and end inside the pause: the two are one.
    day.daemon.at(berlin("07T08:00")).await;
    day.daemon.at(berlin("07T09:00")).await;
    day.daemon.at(berlin("07T11:00")).await;
    assert_eq!(day.inbox(), ["a critical one"]);
    assert_eq!(day.letters(&[]), []);
    // Its end by hand: the urgent passes at once, one digest follows.
    assert!(matches!(day.daemon.ask(Request::Resume).await, Reply::Done { .. }));
    day.daemon.settled().await;
    assert_eq!(day.inbox(), ["a critical one", "an urgent one"]);
    assert_eq!(day.letters(&["a plain one"]), [(berlin("07T11:00"), 1)]);
    assert!(matches!(day.daemon.ask(Request::Resume).await, Reply::Refused { .. }), "there is none to end");
    // A pause that begins in quiet hours and ends in them: their end counts.
    day.daemon.at(berlin("07T21:00")).await;
    assert!(matches!(
        day.daemon.ask(Request::Pause { until: berlin("08T05:00").to_string(), reason: None }).await,
        Reply::Done { .. }
    ));
    day.mails(&["urgent at night"]).await;
    day.daemon.at(berlin("08T05:00")).await;
    assert!(!day.inbox().contains(&"urgent at night".to_owned()));
    day.daemon.at(berlin("08T08:00")).await;
    assert!(day.inbox().contains(&"urgent at night".to_owned()));
    day.daemon.at(berlin("09T10:00")).await;
    assert_eq!(day.smtp.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_nights_of_summer_time_have_one_digest_each() {
    let digest = "[[digest]]\nname = \"night\"\nschedule = \"30 2 * * *\"\n";
    let day = Day::begin("2024-03-30T12:00:00Z".parse().unwrap(), &[digest]).await;
    day.mails(&["spring"]).await;
    // 02:30 does not exist on the 31st: the first instant after the gap is 03:00 in summer time.
    let gap: Timestamp = "2024-03-31T01:00:00Z".parse().unwrap();
    day.daemon.at(gap - seconds(1)).await;
    assert_eq!(day.letters(&[]), []);
    day.daemon.at(gap).await;
    day.daemon.at(gap + seconds(7200)).await;
    assert_eq!(day.letters(&["spring"]), [(gap, 1)]);

    // 02:30 comes twice on October 27: the first one counts.
    let fold: Timestamp = "2024-10-27T00:30:00Z".parse().unwrap();
    day.daemon.at(fold - seconds(3600)).await;
    day.mails(&["autumn"]).await;
    day.daemon.at(fold - seconds(1)).await;
    assert_eq!(day.smtp.letters().len(), 1);
    day.daemon.at(fold).await;
    assert_eq!(day.letters(&["autumn"])[1..], [(fold, 1)]);
    day.mails(&["between"]).await;
    day.daemon.at(fold + seconds(3600)).await;
    day.daemon.at(fold + seconds(7200)).await;
    assert_eq!(day.smtp.letters().len(), 2, "the second 02:30 is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_reader_has_seen_leaves_the_digest_also_when_an_earlier_slot_was_empty() {
    let day = Day::begin(berlin("06T08:00"), &[AT_NINE]).await;
    day.mails(&["alpha"]).await;
    day.house.read_mail("Held", "alpha");
    day.daemon.at(berlin("06T09:00")).await;
    assert_eq!(day.letters(&[]), [], "all of it was seen");
    assert_eq!(day.daemon.held().await, []);
    day.mails(&["beta", "gamma"]).await;
    day.house.read_mail("Held", "beta");
    day.daemon.at(berlin("07T09:00")).await;
    assert_eq!(day.letters(&["gamma"]), [(berlin("07T09:00"), 1)]);
    assert_eq!(day.letters(&["beta"]), [(berlin("07T09:00"), 0)]);
    let text = String::from_utf8_lossy(&day.smtp.letters()[0].bytes).into_owned();
    assert!(text.contains("1 you have already seen") || text.contains("already seen"), "{text}");
    assert!(!text.contains("2 you have"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_with_other_rules_lets_what_is_now_urgent_pass() {
    let day = Day::begin(berlin("06T12:00"), &[AT_NINE]).await;
    day.mails(&["from the pager", "a plain one"]).await;
    assert_eq!(day.held(), ["a plain one", "from the pager"]);
    let Day { house, smtp, daemon } = day;
    daemon.stop().await.unwrap();
    let pager = "[[rule]]\nname = \"third\"\nsubject = \"pager\"\nurgency = \"urgent\"\n";
    house.configure(&configuration(smtp.port, &[AT_NINE, pager]));
    let daemon = house.start(berlin("06T12:05")).await;
    until("the pager's mail has passed", async || house.subjects("Mail", "") == ["from the pager"]).await;
    daemon.settled().await;
    assert_eq!(house.subjects("Mail", "Held"), ["a plain one"]);
    assert_eq!(smtp.letters(), []);
}

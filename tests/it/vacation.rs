//! A vacation: everything but the critical waits, past its last moment of before, and leaves in one digest at the end.

use jiff::Timestamp;
use tidings::control::wire::{PauseReason, Reply, Request};

use crate::rig::day::{AT_NINE, Day, berlin, seconds};
use crate::rig::mails::text_of;

const NIGHTS: &str = "[[quiet]]\nname = \"nights\"\nfrom = \"20:00\"\nuntil = \"08:00\"\n";
/// Two digests, and nothing may wait for longer than two days.
const TWO: &str = "[[digest]]\nname = \"low\"\nschedule = \"0 17 * * *\"\ntakes = [\"low\"]\nflush_at = 2\n\
    [[rule]]\nname = \"offers\"\nsubject = \"offer\"\nurgency = \"low\"\n[hold]\nmax = \"2d\"\n";

async fn ask(day: &Day, until: Timestamp, reason: Option<PauseReason>) -> Reply {
    day.daemon.ask(Request::Pause { until: until.to_string(), reason }).await
}

async fn leave(day: &Day, until: Timestamp) {
    let reply = ask(day, until, Some(PauseReason::Vacation)).await;
    assert!(matches!(&reply, Reply::Done { said } if said.contains("in one digest at its end")), "{reply:?}");
    day.daemon.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_digest_of_all_digests_follows_a_vacation() {
    let day = Day::begin(berlin("06T12:00"), &[AT_NINE, TWO]).await;
    day.mails(&["alpha", "an offer"]).await;
    leave(&day, berlin("16T12:00")).await;
    for held in day.daemon.held().await {
        assert_eq!(held.slot.parse::<Timestamp>().unwrap(), berlin("16T12:00"), "{held:?}");
        assert!(held.deliver_by.parse::<Timestamp>().unwrap() > berlin("16T12:00"), "{held:?}");
    }
    day.daemon.at(berlin("09T12:00")).await;
    day.mails(&["beta", "offer two", "offer three", "an urgent one", "a critical one"]).await;
    assert_eq!(day.inbox(), ["a critical one"]);
    for hour in ["10T09:00", "11T12:00", "12T17:00", "14T09:00", "16T09:00", "16T11:59:59"] {
        day.daemon.at(berlin(hour)).await;
    }
    assert_eq!(day.letters(&[]), [], "nothing is overdue, no slot comes, and many are no reason");
    assert_eq!(day.inbox(), ["a critical one"]);
    let status = day.daemon.status().await;
    assert_eq!(status.paused[0].reason, Some(PauseReason::Vacation));

    day.daemon.at(berlin("16T12:00")).await;
    assert_eq!(day.inbox(), ["a critical one", "an urgent one"]);
    let all = ["alpha", "an offer", "beta", "offer two", "offer three"];
    assert_eq!(day.letters(&all), [(berlin("16T12:00"), 5)]);
    let said = text_of(&day.smtp.letters()[0].bytes).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("5 messages waited while you were away, since "), "{said}");
    assert_eq!(day.daemon.held().await, []);

    // Then all is as before.
    day.mails(&["gamma", "offer four"]).await;
    day.daemon.at(berlin("16T17:00")).await;
    day.daemon.at(berlin("17T09:00")).await;
    assert_eq!(day.letters(&["gamma"])[1..], [(berlin("16T17:00"), 0), (berlin("17T09:00"), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vacation_survives_a_restart_and_may_end_while_nobody_runs() {
    let day = Day::begin(berlin("06T12:00"), &[AT_NINE, TWO]).await;
    day.mails(&["alpha", "an offer"]).await;
    leave(&day, berlin("16T12:00")).await;
    let day = day.again(berlin("12T12:00")).await;
    day.mails(&["beta"]).await;
    assert_eq!(day.letters(&[]), []);
    let day = day.again(berlin("18T18:00")).await;
    assert_eq!(day.letters(&["alpha", "an offer", "beta"]), [(berlin("18T18:00"), 3)]);
    let day = day.again(berlin("19T18:00")).await;
    assert_eq!(day.smtp.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn resume_ends_it_with_the_same_digest() {
    let day = Day::begin(berlin("06T12:00"), &[AT_NINE, TWO]).await;
    day.mails(&["alpha", "an offer"]).await;
    leave(&day, berlin("16T12:00")).await;
    day.daemon.at(berlin("10T15:00")).await;
    let refused = ask(&day, berlin("11T12:00"), None).await;
    assert!(matches!(&refused, Reply::Refused { said } if said.contains("there is a vacation")), "{refused:?}");
    assert!(matches!(day.daemon.ask(Request::Resume).await, Reply::Done { .. }));
    day.daemon.settled().await;
    assert_eq!(day.letters(&["alpha", "an offer"]), [(berlin("10T15:00"), 2)]);
    assert!(matches!(day.daemon.ask(Request::Resume).await, Reply::Refused { .. }));
    assert!(matches!(ask(&day, berlin("11T12:00"), None).await, Reply::Done { .. }), "it is forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_digest_waits_for_the_end_of_quiet_hours() {
    let day = Day::begin(berlin("06T12:00"), &[AT_NINE, TWO, NIGHTS]).await;
    day.mails(&["alpha"]).await;
    leave(&day, berlin("10T00:00")).await;
    day.daemon.at(berlin("10T00:00")).await;
    day.daemon.at(berlin("10T07:59:59")).await;
    assert_eq!(day.letters(&[]), []);
    day.daemon.at(berlin("10T08:00")).await;
    assert_eq!(day.letters(&["alpha"]), [(berlin("10T08:00"), 1)]);
    day.daemon.at(berlin("10T09:00")).await;
    assert_eq!(day.smtp.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_waits_longer_than_sixty_days() {
    let day = Day::begin(berlin("06T12:00"), &[AT_NINE, TWO]).await;
    day.mails(&["alpha"]).await;
    let in_days = |days: i64| berlin("06T12:00") + seconds(days * 86_400);
    let refused = ask(&day, in_days(61), Some(PauseReason::Vacation)).await;
    assert!(matches!(&refused, Reply::Refused { said } if said.contains("60 days at most")), "{refused:?}");
    leave(&day, in_days(50)).await;
    day.daemon.at(in_days(49)).await;
    day.mails(&["beta"]).await;
    leave(&day, in_days(80)).await;
    day.daemon.at(in_days(59)).await;
    assert_eq!(day.letters(&[]), []);
    day.daemon.at(in_days(60)).await;
    assert_eq!(day.letters(&["alpha", "beta"]).iter().map(|letter| letter.1).collect::<Vec<_>>(), [1]);
    day.daemon.at(in_days(80)).await;
    assert_eq!(day.letters(&["beta"])[1..], [(in_days(80), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vacation_without_any_mail_sends_nothing() {
    let day = Day::begin(berlin("06T12:00"), &[AT_NINE]).await;
    leave(&day, berlin("16T12:00")).await;
    day.daemon.at(berlin("16T12:00")).await;
    day.mails(&["alpha"]).await;
    day.daemon.at(berlin("17T09:00")).await;
    assert_eq!(day.letters(&["alpha"]), [(berlin("17T09:00"), 1)]);
}

/// What was held in a vacation is older than else it may be: a store that is lost then is no reason to leave it behind.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_vacation_held_is_held_again_when_the_store_is_lost() {
    let day = Day::begin(berlin("06T12:00"), &[AT_NINE, TWO]).await;
    day.mails(&["alpha", "an offer"]).await;
    leave(&day, berlin("30T12:00")).await;
    day.daemon.at(berlin("20T12:00")).await;
    assert_eq!(day.letters(&[]), []);
    let Day { house, smtp, daemon } = day;
    daemon.stop().await.unwrap();
    std::fs::remove_dir_all(house.path("state/store")).unwrap();
    let daemon = house.start(berlin("20T12:01")).await;
    daemon.settled().await;
    let day = Day { house, smtp, daemon };
    day.daemon.at(berlin("21T09:00")).await;
    day.daemon.at(berlin("21T17:00")).await;
    let letters = day.letters(&["alpha", "an offer"]);
    assert_eq!(letters.iter().map(|letter| letter.1).sum::<usize>(), 2, "{letters:?}");
}

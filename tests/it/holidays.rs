//! Holidays from calendar files: what they keep from happening, and what is said of a file that is of no use.

use tidings::config;
use tidings::config::environment::Environment;

use crate::reload::hang_up;
use crate::rig::daemon::{Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::day::{Day, berlin, seconds};
use crate::rig::inside::{House, until};
use crate::rig::maildir;
use crate::rig::smtp_server::Setup;

/// Two days in May 2024: the 9th, a Thursday, and the next one that is none of the weekend.
const MAY: [&str; 2] = ["20240509", "20240513"];
const SKIPS: &str = "[[digest]]\nname = \"daily\"\nschedule = \"0 9 * * *\"\nholidays = \"skip\"\n";

fn calendar(days: &[&str]) -> String {
    let event = |day: &&str| format!("BEGIN:VEVENT\r\nUID:{day}\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\n");
    let events: String = days.iter().map(event).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
}

/// A day with these two holidays in the file `off.ics`.
async fn day(now: &str, pieces: &[&str]) -> Day {
    let prepare = |house: &House| std::fs::write(house.path("off.ics"), calendar(&MAY)).unwrap();
    let pieces = [&["holidays = [\"off.ics\"]\n"], pieces].concat();
    Day::begin_prepared(Setup::default(), berlin(now), &pieces, prepare).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_that_skips_a_holiday_goes_with_the_next_slot() {
    let day = day("08T12:00", &[SKIPS]).await;
    day.mails(&["alpha"]).await;
    assert_eq!(day.daemon.held().await[0].slot.parse::<jiff::Timestamp>().unwrap(), berlin("10T09:00"));
    day.daemon.at(berlin("09T09:00")).await;
    day.daemon.at(berlin("10T08:59:59")).await;
    assert_eq!(day.letters(&[]), []);
    day.daemon.at(berlin("10T09:00")).await;
    assert_eq!(day.letters(&["alpha"]), [(berlin("10T09:00"), 1)]);
    // A slot that does not come is none that was missed.
    day.mails(&["beta"]).await;
    day.daemon.at(berlin("11T09:00")).await;
    day.daemon.at(berlin("12T09:00")).await;
    day.mails(&["gamma"]).await;
    let day = day.again(berlin("13T12:00")).await;
    assert_eq!(day.letters(&["beta", "gamma"]).len(), 2, "nothing at noon of the holiday");
    day.daemon.at(berlin("14T09:00")).await;
    assert_eq!(day.letters(&["gamma"])[2..], [(berlin("14T09:00"), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_waits_longer_than_it_may_for_a_holiday() {
    let day = day("08T12:00", &[SKIPS, "[hold]\nmax = \"1d\"\n"]).await;
    day.mails(&["alpha"]).await;
    day.daemon.at(berlin("09T09:00")).await;
    assert_eq!(day.letters(&[]), []);
    day.daemon.at(berlin("09T12:00")).await;
    let letters = day.letters(&["alpha"]);
    assert!(letters.len() == 1 && letters[0].1 == 1 && letters[0].0 <= berlin("09T12:00:03"), "{letters:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_and_rules_know_a_day_off() {
    let off = "[[quiet]]\nname = \"off\"\ndays = \"holidays\"\nfrom = \"00:00\"\nuntil = \"24:00\"\n";
    let work = "[[rule]]\nname = \"work\"\nsubject = \"office\"\nduring = \"working\"\nurgency = \"critical\"\n";
    let hours = "working_hours = { from = \"09:00\", until = \"18:00\" }\n";
    let day = day("08T12:00", &[hours, SKIPS, off, work]).await;
    day.mails(&["office 1"]).await;
    assert_eq!(day.inbox(), ["office 1"]);
    day.daemon.at(berlin("09T12:00")).await;
    day.mails(&["office 2", "an urgent one"]).await;
    assert_eq!(day.held(), ["an urgent one", "office 2"]);
    day.daemon.at(berlin("09T23:59:59")).await;
    assert_eq!(day.inbox(), ["office 1"]);
    day.daemon.at(berlin("10T00:00")).await;
    assert_eq!(day.inbox(), ["an urgent one", "office 1"]);
    day.daemon.at(berlin("10T12:00")).await;
    day.mails(&["office 3"]).await;
    assert_eq!(day.inbox(), ["an urgent one", "office 1", "office 3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_says_that_all_holidays_have_passed() {
    let day = day("13T12:00", &[SKIPS]).await;
    assert_eq!(day.daemon.status().await.holidays, []);
    day.daemon.at(berlin("14T00:00")).await;
    let status = day.daemon.status().await;
    assert_eq!(status.holidays.len(), 1);
    assert!(status.holidays[0].file.ends_with("off.ics"), "{status:?}");
    assert!(status.holidays[0].error.contains("its last day was 2024-05-13"), "{status:?}");
    day.mails(&["alpha"]).await;
    day.daemon.on(seconds(86_400)).await;
    until("it goes as on any day", async || day.letters(&["alpha"]).len() == 1).await;
}

/// A configuration with these holidays, read.
fn load(files: &[(&str, &[u8])]) -> config::ready::Config {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).chain(["missing.ics"]).collect();
    let text = format!("holidays = {names:?}\nstate_dir = \"state\"\n{PERSON}{INTO_FOLDER}{YEARLY}");
    std::fs::write(folder.path().join("tidings.toml"), text).unwrap();
    let read = config::load(&folder.path().join("tidings.toml"), &Environment::default());
    read.unwrap_or_else(|faults| panic!("{faults:?}"))
}

#[test]
fn a_file_that_cannot_be_read_is_said_and_the_others_count() {
    let many = "BEGIN:VEVENT\r\n".repeat(2_000);
    let large = vec![b' '; 3 << 20];
    let endless = calendar(&["20240509"]).replace("END:VEVENT", "RRULE:FREQ=DAILY\r\nEND:VEVENT");
    let config = load(&[
        ("good.ics", calendar(&MAY).as_bytes()),
        ("many.ics", many.as_bytes()),
        ("large.ics", &large),
        ("endless.ics", endless.as_bytes()),
        ("binary.ics", b"\x89PNG\r\n\x1a\n\xff\xfe\0"),
        ("empty.ics", calendar(&[]).as_bytes()),
    ]);
    let said: Vec<&str> = config.warnings.iter().map(|fault| fault.text.as_str()).collect();
    for (name, why) in [
        ("many.ics", "more than calendars of holidays do"),
        ("large.ics", "longer than 2097152 bytes"),
        ("endless.ics", "more than calendars of holidays do"),
        ("binary.ics", "no iCalendar file"),
        ("empty.ics", "none of its events is a whole day"),
        ("missing.ics", "cannot read it"),
    ] {
        let text = said.iter().find(|text| text.contains(name)).unwrap_or_else(|| panic!("{name}: {said:?}"));
        assert!(text.contains(why) && text.contains("count as ordinary ones"), "{text}");
    }
    assert!(!said.iter().any(|text| text.contains("good.ics")), "{said:?}");
    let days: Vec<_> = config.people[0].desk.almanac.days.from(jiff::civil::date(2020, 1, 1)).collect();
    assert_eq!(days.len(), 2);
    let troubles = config.people[0].desk.almanac.calendars.iter();
    let today = jiff::civil::date(2024, 5, 1);
    assert_eq!(troubles.filter(|calendar| calendar.trouble(today).is_some()).count(), 6);
}

#[test]
fn check_shows_them_and_a_reload_reads_them_again() {
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    home.write("off.ics", &calendar(&["20200101"]));
    let account = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\nhold_in = \"Held\"\n";
    home.configure(&["holidays = [\"off.ics\"]", PERSON, INTO_FOLDER, account, YEARLY, "holidays = \"skip\"\n"]);
    let (code, _, said) = home.run(&["check"]);
    assert_eq!(code, 0);
    assert!(said.contains("out of date: its last day was 2020-01-01"), "{said}");
    assert_eq!(home.run(&["check", "--strict"]).0, 1);
    let (_, understood, said) = home.run(&["check", "--at", "2019-12-30T00:00:00Z"]);
    assert!(understood.contains("1 within a year, the next Wed 2020-01-01"), "{understood}");
    assert!(!said.contains("out of date"), "{said}");
    let at = ["schedule", "--at", "2019-12-30T00:00:00Z", "--next", "1"];
    assert!(home.run(&at).1.contains("2021-01-01"), "{}", home.run(&at).1);

    let daemon = home.start();
    let troubles = || daemon.json(&["status"])["holidays"].as_array().unwrap().len();
    assert_eq!(troubles(), 1);
    let (_, status, _) = home.run(&["status"]);
    assert!(status.contains("! holidays in") && status.contains("out of date"), "{status}");
    home.write("off.ics", &calendar(&["20990101"]));
    hang_up(&daemon, "the configuration was read again");
    assert_eq!(troubles(), 0);
    home.write("off.ics", "nothing");
    hang_up(&daemon, "the configuration was read again");
    assert_eq!(troubles(), 1);
    daemon.stop();
}

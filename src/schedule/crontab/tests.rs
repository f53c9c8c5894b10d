//! What is promised of schedules, and a comparison with a count over every minute around every change of every zone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::tz::{self, TimeZone};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::Crontab;
use crate::civil::{Weekdays, Zone};
use crate::schedule::until;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The first slots after an instant, each as its instant and note.
#[track_caller]
fn check(zone: &str, schedule: &str, after: &str, expected: &[&str]) {
    let (zone, crontab) = (Zone::parse(zone).unwrap(), Crontab::parse(schedule).unwrap());
    let slots = crontab.slots_after(&zone, at(after)).take(expected.len());
    let slots: Vec<String> = slots
        .map(|slot| {
            format!("{}{}", slot.instant, slot.note.map_or(String::new(), |note| format!(" {}", note.as_str())))
        })
        .collect();
    assert_eq!(slots, expected, "{schedule} in {} after {after}", zone.name);
}

#[test]
fn runs_as_crontab_says() {
    let friday = "2027-01-08T12:00:00Z";
    check(
        "UTC",
        "0 9,16 * * mon-fri",
        friday,
        &["2027-01-08T16:00:00Z", "2027-01-11T09:00:00Z", "2027-01-11T16:00:00Z"],
    );
    check("UTC", "0 9,16 * * 1-5", friday, &["2027-01-08T16:00:00Z", "2027-01-11T09:00:00Z", "2027-01-11T16:00:00Z"]);
    check("UTC", "@daily", friday, &["2027-01-09T00:00:00Z", "2027-01-10T00:00:00Z"]);
    check("UTC", "@midnight", friday, &["2027-01-09T00:00:00Z"]);
    check("UTC", "@Weekly", friday, &["2027-01-10T00:00:00Z", "2027-01-17T00:00:00Z"]);
    check("UTC", "@hourly", friday, &["2027-01-08T13:00:00Z"]);
    check("UTC", "@monthly", friday, &["2027-02-01T00:00:00Z"]);
    check("UTC", "@yearly", friday, &["2028-01-01T00:00:00Z"]);
    check("UTC", "@annually", friday, &["2028-01-01T00:00:00Z"]);
    check("UTC", "  0\t9  * * *  ", friday, &["2027-01-09T09:00:00Z"]);
    check("Asia/Kathmandu", "0 9 * * *", friday, &["2027-01-09T03:15:00Z"]);
    // The slot itself is not after itself; a second before it, it is.
    check("UTC", "0 12 * * *", friday, &["2027-01-09T12:00:00Z"]);
    check("UTC", "0 12 * * *", "2027-01-08T11:59:59.5Z", &["2027-01-08T12:00:00Z"]);
}

#[test]
fn two_restricted_days_mean_either() {
    let new_year = "2027-01-01T00:00:00Z";
    check("UTC", "0 9 13 * fri", new_year, &["2027-01-01T09:00:00Z", "2027-01-08T09:00:00Z", "2027-01-13T09:00:00Z"]);
    check("UTC", "0 9 30 2 mon", new_year, &["2027-02-01T09:00:00Z", "2027-02-08T09:00:00Z"]);
    // With a "*" in one of them, both must match.
    check("UTC", "0 9 */2 * fri", new_year, &["2027-01-01T09:00:00Z", "2027-01-15T09:00:00Z", "2027-01-29T09:00:00Z"]);
    check("UTC", "0 9 1 * 0-6", new_year, &["2027-01-01T09:00:00Z", "2027-01-02T09:00:00Z"]);
}

#[test]
fn a_range_of_days_may_end_in_sunday() {
    let tuesday = "2028-05-02T00:00:00Z";
    let weekend = ["2028-05-05T17:30:00Z", "2028-05-06T17:30:00Z", "2028-05-07T17:30:00Z", "2028-05-12T17:30:00Z"];
    for days in ["fri-sun", "5-7", "FRI,sat,7", "5,6,0"] {
        check("UTC", &format!("30 17 * * {days}"), tuesday, &weekend);
    }
    for sunday in ["0", "7", "sun", "7-7"] {
        check("UTC", &format!("30 17 * * {sunday}"), tuesday, &["2028-05-07T17:30:00Z", "2028-05-14T17:30:00Z"]);
    }
}

#[test]
fn a_day_that_never_comes_is_told_from_one_that_seldom_does() {
    for never in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "5 4 30-31 feb *", "0 0 31 2,4 */1"] {
        let crontab = Crontab::parse(never).unwrap();
        assert!(crontab.never_runs(), "{never}");
        assert_eq!(crontab.next_after(&Zone::parse("UTC").unwrap(), at("2027-01-01T00:00:00Z")), None, "{never}");
    }
    for seldom in ["0 9 29 2 *", "0 0 30 2 mon", "0 0 31 * *"] {
        assert!(!Crontab::parse(seldom).unwrap().never_runs(), "{seldom}");
    }
    check("UTC", "15 6 29 feb *", "2029-01-01T00:00:00Z", &["2032-02-29T06:15:00Z", "2036-02-29T06:15:00Z"]);
}

#[test]
fn a_fold_happens_once() {
    let before = "2026-10-24T21:00:00Z";
    check("Europe/Berlin", "30 2 * * *", before, &["2026-10-25T00:30:00Z fold", "2026-10-26T01:30:00Z"]);
    check(
        "Europe/Berlin",
        "0 * * * *",
        before,
        &[
            "2026-10-24T22:00:00Z",
            "2026-10-24T23:00:00Z",
            "2026-10-25T00:00:00Z fold",
            "2026-10-25T02:00:00Z",
            "2026-10-25T03:00:00Z",
        ],
    );
    // Asked within the second pass, nothing of the first comes again.
    check("Europe/Berlin", "*/20 * * * *", "2026-10-25T01:05:00Z", &["2026-10-25T02:00:00Z"]);
}

#[test]
fn a_gap_and_its_neighbour_are_one() {
    let before = "2026-03-28T12:00:00Z";
    check("Europe/Berlin", "30 2 * * *", before, &["2026-03-29T01:00:00Z gap", "2026-03-30T00:30:00Z"]);
    check(
        "Europe/Berlin",
        "0 2,3 * * *",
        before,
        &["2026-03-29T01:00:00Z gap", "2026-03-30T00:00:00Z", "2026-03-30T01:00:00Z"],
    );
    check("Europe/Berlin", "*/15 2 * * *", before, &["2026-03-29T01:00:00Z gap", "2026-03-30T00:00:00Z"]);
    check(
        "Pacific/Apia",
        "0 9 * * *",
        "2011-12-29T00:00:00Z",
        &["2011-12-29T19:00:00Z", "2011-12-30T10:00:00Z gap", "2011-12-30T19:00:00Z"],
    );
}

#[test]
fn refuses_what_it_does_not_know() {
    let refuses = |written: &str, part: &str| {
        let error = Crontab::parse(written).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(part), "{written}: {error:?}");
    };
    refuses("", "has five fields, this has 0");
    refuses("0 9 * *", "this has 4; write minute, hour, day of month, month, day of week");
    refuses("0 0 9 * * *", "this has 6");
    refuses(
        "0 0 9 * * * 2027",
        "this has 7; write minute, hour, day of month, month, day of week: \"0 9 * * mon-fri\" (no seconds",
    );
    refuses("@reboot", "\"@reboot\" is no time of a calendar");
    refuses("@every 5m", "no schedule \"@every 5m\"");
    refuses("@", "no schedule \"@\"");
    refuses("@daily 5", "no schedule");
    refuses("* 17-9 * * *", "hour \"17-9\" runs backwards; write \"17-23,0-9\"");
    refuses("0 9 * * Monday", "write \"mon\"");
    refuses("0 9 ? * mon", "write \"*\"");
    refuses("5/15 * * * *", "write \"5-59/15\"");
    refuses("0 9 L * *", "is not of crontab(5)");
    refuses(&"1,".repeat(1_000), "at most 1024 bytes");
    let all = (0..60).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    assert!(
        Crontab::parse(&format!("{all} {} * * *", (0..24).map(|n| n.to_string()).collect::<Vec<_>>().join(",")))
            .is_ok()
    );
}

#[test]
fn ends_with_the_century() {
    check("UTC", "0 0 1 1 *", "2099-06-01T00:00:00Z", &["2100-01-01T00:00:00Z"]);
    let (zone, daily) = (Zone::parse("Europe/Lisbon").unwrap(), Crontab::parse("@daily").unwrap());
    for late in ["2100-12-31T12:00:00Z", "2101-01-01T00:00:00Z", "9999-12-30T22:00:00Z"] {
        assert_eq!(daily.next_after(&zone, at(late)), None, "{late}");
    }
    for early in ["1969-12-31T00:00:00Z", "-009999-01-02T01:59:59Z"] {
        assert_eq!(
            daily.next_after(&zone, at(early)).map(|slot| slot.instant),
            Some(at("1969-12-31T23:00:00Z")),
            "{early}"
        );
    }
}

#[test]
fn catches_up_with_the_last_slot() {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let check = |schedule: &str, (after, until): (&str, &str), expected: Option<&str>| {
        let last = Crontab::parse(schedule).unwrap().last_between(&zone, at(after), at(until));
        assert_eq!(last.map(|slot| slot.instant), expected.map(at), "{schedule} {after} {until}");
    };
    check("0 9 * * *", ("2027-01-08T08:00:00Z", "2027-01-08T08:00:00Z"), None);
    check("0 9 * * *", ("2027-01-08T08:00:00Z", "2027-01-09T07:59:59.9Z"), None);
    check("0 9 * * *", ("2027-01-08T08:00:00Z", "2027-01-09T08:00:00Z"), Some("2027-01-09T08:00:00Z"));
    check("0 9 * * *", ("2027-01-08T07:59:59Z", "2027-01-08T08:00:00.5Z"), Some("2027-01-08T08:00:00Z"));
    check("0 9 * * *", ("2026-01-08T08:00:00Z", "2027-01-09T12:00:00Z"), Some("2027-01-09T08:00:00Z"));
    check("* * 1 1 *", ("1990-01-08T08:00:00Z", "2027-12-09T12:00:00Z"), Some("2027-01-01T22:59:00Z"));
    check("* * * * *", ("1990-01-08T08:00:00Z", "2027-12-09T12:00:30Z"), Some("2027-12-09T12:00:00Z"));
    check("0 9 * * *", ("2027-01-10T08:00:00Z", "2027-01-08T12:00:00Z"), None);
    check("0 0 30 2 *", ("1990-01-10T08:00:00Z", "2027-01-08T12:00:00Z"), None);
}

/// A schedule with what it means, told once more by hand.
type Told = (&'static str, fn(&DateTime) -> bool);

const TOLD: [Told; 6] = [
    ("* * * * *", |_| true),
    ("*/30 * * * *", |c| c.minute() % 30 == 0),
    ("0 * * * *", |c| c.minute() == 0),
    ("30 2 * * *", |c| c.minute() == 30 && c.hour() == 2),
    ("0 0,2,3 * * *", |c| c.minute() == 0 && [0, 2, 3].contains(&c.hour())),
    ("15,45 0-4,23 * * sun", |c| {
        [15, 45].contains(&c.minute())
            && [0, 1, 2, 3, 4, 23].contains(&c.hour())
            && c.weekday().to_sunday_zero_offset() == 0
    }),
];

/// A civil minute happens when the clock on the wall first shows it or a later one: so a gap's minutes happen at its end,
/// and a fold's in its first pass. Counted minute by minute, without any of the code under test.
fn count(rules: &TimeZone, (from, until): (Timestamp, Timestamp), matches: fn(&DateTime) -> bool) -> Vec<Timestamp> {
    let minute = SignedDuration::from_mins(1);
    let (mut shown, mut now, mut found) = (rules.to_datetime(from), from, Vec::new());
    while now < until {
        now += minute;
        let mut happens = false;
        while shown < rules.to_datetime(now) {
            shown = shown.checked_add(minute).unwrap();
            happens |= matches(&shown);
        }
        if happens {
            found.push(now);
        }
    }
    found
}

#[test]
fn each_civil_minute_happens_once_around_every_change_of_every_zone() {
    // Half a day more than the change moves the clock, so that a whole pass lies on either side.
    let years = [
        "1973", "1978", "1981", "1987", "1993", "1995", "2005", "2010", "2011", "2012", "2016", "2023", "2026", "2037",
    ];
    let mut seen = BTreeSet::new();
    let mut compared = 0;
    for name in tz::db().available() {
        let Ok(zone) = Zone::parse(name.as_str()) else { continue };
        for (year, told) in years.iter().zip(TOLD.iter().cycle()) {
            let start = at(&format!("{year}-01-01T00:00:00Z"));
            let changes = zone
                .rules
                .following(start)
                .take_while(|change| change.timestamp() < start + SignedDuration::from_hours(8_784));
            for change in changes {
                let (instant, after) = (change.timestamp(), change.offset());
                let before = zone.rules.to_offset(instant - SignedDuration::from_secs(1));
                // Zones that change alike around the same instant are one case.
                if before == after || !seen.insert((instant, before, after)) {
                    continue;
                }
                let margin = SignedDuration::from_secs(i64::from((after.seconds() - before.seconds()).abs()))
                    + SignedDuration::from_mins(150);
                let window = (instant - margin, instant + margin);
                let crontab = Crontab::parse(told.0).unwrap();
                let slots: Vec<Timestamp> = crontab
                    .slots_after(&zone, window.0)
                    .map(|slot| slot.instant)
                    .take_while(|slot| *slot <= window.1)
                    .collect();
                assert_eq!(slots, count(&zone.rules, window, told.1), "{} in {} around {instant}", told.0, zone.name);
                assert!(slots.is_sorted_by(|a, b| a < b));
                for pair in slots.windows(2).step_by(7) {
                    assert_eq!(
                        crontab
                            .last_between(&zone, window.0, pair[1] - SignedDuration::from_secs(1))
                            .map(|s| s.instant),
                        Some(pair[0])
                    );
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 800, "only {compared} changes were compared: the database of time zones is not whole");
}

/// Some values of a field, with their text: `*`, or a list.
fn some(values: std::ops::RangeInclusive<i8>) -> impl Strategy<Value = (String, Option<Vec<i8>>)> {
    let all: Vec<i8> = values.collect();
    let most = all.len().min(4);
    proptest::option::of(proptest::sample::subsequence(all, 1..=most)).prop_map(|chosen| {
        let text = chosen.as_ref().map(|list| list.iter().map(i8::to_string).collect::<Vec<_>>().join(","));
        (text.unwrap_or_else(|| "*".to_owned()), chosen)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_schedule_means_what_its_fields_say(
        minute in 0_i8..60, hour in some(0..=23), day in some(1..=31), month in some(1..=12), weekday in some(0..=7),
    ) {
        let crontab = Crontab::parse(&format!("{minute} {} {} {} {}", hour.0, day.0, month.0, weekday.0)).unwrap();
        let zone = Zone::parse("UTC").unwrap();
        let (from, until) = (at("2027-11-03T00:00:00Z"), at("2028-04-02T00:00:00Z"));
        let holds = |set: &Option<Vec<i8>>, value: i8| set.as_ref().is_none_or(|set| set.contains(&value));
        let matches = |c: DateTime| {
            let (is_day, number) = (holds(&day.1, c.day()), c.weekday().to_sunday_zero_offset());
            let is_weekday = holds(&weekday.1, number) || number == 0 && holds(&weekday.1, 7);
            let either = day.1.is_some() && weekday.1.is_some();
            let on_day = if either { is_day || is_weekday } else { is_day && is_weekday };
            on_day && holds(&month.1, c.month()) && holds(&hour.1, c.hour())
        };
        let hours = (0..).map(|n| from + SignedDuration::from_hours(n) + SignedDuration::from_mins(i64::from(minute)));
        let expected: Vec<Timestamp> = hours.take_while(|t| *t <= until).filter(|t| matches(zone.local(*t))).collect();
        let before = from - SignedDuration::from_secs(1);
        let slots: Vec<Timestamp> =
            crontab.slots_after(&zone, before).map(|slot| slot.instant).take_while(|t| *t <= until).collect();
        prop_assert_eq!(crontab.last_between(&zone, before, until).map(|slot| slot.instant), expected.last().copied());
        prop_assert_eq!(slots, expected);
    }

    #[test]
    fn no_text_does_harm(text in "\\PC{0,40}", fields in "[-0-9*,/a-zA-Z@?#~ ]{0,40}") {
        let (zone, now) = (Zone::parse("Europe/Lisbon").unwrap(), at("2027-01-08T12:00:00Z"));
        for text in [text, fields] {
            if let Ok(crontab) = Crontab::parse(&text) {
                prop_assert_eq!(crontab.next_after(&zone, now).is_none(), crontab.never_runs());
            }
            let _ = (Zone::parse(&text), Weekdays::parse(&text), until::parse(&text, now, &zone));
        }
    }
}

//! Quiet hours and pauses: until when a level waits.

use jiff::Timestamp;

use crate::civil::slot::Slot;
use crate::civil::{WeeklyRange, Zone};
use crate::limits;
use crate::model::verdict::Urgency;

/// One `[[quiet]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// Its name.
    pub name: String,
    /// When.
    pub range: WeeklyRange,
    /// The lowest level that still passes: `Urgent` or `Critical`.
    pub pass: Urgency,
}

/// All that keeps a person's messages quiet: their quiet hours, and a pause set by hand.
#[derive(Clone, Copy, Debug)]
pub struct QuietHours<'a> {
    /// Where the person lives.
    pub zone: &'a Zone,
    /// Their quiet hours, in any order; they may overlap.
    pub quiet: &'a [Quiet],
    /// Since when and until when they pause; only `Critical` passes.
    pub pause: Option<(Timestamp, Timestamp)>,
}

/// One quiet time to come, for `tidings schedule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietTime<'a> {
    /// The name of its `[[quiet]]`; `None` for a pause.
    pub name: Option<&'a str>,
    /// The lowest level that passes.
    pub pass: Urgency,
    /// When it begins; may be past.
    pub start: Slot,
    /// The first instant after it.
    pub end: Slot,
}

impl<'a> QuietHours<'a> {
    /// Until when a level waits that wants to pass `now`; `None`: it passes now. Ranges and the pause are one where they
    /// overlap or touch, so that the instant is one at which the level does pass.
    ///
    /// Where it is always quiet for the level, there is no such instant: the answer is then some months away, and
    /// `deliver_by` comes first. For what a digest collects, and for the digest itself, ask for `Normal`.
    pub fn until(&self, level: Urgency, now: Timestamp) -> Option<Timestamp> {
        let mut free = now;
        for _ in 0..limits::ground::QUIET_STEPS {
            match self.end_at(level, free) {
                Some(end) => free = end,
                None => break,
            }
        }
        (free > now).then_some(free)
    }

    /// Whether it is quiet `now`, by hand or by the clock, for whatever level.
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        self.end_at(Urgency::Low, now).is_some()
    }

    /// The next `count` quiet times that have not ended at `from`, in order of start, not joined.
    pub fn next_times(&self, from: Timestamp, count: usize) -> Vec<QuietTime<'a>> {
        let plain = |instant| Slot { instant, note: None };
        let pause = self.pause.filter(|(start, end)| start < end && *end > from).map(|(start, end)| QuietTime {
            name: None,
            pass: Urgency::Critical,
            start: plain(start),
            end: plain(end),
        });
        let ranges = self.quiet.iter().flat_map(|quiet| {
            quiet.range.occurrences(self.zone, from).take(count).map(|range| QuietTime {
                name: Some(&quiet.name),
                pass: quiet.pass,
                start: range.start,
                end: range.end,
            })
        });
        let mut times: Vec<QuietTime<'a>> = pause.into_iter().chain(ranges).collect();
        times.sort_by_key(|time| (time.start.instant, time.end.instant));
        times.truncate(count);
        times
    }

    /// The latest end of all that keeps a level waiting at an instant.
    fn end_at(&self, level: Urgency, at: Timestamp) -> Option<Timestamp> {
        let pause = self.pause.filter(|(start, end)| level < Urgency::Critical && *start <= at && at < *end);
        let blocking = self.quiet.iter().filter(|quiet| level < quiet.pass);
        let ends = blocking.filter_map(|quiet| quiet.range.end_of_current(self.zone, at));
        ends.chain(pause.map(|(_, end)| end)).max()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::Timestamp;

    use super::{Quiet, QuietHours};
    use crate::civil::{Weekdays, WeeklyRange, Zone, time_of_day};
    use crate::model::verdict::Urgency;

    fn quiet(name: &str, days: &str, (from, until): (&str, &str)) -> Quiet {
        let minute = |text| time_of_day::parse(text).unwrap();
        let range = WeeklyRange::new(Weekdays::parse(days).unwrap(), minute(from), minute(until)).unwrap();
        Quiet { name: name.to_owned(), range, pass: Urgency::Critical }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A person in a zone, with quiet hours and perhaps a pause.
    struct Person(&'static str, Vec<Quiet>, Option<(&'static str, &'static str)>);

    impl Person {
        #[track_caller]
        fn check(&self, level: Urgency, now: &str, expected: Option<&str>) {
            let zone = Zone::parse(self.0).unwrap();
            let pause = self.2.map(|(from, until)| (at(from), at(until)));
            let hours = QuietHours { zone: &zone, quiet: &self.1, pause };
            assert_eq!(hours.until(level, at(now)), expected.map(at), "{level:?} at {now}");
            if level == Urgency::Low {
                assert_eq!(hours.is_quiet(at(now)), expected.is_some());
            }
        }
    }

    #[test]
    fn a_night_ends_in_the_morning() {
        let person = Person("Europe/Lisbon", vec![quiet("nights", "mon-sun", ("20:00", "08:00"))], None);
        for level in [Urgency::Low, Urgency::Normal, Urgency::Urgent] {
            person.check(level, "2027-01-08T19:59:59Z", None);
            person.check(level, "2027-01-08T20:00:00Z", Some("2027-01-09T08:00:00Z"));
            person.check(level, "2027-01-09T07:59:59.999Z", Some("2027-01-09T08:00:00Z"));
            person.check(level, "2027-01-09T08:00:00Z", None);
        }
        person.check(Urgency::Critical, "2027-01-09T03:00:00Z", None);
    }

    #[test]
    fn what_passes_does_not_wait() {
        let mut night = quiet("nights", "mon-sun", ("20:00", "08:00"));
        night.pass = Urgency::Urgent;
        let person = Person("Europe/Lisbon", vec![night], None);
        person.check(Urgency::Urgent, "2027-01-09T03:00:00Z", None);
        person.check(Urgency::Normal, "2027-01-09T03:00:00Z", Some("2027-01-09T08:00:00Z"));
    }

    #[test]
    fn a_night_may_be_split_at_midnight() {
        let halves =
            vec![quiet("evening", "mon-sun", ("22:00", "24:00")), quiet("morning", "mon-sun", ("00:00", "07:00"))];
        let person = Person("Europe/Lisbon", halves, None);
        person.check(Urgency::Urgent, "2027-01-08T23:59:30Z", Some("2027-01-09T07:00:00Z"));
        person.check(Urgency::Urgent, "2027-01-08T06:59:59Z", Some("2027-01-08T07:00:00Z"));
        person.check(Urgency::Urgent, "2027-01-08T12:00:00Z", None);
    }

    #[test]
    fn ranges_and_the_pause_are_one_where_they_meet() {
        let ranges = vec![
            quiet("lunch", "mon-fri", ("12:00", "13:30")),
            quiet("nap", "mon-fri", ("13:00", "15:00")),
            quiet("weekend", "sat", ("00:00", "24:00")),
            quiet("sunday", "sun", ("00:00", "24:00")),
        ];
        let person = Person("Europe/Berlin", ranges.clone(), None);
        person.check(Urgency::Urgent, "2027-01-08T11:30:00Z", Some("2027-01-08T14:00:00Z"));
        person.check(Urgency::Urgent, "2027-01-08T23:00:00Z", Some("2027-01-10T23:00:00Z"));
        let pause = Some(("2027-01-08T08:00:00Z", "2027-01-08T11:00:00Z"));
        let person = Person("Europe/Berlin", ranges, pause);
        person.check(Urgency::Low, "2027-01-08T07:59:59Z", None);
        person.check(Urgency::Low, "2027-01-08T08:00:00Z", Some("2027-01-08T14:00:00Z"));
        person.check(Urgency::Critical, "2027-01-08T08:00:00Z", None);
    }

    #[test]
    fn a_pause_lets_urgent_wait_that_the_night_would_pass() {
        let mut night = quiet("nights", "mon-sun", ("20:00", "08:00"));
        night.pass = Urgency::Urgent;
        let person = Person("UTC", vec![night], Some(("2027-01-08T12:00:00Z", "2027-01-08T21:00:00Z")));
        person.check(Urgency::Urgent, "2027-01-08T13:00:00Z", Some("2027-01-08T21:00:00Z"));
        person.check(Urgency::Normal, "2027-01-08T13:00:00Z", Some("2027-01-09T08:00:00Z"));
    }

    #[test]
    fn summer_time_lengthens_and_shortens_the_night() {
        let person = Person("Europe/Berlin", vec![quiet("nights", "sat", ("22:00", "02:30"))], None);
        person.check(Urgency::Low, "2026-03-28T21:00:00Z", Some("2026-03-29T01:00:00Z"));
        person.check(Urgency::Low, "2026-10-24T20:00:00Z", Some("2026-10-25T00:30:00Z"));
        // The second 02:10 of that night: the range is over.
        person.check(Urgency::Low, "2026-10-25T01:10:00Z", None);
    }

    #[test]
    fn always_quiet_is_bounded() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let always = [quiet("always", "mon-sun", ("00:00", "24:00"))];
        let hours = QuietHours { zone: &zone, quiet: &always, pause: None };
        assert!(hours.until(Urgency::Urgent, at("2027-01-08T12:00:00Z")).unwrap() > at("2027-06-01T00:00:00Z"));
        assert_eq!(hours.until(Urgency::Critical, at("2027-01-08T12:00:00Z")), None);
    }

    #[test]
    fn shows_what_comes() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let ranges = [quiet("nights", "mon-sun", ("20:00", "08:00")), quiet("lunch", "mon-fri", ("12:00", "13:00"))];
        let pause = Some((at("2026-10-23T13:00:00Z"), at("2026-10-23T14:00:00Z")));
        let hours = QuietHours { zone: &zone, quiet: &ranges, pause };
        let show = |time: super::QuietTime<'_>| {
            format!("{} {} {}", time.name.unwrap_or("pause"), time.start.instant, time.end.instant)
        };
        let times: Vec<String> = hours.next_times(at("2026-10-23T10:30:00Z"), 5).into_iter().map(show).collect();
        let expected = [
            "lunch 2026-10-23T10:00:00Z 2026-10-23T11:00:00Z",
            "pause 2026-10-23T13:00:00Z 2026-10-23T14:00:00Z",
            "nights 2026-10-23T18:00:00Z 2026-10-24T06:00:00Z",
            "nights 2026-10-24T18:00:00Z 2026-10-25T07:00:00Z",
            "nights 2026-10-25T19:00:00Z 2026-10-26T07:00:00Z",
        ];
        assert_eq!(times, expected);
    }
}

//! A year of mail with outages, sleeps and restarts: everything leaves once, and nothing late while the daemon runs.
//!
//! `TIDINGS_SEED` chooses another year.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::rig::day::{Day, named, seconds};
use crate::rig::inside::{date, field, local};

const PIECES: &[&str] = &[
    "[hold]\nmax = \"5d\"\n",
    "[[rule]]\nname = \"low\"\nsubject = \"paper\"\nurgency = \"low\"\n",
    "[[rule]]\nname = \"short\"\nsubject = \"soon\"\nurgency = \"normal\"\nmax_hold = \"7h\"\n",
    "[[rule]]\nname = \"rest\"\nurgency = \"normal\"\n",
    "[[quiet]]\nname = \"nights\"\ndays = \"mon-sun\"\nfrom = \"20:00\"\nuntil = \"08:00\"\n",
    "[[digest]]\nname = \"workdays\"\nschedule = \"0 9 * * mon-fri\"\ntakes = [\"normal\"]\n",
    "[[digest]]\nname = \"sunday\"\nschedule = \"30 2 * * sun\"\ntakes = [\"low\"]\n",
];
/// Which words a subject may have; the rules read them.
const KINDS: [&str; 5] = ["critical", "urgent", "paper", "soon", "plain"];
const DAYS: i64 = 365;

/// Numbers that nobody foresees and everybody can have again (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn hours(&mut self, most: u64) -> SignedDuration {
        seconds(i64::try_from(self.below(most * 60)).unwrap() * 60)
    }
}

/// What is known of the mails that were held, and when the daemon was not there.
#[derive(Default)]
struct Book {
    deliver_by: BTreeMap<String, Timestamp>,
    away: Vec<(Timestamp, Timestamp)>,
}

impl Book {
    /// Notes what waits. When it must leave never changes.
    async fn note(&mut self, day: &Day) {
        for held in day.daemon.held().await {
            let by: Timestamp = held.deliver_by.parse().unwrap();
            let known = *self.deliver_by.entry(held.subject.clone()).or_insert(by);
            assert_eq!(known, by, "{} has another last moment", held.subject);
        }
    }

    /// The latest moment at which it may leave: the end of an outage, where its last moment lies in one.
    fn latest(&self, subject: &str) -> Timestamp {
        let by = self.deliver_by[subject];
        let outage = self.away.iter().find(|(from, to)| *from <= by && by <= *to);
        outage.map_or(by, |(_, to)| *to)
    }
}

/// Goes on to a time, and stops wherever something is due before.
async fn go_on(day: &Day, book: &mut Book, to: Timestamp) {
    loop {
        let held = day.daemon.held().await;
        let times = held.iter().flat_map(|one| [&one.slot, &one.deliver_by]).map(|at| at.parse::<Timestamp>().unwrap());
        let next = times.filter(|at| *at > day.daemon.now() && *at < to).min();
        day.daemon.at(next.unwrap_or(to)).await;
        book.note(day).await;
        if next.is_none() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_in_which_nothing_is_lost_late_or_told_twice() {
    let seed: u64 = std::env::var("TIDINGS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_101);
    println!("TIDINGS_SEED={seed}");
    let (mut dice, mut book) = (Dice(seed), Book::default());
    let begin = local("2026-01-01T12:00[Europe/Berlin]");
    let end = begin + SignedDuration::from_hours(24 * DAYS);
    let mut day = Day::begin(begin, PIECES).await;
    let mut subjects: Vec<String> = Vec::new();
    while day.daemon.now() < end {
        let count = 1 + dice.below(4);
        for _ in 0..count {
            let kind = KINDS[usize::try_from(dice.below(KINDS.len() as u64)).unwrap()];
            let subject = format!("{kind} m{:04}x", subjects.len());
            day.house.mail(&subject, day.daemon.now());
            subjects.push(subject);
        }
        day.daemon.on(seconds(3)).await;
        book.note(&day).await;
        let (now, pause) = (day.daemon.now(), dice.hours(160));
        match dice.below(8) {
            // It is down, or the machine sleeps: what falls due then is done at its end.
            0 => {
                book.away.push((now, now + pause));
                day = day.again(now + pause).await;
            }
            1 => {
                book.away.push((now, now + pause));
                day.daemon.at(now + pause).await;
            }
            // Another configuration for an hour, in which nothing runs.
            2 => {
                let other = [&PIECES[..5], &["[[digest]]\nname = \"workdays\"\nschedule = \"0 9 1 1 *\"\n"]].concat();
                day = day.configured_again(&other, now + seconds(60)).await;
                let to = day.daemon.now() + seconds(3_600);
                go_on(&day, &mut book, to).await;
                day = day.configured_again(PIECES, to + seconds(60)).await;
            }
            _ => go_on(&day, &mut book, now + pause).await,
        }
    }
    let rest = day.daemon.now() + SignedDuration::from_hours(24 * 8);
    go_on(&day, &mut book, rest).await;
    assert_eq!(day.daemon.held_subjects().await, [""; 0], "everything has left");

    let (letters, inbox) = (day.smtp.letters(), day.inbox());
    for subject in &subjects {
        let told: Vec<Timestamp> =
            letters.iter().filter(|letter| named(letter, &[subject]) == 1).map(|letter| date(&letter.bytes)).collect();
        let passes = subject.starts_with("critical") || subject.starts_with("urgent");
        assert_eq!(told.len() + usize::from(inbox.contains(subject)), 1, "{subject} is in {told:?}, or in INBOX");
        match told.first() {
            Some(told) => {
                let latest = book.latest(subject);
                assert!(
                    !passes && *told <= latest + seconds(1),
                    "{subject} was told at {told}, and may be until {latest}"
                );
            }
            // After three letters within a day for which nobody asked, mail passes rather than be late.
            None if !passes => {
                let by = book.deliver_by[subject];
                let day_before = by - SignedDuration::from_hours(24)..by;
                let unasked = letters.iter().filter(|letter| {
                    field(&letter.bytes, "Subject").starts_with("These could wait no longer")
                        && day_before.contains(&date(&letter.bytes))
                });
                assert_eq!(unasked.count(), 3, "{subject} passed without need");
            }
            None => {}
        }
    }
    println!("{} mails, {} letters, {} outages", subjects.len(), letters.len(), book.away.len());
}

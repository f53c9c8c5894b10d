//! A change that is told turns the outcome when it is applied; where none is told, none that is tried does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::{Change, apply, is_synchronous, least, next_minute, turn};
use crate::civil::Zone;
use crate::model::identity::{Id, Identity};
use crate::model::message::{Address, Event, Message};
use crate::model::name::RuleName;
use crate::model::signal::{Points, Signal};
use crate::model::verdict::{Decision, Urgency, Wishes};
use crate::pattern::{Field, Pattern};
use crate::urgency::condition::Reading;
use crate::urgency::judgement;
use crate::urgency::moment::{Hours, Moment};
use crate::urgency::rule::{Condition, During, End, Rule};
use crate::urgency::scale::{Scale, Thresholds};
use crate::urgency::signal::Heard;
use crate::urgency::signal::found::Found;

#[test]
fn the_least_weight_is_the_least() {
    for share in [1, 7, 33, 50, 99, 100] {
        for wanted in -250..=250 {
            let weight = least(wanted, share).unwrap_or_default();
            let gives = |weight| i64::from(Points::of_hundredths(weight).share(share).hundredths());
            assert!(gives(weight) >= wanted && gives(weight - 1) < wanted, "{wanted} by {share} %: {weight}");
        }
    }
}

fn now() -> Timestamp {
    "2027-01-12T09:40:30Z".parse().unwrap()
}

const BODIES: [&str; 7] = [
    "Lunch on Thursday?",
    "Can you send me the signed page by 4pm today? The notary closes then.",
    "Your sign-in code is 481 203. It expires in 10 minutes.",
    "The shop is down, nobody can pay. Please call me now.",
    "For your information, no reply needed.",
    "I am standing at the door, where are you?",
    "Please answer before noon tomorrow.",
];

fn message(body: usize, event_in_hours: Option<i64>) -> Message {
    let event = event_in_hours.map(|hours| Event {
        method: "REQUEST".to_owned(),
        uid: "1".to_owned(),
        summary: "Kick-off".to_owned(),
        starts: now().checked_add(hours.hours()).unwrap(),
        ends: None,
        all_day: false,
        cancelled: false,
        people: 2,
        revision: None,
    });
    let address = |address: &str| Address { name: None, address: address.to_owned() };
    Message {
        sender: Some(address("bob@example.net")),
        to: vec![address("ada@example.org")],
        subject: "Hello".to_owned(),
        own_text: BODIES[body].to_owned(),
        event,
        ..Message::bare(Identity(Id::of(&[b"mail"])), "work", now(), 900)
    }
}

fn patterns(field: Field, written: &str) -> Vec<Pattern> {
    vec![Pattern::parse(written, field, &|_| None).unwrap()]
}

/// Some that are met by such messages and some that are not.
fn conditions() -> Vec<Condition> {
    vec![
        Condition::From(patterns(Field::Value, "bob@*")),
        Condition::From(patterns(Field::Value, "eve@*")),
        Condition::Subject(patterns(Field::RunningText, "hello")),
        Condition::Body(patterns(Field::RunningText, "code")),
        Condition::List(None),
        Condition::Automated(false),
        Condition::HasAttachment(true),
        Condition::StartsWithin(Duration::from_secs(2 * 3_600)),
        Condition::During(vec![During::Working]),
        Condition::Signal(vec![Signal::Deadline, Signal::OneTimeCode]),
        Condition::Signal(vec![Signal::ListMail]),
        Condition::Not(vec![vec![Condition::Signal(vec![Signal::Crisis])]]),
    ]
}

const ENDS: [End; 7] = [
    End::Decide(Decision::Level(Urgency::Low)),
    End::Decide(Decision::Level(Urgency::Normal)),
    End::Decide(Decision::Level(Urgency::Urgent)),
    End::Decide(Decision::Level(Urgency::Critical)),
    End::Decide(Decision::Drop),
    End::Score(Points::of_hundredths(250)),
    End::Score(Points::of_hundredths(-300)),
];

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let one = (prop::collection::vec(0..conditions().len(), 1..4), 0..ENDS.len());
    prop::collection::vec(one, 0..5).prop_map(|rules| {
        let all = conditions();
        let rule = |(index, (when, end)): (usize, (Vec<usize>, usize))| Rule {
            name: RuleName::new(format!("rule {index}")),
            when: when.into_iter().map(|condition| all[condition].clone()).collect(),
            end: ENDS[end],
            wishes: Wishes::default(),
        };
        rules.into_iter().enumerate().map(rule).collect()
    })
}

fn scale() -> impl Strategy<Value = Option<Scale>> {
    let weights = prop::collection::btree_map(0..Signal::ALL.len(), -600..600_i32, 0..6);
    prop::option::weighted(0.9, (weights, -300..800_i32, 1..600_i32)).prop_map(|scale| {
        let (weights, urgent_at, less) = scale?;
        let (urgent_at, low_at) = (Points::of_hundredths(urgent_at), Points::of_hundredths(urgent_at - less));
        let thresholds = Thresholds { urgent_at, low_at };
        let weights =
            weights.into_iter().map(|(at, weight)| (Signal::ALL[at], Points::of_hundredths(weight))).collect();
        Some(Scale { mail: thresholds, chat: thresholds, weights })
    })
}

/// What the signals are taken to say; `None`: what they do say.
fn heard() -> impl Strategy<Value = Option<Heard>> {
    let found = prop::collection::btree_map(0..Signal::ALL.len(), 1..=100_u8, 0..7);
    prop::option::of(found).prop_map(|found| {
        let found = found?.into_iter().map(|(at, share)| Found::part(Signal::ALL[at], share, "why".to_owned()));
        Some(Heard { found: found.collect(), ..Heard::default() })
    })
}

/// Changes of every kind, made without a thought for which of them may turn anything.
fn all_changes(reading: &Reading<'_>, (rules, scale): super::Measure<'_>) -> Vec<Change> {
    let (most, zero) = (Points::MOST * 100, Points::default());
    // A change is told to the minute.
    let minute = |hour: i64| next_minute(now().checked_add(hour.hours()).unwrap()).unwrap();
    let mut changes: Vec<Change> = (0..=24).map(|hour| Change::Judged { at: minute(hour), because: None }).collect();
    for rule in rules {
        changes.push(Change::Misses { rule: rule.name.clone(), evidence: Vec::new() });
        for condition in 0..rule.when.len() {
            changes.push(Change::Matches { rule: rule.name.clone(), condition, failed: String::new() });
        }
    }
    for signal in Signal::ALL {
        changes.push(Change::Fires { signal, points: zero });
        changes.push(Change::Silent { signal, points: zero });
        if scale.is_some() && reading.heard().found.iter().any(|found| found.signal == signal) {
            for to in [-most, most] {
                changes.push(Change::Weight { signal, is: zero, to: Points::of_hundredths(to) });
            }
        }
    }
    if let Some(scale) = scale {
        let lowest = scale.mail.low_at.hundredths() + 1;
        changes.extend([lowest, most].map(|to| Change::Threshold { is: zero, to: Points::of_hundredths(to) }));
    }
    changes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_told_change_turns_the_outcome_and_none_is_told_only_where_none_does(
        (body, event) in (0..BODIES.len(), prop::option::of(-2..30_i64)),
        rules in rules(),
        scale in scale(),
        heard in heard(),
    ) {
        let message = message(body, event);
        let zone = Zone { name: "UTC".to_owned(), rules: jiff::tz::TimeZone::UTC };
        let me = ["ada@example.org".to_owned()];
        let moment = Moment {
            now: now(),
            arrived: now(),
            zone: &zone,
            working: Hours::Outside,
            quiet: Hours::Unset,
            me: &me,
            name: Some("Ada"),
            history: None,
        };
        let reading = Reading::new(&message, &moment);
        let reading = match heard {
            Some(heard) => reading.hearing(heard),
            None => reading,
        };
        let measure = (rules.as_slice(), scale.as_ref());
        let was = is_synchronous(&judgement::of(&reading, measure));
        let turns = |change: &Change| is_synchronous(&apply(change, &reading, measure)) != was;
        match turn(&reading, measure) {
            Some(change) => prop_assert!(turns(&change), "{change:?}"),
            None => {
                let other = all_changes(&reading, measure).into_iter().find(turns);
                prop_assert!(other.is_none(), "none is told, and {other:?} turns it");
            }
        }
    }
}

//! How an alarm stands by its subject, and its name without that: so that an alarm and its end are known as one thing.

use crate::limits;
use crate::model::message::Message;
use crate::text;
use crate::urgency::parts::{self, Subject};

/// What the subject of an alarm says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about, folded, without the words of its state: `web01/http`. At least three letters or digits.
    pub name: String,
    /// How it stands.
    pub state: State,
}

/// How an alarm stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Something is wrong.
    Rings,
    /// It is well again.
    Ends,
}

/// That something is wrong.
const RINGS: &[&str] = &[
    "problem",
    "firing",
    "alerting",
    "alarm",
    "triggered",
    "critical",
    "warning",
    "down",
    "unreachable",
    "offline",
    "failed",
    "failing",
    "failure",
    "error",
    "degraded",
    "broken",
    "störung",
    "ausgefallen",
    "panne",
    "caído",
    "caída",
    "fora",
    "guasto",
];

/// That it is well again: nobody says so of anything else.
const ENDS: &[&str] = &[
    "resolved",
    "recovered",
    "recovery",
    "restored",
    "cleared",
    "fixed",
    "solved",
    "behoben",
    "gelöst",
    "wiederhergestellt",
    "résolu",
    "résolue",
    "rétabli",
    "resuelto",
    "resuelta",
    "solucionado",
    "resolvido",
    "resolvida",
    "restabelecido",
    "risolto",
    "risolta",
    "ripristinato",
];

/// The same in the mouth of a machine; people say it of much.
const ENDS_BY_MACHINE: &[&str] =
    &["ok", "up", "online", "normal", "passed", "succeeded", "successful", "healthy", "green"];

/// Those of them that begin, or stand in, many a headline of another kind: "Keeping up with them: a review".
const LOOSE: &[&str] = &["ok", "up", "online", "normal", "green"];

/// What stands beside a state and names nothing.
const FILLERS: &[&str] = &["back", "again", "now", "still", "to"];

/// Reads a subject; one of an answer is a person's about the alarm. Where several things are said of its state, that
/// something is wrong counts.
///
/// Numbers stay in the name: taken for one alarm, the end of one would hide the other.
pub fn read(message: &Message) -> Option<Alarm> {
    let (subject, whose) = parts::subject(text::first_bytes(&message.subject, limits::judgement::ALARM_OCTETS));
    if whose == Subject::Repeated {
        return None;
    }
    let subject = text::fold(subject);
    let (state, name) = in_brackets(&subject)
        .or_else(|| in_head(&subject, message))
        .or_else(|| message.automated.then(|| at_end(&subject)).flatten())?;
    let words = words(&name).filter(|word| !is_state(word) && !FILLERS.contains(word) && !is_counter(word));
    let name = words.collect::<Vec<_>>().join(" ");
    (name.chars().filter(|c| c.is_alphanumeric()).count() >= 3).then_some(Alarm { name, state })
}

/// `[FIRING:1] disk full`, `[Recovered on {host:web01}] disk full`, `** RECOVERY Service Alert: web01/http is OK **`.
fn in_brackets(subject: &str) -> Option<(State, String)> {
    if let Some(inner) = subject.strip_prefix("**") {
        let head = inner.split(':').next().unwrap_or_default();
        let state = state_of(words(head), Speaker::Machine).or_else(|| state_of(words(inner), Speaker::Machine))?;
        return Some((state, inner.to_owned()));
    }
    let mut groups = subject.match_indices('[').filter_map(|(at, _)| {
        let (inner, after) = subject.get(at + 1..)?.split_once(']')?;
        Some((subject.get(..at)?, inner, after))
    });
    groups.by_ref().take(3).find_map(|(before, inner, after)| {
        state_of(words(inner).take(1), Speaker::Machine)?;
        // How many ring is no part of the name.
        let named = words(inner).filter(|word| !word.chars().all(|c| c.is_ascii_digit()));
        let name = format!("{before} {} {after}", named.collect::<Vec<_>>().join(" "));
        Some((state_of(words(inner), Speaker::Machine)?, name))
    })
}

/// `Problem: disk full`, `Resolved in 5m 10s: disk full`, `Monitor is UP: disk`. Of a person only the first word counts.
fn in_head(subject: &str, message: &Message) -> Option<(State, String)> {
    let (head, rest) = subject.split_once(": ")?;
    if words(head).count() > 6 {
        return None;
    }
    let state = if message.automated {
        let told: Vec<&str> = words(head).collect();
        let meant = (0..).zip(&told).filter(|(at, word)| !LOOSE.contains(word) || is_state_at(&told, *at));
        state_of(meant.map(|(_, word)| *word), Speaker::Machine)?
    } else {
        state_of(words(head).take(1), Speaker::Person)?
    };
    let mut kept = words(head);
    // How long it took is no part of the name.
    let spell = kept.next().is_some_and(is_state) && kept.next() == Some("in");
    Some((state, if spell { rest.to_owned() } else { format!("{head} {rest}") }))
}

/// Whether a loose word is meant as a state: "OK: it", "it is UP: it", "UP alert: it", "it OK: it".
fn is_state_at(told: &[&str], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| told.get(before));
    let after = told.get(at + 1);
    let is_said = before.is_some_and(|word| matches!(*word, "is" | "are") || FILLERS.contains(word));
    told.len() == 1 || is_said || after == Some(&"alert") || (after.is_none() && told.get(at) == Some(&"ok"))
}

/// `web01 is DOWN`, `web01 is back up`.
fn at_end(subject: &str) -> Option<(State, String)> {
    let mut last = words(subject).collect::<Vec<_>>().into_iter().rev();
    let state = state_of(last.next().into_iter(), Speaker::Machine)?;
    last.find(|word| !FILLERS.contains(word)).filter(|word| *word == "is").map(|_| (state, subject.to_owned()))
}

/// Who gives a state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaker {
    Machine,
    Person,
}

/// The state that words tell: that something is wrong before all.
fn state_of<'w>(words: impl Iterator<Item = &'w str>, by: Speaker) -> Option<State> {
    let states: Vec<State> = words
        .filter_map(|word| match word {
            word if RINGS.contains(&word) => Some(State::Rings),
            word if ENDS.contains(&word) => Some(State::Ends),
            word if by == Speaker::Machine && ENDS_BY_MACHINE.contains(&word) => Some(State::Ends),
            _ => None,
        })
        .collect();
    states.iter().find(|state| **state == State::Rings).or(states.first()).copied()
}

fn is_state(word: &str) -> bool {
    RINGS.contains(&word) || ENDS.contains(&word) || ENDS_BY_MACHINE.contains(&word)
}

/// `#12` of a build, `97%` of a disk: another one each time.
fn is_counter(word: &str) -> bool {
    word.starts_with('#') || word.ends_with('%')
}

/// The words of a text, without what is put around them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let around =
        |c: char| c.is_whitespace() || matches!(c, '*' | '[' | ']' | '(' | ')' | '"' | ',' | ';' | '!' | ':' | '|');
    text.split(around).map(|word| word.trim_matches(['.', '\'', '-'])).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{State, read};
    use crate::model::identity::{Id, Identity};
    use crate::model::message::Message;

    fn said(subject: &str, automated: bool) -> Option<(String, State)> {
        let bare = Message::bare(Identity(Id::of(&[b"alarm"])), "work", Timestamp::UNIX_EPOCH, 0);
        read(&Message { subject: subject.to_owned(), automated, ..bare }).map(|alarm| (alarm.name, alarm.state))
    }

    /// An alarm and its end have one name.
    #[test]
    fn an_alarm_and_its_end_are_one_thing() {
        let check = |rings: &str, ends: &str| {
            let (rings, ends) = (said(rings, true), said(ends, true));
            assert_eq!(rings.as_ref().map(|(_, state)| *state), Some(State::Rings), "{rings:?}");
            assert_eq!(ends.as_ref().map(|(_, state)| *state), Some(State::Ends), "{ends:?}");
            assert_eq!(rings.map(|(name, _)| name), ends.map(|(name, _)| name));
        };
        check("** PROBLEM Service Alert: db7/Disk is CRITICAL **", "** RECOVERY Service Alert: db7/Disk is OK **");
        check("** PROBLEM Host Alert: db7 is DOWN **", "** RECOVERY Host Alert: db7 is UP **");
        check("[FIRING:1] QueueTooLong (mail-3 staging)", "[RESOLVED] QueueTooLong (mail-3 staging)");
        check("[FIRING:3] QueueTooLong", "[RESOLVED:3] QueueTooLong");
        check("[EXTERNAL] [Alerting] Latency of checkout", "[EXTERNAL] [OK] Latency of checkout");
        check("[Triggered on {host:db7}] Load is high", "[Recovered on {host:db7}] Load is high");
        check("Problem: No free space on db7", "Resolved in 4m 20s: No free space on db7");
        check("ALARM: \"TooManyErrors\" in EU (Ireland)", "OK: \"TooManyErrors\" in EU (Ireland)");
        check("Monitor is DOWN: shop.example.org", "Monitor is UP: shop.example.org");
        check("DOWN alert: shop (shop.example.org)", "UP alert: shop (shop.example.org)");
        check("shop.example.org is down", "shop.example.org is back up");
        check("Störung: Fernwärme Block 4", "Behoben: Fernwärme Block 4");
        check("Warning: CPU 97% on db7", "OK: CPU 12% on db7");
    }

    #[test]
    fn two_alarms_are_two_things() {
        let name = |subject| said(subject, true).map(|(name, _)| name);
        assert_ne!(name("[FIRING:1] node 1 lost"), name("[RESOLVED] node 2 lost"));
        assert_eq!(said("[FIRING:1, RESOLVED:1] QueueTooLong", true).map(|(_, state)| state), Some(State::Rings));
    }

    #[test]
    fn headlines_are_no_alarm() {
        let check = |subject: &str, expected: Option<State>| {
            assert_eq!(said(subject, true).map(|(_, state)| state), expected, "{subject}");
        };
        check("Keeping up with the robots: a review", None);
        check("What's up: news of the week", None);
        check("Shop online: all of it", None);
        check("A new normal: how towns work", None);
        check("Green energy: ten questions", None);
        check("Job nightly-build OK: 12 of 12", Some(State::Ends));
        check("Node db7 is back online: storage", Some(State::Ends));
        check("Status changed to Up: storage", Some(State::Ends));
    }

    #[test]
    fn people_who_write_are_no_alarm() {
        let check = |subject: &str| assert_eq!(said(subject, false), None, "{subject}");
        check("Friday is ok");
        check("OK: see you at noon");
        check("Re: [RESOLVED] QueueTooLong");
        check("The meeting was fixed for Monday: please come");
        check("[team] lunch");
        check("[OK]");
        assert_eq!(said("Fixed: the printer on floor 3", false).map(|(_, state)| state), Some(State::Ends));
    }
}

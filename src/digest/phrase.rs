//! Our own words in a letter: times, sizes, counts, reasons.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::clean;
use super::order::Week;
use super::tier::Tier;
use crate::civil::Zone;
use crate::limits;
use crate::model::message::{Attachment, Event};
use crate::model::signal::{By, Fired, Tally};
use crate::model::verdict::{Reason, Verdict};

/// How many of something, in full: `1 message`, `1,204 messages`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", digits(number), if number == 1 { one } else { many })
}

/// A number with commas between its thousands.
pub fn digits(number: usize) -> String {
    let plain = number.to_string();
    let mut out = String::new();
    for (at, digit) in plain.chars().enumerate() {
        if at > 0 && (plain.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// So much of a tier, in the sentence on top: `3 for you`, `2 in conversations`.
pub fn of_tier(tier: Tier, number: usize) -> String {
    match tier {
        Tier::ForYou => format!("{} for you", digits(number)),
        Tier::Conversation => format!("{} in conversations", digits(number)),
        Tier::Notice => count(number, "notice", "notices"),
        Tier::Rest => count(number, "newsletter or the like", "newsletters and the like"),
    }
}

/// A list in words: `a`, `a and b`, `a, b and c`.
pub fn list(words: &[String]) -> String {
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// What the last seven days were like: `In the last seven days 214 messages waited and came in 9 letters, 12 passed at once:
/// 205 interruptions fewer. The longest wait was 3 days.`
pub fn week(week: Week) -> String {
    let Week { waited, letters, longest, passed } = week;
    let fewer = waited.saturating_sub(letters);
    let avoided = count(fewer, "interruption", "interruptions");
    format!(
        "In the last seven days {} waited and came in {}, {} passed at once: {avoided} fewer. The longest wait was {}.",
        count(waited, "message", "messages"),
        count(letters, "letter", "letters"),
        digits(passed),
        span(longest)
    )
}

/// A length of time in its largest unit, rounded down: `3 days`, `5 hours`, `20 minutes`, `less than a minute`.
pub fn span(span: SignedDuration) -> String {
    let minutes = usize::try_from(span.as_secs() / 60).unwrap_or(0);
    match minutes {
        0 => "less than a minute".to_owned(),
        1..60 => count(minutes, "minute", "minutes"),
        60..1_440 => count(minutes / 60, "hour", "hours"),
        _ => count(minutes / 1_440, "day", "days"),
    }
}

/// Octets for people: `640 bytes`, `12 kB`, `1.4 MB`; decimal, rounded to the nearest.
pub fn size(octets: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if octets < 1_000 {
        return if octets == 1 { "1 byte".to_owned() } else { format!("{octets} bytes") };
    }
    let mut tenths = octets / 100 + u64::from(octets % 100 >= 50);
    let mut units = UNITS.iter();
    let mut unit = units.next().unwrap_or(&"kB");
    while tenths >= 10_000
        && let Some(next) = units.next()
    {
        tenths = (tenths + 500) / 1_000;
        unit = next;
    }
    if tenths < 100 && unit != &"kB" {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", (tenths + 5) / 10)
    }
}

/// The names and sizes of attachments, the first few of them; `None` without any.
pub fn attachments(attachments: &[Attachment]) -> Option<String> {
    let mut words: Vec<String> =
        attachments.iter().take(limits::judgement::DIGEST_ATTACHMENTS).map(attachment).collect();
    let more = attachments.len().saturating_sub(words.len());
    if more > 0 {
        words.push(format!("{} more", digits(more)));
    }
    (!words.is_empty()).then(|| list(&words))
}

fn attachment(attachment: &Attachment) -> String {
    let name = clean::file_name(&attachment.name, limits::judgement::DIGEST_FILE_NAME);
    let name = if name.is_empty() {
        format!("unnamed {}", clean::line(&attachment.media_type, limits::judgement::DIGEST_FILE_NAME))
    } else {
        clean::isolate(&name)
    };
    format!("{name} ({})", size(attachment.size))
}

/// The day in the zone, without its year: `Wednesday 13 January`.
pub fn day(at: Timestamp, zone: &Zone) -> String {
    local(at, zone).strftime("%A %-d %B").to_string()
}

/// The moment of an edition, in full: `Wednesday 13 January 2027, 09:00`.
pub fn moment(at: Timestamp, zone: &Zone) -> String {
    local(at, zone).strftime("%A %-d %B %Y, %H:%M").to_string()
}

/// The zone's name and where it stands at a moment: `Europe/Lisbon (UTC+00:00)`.
pub fn zone(at: Timestamp, zone: &Zone) -> String {
    let name = clean::line(&zone.name, limits::judgement::DIGEST_FIELD);
    let offset = offset(local(at, zone).offset());
    if name == "UTC" { name } else { format!("{name} ({offset})") }
}

/// When a message came, as short as is plain beside an edition of `now`: the year only when it is another, the offset only
/// when summer time began or ended in between.
pub fn when(at: Timestamp, zone: &Zone, now: Timestamp) -> String {
    let (then, today) = (local(at, zone), local(now, zone));
    let shape = if then.year() == today.year() { "%a %-d %b, %H:%M" } else { "%a %-d %b %Y, %H:%M" };
    let time = then.strftime(shape).to_string();
    if then.offset() == today.offset() { time } else { format!("{time} {}", offset(then.offset())) }
}

/// What an invitation is for: its title and when it takes place.
pub fn event(event: &Event, zone: &Zone, now: Timestamp) -> String {
    let title = clean::line(&event.summary, limits::judgement::DIGEST_FIELD);
    let mut time = if event.all_day { day(event.starts, zone) } else { when(event.starts, zone, now) };
    if let (false, Some(ends)) = (event.all_day, event.ends) {
        let (first, last) = (local(event.starts, zone), local(ends, zone));
        let end = if first.date() == last.date() { last.strftime("%H:%M").to_string() } else { when(ends, zone, now) };
        time = format!("{time} to {end}");
    }
    let time = if event.cancelled { format!("{time}, cancelled") } else { time };
    if title.is_empty() { time } else { format!("{}, {time}", clean::isolate(&title)) }
}

/// Why a message waited, one phrase: the rule's note, else its name, else that no rule decided.
pub fn why(verdict: &Verdict) -> String {
    let note = verdict.wishes.note.as_deref().map(|note| clean::line(note, limits::judgement::DIGEST_FIELD));
    match (&verdict.reason, note) {
        (_, Some(note)) if !note.is_empty() => note,
        (Reason::Rule { rule, .. }, _) => {
            format!("rule \"{}\"", clean::line(rule.as_str(), limits::judgement::DIGEST_FIELD))
        }
        (Reason::Unjudged(phrase), _) => {
            format!("could not be judged: {}", clean::line(phrase, limits::judgement::DIGEST_FIELD))
        }
        (Reason::Signals(tally), _) => signals(tally),
        (Reason::NoRule | Reason::NeverHeld(_), _) => "no rule decided".to_owned(),
    }
}

/// The same with what in the message met the rule, or was heard: a sentence.
pub fn in_full(verdict: &Verdict) -> String {
    let evidence: Vec<&String> = match &verdict.reason {
        Reason::Rule { evidence, .. } => evidence.iter().collect(),
        Reason::Signals(tally) => {
            let strongest = tally.towards_now().take(limits::judgement::DIGEST_SIGNALS);
            strongest.flat_map(|fired| fired.evidence.first()).collect()
        }
        Reason::NoRule | Reason::NeverHeld(_) | Reason::Unjudged(_) => Vec::new(),
    };
    let phrases: Vec<String> =
        evidence.into_iter().map(|phrase| clean::line(phrase, limits::judgement::DIGEST_FIELD)).collect();
    if phrases.is_empty() {
        format!("Why: {}.", why(verdict))
    } else {
        format!("Why: {}; {}.", why(verdict), list(&phrases))
    }
}

/// What the signals said, in a few words. Of what waits, why it may: what speaks most for later; where nothing does, that
/// nothing speaks for now, or not enough.
fn signals(tally: &Tally) -> String {
    let now: Vec<&Fired> = tally.towards_now().collect();
    let is_urgent = tally.score >= tally.urgent_at;
    let (towards, most) =
        if is_urgent { (now.clone(), limits::judgement::DIGEST_SIGNALS) } else { (tally.towards_later(), 1) };
    let words: Vec<String> = towards.into_iter().take(most).map(meaning).collect();
    match words.is_empty() {
        false => words.join("; "),
        true if now.is_empty() => "nothing says that it is urgent".to_owned(),
        true => "too little says that it is urgent".to_owned(),
    }
}

/// What it was that gave points, as part of a sentence.
fn meaning(fired: &Fired) -> String {
    match &fired.by {
        By::Signal(signal) => {
            let words = signal.meaning().trim_end_matches('.');
            let mut chars = words.chars();
            // `I am only in Cc` stays.
            match (chars.next(), chars.next()) {
                (Some(first), Some(second)) if second.is_lowercase() || first == 'A' => {
                    words.replacen(first, &first.to_lowercase().to_string(), 1)
                }
                _ => words.to_owned(),
            }
        }
        By::Rule(rule) => format!("rule \"{}\"", clean::line(rule.as_str(), limits::judgement::DIGEST_FIELD)),
    }
}

fn local(at: Timestamp, zone: &Zone) -> jiff::ZonedDateTime {
    at.to_zoned_datetime(zone.rules.clone())
}

fn offset(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{attachments, count, event, list, moment, size, when, why, zone};
    use crate::civil::Zone;
    use crate::model::message::{Attachment, Event};
    use crate::model::name::RuleName;
    use crate::model::signal::{By, Fired, Points, Signal, Tally};
    use crate::model::verdict::{Decision, Reason, Urgency, Verdict};

    fn lisbon() -> Zone {
        Zone { name: "Europe/Lisbon".to_owned(), rules: jiff::tz::TimeZone::get("Europe/Lisbon").unwrap() }
    }

    #[test]
    fn counts_are_exact() {
        assert_eq!(count(1, "message", "messages"), "1 message");
        assert_eq!(count(0, "message", "messages"), "0 messages");
        assert_eq!(count(1_234_567, "message", "messages"), "1,234,567 messages");
        assert_eq!(list(&["a".to_owned(), "b".to_owned(), "c".to_owned()]), "a, b and c");
        assert_eq!(list(&[]), "");
    }

    #[test]
    fn sizes_read_well() {
        for (octets, expected) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (12_345, "12 kB"),
            (999_949, "1000 kB"),
            (1_400_000, "1.4 MB"),
            (25_000_000, "25 MB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(size(octets), expected);
        }
    }

    #[test]
    fn times_are_the_persons() {
        let now = "2027-07-14T08:00:00Z".parse().unwrap();
        assert_eq!(moment(now, &lisbon()), "Wednesday 14 July 2027, 09:00");
        assert_eq!(zone(now, &lisbon()), "Europe/Lisbon (UTC+01:00)");
        assert_eq!(when("2027-07-13T23:30:00Z".parse().unwrap(), &lisbon(), now), "Wed 14 Jul, 00:30");
        assert_eq!(when("2027-01-13T23:30:00Z".parse().unwrap(), &lisbon(), now), "Wed 13 Jan, 23:30 UTC+00:00");
        assert_eq!(when("2026-07-13T11:30:00Z".parse().unwrap(), &lisbon(), now), "Mon 13 Jul 2026, 12:30");
    }

    #[test]
    fn events_say_when() {
        let mut meeting = Event {
            method: "REQUEST".to_owned(),
            summary: "Plan\r\nB".to_owned(),
            starts: "2027-07-15T09:00:00Z".parse().unwrap(),
            ends: Some("2027-07-15T09:30:00Z".parse().unwrap()),
            all_day: false,
            cancelled: false,
            uid: String::new(),
            people: 2,
            revision: None,
        };
        let now = "2027-07-14T08:00:00Z".parse().unwrap();
        assert_eq!(event(&meeting, &lisbon(), now), "Plan B, Thu 15 Jul, 10:00 to 10:30");
        meeting.cancelled = true;
        meeting.all_day = true;
        assert_eq!(event(&meeting, &lisbon(), now), "Plan B, Thursday 15 July, cancelled");
    }

    #[test]
    fn attachments_are_named_and_the_rest_counted() {
        let one = |name: &str| Attachment { name: name.to_owned(), media_type: "image/png".to_owned(), size: 1_000 };
        assert_eq!(attachments(&[]), None);
        assert_eq!(attachments(&[one("a.png"), one("")]).unwrap(), "a.png (1 kB) and unnamed image/png (1 kB)");
        let many: Vec<Attachment> = (0..9).map(|n| one(&format!("{n}\n"))).collect();
        assert_eq!(attachments(&many).unwrap(), "0 (1 kB), 1 (1 kB), 2 (1 kB), 3 (1 kB) and 5 more");
    }

    #[track_caller]
    fn check_signals(fired: &[(Signal, i32)], expected: &str) {
        let points = Points::of_hundredths;
        let fired: Vec<Fired> = fired
            .iter()
            .map(|(signal, hundredths)| Fired {
                by: By::Signal(*signal),
                points: points(*hundredths),
                evidence: vec!["the very words".to_owned()],
            })
            .collect();
        let score = fired.iter().fold(Points::default(), |sum, fired| sum.plus(fired.points));
        let tally = Tally { score, urgent_at: points(300), low_at: points(-300), fired };
        let level = Decision::Level(Urgency::Normal);
        assert_eq!(why(&Verdict::new(level, Reason::Signals(tally), jiff::Timestamp::UNIX_EPOCH)), expected);
    }

    #[test]
    fn what_signals_say_is_said_in_words() {
        check_signals(&[], "nothing says that it is urgent");
        check_signals(&[(Signal::ToMeAlone, 100)], "too little says that it is urgent");
        check_signals(
            &[(Signal::AsksMe, 200), (Signal::ListMail, -200), (Signal::Newsletter, -300)],
            "it is to be read at one's own pace",
        );
        check_signals(&[(Signal::CourtesyCopy, -100)], "I am only in Cc");
        check_signals(&[(Signal::Crisis, 500), (Signal::ListMail, -100)], "a crisis needs attention at once");
    }

    #[test]
    fn the_reason_is_one_phrase() {
        let (level, at) = (Decision::Level(Urgency::Normal), jiff::Timestamp::UNIX_EPOCH);
        let mut verdict = Verdict::new(level, Reason::NoRule, at);
        assert_eq!(why(&verdict), "no rule decided");
        verdict.reason = Reason::Rule { rule: RuleName::new("news\nletters"), evidence: Vec::new() };
        assert_eq!(why(&verdict), "rule \"news letters\"");
        verdict.wishes.note = Some("read on Sunday".to_owned());
        assert_eq!(why(&verdict), "read on Sunday");
    }
}

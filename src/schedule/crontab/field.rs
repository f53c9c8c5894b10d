//! One field of crontab(5): lists of values, ranges and steps, to the set of its values.

/// What a field of this kind may hold.
#[derive(Debug)]
pub struct Kind {
    /// As crontab(5) calls it.
    pub name: &'static str,
    /// The least value.
    pub min: u8,
    /// The greatest value that `*` stands for. A weekday may also be 7, which is Sunday again.
    pub max: u8,
    /// Names of the values from `min` on; may be empty.
    names: &'static [&'static str],
}

/// Minutes.
pub const MINUTE: Kind = Kind { name: "minute", min: 0, max: 59, names: &[] };
/// Hours.
pub const HOUR: Kind = Kind { name: "hour", min: 0, max: 23, names: &[] };
/// Days of the month.
pub const DAY: Kind = Kind { name: "day of month", min: 1, max: 31, names: &[] };
/// Months.
pub const MONTH: Kind = Kind {
    name: "month",
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
/// Days of the week, 0 for Sunday.
pub const WEEKDAY: Kind =
    Kind { name: "day of week", min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// The values of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Bit n for the value n. Never 0.
    bits: u64,
    /// Whether it holds no `*`: crontab(5) joins two such day fields by *or*.
    pub is_restricted: bool,
}

/// Why a field cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} \"{part}\" {problem}")]
pub struct FieldError {
    /// Which field.
    pub field: &'static str,
    /// The part of its list that is wrong.
    pub part: String,
    /// What is wrong, and what to write.
    pub problem: Problem,
}

/// What is wrong with a part of a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A number outside the field.
    #[error("is out of range; the field takes {min} to {max}")]
    OutOfRange {
        /// The least.
        min: u8,
        /// The greatest.
        max: u8,
    },
    /// Neither number nor name.
    #[error("is no value of this field; write {wanted}")]
    NoValue {
        /// What it takes.
        wanted: String,
    },
    /// A name written out.
    #[error("is too long a name; write \"{short}\"")]
    LongName {
        /// Its three letters.
        short: &'static str,
    },
    /// A range from the greater to the less, where nothing comes round.
    #[error("runs backwards; write \"{instead}\"")]
    Backwards {
        /// The two ranges it may mean.
        instead: String,
    },
    /// A step without a range.
    #[error("has a step but no range; write \"{instead}\"")]
    StepWithoutRange {
        /// The range it may mean.
        instead: String,
    },
    /// A step that is no number, or leaves nothing but the first value.
    #[error("has a step that is not between 1 and {max}")]
    Step {
        /// The greatest.
        max: u8,
    },
    /// Something that other schedulers know.
    #[error("is not of crontab(5); {advice}")]
    Foreign {
        /// What to write.
        advice: &'static str,
    },
}

impl Field {
    /// Its values, rising, never none.
    pub fn values(self) -> impl Iterator<Item = u8> {
        (0..64).filter(move |value| self.bits & 1 << value != 0)
    }
}

/// Reads a field. Weekdays come round, so that `fri-sun`, `5-7` and `fri-mon` are ranges.
///
/// # Errors
/// Names the first part of the list that is wrong.
pub fn parse(kind: &Kind, text: &str) -> Result<Field, FieldError> {
    let mut bits = 0;
    for part in text.split(',') {
        let set = parse_part(kind, part);
        bits |=
            set.map_err(|problem| FieldError { field: kind.name, part: part.chars().take(40).collect(), problem })?;
    }
    Ok(Field { bits, is_restricted: !text.contains('*') })
}

fn parse_part(kind: &Kind, part: &str) -> Result<u64, Problem> {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let (from, to) = if range == "*" {
        (kind.min, kind.max)
    } else if let Some((from, to)) = range.split_once('-') {
        parse_range(kind, from, to)?
    } else {
        let only = parse_value(kind, range)?;
        if let Some(step) = step {
            return Err(Problem::StepWithoutRange { instead: format!("{only}-{}/{step}", kind.max) });
        }
        (only, only)
    };
    let step = match step {
        None => 1,
        Some(step) => number(step)
            .filter(|step| (1..=kind.max - kind.min).contains(step))
            .ok_or(Problem::Step { max: kind.max - kind.min })?,
    };
    // A week comes round: 7 is Sunday, and a range past it goes on with Monday.
    let fold = |value: u8| if kind.names.len() == 7 { value % 7 } else { value };
    Ok((from..=to).step_by(usize::from(step)).fold(0, |set, value| set | 1 << fold(value)))
}

fn parse_range(kind: &Kind, from: &str, to: &str) -> Result<(u8, u8), Problem> {
    let (first, last) = (parse_value(kind, from)?, parse_value(kind, to)?);
    if first <= last {
        return Ok((first, last));
    }
    if kind.names.len() == 7 {
        return Ok((first, last + 7));
    }
    let part = |from: u8, to: u8| if from == to { from.to_string() } else { format!("{from}-{to}") };
    Err(Problem::Backwards { instead: format!("{},{}", part(first, kind.max), part(kind.min, last)) })
}

fn parse_value(kind: &Kind, text: &str) -> Result<u8, Problem> {
    let max = if kind.names.len() == 7 { 7 } else { kind.max };
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let value = number(text).filter(|value| (kind.min..=max).contains(value));
        return value.ok_or(Problem::OutOfRange { min: kind.min, max });
    }
    let lower = text.to_ascii_lowercase();
    if let Some((value, _)) = (kind.min..).zip(kind.names).find(|(_, name)| **name == lower) {
        return Ok(value);
    }
    let is_word = lower.len() > 3 && lower.bytes().all(|b| b.is_ascii_lowercase());
    if let Some(short) = kind.names.iter().find(|short| is_word && lower.starts_with(**short)) {
        return Err(Problem::LongName { short });
    }
    if let Some(advice) = foreign(&lower) {
        return Err(Problem::Foreign { advice });
    }
    let names = match (kind.names.first(), kind.names.last()) {
        (Some(first), Some(last)) => format!(", or {first} to {last}"),
        _ => String::new(),
    };
    Err(Problem::NoValue { wanted: format!("{} to {max}{names}", kind.min) })
}

/// Advice for the signs that Quartz, Jenkins and newer crons have.
fn foreign(lower: &str) -> Option<&'static str> {
    match lower {
        "?" => Some("write \"*\""),
        "h" => Some("write a number of your choice"),
        _ if lower.contains('#') => {
            Some("write the days of the month it may fall on, such as 1-7, and let the others come")
        }
        _ if lower.contains('~') => Some("write one number of the range"),
        _ if lower.starts_with('l') || lower.ends_with('l') => Some("write a day that every month has, such as 28"),
        _ if lower.ends_with('w') => Some("write the day itself"),
        _ if lower.contains('*') => Some("a \"*\" stands alone, or with a step: \"*/2\""),
        _ => None,
    }
}

/// Digits alone: `parse` would take a plus sign.
fn number(text: &str) -> Option<u8> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{DAY, HOUR, Kind, MINUTE, MONTH, WEEKDAY, parse};

    #[track_caller]
    fn check(kind: &Kind, text: &str, expected: &[u8]) {
        let values = parse(kind, text).map(|field| field.values().collect::<Vec<_>>());
        assert_eq!(values.as_deref(), Ok(expected), "{text}");
    }

    #[track_caller]
    fn refuses(kind: &Kind, text: &str, expected: &str) {
        assert_eq!(parse(kind, text).err().map(|error| error.to_string()).as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn reads_lists_ranges_and_steps() {
        check(&MINUTE, "*/15", &[0, 15, 30, 45]);
        check(&MINUTE, "5-20/5,59", &[5, 10, 15, 20, 59]);
        check(&HOUR, "9,16", &[9, 16]);
        check(&HOUR, "09", &[9]);
        check(&DAY, "1-3,31", &[1, 2, 3, 31]);
        check(&MONTH, "jan,Mar-MAY", &[1, 3, 4, 5]);
        check(&MONTH, "*/5", &[1, 6, 11]);
    }

    #[test]
    fn a_week_comes_round() {
        check(&WEEKDAY, "mon-fri", &[1, 2, 3, 4, 5]);
        check(&WEEKDAY, "1-5", &[1, 2, 3, 4, 5]);
        check(&WEEKDAY, "7", &[0]);
        check(&WEEKDAY, "0", &[0]);
        check(&WEEKDAY, "sun", &[0]);
        check(&WEEKDAY, "5-7", &[0, 5, 6]);
        check(&WEEKDAY, "fri-sun", &[0, 5, 6]);
        check(&WEEKDAY, "fri-mon", &[0, 1, 5, 6]);
        check(&WEEKDAY, "fri-mon/2", &[0, 5]);
        check(&WEEKDAY, "7-2", &[0, 1, 2]);
        check(&WEEKDAY, "sat-0", &[0, 6]);
        check(&WEEKDAY, "0-7", &[0, 1, 2, 3, 4, 5, 6]);
        check(&WEEKDAY, "sun-sat", &[0, 1, 2, 3, 4, 5, 6]);
        check(&WEEKDAY, "sun-sun", &[0]);
        check(&WEEKDAY, "*/2", &[0, 2, 4, 6]);
    }

    #[test]
    fn refuses_with_advice() {
        refuses(&MINUTE, "60", "minute \"60\" is out of range; the field takes 0 to 59");
        refuses(&DAY, "0", "day of month \"0\" is out of range; the field takes 1 to 31");
        refuses(&WEEKDAY, "mon,8", "day of week \"8\" is out of range; the field takes 0 to 7");
        refuses(&MINUTE, "999999", "minute \"999999\" is out of range; the field takes 0 to 59");
        refuses(&HOUR, "17-9", "hour \"17-9\" runs backwards; write \"17-23,0-9\"");
        refuses(&MONTH, "nov-jan", "month \"nov-jan\" runs backwards; write \"11-12,1\"");
        refuses(&MINUTE, "5/15", "minute \"5/15\" has a step but no range; write \"5-59/15\"");
        refuses(&MINUTE, "*/0", "minute \"*/0\" has a step that is not between 1 and 59");
        refuses(&MINUTE, "*/90", "minute \"*/90\" has a step that is not between 1 and 59");
        refuses(&MINUTE, "*/x", "minute \"*/x\" has a step that is not between 1 and 59");
        refuses(&MINUTE, "*/+5", "minute \"*/+5\" has a step that is not between 1 and 59");
        refuses(&WEEKDAY, "Monday", "day of week \"Monday\" is too long a name; write \"mon\"");
        refuses(&MONTH, "june-july", "month \"june-july\" is too long a name; write \"jun\"");
        refuses(&DAY, "?", "day of month \"?\" is not of crontab(5); write \"*\"");
        refuses(&DAY, "L", "day of month \"L\" is not of crontab(5); write a day that every month has, such as 28");
        refuses(&DAY, "15W", "day of month \"15W\" is not of crontab(5); write the day itself");
        for foreign in ["5#3", "fri#2", "5L", "1~5", "H", "**", "*5"] {
            let error = parse(&WEEKDAY, foreign).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains("is not of crontab(5)"), "{foreign}: {error}");
        }
        refuses(&HOUR, "nine", "hour \"nine\" is no value of this field; write 0 to 23");
        refuses(&WEEKDAY, "mo", "day of week \"mo\" is no value of this field; write 0 to 7, or sun to sat");
        for wrong in ["", ",", "1,", "-", "1-", "-1", "1--2", "1-2-3", "+1", "1/2/3", "1-5/2/2", "１", "é", "mon-fri"]
        {
            assert!(parse(&HOUR, wrong).is_err(), "{wrong}");
        }
    }
}

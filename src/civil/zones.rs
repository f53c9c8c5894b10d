//! Names of time zones: which are taken, and what was meant by one that is not.

use jiff::tz::{self, TimeZone};

use crate::limits;

/// Why a name is no time zone for us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// An offset, which knows no summer time.
    #[error("\"{name}\" is an offset, which knows no summer time; write the name of a zone, such as \"Europe/Lisbon\"")]
    Offset {
        /// As it was written.
        name: String,
    },
    /// A rule of POSIX, or a name that looks like one.
    #[error("\"{name}\" is a POSIX rule, not a name; write the name of a zone, such as \"America/New_York\"")]
    Posix {
        /// As it was written.
        name: String,
    },
    /// A few capitals, which mean different zones to different people.
    #[error("\"{name}\" is an abbreviation, which may mean several zones; write a name such as \"Europe/Lisbon\"")]
    Abbreviation {
        /// As it was written.
        name: String,
    },
    /// Not in the database of time zones.
    #[error("no time zone \"{name}\"{}", near.as_ref().map_or_else(
        || "; write an IANA name, such as \"Europe/Lisbon\"".to_owned(),
        |near| format!("; did you mean \"{near}\"?")
    ))]
    Unknown {
        /// As it was written, shortened.
        name: String,
        /// The nearest name, where one is near.
        near: Option<String>,
    },
}

/// The rules of an IANA zone, with its name as the database spells it. Case does not matter.
///
/// # Errors
/// One variant for each kind of thing that is not a name, and one for names that nobody knows.
pub fn find(written: &str) -> Result<(String, TimeZone), ZoneError> {
    let name: String = written.chars().take(limits::ground::ZONE_NAME_CHARS).collect();
    if let Some(error) = kind_of_mistake(&name) {
        return Err(error);
    }
    let unknown = |name: String| ZoneError::Unknown { near: nearest(&name), name };
    if !is_public(&name) || name.len() != written.len() {
        return Err(unknown(name));
    }
    let Ok(rules) = TimeZone::get(&name) else {
        let is_short = (1..=5).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_uppercase());
        return Err(if is_short { ZoneError::Abbreviation { name } } else { unknown(name) });
    };
    match rules.iana_name() {
        Some(spelled) => Ok((spelled.to_owned(), rules)),
        None => Err(unknown(name)),
    }
}

/// All that is recognised without looking into the database, which knows some of it as relics: `EST5EDT`, `GMT0`.
fn kind_of_mistake(name: &str) -> Option<ZoneError> {
    if name.contains('/') && !name.contains(',') || !name.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let letters =
        name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ':' | '.' | '\u{2212}'));
    let is_offset = matches!(letters.trim_end().to_ascii_uppercase().as_str(), "" | "UTC" | "GMT" | "Z" | "UT");
    let name = name.to_owned();
    if is_offset {
        return Some(ZoneError::Offset { name });
    }
    let is_rule = name.starts_with('<') || name.chars().take(3).all(|c| c.is_ascii_alphabetic());
    is_rule.then_some(ZoneError::Posix { name })
}

/// Files of the system's folder that are no zones: the machine's own zone, POSIX's default, the zone of a machine that
/// was never set up, and the two copies of everything (one of which counts leap seconds).
fn is_public(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_relic = matches!(name.as_str(), "localtime" | "posixrules" | "factory" | "etc/unknown");
    !is_relic && !name.starts_with("posix/") && !name.starts_with("right/")
}

/// The name at the least distance, within 1 + a quarter of the length; a city alone is held against cities.
fn nearest(name: &str) -> Option<String> {
    let wanted = name.to_lowercase().replace(' ', "_");
    let mut best: Option<(usize, String)> = None;
    for known in tz::db().available() {
        let known = known.as_str();
        // Relics without a region are near to anything short.
        if !is_public(known) || !known.contains('/') {
            continue;
        }
        let folded = known.to_lowercase();
        let whole = strsim::damerau_levenshtein(&wanted, &folded);
        let city = folded.rsplit('/').next().filter(|_| !wanted.contains('/'));
        let distance = city.map_or(whole, |city| whole.min(strsim::damerau_levenshtein(&wanted, city)));
        let rank = (distance, known.to_owned());
        if best.as_ref().is_none_or(|best| rank < *best) {
            best = Some(rank);
        }
    }
    best.filter(|(distance, _)| *distance <= 1 + wanted.chars().count() / 4).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn takes_names_and_spells_them_as_the_database_does() {
        let check = |written: &str, name: &str| assert_eq!(find(written).map(|found| found.0).as_deref(), Ok(name));
        check("Europe/Lisbon", "Europe/Lisbon");
        check("europe/lisbon", "Europe/Lisbon");
        check("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires");
        check("America/Port-au-Prince", "America/Port-au-Prince");
        check("UTC", "UTC");
        check("Etc/GMT+5", "Etc/GMT+5");
        check("NZ-CHAT", "NZ-CHAT");
    }

    #[test]
    fn refuses_all_else_with_advice() {
        let check = |written: &str, part: &str| {
            let error = find(written).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(part), "{written}: {error:?}");
        };
        for offset in ["+01:00", "-0330", "UTC+1", "GMT-3", "UTC+05:30", "utc1", "Z1", "+1", "GMT0", "\u{2212}03:00"] {
            check(offset, "is an offset, which knows no summer time");
        }
        for rule in ["EST5EDT", "PST8PDT", "CET-1CEST,M3.5.0,M10.5.0/3", "<+03>-3"] {
            check(rule, "is a POSIX rule");
        }
        check("PST", "is an abbreviation");
        check("Europe/Madird", "no time zone \"Europe/Madird\"; did you mean \"Europe/Madrid\"?");
        check("Madrid", "did you mean \"Europe/Madrid\"?");
        check("New York", "did you mean \"America/New_York\"?");
        check("lisbn", "did you mean \"Europe/Lisbon\"?");
        for none in
            ["", "/", "Middle-earth/Minas_Tirith", "../../etc/passwd", "localtime", "right/Europe/Lisbon", "Factory"]
        {
            check(none, "no time zone");
        }
        check(&"x".repeat(100_000), "no time zone");
        check(&format!("Europe/Lisbon{}", " ".repeat(100)), "no time zone");
    }
}

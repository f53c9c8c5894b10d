//! Durations as the configuration writes them: `8d`, `2h`, `1h30m`, `90s`.

use std::time::Duration;

use crate::limits;

/// Why a duration cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// A number alone.
    #[error(
        "\"{written}\" has no unit; write \"{written}s\" for seconds, or m, h, d, w for minutes, hours, days, weeks"
    )]
    NoUnit {
        /// As it was written.
        written: String,
    },
    /// Not a duration.
    #[error(
        "\"{written}\" is no duration; write whole numbers with s, m, h, d or w, the largest unit first: \"1h30m\""
    )]
    Malformed {
        /// As it was written.
        written: String,
    },
    /// Nothing at all.
    #[error("\"{written}\" is no time at all; write at least \"1s\"")]
    Zero {
        /// As it was written.
        written: String,
    },
    /// Longer than anything here waits.
    #[error("\"{written}\" is too long; the longest is \"{}d\"", limits::ground::DURATION_DAYS)]
    TooLong {
        /// As it was written.
        written: String,
    },
}

/// Largest first, the order in which they are written.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a duration: whole numbers with units, each unit once, the largest first. Never zero; at most
/// `limits::ground::DURATION_DAYS`. A day is 24 hours, also where summer time changes.
///
/// # Errors
/// One variant for each cause, with what to write.
pub fn parse(written: &str) -> Result<Duration, DurationError> {
    let owned = || written.chars().take(40).collect::<String>();
    if !written.is_empty() && written.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DurationError::NoUnit { written: owned() });
    }
    let malformed = || DurationError::Malformed { written: owned() };
    let too_long = || DurationError::TooLong { written: owned() };
    let (mut seconds, mut number, mut units) = (0_u64, None, UNITS.iter());
    for c in written.chars() {
        if let Some(digit) = c.to_digit(10) {
            let so_far: u64 = number.unwrap_or(0);
            number = Some(so_far.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit))).ok_or_else(too_long)?);
        } else {
            // What is left of `units` is smaller than all that came before.
            let (_, unit) = units.find(|(name, _)| *name == c).ok_or_else(malformed)?;
            let part = number.take().ok_or_else(malformed)?.checked_mul(*unit);
            seconds = part.and_then(|part| seconds.checked_add(part)).ok_or_else(too_long)?;
        }
    }
    if number.is_some() || written.is_empty() {
        return Err(malformed());
    }
    match seconds {
        0 => Err(DurationError::Zero { written: owned() }),
        _ if seconds > limits::ground::DURATION_DAYS * 86_400 => Err(too_long()),
        _ => Ok(Duration::from_secs(seconds)),
    }
}

/// Writes whole seconds as `parse` reads them, in days and below: `8d`, `1h30m`; `0s` for nothing.
pub fn write(duration: Duration) -> String {
    let (mut left, mut text) = (duration.as_secs(), String::new());
    for (name, unit) in UNITS.iter().skip(1) {
        if left >= *unit {
            text.push_str(&format!("{}{name}", left / unit));
            left %= unit;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::{parse, write};

    #[test]
    fn reads_what_the_configuration_writes() {
        let check =
            |written: &str, seconds: u64| assert_eq!(parse(written).map(|d| d.as_secs()), Ok(seconds), "{written}");
        check("8d", 691_200);
        check("2h", 7_200);
        check("90s", 90);
        check("10m", 600);
        check("1h30m", 5_400);
        check("2w", 1_209_600);
        check("1w2d3h4m5s", 788_645);
        check("0h30m", 1_800);
        check("3660d", 316_224_000);
    }

    #[test]
    fn says_what_to_write_instead() {
        let check = |written: &str, part: &str| {
            let error = parse(written).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(part), "{written}: {error}");
        };
        check("90", "\"90\" has no unit; write \"90s\"");
        for wrong in ["", "h", "2h30", "30m1h", "1h1h", "1.5h", "-2h", "2 h", "2hours", "PT2H", "8D", "５h", "1h 30m"]
        {
            check(wrong, "is no duration");
        }
        check("0s", "is no time at all");
        check("3661d", "is too long; the longest is \"3660d\"");
        check("99999999999999999999999s", "is too long");
        check("99999999999999999w", "is too long");
    }

    #[test]
    fn writes_what_it_reads() {
        for written in ["8d", "1h30m", "1m30s", "30d", "1s", "15d2h"] {
            assert_eq!(parse(written).map(write).as_deref(), Ok(written));
        }
        assert_eq!(write(std::time::Duration::ZERO), "0s");
    }
}

//! Times of day as people write them: `HH:MM`, in minutes since midnight.

/// The end of a day: `24:00`.
pub const END_OF_DAY: u16 = 24 * 60;

/// A time of day that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{written}\" is no time of day; write HH:MM from \"00:00\" to \"24:00\"")]
pub struct TimeOfDayError {
    /// As it was written.
    pub written: String,
}

/// Reads `HH:MM` (one digit of the hour will do) into minutes since midnight: 0 to 1,439, and 1,440 for `24:00`.
///
/// # Errors
/// Anything else: seconds, `9am`, hours past 24, `24:01`.
pub fn parse(written: &str) -> Result<u16, TimeOfDayError> {
    let read = || {
        let (hour, minute) = written.split_once(':')?;
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !matches!(hour.len(), 1 | 2) || minute.len() != 2 || !digits(hour) || !digits(minute) {
            return None;
        }
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let minutes = hour * 60 + minute;
        (minute < 60 && minutes <= END_OF_DAY).then_some(minutes)
    };
    read().ok_or_else(|| TimeOfDayError { written: written.to_owned() })
}

/// Writes minutes since midnight as `HH:MM`.
pub fn write(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::{parse, write};

    #[test]
    fn reads_and_writes() {
        let check = |written: &str, expected: Option<u16>| assert_eq!(parse(written).ok(), expected, "{written}");
        check("00:00", Some(0));
        check("09:30", Some(570));
        check("9:30", Some(570));
        check("23:59", Some(1439));
        check("24:00", Some(1440));
        let wrong =
            ["", ":", "24:01", "25:00", "12:60", "9", "9am", "+9:00", "-1:00", "09:3", "09:30:00", "٠٩:٣٠", " 09:00"];
        for wrong in wrong {
            check(wrong, None);
        }
        for minutes in 0..=1440 {
            check(&write(minutes), Some(minutes));
        }
        let error = parse("9am").err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("\"9am\" is no time of day; write HH:MM from \"00:00\" to \"24:00\""));
    }
}

//! The Date field: an instant and the offset it was written in.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::model::message::SentAt;

/// Reads a Date field; `None` for what no calendar has (hour 25, 32 January) or nobody can read.
pub fn read(raw: &[u8]) -> Option<SentAt> {
    let text = String::from_utf8_lossy(raw);
    let text = text.trim();
    if text.is_empty() || text.len() > 200 {
        return None;
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    by_mail_parser(&text).or_else(|| by_jiff(&text)).or_else(|| by_jiff(&without_comment(&text)))
}

/// mail-parser 0.11.9 takes hour 25 and month "Foo"; `is_valid` and the calendar of jiff sort them out.
fn by_mail_parser(text: &str) -> Option<SentAt> {
    let date = mail_parser::DateTime::parse_rfc822(&format!("{text}\n")).filter(mail_parser::DateTime::is_valid)?;
    let small = |n: u8| i8::try_from(n).ok();
    let civil = DateTime::new(
        i16::try_from(date.year).ok()?,
        small(date.month)?,
        small(date.day)?,
        small(date.hour)?,
        small(date.minute)?,
        small(date.second)?,
        0,
    )
    .ok()?;
    let seconds = i32::from(date.tz_hour) * 3600 + i32::from(date.tz_minute) * 60;
    let offset = Offset::from_seconds(if date.tz_before_gmt { -seconds } else { seconds }).ok()?;
    let instant = offset.to_timestamp(civil).ok()?;
    Some(SentAt { instant, offset })
}

fn by_jiff(text: &str) -> Option<SentAt> {
    let zoned = jiff::fmt::rfc2822::parse(text)
        .or_else(|_| jiff::ZonedDateTime::strptime("%Y-%m-%d %H:%M:%S %z", text))
        .or_else(|_| jiff::ZonedDateTime::strptime("%Y-%m-%dT%H:%M:%S%:z", text))
        .or_else(|_| jiff::ZonedDateTime::strptime("%a %b %d %H:%M:%S %Y %z", text))
        .ok()?;
    Some(SentAt { instant: zoned.timestamp(), offset: zoned.offset() })
}

fn without_comment(text: &str) -> String {
    text.split(" (").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::read;

    fn check(raw: &str, expected: Option<&str>) {
        let shown = read(raw.as_bytes()).map(|sent| format!("{} {}", sent.instant, sent.offset));
        assert_eq!(shown.as_deref(), expected, "{raw}");
    }

    #[test]
    fn dates_keep_their_offset() {
        check("Wed, 13 Jan 2027 10:02:00 -0800", Some("2027-01-13T18:02:00Z -08"));
        check("13 Jan 2027 10:02:00 +0530 (IST)", Some("2027-01-13T04:32:00Z +05:30"));
        check(" Wed,\r\n 13 Jan 2027 10:02:00 GMT", Some("2027-01-13T10:02:00Z +00"));
        check("Wed, 13 Jan 2027 10:02 EST", Some("2027-01-13T15:02:00Z -05"));
        check("2027-01-13 10:02:00 +0100", Some("2027-01-13T09:02:00Z +01"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for raw in [
            "",
            "yesterday",
            "Wed, 13 Jan 2027 25:02:00 +0000",
            "Wed, 32 Jan 2027 10:02:00 +0000",
            "Tue, 30 Feb 2027 10:02:00 +0000",
            "32 Foo 2027 10:00:00 +0000",
        ] {
            check(raw, None);
        }
    }
}

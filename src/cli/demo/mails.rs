//! The demo's mailbox: forty mails written for it, whose times are filled in when they are laid out.
//!
//! Every person, firm and address in them is made up. A template is a mail as it would lie in a Maildir, with marks
//! such as `{date -42m}` where a time stands: a word for how it is written, and how far from now it lies.

use anyhow::{Context, bail, ensure};
use jiff::{SignedDuration, Timestamp};

/// One mail of the demo.
#[derive(Clone, Debug)]
pub struct Mail {
    /// What it is called among the forty; unique.
    pub name: &'static str,
    /// When it is said to have been sent.
    pub sent_at: Timestamp,
    /// The whole mail.
    pub bytes: Vec<u8>,
}

macro_rules! templates {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("mails/", $name, ".eml")))),*]
    };
}

const TEMPLATES: [(&str, &str); 40] = templates![
    "crisis-payments" "crisis-kiel" "alert-firing" "login-code" "meeting-soon" "manager-question" "family-dad"
    "school-fever" "card-fraud"
    "backup-report" "cold-sales"
    "alert-resolved" "review-priya" "review-tom" "quote-claire" "vigo-spanish" "giulia-italian" "nakamura-japanese"
    "layla-arabic" "lawyer-footer" "invitation-later" "quoted-crisis" "hidden-text" "false-manager" "copy-budget"
    "forward-thanks" "condominium" "build-failed" "build-fixed"
    "parcel" "newsletter-systems" "newsletter-museum" "shop-shouts" "list-1" "list-2" "list-3" "list-4" "list-5"
    "receipt-train" "receipt-hosting"
];

/// The forty mails as they would lie there now, the oldest first.
///
/// # Errors
/// When a template holds a mark that nobody knows, or no date: a fault of ours.
pub fn written(now: Timestamp) -> anyhow::Result<Vec<Mail>> {
    let mut mails = Vec::new();
    for (name, template) in TEMPLATES {
        mails.push(fill(name, template, now).with_context(|| format!("the demo's mail \"{name}\" cannot be written"))?);
    }
    mails.sort_by_key(|mail| mail.sent_at);
    Ok(mails)
}

/// A mark begins with a brace and a small letter; CSS has a space there. The first `date` is the mail's own.
fn fill(name: &'static str, template: &str, now: Timestamp) -> anyhow::Result<Mail> {
    let mut text = String::with_capacity(template.len());
    let mut sent_at = None;
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        rest = after;
        if !after.starts_with(|c: char| c.is_ascii_lowercase()) {
            text.push('{');
            continue;
        }
        let (mark, after) = after.split_once('}').context("a mark without an end")?;
        let (word, offset) = mark.split_once(' ').with_context(|| format!("the mark \"{mark}\" says no time"))?;
        let at = now.checked_add(distance(offset).with_context(|| format!("\"{offset}\" is no time from now"))?)?;
        text.push_str(&spelled(word, at)?);
        if word == "date" {
            sent_at.get_or_insert(at);
        }
        rest = after;
    }
    text.push_str(rest);
    let sent_at = sent_at.context("no date")?;
    ensure!(!text.contains('\r'), "a carriage return: lines of a Maildir end without");
    Ok(Mail { name, sent_at, bytes: text.into_bytes() })
}

fn spelled(word: &str, at: Timestamp) -> anyhow::Result<String> {
    let format = match word {
        "date" => "%a, %d %b %Y %H:%M:%S +0000",
        "ics" => "%Y%m%dT%H%M%SZ",
        "time" => "%H:%M",
        "day" => "%A %-d %B",
        _ => bail!("the mark \"{word}\" is unknown"),
    };
    Ok(at.strftime(format).to_string())
}

/// Reads `-42m`, `+3h`, `-2d`.
fn distance(offset: &str) -> Option<SignedDuration> {
    let digits = offset.strip_prefix(['+', '-'])?;
    let (number, unit) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
    let minutes: i64 = match unit {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        _ => return None,
    };
    let seconds = number.parse::<u32>().ok().map(i64::from)?.checked_mul(minutes * 60)?;
    Some(SignedDuration::from_secs(if offset.starts_with('-') { -seconds } else { seconds }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::collections::BTreeMap;

    use jiff::{SignedDuration, Timestamp};

    use super::{Mail, TEMPLATES, fill, written};
    use crate::config;
    use crate::config::environment::Environment;
    use crate::config::ready::Config;
    use crate::intake::judge::{self, Circumstance};
    use crate::intake::place::{self, When};
    use crate::mail::fields::header_block;
    use crate::mail::read::{Raw, read};
    use crate::model::identity::Identity;
    use crate::model::message::Message;
    use crate::model::signal::Fired;
    use crate::model::verdict::{Placement, Reason, Then};

    fn now() -> Timestamp {
        "2027-01-12T09:40:00Z".parse().unwrap()
    }

    #[test]
    fn marks_are_filled_in_and_unknown_ones_refused() {
        let check = |template: &str, expected: Option<&str>| {
            let filled = fill("x", &format!("{{date -0m}}{template}"), now()).ok();
            let text = filled.map(|mail| String::from_utf8(mail.bytes).unwrap());
            let text = text.as_deref().and_then(|text| text.strip_prefix("Tue, 12 Jan 2027 09:40:00 +0000"));
            assert_eq!(text, expected, "{template}");
        };
        check("", Some(""));
        check("|{date -42m}", Some("|Tue, 12 Jan 2027 08:58:00 +0000"));
        check("{ics +10m}.", Some("20270112T095000Z."));
        check("{time -2h} {day +1d}", Some("07:40 Wednesday 13 January"));
        check("h1 { color: red } {}", Some("h1 { color: red } {}"));
        check("{when -1m}", None);
        check("{date}", None);
        check("{date 5m}", None);
        check("{date -5w}", None);
        check("{date -m}", None);
        check("{date -99999999999d}", None);
        check("{date -1m", None);
        check("a\r\nb", None);
        assert!(fill("x", "no date", now()).is_err());
    }

    #[test]
    fn there_are_forty_and_each_is_fiction() {
        let mails = written(now()).unwrap();
        assert_eq!(mails.len(), 40);
        for mail in &mails {
            let text = String::from_utf8(mail.bytes.clone()).unwrap();
            assert!(mail.sent_at <= now(), "{} comes from the future", mail.name);
            for start in ["@", "://"] {
                for piece in text.split(start).skip(1) {
                    let host: String =
                        piece.chars().take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
                    let host = host.trim_end_matches('.');
                    // RFC 2606, and lines that a calendar folds.
                    let good =
                        [".example", "example.org", "example.net", "example.com"].iter().any(|end| host.ends_with(end));
                    assert!(good || host.is_empty() || text.contains("BEGIN:VCALENDAR"), "{}: {host}", mail.name);
                }
            }
            assert!(text.lines().all(|line| line.len() <= 998), "{}", mail.name);
        }
    }

    fn config() -> Config {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tidings.toml");
        let text = crate::cli::demo::layout::CONFIG.replace("{dir}", &folder.path().display().to_string());
        std::fs::write(&file, text).unwrap();
        let config = config::load(&file, &Environment::of(|_| None));
        let config =
            config.unwrap_or_else(|faults| panic!("{}", faults.iter().map(|f| format!("{f}\n")).collect::<String>()));
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
        config
    }

    fn message(config: &Config, bytes: &[u8], sent_at: Timestamp) -> Message {
        let (name, filing) = config.people[0].desk.accounts.iter().next().unwrap();
        let size = bytes.len() as u64;
        read(&Raw {
            bytes,
            size,
            received_at: sent_at,
            source: name.as_str(),
            identity: Identity::of_content(&config.people[0].desk.person, name, header_block(bytes), size),
            trust: filing.trust.as_deref(),
            zone: &config.people[0].desk.zone.rules,
        })
    }

    /// What becomes of each: outcome, level, and the rule where one decides.
    const FATES: [(&str, &str); 40] = [
        ("alert-firing", "pass, critical"),
        ("alert-resolved", "sunday"),
        ("backup-report", "ignore: the backup checker reads these"),
        ("build-failed", "sunday"),
        ("build-fixed", "sunday"),
        ("card-fraud", "pass, urgent"),
        ("cold-sales", "drop: cold sales"),
        ("condominium", "workdays"),
        ("copy-budget", "workdays"),
        ("crisis-kiel", "pass, urgent"),
        ("crisis-payments", "pass, urgent"),
        ("false-manager", "workdays"),
        ("family-dad", "pass, urgent: family and school"),
        ("forward-thanks", "workdays"),
        ("giulia-italian", "workdays"),
        ("hidden-text", "workdays"),
        ("invitation-later", "workdays"),
        ("lawyer-footer", "workdays"),
        ("layla-arabic", "workdays"),
        ("list-1", "sunday"),
        ("list-2", "sunday"),
        ("list-3", "sunday"),
        ("list-4", "sunday"),
        ("list-5", "sunday"),
        ("login-code", "pass, critical"),
        ("manager-question", "pass, urgent: my manager, to me alone"),
        ("meeting-soon", "pass, urgent"),
        ("nakamura-japanese", "workdays"),
        ("newsletter-museum", "sunday"),
        ("newsletter-systems", "sunday"),
        ("parcel", "workdays"),
        ("quote-claire", "workdays"),
        ("quoted-crisis", "workdays"),
        ("receipt-hosting", "workdays"),
        ("receipt-train", "workdays"),
        ("review-priya", "workdays"),
        ("review-tom", "workdays"),
        ("school-fever", "pass, urgent: family and school"),
        ("shop-shouts", "sunday"),
        ("vigo-spanish", "workdays"),
    ];

    /// What becomes of each mail when the demo runs at this moment, and for those that signals judged why.
    fn fates(config: &Config, now: Timestamp) -> BTreeMap<&'static str, (String, String)> {
        let desk = &config.people[0].desk;
        let when = When { now, arrived: now, pause: None };
        let fate = |mail: Mail| {
            let message = message(config, &mail.bytes, mail.sent_at);
            assert!(message.notes.is_empty(), "{}: {:?}", mail.name, message.notes);
            assert_eq!(message.sent_at.map(|at| at.instant), Some(mail.sent_at), "{}", mail.name);
            let verdict = judge::judge(desk, &message, &Circumstance::unknown(), now);
            let outcome = match place::place(desk, &verdict, &message.source, &when) {
                Placement::Pass => format!("pass, {}", verdict.decision.level().unwrap().as_str()),
                Placement::Drop => "drop".to_owned(),
                Placement::Ignore => "ignore".to_owned(),
                Placement::Hold { then: Then::Digest(name), .. } => name.to_string(),
                Placement::Hold { then: Then::Pass, .. } => "quiet hours".to_owned(),
            };
            let (fate, why) = match verdict.reason {
                Reason::Rule { rule, .. } => (format!("{outcome}: {rule}"), String::new()),
                Reason::Signals(tally) => {
                    let said = |fired: &Fired| format!("{} {} {:?}", fired.points, fired.name(), fired.evidence);
                    (outcome, tally.fired.iter().map(said).collect::<Vec<_>>().join(", "))
                }
                _ => (outcome, String::new()),
            };
            (mail.name, (fate, why))
        };
        written(now).unwrap().into_iter().map(fate).collect()
    }

    /// At any hour of any day: the demo's mails name times, and times come nearer.
    #[test]
    fn each_mail_has_its_fate() {
        let config = config();
        let first = now();
        for hour in (0..7 * 24).step_by(11) {
            let fates = fates(&config, first.checked_add(SignedDuration::from_hours(hour)).unwrap());
            assert_eq!(fates.len(), TEMPLATES.len());
            for (name, expected) in FATES {
                let (fate, why) = &fates[name];

                assert_eq!(fate, expected, "{name}, {hour} h later: {why}");
            }
        }
    }

    #[test]
    fn what_is_read_of_them_is_what_was_written() {
        let config = config();
        let mails = written(now()).unwrap();
        let check = |name: &str, subject: &str, words: &str| {
            let mail = mails.iter().find(|mail| mail.name == name).unwrap();
            let message = message(&config, &mail.bytes, mail.sent_at);
            assert_eq!(message.subject, subject, "{name}");
            assert!(message.own_text.contains(words), "{name}: {}", message.own_text);
        };
        check("school-fever", "Tomás não está bem", "O Tomás está com 38,6 de febre");
        check("quote-claire", "Devis révisé, carénage du « Sagres »", "La cale est retenue à votre nom");
        check("nakamura-japanese", "冬季ダイヤのデータ連携について", "青海汽船の中村です");
        check("layla-arabic", "ترجمة شروط السفر جاهزة للمراجعة", "مرحباً إيناس");
        check("parcel", "Your parcel waits in locker 12, Rua Augusta", "0,00 €");
        check("family-dad", "Dad", "the size of a melon");
        let own = |name: &str| {
            let mail = mails.iter().find(|mail| mail.name == name).unwrap();
            message(&config, &mail.bytes, mail.sent_at).own_text
        };
        assert!(!own("hidden-text").contains("outage"), "hidden text was read: {}", own("hidden-text"));
        assert!(!own("quoted-crisis").contains("is down"), "a quotation was read: {}", own("quoted-crisis"));
        assert!(!own("lawyer-footer").contains("confidential"), "a footer was read: {}", own("lawyer-footer"));
    }
}

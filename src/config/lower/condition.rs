//! Conditions of rules, ready to be matched.

use super::bench::{Bench, Choice};
use super::groups::Groups;
use super::signals;
use super::times::{Bounds, duration, range};
use crate::chat::kind::{KINDS, Kind};
use crate::config::fault::meant;
use crate::config::file::condition::{
    Burst as WrittenBurst, Condition as Written, During as WrittenDuring, NestKey, PatternKey, SizeKey, TruthKey,
    WordKey,
};
use crate::config::reader::{At, shortened};
use crate::limits;
use crate::model::message::{Importance, Mention};
use crate::pattern::Field;
use crate::urgency::facts;
use crate::urgency::rule::{Condition, During, ToMe};

/// What conditions may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The groups.
    pub groups: &'a Groups<'a>,
    /// Whether any account says whom to trust.
    pub trust: Trust,
    /// Whether `working_hours` are known.
    pub working: Working,
}

/// Whether any account has a `trust`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// One has.
    Somebody,
    /// None has.
    Nobody,
}

/// Whether there are `working_hours`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Working {
    /// There are, or they are wrong and noted.
    Known,
    /// There are none.
    Unknown,
}

/// Makes a list of conditions ready. Recursion was bounded when they were read.
pub fn conditions(
    bench: &mut Bench<'_>,
    prefix: &str,
    (written, around): (&[At<Written>], Surroundings<'_>),
) -> Option<Vec<Condition>> {
    let ready: Vec<_> = written.iter().map(|condition| one(bench, prefix, (condition, around))).collect();
    ready.into_iter().collect()
}

fn one(bench: &mut Bench<'_>, prefix: &str, (written, around): (&At<Written>, Surroundings<'_>)) -> Option<Condition> {
    let values =
        |bench: &mut Bench<'_>, texts: &[At<String>]| around.groups.patterns(bench, prefix, (texts, Field::Value));
    match &written.value {
        Written::Patterns(key, texts) => patterns(bench, prefix, (*key, texts, around)),
        Written::Header(name, None) => Some(Condition::Header { name: name.clone(), value: None }),
        Written::Header(name, Some(texts)) => {
            Some(Condition::Header { name: name.clone(), value: Some(values(bench, texts)?) })
        }
        Written::Words(key, texts) => words(bench, prefix, (*key, texts)),
        Written::Truth(TruthKey::Automated, truth) => Some(Condition::Automated(*truth)),
        Written::Truth(TruthKey::Attachment, truth) => Some(Condition::HasAttachment(*truth)),
        Written::Truth(TruthKey::FirstContact, truth) => Some(Condition::FirstContact(*truth)),
        Written::Truth(TruthKey::RepliesToMe, truth) => Some(Condition::RepliesToMe(*truth)),
        Written::Truth(TruthKey::Authenticated, truth) => {
            if around.trust == Trust::Nobody {
                let advice = "write trust = \"mx.example.org\" in an [[account]], or remove it";
                bench
                    .faults
                    .error(written.offset, format!("{prefix}\"authenticated\" without anybody to trust; {advice}"));
                return None;
            }
            Some(Condition::Authenticated(*truth))
        }
        Written::List(None) => Some(Condition::List(None)),
        Written::List(Some(texts)) => Some(Condition::List(Some(values(bench, texts)?))),
        Written::Attachment(texts) => Some(Condition::Attachment(values(bench, texts)?)),
        Written::StartsWithin(text) => {
            let most = limits::front::CONFIG_STARTS_WITHIN_LONGEST;
            let bounds = Bounds { key: "starts_within", least: std::time::Duration::from_secs(1), most };
            duration(bench, prefix, text, bounds).map(Condition::StartsWithin)
        }
        Written::Burst(written) => burst(bench, written),
        Written::During(entries) => {
            let entries: Vec<_> = entries.iter().map(|entry| during(bench, prefix, (entry, around))).collect();
            entries.into_iter().collect::<Option<_>>().map(Condition::During)
        }
        Written::Size(key, text) => size(bench, prefix, (*key, text)),
        Written::Nest(key, lists) => {
            let lists: Vec<_> = lists.iter().map(|list| conditions(bench, prefix, (list, around))).collect();
            let lists = lists.into_iter().collect::<Option<_>>()?;
            Some(match key {
                NestKey::Any => Condition::Any(lists),
                NestKey::All => Condition::All(lists),
                NestKey::Not => Condition::Not(lists),
            })
        }
    }
}

fn burst(bench: &mut Bench<'_>, written: &WrittenBurst) -> Option<Condition> {
    let prefix = &written.prefix;
    let most = i64::try_from(limits::ground::THREAD_ARRIVALS).unwrap_or(i64::MAX);
    let count = bench.number(prefix, &written.count, ("count", 2, most));
    let least = std::time::Duration::from_secs(1);
    let bounds = Bounds { key: "within", least, most: limits::front::CONFIG_BURST_LONGEST };
    let within = duration(bench, prefix, &written.within, bounds);
    Some(Condition::Burst { count: count?, within: within? })
}

fn patterns(
    bench: &mut Bench<'_>,
    prefix: &str,
    (key, texts, around): (PatternKey, &[At<String>], Surroundings<'_>),
) -> Option<Condition> {
    let field = match key {
        PatternKey::Subject | PatternKey::Body | PatternKey::Text => Field::RunningText,
        _ => Field::Value,
    };
    let patterns = around.groups.patterns(bench, prefix, (texts, field))?;
    Some(match key {
        PatternKey::From => Condition::From(patterns),
        PatternKey::To => Condition::To(patterns),
        PatternKey::Cc => Condition::Cc(patterns),
        PatternKey::Anyone => Condition::Anyone(patterns),
        PatternKey::FromName => Condition::FromName(patterns),
        PatternKey::Subject => Condition::Subject(patterns),
        PatternKey::Body => Condition::Body(patterns),
        PatternKey::Text => Condition::Text(patterns),
        PatternKey::Source => Condition::Source(patterns),
        PatternKey::Channel => Condition::Channel(patterns),
    })
}

fn words(bench: &mut Bench<'_>, prefix: &str, (key, texts): (WordKey, &[At<String>])) -> Option<Condition> {
    match key {
        WordKey::ToMe => {
            let words = [("only", ToMe::Only), ("direct", ToMe::Direct), ("cc", ToMe::Cc), ("no", ToMe::No)];
            all_words(bench, prefix, (texts, &Choice { key: "to_me", words: &words, default: None }))
                .map(Condition::ToMe)
        }
        WordKey::Importance => {
            let words = [("high", Importance::High), ("low", Importance::Low)];
            let choice = Choice { key: "importance", words: &words, default: None };
            all_words(bench, prefix, (texts, &choice)).map(Condition::Importance)
        }
        WordKey::Kind => {
            let kinds: Vec<_> = texts.iter().map(|text| kind(bench, prefix, text)).collect();
            kinds.into_iter().collect::<Option<_>>().map(Condition::Kind)
        }
        WordKey::Mention => {
            let words = [Mention::Me, Mention::Group, Mention::Everyone, Mention::Nobody];
            let words = words.map(|whom| (facts::named(whom), whom));
            let choice = Choice { key: "mention", words: &words, default: None };
            all_words(bench, prefix, (texts, &choice)).map(Condition::Mention)
        }
        WordKey::Signal => {
            let signals: Vec<_> = texts.iter().map(|text| signals::signal(bench, prefix, text)).collect();
            signals.into_iter().collect::<Option<_>>().map(Condition::Signal)
        }
    }
}

/// `mail`, `chat`, or the kind of a hook, as its message has it.
fn kind(bench: &mut Bench<'_>, prefix: &str, text: &At<String>) -> Option<String> {
    if matches!(text.value.as_str(), "mail" | "chat") {
        return Some(text.value.clone());
    }
    let kind = Kind::named(&text.value);
    if kind.is_none() {
        let names = ["mail", "chat"].into_iter().chain(KINDS.iter().map(|(name, _)| *name));
        let advice = meant(&text.value, names, "write \"mail\", \"chat\" or the kind of a [[chat]]");
        bench.faults.error(text.offset, format!("{prefix}\"kind\" cannot be {:?}; {advice}", shortened(&text.value)));
    }
    kind.map(|kind| kind.name().to_owned())
}

fn all_words<T: Copy>(
    bench: &mut Bench<'_>,
    prefix: &str,
    (texts, choice): (&[At<String>], &Choice<'_, T>),
) -> Option<Vec<T>> {
    let words: Vec<_> = texts.iter().map(|text| bench.word(prefix, Some(text), choice)).collect();
    words.into_iter().collect()
}

fn during(
    bench: &mut Bench<'_>,
    prefix: &str,
    (entry, around): (&At<WrittenDuring>, Surroundings<'_>),
) -> Option<During> {
    let word = match &entry.value {
        WrittenDuring::Range(written) => return range(bench, written).map(During::Range),
        WrittenDuring::Word(word) => At::new(entry.offset, word.clone()),
    };
    let choice = Choice {
        key: "during",
        words: &[("working", During::Working), ("quiet", During::Quiet)].map(|(word, _)| (word, word)),
        default: None,
    };
    match bench.word(prefix, Some(&word), &choice)? {
        "quiet" => Some(During::Quiet),
        _ if around.working == Working::Known => Some(During::Working),
        _ => {
            let advice = "write working_hours = { days = \"mon-fri\", from = \"09:00\", until = \"18:00\" } at the top";
            bench.faults.error(
                entry.offset,
                format!("{prefix}\"during\" is \"working\", and no working hours are set; {advice}"),
            );
            None
        }
    }
}

fn size(bench: &mut Bench<'_>, prefix: &str, (key, text): (SizeKey, &At<String>)) -> Option<Condition> {
    let name = match key {
        SizeKey::LargerThan => "larger_than",
        SizeKey::SmallerThan => "smaller_than",
    };
    let Some(octets) = octets(&text.value) else {
        let value = shortened(&text.value);
        let advice = "write a whole number with B, KiB, MiB, GiB, kB, MB or GB, such as \"2MiB\"";
        bench.faults.error(text.offset, format!("{prefix}{name:?} cannot be {value:?}; {advice}"));
        return None;
    };
    Some(match key {
        SizeKey::LargerThan => Condition::LargerThan(octets),
        SizeKey::SmallerThan => Condition::SmallerThan(octets),
    })
}

/// A size in octets. The case of a unit does not count but in its first letter's meaning: nobody means a bit by `kb`.
pub fn octets(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(unit_at)?;
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::octets;

    #[test]
    fn sizes() {
        let check = |text, expected| assert_eq!(octets(text), expected, "{text:?}");
        check("2MiB", Some(2 << 20));
        check("500 kB", Some(500_000));
        check("1GB", Some(1_000_000_000));
        check("7b", Some(7));
        for bad in ["", "2", "MiB", "-1MiB", "1.5MiB", "2 TiB", "99999999999999999999GiB", "18446744073709551615kB"] {
            check(bad, None);
        }
    }
}

//! `tidings replay --labels`: how well labelled messages are judged.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use jiff::tz::TimeZone;

use super::labelled::{self, Ready};
use crate::civil::Zone;
use crate::civil::holidays::Almanac;
use crate::cli::json::labels::{Figures, Item, Labelled, Measured, Signal as Shown, Thresholds, Wrong};
use crate::cli::show;
use crate::intake::desk::{Desk, Hold};
use crate::intake::judge;
use crate::intake::place::When;
use crate::limits;
use crate::model::message::Kind;
use crate::model::name::PersonName;
use crate::model::signal::{Points, Signal};
use crate::model::verdict::{Reason, Verdict};
use crate::urgency::scale::{self, Scale};

/// What a label says, and what was decided.
const URGENT: &str = "urgent";
const WAIT: &str = "wait";

/// Judges every message of a file, the confident ones, and measures.
///
/// # Errors
/// When the file cannot be read, or a line of it is no labelled message.
pub fn measure(path: &Path, desk: &Desk) -> io::Result<Measured> {
    let mut lines = BufReader::new(File::open(path)?);
    let mut items = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = lines.by_ref().take(limits::front::LABELLED_BYTES).read_until(b'\n', &mut line)?;
        if read == 0 || number > limits::front::LABELLED_ITEMS {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let wrong = |error: String| io::Error::other(format!("line {number}: {error}"));
        let labelled = Labelled::parse(&String::from_utf8_lossy(&line)).map_err(wrong)?;
        if !matches!(labelled.label.as_str(), URGENT | WAIT) {
            return Err(wrong("the label must be \"urgent\" or \"wait\"".to_owned()));
        }
        if labelled.confidence.is_none_or(|confidence| confidence >= limits::front::LABELLED_CONFIDENCE) {
            items.push(judged(&labelled, desk));
        }
    }
    Ok(measured(items, desk))
}

/// The desk of nobody in particular: default settings, no rules.
pub fn nobody() -> Desk {
    Desk {
        person: PersonName::new("me"),
        name: None,
        addresses: vec![labelled::READER.to_owned()],
        alert_to: vec![labelled::READER.to_owned()],
        zone: Zone { name: "UTC".to_owned(), rules: TimeZone::UTC },
        working: None,
        almanac: Almanac::default(),
        quiet: Vec::new(),
        rules: Vec::new(),
        scale: Some(Scale::default()),
        digests: Vec::new(),
        hold: Hold {
            max: limits::hands::HOLD_MAX,
            retention: limits::front::CONFIG_RETENTION_SHORTEST,
            lease: limits::front::CONFIG_LEASE_SHORTEST,
        },
        accounts: BTreeMap::new(),
    }
}

/// Judges one message. One that cannot be judged passes, as everywhere.
fn judged(labelled: &Labelled, desk: &Desk) -> Item {
    let verdicts = catch_unwind(AssertUnwindSafe(|| {
        let ready = labelled::ready(labelled, desk);
        let (verdict, shares) = (verdict(&ready, &ready.desk), shares(&ready));
        (ready, verdict, shares)
    }));
    let label = if labelled.label == URGENT { URGENT } else { WAIT };
    let mut item = Item {
        judged: Wrong { id: labelled.id.clone(), label, got: URGENT, score: None, signals: Vec::new() },
        channel: labelled.channel.clone(),
        sample: labelled.sample.clone(),
        label_source: labelled.label_source.clone(),
        level: None,
        rule: None,
        scale: "mail",
        at: String::new(),
        shares: BTreeMap::new(),
    };
    let Ok((ready, verdict, shares)) = verdicts else { return item };
    let level = verdict.decision.level();
    item.judged.got = if level.is_some_and(|level| level.is_synchronous()) { URGENT } else { WAIT };
    item.level = level.map(|level| level.as_str());
    item.scale = if ready.message.kind == Kind::Mail { "mail" } else { "chat" };
    item.at = ready.at.to_string();
    item.shares = shares;
    match verdict.reason {
        Reason::Rule { rule, .. } => item.rule = Some(rule.to_string()),
        Reason::Signals(tally) => {
            item.judged.score = Some(tally.score.as_f64());
            let shown = |fired: &crate::model::signal::Fired| Shown {
                name: fired.name(),
                points: fired.points.as_f64(),
                evidence: fired.evidence.clone(),
            };
            item.judged.signals = tally.fired.iter().map(shown).collect();
        }
        Reason::NoRule | Reason::NeverHeld(_) | Reason::Unjudged(_) => {}
    }
    item
}

fn verdict(ready: &Ready, desk: &Desk) -> Verdict {
    let when = When { now: ready.at, arrived: ready.at, pause: None };
    judge::by_rules(desk, (&ready.message, ready.history.as_ref()), &when)
}

/// How strongly each signal fires, whatever it weighs: its points where every signal weighs one.
fn shares(ready: &Ready) -> BTreeMap<&'static str, f64> {
    let one = Points::of_hundredths(100);
    let weights = Signal::ALL.into_iter().map(|signal| (signal, one)).collect();
    let alike = Scale { weights, ..Scale::default() };
    let desk = Desk { scale: Some(alike), rules: Vec::new(), ..ready.desk.clone() };
    let Reason::Signals(tally) = verdict(ready, &desk).reason else { return BTreeMap::new() };
    let known = |name: &str| Signal::named(name).map(Signal::name);
    tally.fired.iter().filter_map(|fired| Some((known(&fired.name())?, fired.points.as_f64()))).collect()
}

fn measured(items: Vec<Item>, desk: &Desk) -> Measured {
    let by_hand = |item: &&Item| item.label_source.is_empty() || item.label_source.starts_with("hand");
    let has_any = items.iter().any(|item| by_hand(&item));
    let counted: Vec<&Item> = items.iter().filter(|item| !has_any || by_hand(item)).collect();
    let every: Vec<&Item> = items.iter().collect();
    let shown = Scale::default();
    let scale = desk.scale.as_ref().unwrap_or(&shown);
    let thresholds = |thresholds: scale::Thresholds| Thresholds {
        urgent_at: thresholds.urgent_at.as_f64(),
        low_at: thresholds.low_at.as_f64(),
    };
    let wrong = counted.iter().filter(|item| item.judged.got != item.judged.label).map(|item| item.judged.clone());
    Measured {
        all: figures(&counted),
        by_channel: by(&counted, |item| item.channel.clone()),
        by_sample: by(&counted, |item| item.sample.clone()),
        by_channel_and_sample: by(&counted, |item| format!("{}/{}", item.channel, item.sample)),
        by_source: by(&every, |item| item.label_source.clone()),
        wrong: wrong.collect(),
        weights: Signal::ALL.into_iter().map(|signal| (signal.name(), scale.weight(signal).as_f64())).collect(),
        thresholds: [("mail", thresholds(scale.mail)), ("chat", thresholds(scale.chat))].into(),
        judged: Some(items),
    }
}

fn by(items: &[&Item], key: impl Fn(&Item) -> String) -> BTreeMap<String, Figures> {
    let mut parted: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
    for item in items {
        parted.entry(key(item)).or_default().push(item);
    }
    parted.into_iter().map(|(key, items)| (key, figures(&items))).collect()
}

fn figures(items: &[&Item]) -> Figures {
    let count = |is: &dyn Fn(&Wrong) -> bool| items.iter().filter(|item| is(&item.judged)).count();
    let urgent = count(&|judged| judged.label == URGENT);
    let let_through = count(&|judged| judged.got == URGENT);
    let found = count(&|judged| judged.label == URGENT && judged.got == URGENT);
    let share = |part: usize, whole: usize| (whole > 0).then(|| rounded(part as f64 / whole as f64));
    Figures {
        items: items.len(),
        urgent,
        let_through,
        found,
        precision: share(found, let_through),
        recall: share(found, urgent),
        f1: share(2 * found, urgent + let_through),
        through: share(let_through, items.len()),
    }
}

fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// The figures for people.
pub fn summary(measured: &Measured) -> String {
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{share:.2}"));
    let row = |name: &str, figures: &Figures| {
        let Figures { items, urgent, let_through, precision, recall, f1, through, .. } = *figures;
        let numbers = [items, urgent, let_through].map(|number| format!("{number:>7}"));
        let shares = [precision, recall, f1, through].map(|figure| format!("{:>9}", share(figure)));
        std::iter::once(name.to_owned()).chain(numbers).chain(shares).collect::<Vec<String>>()
    };
    let mut rows = vec![row("all that count", &measured.all)];
    for (title, parts) in
        [("channel", &measured.by_channel), ("sample", &measured.by_sample), ("labelled by", &measured.by_source)]
    {
        rows.extend(parts.iter().map(|(name, figures)| row(&show::cell(&format!("{title} {name}"), 40), figures)));
    }
    let header = ["", "  ITEMS", " URGENT", "THROUGH", "PRECISION", "   RECALL", "       F1", "    SHARE"];
    let mut out = show::table(&header, &rows);
    let _ = writeln!(out, "\n{} judged otherwise than labelled", measured.wrong.len());
    for wrong in &measured.wrong {
        let score = wrong.score.map_or_else(String::new, |score| format!("{score:+}"));
        let signals: Vec<&str> = wrong.signals.iter().map(|signal| signal.name.as_str()).collect();
        let _ = writeln!(out, "  {:<6}  {:>6}  {}  {}", wrong.label, score, wrong.id, signals.join(", "));
    }
    out
}

//! `tidings replay`: what the rules would have done with mail that is there already.

pub mod counts;
pub mod deeds;
pub mod engine;
pub mod labelled;
pub mod labels;
pub mod ledger;
pub mod outcome;
pub mod pool;

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use tokio::runtime::Handle;

use self::counts::Comparison;
use self::deeds::Seen;
use self::engine::{Bench, Source, Told};
use self::ledger::Ledger;
use self::outcome::Outcome;
use super::judged::AsOf;
use super::known::Known;
use super::progress::Progress;
use super::shared::{Common, Ended, load};
use super::{json, show, whom};
use crate::config::ready::Person;

/// Arguments of `tidings replay`.
#[derive(Clone, Debug, Args)]
pub struct Replay {
    /// Maildirs (folder by folder), mbox files, files with one mail each; `-`: standard input
    #[arg(value_name = "MAILDIR|MBOX|FILE", required_unless_present_any = ["labels", "ledger"])]
    paths: Vec<PathBuf>,
    /// What the daemon has taken, too; texts are cut there
    #[arg(long)]
    ledger: bool,
    /// Compare with another configuration: what would end otherwise by its rules, signals and digests
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Judge the messages of this file (a line of JSON each) and measure how well their labels are met; without --config
    /// by the default configuration
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "ledger", "rules", "at"])]
    labels: Option<PathBuf>,
    /// Print what was decided about each message, too
    #[arg(long)]
    items: bool,
    /// Judge every message as of this moment (RFC 3339) [default: as of its own date]
    #[arg(long, value_name = "TIME", value_parser = show::time)]
    at: Option<Timestamp>,
}

/// What is shown: the counts, with a line for each message, as JSON, as JSON with each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    Summary,
    Lines,
    Json,
    JsonItems,
}

/// Judges all that is there and counts. Memory is bounded by what is under way and the names of one folder, and beside by
/// some 400 octets a message: what is known of threads and senders, and what was decided.
///
/// # Errors
/// None in practice: what cannot be read is said, and the rest is judged.
pub async fn replay(common: &Common, replay: &Replay) -> anyhow::Result<Ended> {
    if let Some(path) = &replay.labels {
        return measure(common, replay, path.clone()).await;
    }
    let config = match load(common).await {
        Ok(config) => config,
        Err(ended) => return Ok(ended),
    };
    let person = match whom::one(&config, common) {
        Ok(person) => person.clone(),
        Err(ended) => return Ok(ended),
    };
    let other = match &replay.rules {
        None => None,
        Some(rules) => match other(common, rules).await {
            Ok(other) => Some(other),
            Err(ended) => return Ok(ended),
        },
    };
    let ledger = match replay.ledger {
        false => None,
        true => match ledger::copy(&config, show::now()).await {
            Ok(ledger) => Some(ledger),
            Err(error) => {
                show::complain(&format!("the ledger cannot be replayed: {error:#}"));
                return Ok(Ended::Refused);
            }
        },
    };
    let show = match (replay.items, common.json) {
        (false, false) => Show::Summary,
        (false, true) => Show::Json,
        (true, false) => Show::Lines,
        (true, true) => Show::JsonItems,
    };
    let as_of = replay.at.map_or_else(|| AsOf::Arrival(show::now()), AsOf::Moment);
    let (paths, runtime) = (replay.paths.clone(), Handle::current());
    // Parsers of mail want a thread with a stack of their own, and reading blocks.
    let work = tokio::task::spawn_blocking(move || {
        let latest = show::now();
        let bench = Bench { person: &person, other: other.as_ref(), as_of, latest };
        Run {
            show,
            replayed: json::replay::Replayed::default(),
            seen: Seen::default(),
            comparison: Comparison::default(),
        }
        .all(&bench, &paths, ledger.as_ref().map(|ledger| (ledger, &runtime)))
    });
    work.await?
}

/// The same person in another configuration, else its only one.
async fn other(common: &Common, rules: &Path) -> Result<Person, Ended> {
    let config = load(&Common { config: Some(rules.to_owned()), ..common.clone() }).await?;
    whom::one(&config, common).cloned()
}

/// Measures how well labelled messages are judged. It needs no configuration: they are other people's.
async fn measure(common: &Common, replay: &Replay, path: PathBuf) -> anyhow::Result<Ended> {
    let desk = if common.config.is_some() {
        let config = match load(common).await {
            Ok(config) => config,
            Err(ended) => return Ok(ended),
        };
        match whom::one(&config, common) {
            Ok(person) => person.desk.clone(),
            Err(ended) => return Ok(ended),
        }
    } else {
        labels::nobody()
    };
    let (is_json, items) = (common.json, replay.items);
    let work = tokio::task::spawn_blocking(move || {
        let mut measured = match labels::measure(&path, &desk) {
            Ok(measured) => measured,
            Err(error) => {
                show::complain(&format!("\"{}\" cannot be measured: {error}", path.display()));
                return anyhow::Ok(Ended::Refused);
            }
        };
        measured.judged = measured.judged.filter(|_| items);
        show::out(&if is_json { json::line(&measured)? } else { labels::summary(&measured) });
        anyhow::Ok(Ended::Done)
    });
    work.await?
}

/// One replay.
struct Run {
    show: Show,
    replayed: json::replay::Replayed,
    seen: Seen,
    comparison: Comparison,
}

impl Run {
    fn all(
        mut self,
        bench: &Bench<'_>,
        paths: &[PathBuf],
        ledger: Option<(&Ledger, &Handle)>,
    ) -> anyhow::Result<Ended> {
        let desk = &bench.person.desk;
        let files = paths.iter().filter(|path| *path != Path::new("-"));
        let samples = files.map(|path| (path.as_path(), engine::account_of(bench.person, path)));
        let asks = desk.asks_history() || bench.other.is_some_and(|other| other.desk.asks_history());
        let known = asks.then(|| Known::of(desk, samples, bench.as_of, bench.latest));
        let kept = ledger.map_or(0, |(ledger, _)| ledger.len(desk));
        // How much comes by standard input nobody knows.
        let is_counted = asks && paths.iter().all(|path| path != Path::new("-"));
        let total = is_counted.then(|| known.as_ref().map_or(0, Known::left) + kept);
        let progress = if self.show == Show::Summary { Progress::on_terminal() } else { Progress::none() };
        let mut progress = progress.of(total);
        if self.show == Show::JsonItems {
            show::out("{\"items\":[");
        }
        let mut ended = Ended::Done;
        let mut sink = |told| {
            if let Told::Failed(why) = &told {
                progress.clear();
                show::complain(why);
                ended = Ended::Refused;
            }
            self.take(told, bench);
            progress.done(self.replayed.counts.messages);
        };
        let threads = pool::threads();
        engine::replay(bench, Source::Paths(paths, known.map(Box::new)), threads, &mut sink)?;
        if let Some((ledger, runtime)) = ledger {
            let mut items = ledger.items(desk, runtime);
            engine::replay(bench, Source::Ledger(&mut items), threads, &mut sink)?;
        }
        progress.clear();
        self.replayed.people = self.seen.people();
        self.replayed.compared = bench.other.map(|_| self.comparison.end());
        show::out(&match self.show {
            Show::JsonItems => json::line(&self.replayed)?.replacen('{', "],", 1),
            Show::Json => json::line(&self.replayed)?,
            Show::Summary | Show::Lines => text(bench, &self.replayed),
        });
        Ok(ended)
    }

    fn take(&mut self, told: Told, bench: &Bench<'_>) {
        let counts = &mut self.replayed.counts;
        let outcome = match told {
            Told::Failed(_) => return,
            Told::Unreadable => {
                counts::count_unreadable(counts);
                self.comparison.take_unreadable();
                return;
            }
            Told::Judged(outcome) => outcome,
        };
        let comma = if counts.messages > counts.unreadable { "," } else { "" };
        counts::count(counts, &outcome.decided);
        self.seen.take(&outcome);
        if bench.other.is_some() {
            self.comparison.take(&outcome);
        }
        match self.show {
            Show::Summary | Show::Json => {}
            Show::Lines => show::out(&line(&outcome)),
            Show::JsonItems => show::out(&format!("{comma}{}", item(&outcome))),
        }
    }
}

fn item(outcome: &Outcome) -> String {
    json::text(&json::replay::Item {
        id: outcome.identity.to_string(),
        decided: outcome.decided.json(),
        at: outcome.at.to_string(),
        from: outcome.from.as_deref(),
        subject: &outcome.subject,
        compared: outcome.other.as_ref().map(outcome::Decided::json),
    })
}

/// `urgent    a866aa32  "boiler"  caretaker@example.net: Flat 4`.
fn line(outcome: &Outcome) -> String {
    let Outcome { decided, other, from, subject, identity, .. } = outcome;
    let id: String = identity.to_string().chars().take(show::ID_CHARS).collect();
    let rule = decided.rule().map_or_else(|| "no rule".to_owned(), |rule| format!("{rule:?}"));
    let from = from.as_deref().unwrap_or("(nobody)");
    let level = decided.level.unwrap_or(decided.outcome);
    let changed = other.as_ref().filter(|other| other.end != decided.end);
    let changed = changed.map_or_else(String::new, |other| format!("  ->  {}", other.words()));
    format!("{level:<8}  {id}  {rule}  {from}: {subject}{changed}\n")
}

fn text(bench: &Bench<'_>, replayed: &json::replay::Replayed) -> String {
    let mut text = counts::summary(&bench.person.desk, &replayed.counts);
    text.push_str(&deeds::text(&replayed.people));
    if let (Some(other), Some(compared)) = (bench.other, &replayed.compared) {
        text.push_str(&counts::comparison(&other.desk, compared));
    }
    text
}

//! `tidings replay`: what the rules would have done with mail that is there already.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::judged::{self, AsOf, Judged, Sample};
use super::known::{Known, Order};
use super::progress::Progress;
use super::shared::{Common, Ended, load};
use super::{json, show, walk, whom};
use crate::config::ready::Person;
use crate::model::name::AccountName;
use crate::model::verdict::Placement;
use crate::source::door::Way;

/// Arguments of `tidings replay`.
#[derive(Clone, Debug, Args)]
pub struct Replay {
    /// Maildirs (folder by folder), mbox files, files with one mail each; `-`: standard input
    #[arg(value_name = "MAILDIR|MBOX|FILE", required = true)]
    paths: Vec<PathBuf>,
    /// Print what was decided about each message, too
    #[arg(long)]
    items: bool,
    /// Judge every message as of this moment (RFC 3339) [default: as of its own date]
    #[arg(long, value_name = "TIME", value_parser = show::time)]
    at: Option<Timestamp>,
}

/// What becomes of each message as it was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    Nothing,
    Lines,
    Json,
}

/// Judges all that is there and counts. Memory is bounded by one message and the names of one folder; where a rule asks
/// for what is known of threads and senders, by some 300 octets a message beside.
///
/// # Errors
/// None in practice: what cannot be read is said, and the rest is judged.
pub async fn replay(common: &Common, replay: &Replay) -> anyhow::Result<Ended> {
    let config = match load(common).await {
        Ok(config) => config,
        Err(ended) => return Ok(ended),
    };
    let person = match whom::one(&config, common) {
        Ok(person) => person.clone(),
        Err(ended) => return Ok(ended),
    };
    let show = match (replay.items, common.json) {
        (false, _) => Show::Nothing,
        (true, false) => Show::Lines,
        (true, true) => Show::Json,
    };
    let as_of = replay.at.map_or_else(|| AsOf::Arrival(show::now()), AsOf::Moment);
    let paths = replay.paths.clone();
    let is_json = common.json;
    // Parsers of mail want a thread with a stack of their own, and reading blocks.
    let work = tokio::task::spawn_blocking(move || {
        let files = paths.iter().filter(|path| *path != Path::new("-"));
        let samples = files.map(|path| (path.as_path(), account_of(&person, path)));
        let known = person.desk.asks_history().then(|| Known::of(&person.desk, samples, show::now()));
        let progress = if show == Show::Nothing && !is_json { Progress::on_terminal() } else { Progress::none() };
        let mut run = Run { person: &person, show, as_of, known, counts: json::Replayed::default(), progress };
        if show == Show::Json {
            show::out("{\"items\":[");
        }
        let mut ended = Ended::Done;
        for path in &paths {
            let replayed = run.path(path);
            run.progress.clear();
            if let Err(error) = replayed {
                show::complain(&format!("\"{}\" cannot be replayed: {error}", path.display()));
                ended = Ended::Refused;
            }
        }
        let summary = match (show, is_json) {
            (Show::Json, _) => json::line(&run.counts)?.replacen('{', "],", 1),
            (_, true) => json::line(&run.counts)?,
            (_, false) => summary(&person, &run.counts),
        };
        show::out(&summary);
        anyhow::Ok(ended)
    });
    work.await?
}

struct Run<'a> {
    person: &'a Person,
    show: Show,
    as_of: AsOf,
    /// What was known around each mail, where a rule asks for it.
    known: Option<Known>,
    counts: json::Replayed,
    progress: Progress,
}

impl Run<'_> {
    fn path(&mut self, path: &Path) -> io::Result<()> {
        let account = account_of(self.person, path);
        let order = if path == Path::new("-") { Order::AsItComes } else { Order::Foreseen };
        walk::walk(path, &mut |found| match found {
            Some((cut, received_at)) => self.judge(&Sample { account, cut, received_at }, order),
            None => self.unreadable(),
        })
    }

    fn judge(&mut self, sample: &Sample<'_>, order: Order) {
        let desk = &self.person.desk;
        let mut foreseen = match (&mut self.known, order) {
            (Some(known), Order::Foreseen) => known.foreseen(),
            _ => None,
        };
        // One mail must not end the run, as it must not end the daemon.
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let message = judged::message(desk, sample);
            let history = self.known.as_mut().and_then(|known| known.around(desk, &message, (order, foreseen.take())));
            judged::judge(desk, message, history.as_ref(), self.as_of)
        }));
        match judged {
            Ok(judged) => self.count(&judged),
            Err(_) => self.unreadable(),
        }
    }

    fn unreadable(&mut self) {
        self.counts.messages += 1;
        self.counts.unreadable += 1;
        self.progress.done(self.counts.messages);
    }

    fn count(&mut self, judged: &Judged) {
        let counts = &mut self.counts;
        counts.messages += 1;
        self.progress.done(counts.messages);
        let place = match &judged.placement {
            _ if judged.is_synchronous() => &mut counts.urgent,
            Placement::Pass => &mut counts.passed,
            Placement::Hold { .. } => &mut counts.held,
            Placement::Drop => &mut counts.dropped,
            Placement::Ignore => &mut counts.ignored,
        };
        *place += 1;
        if let Some(rule) = judged.rule() {
            *counts.rules.entry(rule.to_owned()).or_default() += 1;
        }
        let text = match self.show {
            Show::Nothing => return,
            Show::Lines => item_text(judged),
            Show::Json => {
                let comma = if counts.messages - counts.unreadable > 1 { "," } else { "" };
                format!("{comma}{}", item_json(judged))
            }
        };
        show::out(&text);
    }
}

fn item_json(judged: &Judged) -> String {
    json::text(&json::ReplayedItem {
        id: judged.message.identity.to_string(),
        urgency: judged.level(),
        rule: judged.rule(),
        score: None,
        outcome: judged.outcome(),
        at: judged.at.to_string(),
        from: judged.message.sender.as_ref().map(|sender| sender.address.as_str()),
        subject: &judged.message.subject,
    })
}

/// `urgent    a866aa32  "boiler"  caretaker@example.net: Flat 4`.
fn item_text(judged: &Judged) -> String {
    let id: String = judged.message.identity.to_string().chars().take(show::ID_CHARS).collect();
    let rule = judged.rule().map_or_else(|| "no rule".to_owned(), |rule| format!("{rule:?}"));
    let from = judged.message.sender.as_ref().map_or("(nobody)", |sender| &sender.address);
    let level = judged.level().unwrap_or(judged.outcome());
    format!("{level:<8}  {id}  {rule}  {from}: {}\n", judged.message.subject)
}

/// The account whose Maildir this is, or lies in; else the first, as whose mail the rest is judged.
fn account_of<'a>(person: &'a Person, path: &Path) -> Option<&'a AccountName> {
    let real = path.canonicalize().ok();
    let lies_in = |root: &Path| {
        let root = root.canonicalize().ok();
        real.as_ref().zip(root).is_some_and(|(path, root)| path.starts_with(root))
    };
    let own = person.accounts.iter().find(|account| match &account.way {
        Way::Maildir(settings) => lies_in(&settings.path),
        Way::Imap(_) => false,
    });
    own.or_else(|| person.accounts.first()).map(|account| &account.name)
}

/// What is counted, for people; rules without a match are named, because they are mostly mistakes.
fn summary(person: &Person, counts: &json::Replayed) -> String {
    let mut out = format!("{}\n", show::count(counts.messages, "message", "messages"));
    for (name, count, what) in [
        ("urgent", counts.urgent, "pass at once, or when quiet hours end"),
        ("held", counts.held, "wait for a digest"),
        ("dropped", counts.dropped, "are filed, in no digest"),
        ("passed", counts.passed, "pass because they are never held, or no digest takes them"),
        ("ignored", counts.ignored, "are left alone"),
        ("unreadable", counts.unreadable, "cannot be read, and would pass"),
    ] {
        if count > 0 || matches!(name, "urgent" | "held") {
            let _ = writeln!(out, "  {name:<10}  {count:>7}  {what}");
        }
    }
    let by_rule: usize = counts.rules.values().sum();
    let known: BTreeMap<&str, usize> = counts.rules.iter().map(|(rule, count)| (rule.as_str(), *count)).collect();
    let mut rows: Vec<Vec<String>> = person
        .desk
        .rules
        .iter()
        .map(|rule| {
            let count = known.get(rule.name.as_str()).copied().unwrap_or(0);
            let note = if count == 0 { "never matched" } else { "" };
            vec![rule.name.to_string(), format!("{count:>8}"), note.to_owned()]
        })
        .collect();
    rows.push(vec!["(no rule)".to_owned(), format!("{:>8}", counts.messages - by_rule), String::new()]);
    out.push('\n');
    out.push_str(&show::table(&["RULE", "MESSAGES", ""], &rows));
    out
}

//! `tidings replay`: what the rules would have done with mail that is there already.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::cut::Cut;
use super::judged::{self, AsOf, Judged, Sample};
use super::mbox::{self, Mbox};
use super::shared::{Common, Ended, load};
use super::{json, show};
use crate::config::ready::Config;
use crate::limits;
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

/// Judges all that is there and counts. Memory is bounded by one message and the names of one folder.
///
/// # Errors
/// None in practice: what cannot be read is said, and the rest is judged.
pub async fn replay(common: &Common, replay: &Replay) -> anyhow::Result<Ended> {
    let config = match load(common).await {
        Ok(config) => config,
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
        let mut run = Run { config: &config, show, as_of, account: None, counts: json::Replayed::default() };
        if show == Show::Json {
            show::out("{\"items\":[");
        }
        let mut ended = Ended::Done;
        for path in &paths {
            if let Err(error) = run.path(path) {
                show::complain(&format!("\"{}\" cannot be replayed: {error}", path.display()));
                ended = Ended::Refused;
            }
        }
        let summary = match (show, is_json) {
            (Show::Json, _) => json::line(&run.counts)?.replacen('{', "],", 1),
            (_, true) => json::line(&run.counts)?,
            (_, false) => summary(&config, &run.counts),
        };
        show::out(&summary);
        anyhow::Ok(ended)
    });
    work.await?
}

struct Run<'a> {
    config: &'a Config,
    show: Show,
    as_of: AsOf,
    /// The account for which the present path is judged.
    account: Option<&'a AccountName>,
    counts: json::Replayed,
}

impl Run<'_> {
    fn path(&mut self, path: &Path) -> io::Result<()> {
        self.account = account_of(self.config, path);
        if path == Path::new("-") {
            return self.stream(io::stdin().lock(), show::now());
        }
        let found = path.metadata()?;
        if found.is_dir() {
            return self.maildir(path);
        }
        if !found.is_file() {
            return Err(io::Error::other("it is neither a Maildir nor a file"));
        }
        self.stream(File::open(path)?, received(&found))
    }

    /// Every mail in `new` and `cur`, by name. A mail that cannot be read is counted; the others go on.
    fn maildir(&mut self, path: &Path) -> io::Result<()> {
        for sub in ["new", "cur"] {
            let folder = path.join(sub);
            let entries = match folder.read_dir() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let text = "the folder is no Maildir: it has no \"new\" and \"cur\"; name the Maildirs below it";
                    return Err(io::Error::other(text));
                }
                entries => entries?,
            };
            let mut names = Vec::new();
            for entry in entries {
                let entry = entry?;
                // Links and folders are no mails, and neither are hidden files (the Maildir rules).
                let is_mail = entry.file_type().is_ok_and(|kind| kind.is_file());
                if is_mail && !entry.file_name().as_encoded_bytes().starts_with(b".") {
                    names.push(entry.file_name());
                }
            }
            names.sort_unstable();
            for name in names {
                let read = File::open(folder.join(name)).and_then(|file| {
                    let at = received(&file.metadata()?);
                    Ok((Cut::of(file)?, at))
                });
                match read {
                    Ok((cut, at)) => self.judge(&cut, at),
                    Err(_) => self.unreadable(),
                }
            }
        }
        Ok(())
    }

    /// An mbox, or one mail: an mbox tells by its first word.
    fn stream(&mut self, reader: impl Read, received_at: Timestamp) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(limits::front::REPLAY_PIECE_BYTES, reader);
        let mut first = Vec::new();
        reader.by_ref().take(mbox::FROM.len() as u64).read_to_end(&mut first)?;
        let is_mbox = first == mbox::FROM;
        let whole = io::Cursor::new(first).chain(reader);
        if is_mbox {
            return self.mbox(whole, received_at);
        }
        self.judge(&Cut::of(whole)?, received_at);
        Ok(())
    }

    fn mbox(&mut self, reader: impl BufRead, received_at: Timestamp) -> io::Result<()> {
        let mut mbox = Mbox::new(reader);
        while let Some(cut) = mbox.message()? {
            self.judge(&cut, received_at);
        }
        Ok(())
    }

    fn judge(&mut self, cut: &Cut, received_at: Timestamp) {
        let sample = Sample { account: self.account, cut, received_at };
        // One mail must not end the run, as it must not end the daemon.
        let judged = catch_unwind(AssertUnwindSafe(|| judged::judge(&self.config.person, &sample, self.as_of)));
        match judged {
            Ok(judged) => self.count(&judged),
            Err(_) => self.unreadable(),
        }
    }

    fn unreadable(&mut self) {
        self.counts.messages += 1;
        self.counts.unreadable += 1;
    }

    fn count(&mut self, judged: &Judged) {
        let counts = &mut self.counts;
        counts.messages += 1;
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
fn account_of<'a>(config: &'a Config, path: &Path) -> Option<&'a AccountName> {
    let real = path.canonicalize().ok();
    let lies_in = |root: &Path| {
        let root = root.canonicalize().ok();
        real.as_ref().zip(root).is_some_and(|(path, root)| path.starts_with(root))
    };
    let own = config.accounts.iter().find(|account| match &account.way {
        Way::Maildir(settings) => lies_in(&settings.path),
        Way::Imap(_) => false,
    });
    own.or_else(|| config.accounts.first()).map(|account| &account.name)
}

/// When a file was written: what a Maildir has for INTERNALDATE.
fn received(found: &std::fs::Metadata) -> Timestamp {
    found.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What is counted, for people; rules without a match are named, because they are mostly mistakes.
fn summary(config: &Config, counts: &json::Replayed) -> String {
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
    let mut rows: Vec<Vec<String>> = config
        .person
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

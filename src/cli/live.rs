//! The commands that speak to the running daemon.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};

use super::line::Line;
use super::shared::{Common, Ended};
use super::{json, listing, reasons, show};
use crate::control::wire::{ItemDetail, PauseReason, Reply, Request, Which};
use crate::schedule::until;

/// What to do with what is held.
#[derive(Clone, Debug, Subcommand)]
pub enum HeldAction {
    /// List what is held, in order of arrival
    List,
    /// Show one item and why it waits
    Show {
        /// The beginning of its id
        id: String,
    },
    /// Let items pass now
    Release {
        /// The beginnings of their ids
        #[arg(required_unless_present_any = ["all", "from"], conflicts_with_all = ["all", "from"])]
        ids: Vec<String>,
        /// All of them
        #[arg(long, conflicts_with = "from")]
        all: bool,
        /// Those from senders that match
        #[arg(long, value_name = "PATTERN")]
        from: Option<String>,
    },
    /// Take items out of every digest; their mail stays where it is filed
    Drop {
        /// The beginnings of their ids
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

/// What to do with letters.
#[derive(Clone, Debug, Subcommand)]
pub enum OutboxAction {
    /// List letters that are not sent, then those that failed
    List,
    /// Show one letter
    Show {
        /// The beginning of its id
        id: String,
    },
    /// Try a letter again now
    Retry {
        /// The beginning of its id
        id: String,
    },
    /// Give a letter up; its items wait again
    Drop {
        /// The beginning of its id
        id: String,
    },
}

/// What to do with a digest.
#[derive(Clone, Debug, Subcommand)]
pub enum DigestAction {
    /// Print a digest as it would be sent now
    Preview {
        /// Its name [default: the first]
        name: Option<String>,
        /// Write its HTML there
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Send a digest now
    Now {
        /// Its name [default: the first]
        name: Option<String>,
        /// Return when it is sent, not when it is sealed
        #[arg(long)]
        wait: bool,
    },
}

/// Arguments of `tidings pause`.
#[derive(Clone, Debug, Args)]
pub struct Pause {
    /// Until when: 14:00, 2027-01-10, "2027-01-10 14:00", 2h
    #[arg(long, value_name = "TIME")]
    until: String,
    /// What for: with vacation, what waits leaves in one digest at the end, however long it may be held otherwise
    #[arg(long, value_name = "REASON")]
    reason: Option<ReasonWord>,
}

/// The words of `--reason`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ReasonWord {
    Vacation,
}

macro_rules! or_end {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(ended) => return Ok(ended),
        }
    };
}

/// `tidings status`.
///
/// # Errors
/// None in practice.
pub async fn status(common: &Common) -> anyhow::Result<Ended> {
    let line = or_end!(Line::find(common).await);
    let Reply::Status(status) = or_end!(line.ask(Request::Status).await) else { return Ok(Ended::Refused) };
    if common.json {
        show::out(&json::line(&status)?);
        return Ok(Ended::Done);
    }
    // Why letters are not sent is known to each of them.
    let letters = match status.outbox {
        0 => None,
        _ => line.call(Request::Outbox).await.ok(),
    };
    let letters = if let Some(Reply::Outbox { letters }) = letters { letters } else { Vec::new() };
    show::out(&listing::status(&status, &letters, &line.zones()));
    Ok(Ended::Done)
}

/// `tidings hook list`.
///
/// # Errors
/// None in practice.
pub async fn hooks(common: &Common) -> anyhow::Result<Ended> {
    let line = or_end!(Line::find(common).await);
    let Reply::Hooks { hooks } = or_end!(line.ask(Request::Hooks).await) else { return Ok(Ended::Refused) };
    show::out(&if common.json { json::line(&hooks)? } else { listing::hooks(&hooks, &line.zones()) });
    Ok(Ended::Done)
}

/// `tidings hook expect`.
///
/// # Errors
/// None in practice.
pub async fn expect(common: &Common, hook: String) -> anyhow::Result<Ended> {
    let line = or_end!(Line::find(common).await);
    let reply = or_end!(line.ask(Request::Expect { hook }).await);
    done(common, &reply)?;
    Ok(Ended::Done)
}

/// `tidings held`.
///
/// # Errors
/// None in practice.
pub async fn held(common: &Common, action: Option<HeldAction>) -> anyhow::Result<Ended> {
    let line = or_end!(Line::find(common).await);
    let action = action.unwrap_or(HeldAction::List);
    if matches!(action, HeldAction::Release { all: true, .. } | HeldAction::Release { from: Some(_), .. }) {
        or_end!(line.one());
    }
    let request = match action {
        HeldAction::List => Request::Held,
        HeldAction::Show { id } => return item(common, &id, Asking::Held).await,
        HeldAction::Release { all: true, .. } => Request::Release { which: Which::All },
        HeldAction::Release { from: Some(from), .. } => Request::Release { which: Which::From(from) },
        HeldAction::Release { ids, .. } => Request::Release { which: Which::Ids(ids) },
        HeldAction::Drop { ids } => Request::Drop { ids },
    };
    match or_end!(line.ask(request).await) {
        Reply::Held { items } if common.json => show::out(&json::line(&items)?),
        Reply::Held { items } => show::out(&listing::held(&items, &line.zones())),
        other => done(common, &other)?,
    }
    Ok(Ended::Done)
}

/// Which command asks for an item: both say the same to people, and each has its own fields for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// `tidings held show ID`.
    Held,
    /// `tidings explain ID`.
    Explain,
}

/// `tidings held show ID`, and `tidings explain ID`.
///
/// # Errors
/// None in practice.
pub async fn item(common: &Common, id: &str, asking: Asking) -> anyhow::Result<Ended> {
    let line = or_end!(Line::find(common).await);
    if let Reply::Item(item) = or_end!(line.ask(Request::Item { id: id.to_owned() }).await) {
        show::out(&match (common.json, asking) {
            (false, _) => listing::item(&item, &line.zones()),
            (true, Asking::Held) => json::line(&*item)?,
            (true, Asking::Explain) => json::line(&remembered(*item))?,
        });
    }
    Ok(Ended::Done)
}

/// What the daemon remembers of an item, in the fields of `explain`. What it passed over, and what would turn it, it does
/// not keep: the rules may have changed since.
fn remembered(item: ItemDetail) -> json::Explained {
    let held = item.held;
    let outcome = match item.standing.split(' ').next() {
        Some("passed") => "pass",
        Some("filed") => "drop",
        Some("left") => "ignore",
        _ => "hold",
    };
    let level = match held.urgency.as_str() {
        "low" => Some("low"),
        "normal" => Some("normal"),
        "urgent" => Some("urgent"),
        "critical" => Some("critical"),
        _ => None,
    };
    let slot = Some(held.slot).filter(|slot| !slot.is_empty());
    let (slot, passes_at) = if held.digest.is_some() { (slot, None) } else { (None, slot) };
    json::Explained {
        id: held.id,
        urgency: level,
        mode: reasons::mode(level),
        rule: item.rule,
        evidence: item.evidence,
        score: item.tally.as_ref().map(|tally| tally.score),
        threshold: item.tally.as_ref().map(|tally| tally.urgent_at),
        signals: item.tally.as_ref().map(|tally| tally.signals.clone()).unwrap_or_default(),
        rules_scored: item.tally.map(|tally| tally.rules).unwrap_or_default(),
        subject: held.subject,
        from: Some(held.from).filter(|from| !from.is_empty()),
        excerpt: item.excerpt,
        attachments: item.attachments,
        notes: item.notes,
        outcome,
        digest: held.digest,
        slot,
        deliver_by: Some(held.deliver_by).filter(|at| !at.is_empty()),
        passes_at,
        rules_passed_over: Vec::new(),
        turns_if: None,
        standing: Some(item.standing),
    }
}

/// `tidings outbox`.
///
/// # Errors
/// None in practice.
pub async fn outbox(common: &Common, action: Option<OutboxAction>) -> anyhow::Result<Ended> {
    let line = or_end!(Line::find(common).await);
    let (request, only) = match action.unwrap_or(OutboxAction::List) {
        OutboxAction::List => (Request::Outbox, None),
        OutboxAction::Show { id } => (Request::Outbox, Some(id)),
        OutboxAction::Retry { id } => (Request::Retry { id }, None),
        OutboxAction::Drop { id } => (Request::GiveUp { id }, None),
    };
    match or_end!(line.ask(request).await) {
        Reply::Outbox { mut letters } => {
            if let Some(id) = &only {
                letters.retain(|letter| letter.id.starts_with(id.as_str()));
                if letters.len() != 1 {
                    show::complain(&match letters.len() {
                        0 => format!("no letter has an id that begins with \"{id}\""),
                        many => format!("{many} letters have ids that begin with \"{id}\": write more of it"),
                    });
                    return Ok(Ended::Refused);
                }
            }
            show::out(&if common.json { json::line(&letters)? } else { listing::outbox(&letters, &line.zones()) });
        }
        other => done(common, &other)?,
    }
    Ok(Ended::Done)
}

/// `tidings digest`.
///
/// # Errors
/// When the HTML cannot be written.
pub async fn digest(common: &Common, action: DigestAction) -> anyhow::Result<Ended> {
    let line = or_end!(Line::find(common).await);
    or_end!(line.one());
    match action {
        DigestAction::Preview { name, html: file } => {
            let request = Request::Preview { digest: name };
            if let Reply::Preview { text, html } = or_end!(line.ask(request).await) {
                if let (Some(file), Some(first)) = (file, html.first()) {
                    if first.is_empty() {
                        show::complain("this digest has no HTML: its format is plain text");
                        return Ok(Ended::Refused);
                    }
                    std::fs::write(&file, first).with_context(|| format!("cannot write \"{}\"", file.display()))?;
                }
                let preview = json::Preview { text, html };
                show::out(&if common.json { json::line(&preview)? } else { preview.text.join("\n") });
            }
        }
        DigestAction::Now { name, wait } => {
            done(common, &or_end!(line.ask(Request::DigestNow { digest: name, wait }).await))?;
        }
    }
    Ok(Ended::Done)
}

/// `tidings pause`.
///
/// # Errors
/// When `--until` makes no sense.
pub async fn pause(common: &Common, pause: &Pause) -> anyhow::Result<Ended> {
    let line = or_end!(Line::find(common).await);
    let zone = or_end!(line.zone());
    let until = match until::parse(&pause.until, show::now(), &zone) {
        Ok(until) => until,
        Err(error) => {
            show::complain(&format!("--until: {error}"));
            return Ok(Ended::Usage);
        }
    };
    let reason = pause.reason.map(|ReasonWord::Vacation| PauseReason::Vacation);
    let reply = or_end!(line.ask(Request::Pause { until: until.to_string(), reason }).await);
    if matches!(reply, Reply::Done { .. }) {
        let what = match reason {
            None => "only critical messages pass",
            Some(PauseReason::Vacation) => {
                "only critical messages pass, and what waits now or comes until then leaves in one digest at its end"
            }
        };
        let said = format!("paused until {}; {what}", show::local(until, &zone));
        done(common, &Reply::Done { said })?;
    }
    Ok(Ended::Done)
}

/// `tidings resume`.
///
/// # Errors
/// None in practice.
pub async fn resume(common: &Common) -> anyhow::Result<Ended> {
    let line = or_end!(Line::find(common).await);
    or_end!(line.one());
    done(common, &or_end!(line.ask(Request::Resume).await))?;
    Ok(Ended::Done)
}

/// Prints what was done.
///
/// # Errors
/// None in practice.
pub fn done(common: &Common, reply: &Reply) -> anyhow::Result<()> {
    if let Reply::Done { said } = reply {
        show::out(&if common.json { json::line(&json::Said { said: said.clone() })? } else { format!("{said}\n") });
    }
    Ok(())
}

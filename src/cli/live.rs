//! The commands that speak to the running daemon.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::shared::{Common, Ended, SYSTEM_FILE, load};
use super::{json, show};
use crate::civil::Zone;
use crate::config::ready::Config;
use crate::control::client::{self, CallError};
use crate::control::socket;
use crate::control::wire::{Held, ItemDetail, OutboxLetter, Reply, Request, Status, Which};
use crate::schedule::until;

/// Where the system's unit has its socket (`RuntimeDirectory=tidings`).
const SYSTEM_RUNTIME: &str = "/run/tidings";

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
}

/// The configuration, or how the command ends without it.
async fn config(common: &Common) -> Result<Config, Ended> {
    load(common).await
}

/// Where the daemon may listen, in the order in which it is asked. systemd tells the system's daemon a folder that a
/// person's shell knows nothing of; with another configuration than the system's, that daemon is not the one to ask.
fn sockets(config: &Config) -> Vec<PathBuf> {
    let mut sockets = vec![socket(&config.runtime)];
    if config.file == Path::new(SYSTEM_FILE) {
        sockets.push(socket(Path::new(SYSTEM_RUNTIME)));
    }
    sockets
}

/// Asks the first daemon that listens.
async fn call(sockets: &[PathBuf], request: &Request) -> Result<Reply, CallError> {
    let mut reply = Err(CallError::NotRunning(PathBuf::new()));
    for socket in sockets {
        reply = client::call(socket, request).await;
        if !matches!(reply, Err(CallError::NotRunning(_) | CallError::TooLong(_))) {
            break;
        }
    }
    reply
}

/// Asks the daemon. `Err` is how the command ends when there is no answer that can be shown.
async fn ask(config: &Config, request: &Request) -> Result<Reply, Ended> {
    match call(&sockets(config), request).await {
        Ok(Reply::Refused { said }) => {
            show::complain(&said);
            Err(Ended::Refused)
        }
        Ok(reply) => Ok(reply),
        Err(error) => {
            show::complain(&error.to_string());
            Err(match error {
                CallError::NotRunning(_) => Ended::NotRunning,
                CallError::TooLong(_) => Ended::Usage,
                CallError::NotAllowed(_) | CallError::Lost(_) | CallError::Unreadable => Ended::Refused,
            })
        }
    }
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
    let config = or_end!(config(common).await);
    if let Reply::Status(status) = or_end!(ask(&config, &Request::Status).await) {
        show::out(&if common.json { json::line(&status)? } else { status_text(&status, &config.person.zone) });
    }
    Ok(Ended::Done)
}

fn when(at: &str, zone: &Zone) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| show::local(at, zone))
}

/// Without year and zone: nothing is held for longer than a year, and a list is wide enough.
fn shortly(at: &str, zone: &Zone) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| show::this_year(at, zone))
}

/// With seconds: what is tried again is mostly tried again within a minute.
fn exactly(at: &str, zone: &Zone) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| show::to_the_second(at, zone))
}

fn status_text(status: &Status, zone: &Zone) -> String {
    let mut out = String::new();
    if let Some(why) = &status.degraded {
        let _ = writeln!(out, "DEGRADED: {why}\n");
    }
    if let Some(until) = &status.paused_until {
        let _ = writeln!(out, "paused until {}\n", when(until, zone));
    }
    let outbox = show::count(status.outbox, "letter", "letters");
    let _ = writeln!(out, "{} held, {outbox} to send", status.held);
    if status.errands > 0 {
        let _ = writeln!(out, "{} to be done in mailboxes", show::count(status.errands, "errand", "errands"));
    }
    if status.uncertain > 0 {
        let letters = show::count(status.uncertain, "letter", "letters");
        let _ = writeln!(out, "{letters} of which nobody knows whether the server took it: see `tidings outbox`");
    }
    if status.failed > 0 {
        let letters = show::count(status.failed, "letter", "letters");
        let _ = writeln!(out, "{letters} failed: see `tidings outbox`");
    }
    out.push('\n');
    let rows: Vec<Vec<String>> = status
        .sources
        .iter()
        .map(|source| {
            let last = source.last_sync.as_deref().map_or_else(|| "never".to_owned(), |at| when(at, zone));
            vec![source.name.clone(), source.state.clone(), when(&source.since, zone), last]
        })
        .collect();
    out.push_str(&show::table(&["ACCOUNT", "STATE", "SINCE", "LAST LOOK"], &rows));
    for source in status.sources.iter().filter(|source| source.error.is_some()) {
        let _ = writeln!(out, "  {}: {}", source.name, source.error.as_deref().unwrap_or_default());
        if let Some(next) = &source.next_try {
            let _ = writeln!(out, "  {}: next try {}", source.name, exactly(next, zone));
        }
    }
    out.push('\n');
    let rows: Vec<Vec<String>> = status
        .due
        .iter()
        .map(|due| {
            let slot = due.slot.as_deref().map_or_else(|| "never".to_owned(), |slot| when(slot, zone));
            vec![due.digest.clone(), due.items.to_string(), slot]
        })
        .collect();
    out.push_str(&show::table(&["DIGEST", "HELD", "NEXT"], &rows));
    out
}

/// `tidings held`.
///
/// # Errors
/// None in practice.
pub async fn held(common: &Common, action: Option<HeldAction>) -> anyhow::Result<Ended> {
    let config = or_end!(config(common).await);
    let request = match action.unwrap_or(HeldAction::List) {
        HeldAction::List => Request::Held,
        HeldAction::Show { id } => return item(common, &id).await,
        HeldAction::Release { all: true, .. } => Request::Release { which: Which::All },
        HeldAction::Release { from: Some(from), .. } => Request::Release { which: Which::From(from) },
        HeldAction::Release { ids, .. } => Request::Release { which: Which::Ids(ids) },
        HeldAction::Drop { ids } => Request::Drop { ids },
    };
    match or_end!(ask(&config, &request).await) {
        Reply::Held { items } if common.json => show::out(&json::line(&items)?),
        Reply::Held { items } => show::out(&held_text(&items, &config.person.zone)),
        other => done(common, &other)?,
    }
    Ok(Ended::Done)
}

fn held_text(items: &[Held], zone: &Zone) -> String {
    if items.is_empty() {
        return "nothing is held\n".to_owned();
    }
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| {
            vec![
                item.id.chars().take(show::ID_CHARS).collect(),
                item.urgency.clone(),
                item.digest.clone().unwrap_or_else(|| "(passes)".to_owned()),
                shortly(&item.slot, zone),
                show::cell(&item.from, show::FROM_WIDTH),
                show::cell(&item.subject, show::SUBJECT_WIDTH),
            ]
        })
        .collect();
    show::table(&["ID", "LEVEL", "DIGEST", "LEAVES", "FROM", "SUBJECT"], &rows)
}

/// `tidings held show ID`, and `tidings explain ID`.
///
/// # Errors
/// None in practice.
pub async fn item(common: &Common, id: &str) -> anyhow::Result<Ended> {
    let config = or_end!(config(common).await);
    if let Reply::Item(item) = or_end!(ask(&config, &Request::Item { id: id.to_owned() }).await) {
        show::out(&if common.json { json::line(&*item)? } else { item_text(&item, &config.person.zone) });
    }
    Ok(Ended::Done)
}

fn item_text(item: &ItemDetail, zone: &Zone) -> String {
    let held = &item.held;
    let mode = if matches!(held.urgency.as_str(), "urgent" | "critical") { "synchronous" } else { "asynchronous" };
    let by = item.rule.as_ref().map_or_else(|| "no rule decided".to_owned(), |rule| format!("rule {rule:?}"));
    let level = if held.urgency.is_empty() { "no level" } else { held.urgency.as_str() };
    let mut out = format!("{mode}: {level}, {by}\n");
    let mut line = |key: &str, value: &str| out.push_str(&show::field(key, value));
    for evidence in &item.evidence {
        line("because", evidence);
    }
    line("stands", &item.standing);
    line("id", &held.id);
    line("from", if held.from.is_empty() { "(nobody)" } else { &held.from });
    line("subject", &held.subject);
    line("arrived", &when(&held.held_since, zone));
    if let Some(digest) = &held.digest {
        line("digest", &format!("{digest:?} at {}", when(&held.slot, zone)));
    }
    if !held.deliver_by.is_empty() {
        line("at latest", &when(&held.deliver_by, zone));
    }
    if let Some(place) = &held.place {
        line("lies in", place);
    }
    for attachment in &item.attachments {
        line("attachment", attachment);
    }
    for note in &item.notes {
        line("note", note);
    }
    line("text", if item.excerpt.is_empty() { "(none)" } else { &item.excerpt });
    out
}

/// `tidings outbox`.
///
/// # Errors
/// None in practice.
pub async fn outbox(common: &Common, action: Option<OutboxAction>) -> anyhow::Result<Ended> {
    let config = or_end!(config(common).await);
    let (request, only) = match action.unwrap_or(OutboxAction::List) {
        OutboxAction::List => (Request::Outbox, None),
        OutboxAction::Show { id } => (Request::Outbox, Some(id)),
        OutboxAction::Retry { id } => (Request::Retry { id }, None),
        OutboxAction::Drop { id } => (Request::GiveUp { id }, None),
    };
    match or_end!(ask(&config, &request).await) {
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
            show::out(&if common.json { json::line(&letters)? } else { outbox_text(&letters, &config.person.zone) });
        }
        other => done(common, &other)?,
    }
    Ok(Ended::Done)
}

fn outbox_text(letters: &[OutboxLetter], zone: &Zone) -> String {
    if letters.is_empty() {
        return "no letter waits or has failed\n".to_owned();
    }
    let rows: Vec<Vec<String>> = letters
        .iter()
        .map(|letter| {
            vec![
                letter.id.chars().take(show::ID_CHARS).collect(),
                letter.stage.clone(),
                letter.attempts.to_string(),
                letter.next_try.as_deref().map_or_else(String::new, |at| when(at, zone)),
                show::cell(&letter.to, show::FROM_WIDTH),
                letter.error.clone().unwrap_or_default(),
            ]
        })
        .collect();
    show::table(&["ID", "STAGE", "TRIES", "NEXT TRY", "TO", "ERROR"], &rows)
}

/// `tidings digest`.
///
/// # Errors
/// When the HTML cannot be written.
pub async fn digest(common: &Common, action: DigestAction) -> anyhow::Result<Ended> {
    let config = or_end!(config(common).await);
    match action {
        DigestAction::Preview { name, html: file } => {
            let request = Request::Preview { digest: name };
            if let Reply::Preview { text, html } = or_end!(ask(&config, &request).await) {
                if let (Some(file), Some(first)) = (file, html.first()) {
                    std::fs::write(&file, first).with_context(|| format!("cannot write \"{}\"", file.display()))?;
                }
                let preview = json::Preview { text, html };
                show::out(&if common.json { json::line(&preview)? } else { preview.text.join("\n") });
            }
        }
        DigestAction::Now { name, wait } => {
            done(common, &or_end!(ask(&config, &Request::DigestNow { digest: name, wait }).await))?;
        }
    }
    Ok(Ended::Done)
}

/// `tidings pause`.
///
/// # Errors
/// When `--until` makes no sense.
pub async fn pause(common: &Common, pause: &Pause) -> anyhow::Result<Ended> {
    let config = or_end!(config(common).await);
    let until = match until::parse(&pause.until, show::now(), &config.person.zone) {
        Ok(until) => until,
        Err(error) => {
            show::complain(&format!("--until: {error}"));
            return Ok(Ended::Usage);
        }
    };
    let reply = or_end!(ask(&config, &Request::Pause { until: until.to_string() }).await);
    if matches!(reply, Reply::Done { .. }) {
        let said = format!("paused until {}; only critical messages pass", show::local(until, &config.person.zone));
        done(common, &Reply::Done { said })?;
    }
    Ok(Ended::Done)
}

/// `tidings resume`.
///
/// # Errors
/// None in practice.
pub async fn resume(common: &Common) -> anyhow::Result<Ended> {
    let config = or_end!(config(common).await);
    done(common, &or_end!(ask(&config, &Request::Resume).await))?;
    Ok(Ended::Done)
}

fn done(common: &Common, reply: &Reply) -> anyhow::Result<()> {
    if let Reply::Done { said } = reply {
        show::out(&if common.json { json::line(&json::Said { said: said.clone() })? } else { format!("{said}\n") });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::PathBuf;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::{CallError, Reply, Request, call};

    /// A daemon that answers one request.
    async fn answer(listener: tokio::net::UnixListener) {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 256]).await.unwrap();
        stream.write_all(b"{\"reply\":\"done\",\"said\":\"here\"}\n").await.unwrap();
    }

    #[tokio::test]
    async fn the_first_that_listens_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let (absent, there) = (folder.path().join("absent"), folder.path().join("there"));
        let too_long = PathBuf::from("/".to_owned() + &"long".repeat(50));
        let said = Reply::Done { said: "here".to_owned() };
        for sockets in [vec![there.clone()], vec![absent.clone(), there.clone()], vec![too_long.clone(), there.clone()]]
        {
            let listener = tokio::net::UnixListener::bind(&there).unwrap();
            let (reply, ()) = tokio::join!(call(&sockets, &Request::Status), answer(listener));
            assert_eq!(reply.unwrap(), said);
            std::fs::remove_file(&there).unwrap();
        }
        assert!(matches!(call(&[absent], &Request::Status).await, Err(CallError::NotRunning(_))));
        assert!(matches!(call(&[too_long], &Request::Status).await, Err(CallError::TooLong(_))));
    }
}

//! The commands that speak to the running daemon.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::shared::{Common, Ended, config_file, load};
use super::whom::{self, Zones};
use super::{json, listing, show};
use crate::config::environment::{Environment, SYSTEM_FILE};
use crate::config::ready::Config;
use crate::config::salvage;
use crate::control::client::{self, CallError};
use crate::control::socket;
use crate::control::wire::{Asked, Reply, Request, Which};
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

/// Where the daemon may listen, in the order in which it is asked. systemd tells the system's daemon a folder that a
/// person's shell knows nothing of; with another configuration than the system's, that daemon is not the one to ask.
pub fn sockets(runtime: &Path, file: &Path) -> Vec<PathBuf> {
    let mut sockets = vec![socket(runtime)];
    if file == Path::new(SYSTEM_FILE) {
        sockets.push(socket(Path::new(SYSTEM_RUNTIME)));
    }
    sockets
}

/// Asks the first daemon that listens.
///
/// # Errors
/// Those of the last one that was asked.
pub async fn call(sockets: &[PathBuf], asked: &Asked) -> Result<Reply, CallError> {
    let mut reply = Err(CallError::NotRunning(PathBuf::new()));
    for socket in sockets {
        reply = client::ask(socket, asked).await;
        if !matches!(reply, Err(CallError::NotRunning(_) | CallError::TooLong(_))) {
            break;
        }
    }
    reply
}

fn asked(common: &Common, request: Request) -> Asked {
    Asked { person: common.person.clone(), request }
}

/// Asks the daemon.
///
/// # Errors
/// None; `Err` is how the command ends when there is no answer that can be shown.
pub async fn ask(config: &Config, common: &Common, request: Request) -> Result<Reply, Ended> {
    ask_at(&sockets(&config.runtime, &config.file), common, request).await
}

async fn ask_at(sockets: &[PathBuf], common: &Common, request: Request) -> Result<Reply, Ended> {
    match call(sockets, &asked(common, request)).await {
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
    let config = match load(common).await {
        Ok(config) => config,
        Err(broken) => return status_without(common, broken).await,
    };
    let zones = Zones::of(or_end!(whom::all(&config, common)));
    let sockets = sockets(&config.runtime, &config.file);
    let reply = or_end!(ask_at(&sockets, common, Request::Status).await);
    show_status(common, reply, (&sockets, &zones)).await
}

/// A file that is being changed must not hide how the daemon is: it goes on with what it read before.
async fn status_without(common: &Common, broken: Ended) -> anyhow::Result<Ended> {
    let file = config_file(common);
    let found = salvage::salvage(&file, &Environment::for_file(&file));
    let sockets = sockets(found.runtime.as_deref().unwrap_or(Path::new(SYSTEM_RUNTIME)), &file);
    let Ok(reply) = call(&sockets, &asked(common, Request::Status)).await else { return Ok(broken) };
    show::complain("the configuration has errors; the daemon goes on with what it read before");
    show_status(common, reply, (&sockets, &Zones::of_all(found.zone))).await
}

async fn show_status(
    common: &Common,
    reply: Reply,
    (sockets, zones): (&[PathBuf], &Zones<'_>),
) -> anyhow::Result<Ended> {
    let status = match reply {
        Reply::Status(status) => status,
        Reply::Refused { said } => {
            show::complain(&said);
            return Ok(Ended::Refused);
        }
        _ => return Ok(Ended::Refused),
    };
    if common.json {
        show::out(&json::line(&status)?);
        return Ok(Ended::Done);
    }
    // Why letters are not sent is known to each of them.
    let letters = match status.outbox {
        0 => None,
        _ => call(sockets, &asked(common, Request::Outbox)).await.ok(),
    };
    let letters = if let Some(Reply::Outbox { letters }) = letters { letters } else { Vec::new() };
    show::out(&listing::status(&status, &letters, zones));
    Ok(Ended::Done)
}

/// `tidings held`.
///
/// # Errors
/// None in practice.
pub async fn held(common: &Common, action: Option<HeldAction>) -> anyhow::Result<Ended> {
    let config = or_end!(load(common).await);
    let zones = Zones::of(or_end!(whom::all(&config, common)));
    let action = action.unwrap_or(HeldAction::List);
    if matches!(action, HeldAction::Release { all: true, .. } | HeldAction::Release { from: Some(_), .. }) {
        or_end!(whom::one(&config, common));
    }
    let request = match action {
        HeldAction::List => Request::Held,
        HeldAction::Show { id } => return item(common, &id).await,
        HeldAction::Release { all: true, .. } => Request::Release { which: Which::All },
        HeldAction::Release { from: Some(from), .. } => Request::Release { which: Which::From(from) },
        HeldAction::Release { ids, .. } => Request::Release { which: Which::Ids(ids) },
        HeldAction::Drop { ids } => Request::Drop { ids },
    };
    match or_end!(ask(&config, common, request).await) {
        Reply::Held { items } if common.json => show::out(&json::line(&items)?),
        Reply::Held { items } => show::out(&listing::held(&items, &zones)),
        other => done(common, &other)?,
    }
    Ok(Ended::Done)
}

/// `tidings held show ID`, and `tidings explain ID`.
///
/// # Errors
/// None in practice.
pub async fn item(common: &Common, id: &str) -> anyhow::Result<Ended> {
    let config = or_end!(load(common).await);
    let zones = Zones::of(or_end!(whom::all(&config, common)));
    if let Reply::Item(item) = or_end!(ask(&config, common, Request::Item { id: id.to_owned() }).await) {
        show::out(&if common.json { json::line(&*item)? } else { listing::item(&item, &zones) });
    }
    Ok(Ended::Done)
}

/// `tidings outbox`.
///
/// # Errors
/// None in practice.
pub async fn outbox(common: &Common, action: Option<OutboxAction>) -> anyhow::Result<Ended> {
    let config = or_end!(load(common).await);
    let zones = Zones::of(or_end!(whom::all(&config, common)));
    let (request, only) = match action.unwrap_or(OutboxAction::List) {
        OutboxAction::List => (Request::Outbox, None),
        OutboxAction::Show { id } => (Request::Outbox, Some(id)),
        OutboxAction::Retry { id } => (Request::Retry { id }, None),
        OutboxAction::Drop { id } => (Request::GiveUp { id }, None),
    };
    match or_end!(ask(&config, common, request).await) {
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
            show::out(&if common.json { json::line(&letters)? } else { listing::outbox(&letters, &zones) });
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
    let config = or_end!(load(common).await);
    or_end!(whom::one(&config, common));
    match action {
        DigestAction::Preview { name, html: file } => {
            let request = Request::Preview { digest: name };
            if let Reply::Preview { text, html } = or_end!(ask(&config, common, request).await) {
                if let (Some(file), Some(first)) = (file, html.first()) {
                    std::fs::write(&file, first).with_context(|| format!("cannot write \"{}\"", file.display()))?;
                }
                let preview = json::Preview { text, html };
                show::out(&if common.json { json::line(&preview)? } else { preview.text.join("\n") });
            }
        }
        DigestAction::Now { name, wait } => {
            done(common, &or_end!(ask(&config, common, Request::DigestNow { digest: name, wait }).await))?;
        }
    }
    Ok(Ended::Done)
}

/// `tidings pause`.
///
/// # Errors
/// When `--until` makes no sense.
pub async fn pause(common: &Common, pause: &Pause) -> anyhow::Result<Ended> {
    let config = or_end!(load(common).await);
    let zone = &or_end!(whom::one(&config, common)).desk.zone;
    let until = match until::parse(&pause.until, show::now(), zone) {
        Ok(until) => until,
        Err(error) => {
            show::complain(&format!("--until: {error}"));
            return Ok(Ended::Usage);
        }
    };
    let reply = or_end!(ask(&config, common, Request::Pause { until: until.to_string() }).await);
    if matches!(reply, Reply::Done { .. }) {
        let said = format!("paused until {}; only critical messages pass", show::local(until, zone));
        done(common, &Reply::Done { said })?;
    }
    Ok(Ended::Done)
}

/// `tidings resume`.
///
/// # Errors
/// None in practice.
pub async fn resume(common: &Common) -> anyhow::Result<Ended> {
    let config = or_end!(load(common).await);
    or_end!(whom::one(&config, common));
    done(common, &or_end!(ask(&config, common, Request::Resume).await))?;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::PathBuf;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::{Asked, CallError, Reply, Request, call};

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
        let asked = Asked { person: None, request: Request::Status };
        for sockets in [vec![there.clone()], vec![absent.clone(), there.clone()], vec![too_long.clone(), there.clone()]]
        {
            let listener = tokio::net::UnixListener::bind(&there).unwrap();
            let (reply, ()) = tokio::join!(call(&sockets, &asked), answer(listener));
            assert_eq!(reply.unwrap(), said);
            std::fs::remove_file(&there).unwrap();
        }
        assert!(matches!(call(&[absent], &asked).await, Err(CallError::NotRunning(_))));
        assert!(matches!(call(&[too_long], &asked).await, Err(CallError::TooLong(_))));
    }
}

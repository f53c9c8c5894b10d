//! `tidings hook`: the hooks, and what a recorded webhook request would do, by the very code that takes real ones.

pub mod recorded;
pub mod tried;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::shared::{Common, Ended};
use super::{json, live, show};
use crate::chat;
use crate::chat::kind::{KINDS, Kind};
use recorded::Recorded;
use tried::Tried;

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum HookAction {
    /// List the hooks, and what came to them since the daemon started
    List,
    /// Take the handshake of a hook's service for ten minutes (Asana, Notion)
    Expect {
        /// The hook's name
        name: String,
    },
    /// Take one recorded request as the listener would, and say what would be answered and what it says
    Try(Try),
}

/// Arguments of `tidings hook try`.
#[derive(Clone, Debug, Args)]
pub struct Try {
    /// The kind of hook: slack, github, generic ...
    kind: String,
    /// A JSON file with the request: "method", "url", "headers", "body" or "body_file", and "secret", "config", "now"
    #[arg(value_name = "REQUEST.json")]
    request: PathBuf,
    /// As if it came at this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = show::time)]
    at: Option<Timestamp>,
}

/// Runs it.
///
/// # Errors
/// When the file cannot be read.
pub async fn hook(common: &Common, action: HookAction) -> anyhow::Result<Ended> {
    match action {
        HookAction::List => live::hooks(common).await,
        HookAction::Expect { name } => live::expect(common, name).await,
        HookAction::Try(wish) => take(common, wish).await,
    }
}

async fn take(common: &Common, wish: Try) -> anyhow::Result<Ended> {
    let Some(kind) = Kind::named(&wish.kind) else {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        show::complain(&format!("there is no kind {:?}; write one of {}", wish.kind, names.join(", ")));
        return Ok(Ended::Usage);
    };
    let read = move || attempt(kind, &Recorded::read(&wish.request)?, wish.at);
    let tried = tokio::task::spawn_blocking(read).await??;
    show::out(&if common.json { json::line(&tried)? } else { tried.text() });
    Ok(if tried.accepted { Ended::Done } else { Ended::Refused })
}

/// Takes a recorded request.
///
/// # Errors
/// When its settings are none of its kind's.
pub fn attempt(kind: Kind, recorded: &Recorded, at: Option<Timestamp>) -> anyhow::Result<Tried> {
    let hook = recorded.hook(kind)?;
    let fields = recorded.fields();
    let now = at.or(recorded.now()).unwrap_or_else(show::now);
    Ok(Tried::of(&chat::take(&hook, &recorded.request(&fields, now))))
}

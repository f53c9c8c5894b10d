//! `tidings demo`: the real daemon on a bundled mailbox, without account or server.

pub mod layout;
pub mod mails;
pub mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use tokio_util::sync::CancellationToken;

use self::layout::Folder;
use self::report::{Sent, Sorted};
use super::shared::{Common, Ended};
use super::show;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config;
use crate::config::environment::Environment;
use crate::config::ready::Config;
use crate::control::client;
use crate::control::socket;
use crate::control::wire::{ItemDetail, Reply, Request, Status};
use crate::limits;

/// Arguments of `tidings demo`.
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// Where the mailbox, the state and the digests are put [default: a new temporary folder]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Lays the mailbox out, runs the daemon on it, shows what it did, and leaves everything there to be looked at.
///
/// # Errors
/// When the folder cannot be used, or the daemon does not do its work in time.
pub async fn demo(common: &Common, demo: &Demo) -> anyhow::Result<Ended> {
    if common.json || common.config.is_some() {
        show::say(
            "tidings: the demo has a configuration of its own and prints for people; leave --config and --json out",
        );
        return Ok(Ended::Usage);
    }
    let clock = Clock::system();
    let folder = layout::lay_out(demo.dir.as_deref(), clock.now())?;
    let config = config::load(&folder.config, &Environment::of(|_| None)).map_err(|faults| {
        anyhow::anyhow!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    let stop = CancellationToken::new();
    let app = App { config: config.clone(), config_file: None, clock: clock.clone() };
    let mut daemon = tokio::spawn(app::run(app, stop.clone()));
    let shown = tokio::select! {
        shown = watch(&config, &folder, &clock) => shown,
        ended = &mut daemon => {
            ended?.context("the daemon cannot run here")?;
            bail!("the daemon stopped by itself");
        }
    };
    stop.cancel();
    daemon.await?.context("the daemon did not stop well")?;
    show::out(&shown?);
    Ok(Ended::Done)
}

async fn ask(config: &Config, request: &Request) -> anyhow::Result<Reply> {
    match client::call(&socket(&config.runtime), request).await? {
        Reply::Refused { said } => bail!("the daemon refused: {said}"),
        reply => Ok(reply),
    }
}

/// Waits until every mail is judged and lies where it should, sends the digests, and says all of it.
async fn watch(config: &Config, folder: &Folder, clock: &Clock) -> anyhow::Result<String> {
    let begun = clock.now();
    let status = settled(config).await?;
    let took = Duration::try_from(clock.now().duration_since(begun)).unwrap_or_default();
    let mut items: Vec<ItemDetail> = Vec::new();
    for id in layout::identities(config, folder) {
        if let Reply::Item(item) = ask(config, &Request::Item { id: id.to_string() }).await? {
            items.push(*item);
        }
    }
    let zone = &config.people.first().context("the demo is about somebody")?.desk.zone;
    let sorted = Sorted { folder: &folder.path, took, items, zone };
    let mut sent = Vec::new();
    for due in status.due.iter().filter(|due| due.items > 0) {
        sent.push(send(config, &due.digest, &folder.path).await?);
    }
    Ok(report::report(&sorted, &sent))
}

/// Sends a digest now instead of at its slot, and keeps its first part as a page.
async fn send(config: &Config, name: &str, folder: &Path) -> anyhow::Result<Sent> {
    let digest = Some(name.to_owned());
    let preview = ask(config, &Request::Preview { digest: digest.clone() }).await?;
    let sent = ask(config, &Request::DigestNow { digest, wait: true }).await?;
    let (Reply::Preview { text, html }, Reply::Done { .. }) = (preview, sent) else {
        bail!("the digest \"{name}\" was not sent");
    };
    let page = folder.join(format!("digest-{name}.html"));
    std::fs::write(&page, html.concat()).with_context(|| format!("cannot write \"{}\"", page.display()))?;
    Ok(Sent { name: name.to_owned(), text: text.join("\n"), page })
}

/// The status once every message was judged and lies where it should.
async fn settled(config: &Config) -> anyhow::Result<Status> {
    let tries = limits::front::DEMO_WAIT.as_millis() / limits::front::DEMO_LOOK.as_millis();
    for _ in 0..tries {
        tokio::time::sleep(limits::front::DEMO_LOOK).await;
        // Until its socket is there the daemon cannot be asked.
        let Ok(Reply::Status(status)) = ask(config, &Request::Status).await else { continue };
        let watching = status.sources.iter().all(|source| source.state == "watching" && source.last_sync.is_some());
        if watching && !status.sources.is_empty() && status.errands == 0 {
            return Ok(status);
        }
    }
    bail!("the daemon did not sort the mailbox within {} s", limits::front::DEMO_WAIT.as_secs())
}

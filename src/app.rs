//! The daemon as a whole: started from the bottom up, supervised, stopped from the top down.

pub mod notify;
pub mod reload;
pub mod supervise;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::ready::Config;
use crate::control;
use crate::courier;
use crate::courier::kit::Courier;
use crate::health::Health;
use crate::intake::desk::Desk;
use crate::intake::sealing::Press;
use crate::janitor::{self, Janitor};
use crate::limits;
use crate::mark::MarkKey;
use crate::operator;
use crate::operator::kit::Operator;
use crate::store::fault::{OpenError, StoreError};
use crate::store::open::Found;
use crate::store::{Opened, Store, folder};
use crate::timekeeper::{self, Timekeeper};
use notify::Herald;
use reload::Hangups;
use supervise::{Shared, Sources};

/// Why the daemon cannot start, or has stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed while running; a restart repairs what can be repaired.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The runtime or state folder cannot be used.
    #[error("cannot use \"{}\": {cause}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A part that must run has ended.
    #[error("the {0} has ended by itself; please report this")]
    Ended(&'static str),
}

impl AppError {
    /// The exit code: 75 to try again, 78 for a newer store, 70 for a fault of our own.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Open(OpenError::Newer { .. }) => 78,
            Self::Open(OpenError::Locked(_) | OpenError::Disk { .. }) | Self::Store(_) | Self::Folder { .. } => 75,
            Self::Ended(_) => 70,
        }
    }
}

/// What the daemon runs on.
#[derive(Debug)]
pub struct App {
    /// The configuration.
    pub config: Config,
    /// Where it was read, for a reload; `None`: it cannot be read again.
    pub config_file: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
}

/// Runs until `stop`, or until it cannot go on.
///
/// # Errors
/// As `AppError` says.
pub async fn run(app: App, stop: CancellationToken) -> Result<(), AppError> {
    let App { config, config_file, clock } = app;
    // From the beginning: SIGHUP ends a process that does not listen for it, and a start may take a while.
    let mut hangups = Hangups::new();
    let Opened { store, found } = open(&config.state, &clock).await?;
    let health = Health::new();
    let rescue = say_found(&found, &health);
    let mark = mark_key(&config.state).await?;
    let press = Press { from: config.from.clone(), mark: mark.clone() };
    let (desks, desk) = watch::channel(Arc::new(config.person.clone()));
    let table = Table { desk, press, store: store.clone(), clock, health: health.clone() };
    let doors = CancellationToken::new();
    let shared = Shared {
        desk: table.desk.clone(),
        store: store.clone(),
        clock: table.clock.clone(),
        health: health.clone(),
        mark,
        first_start: !rescue,
    };
    let mut hands = Hands::start(&table, &config)?;
    let mut sources = Sources::start(shared, &config.accounts, &doors);
    let herald = Herald::new(&store, &health);
    let mut ended = tokio::select! {
        () = herald.ready_when_connected(&sources) => None,
        ended = hands.ended() => Some(Err(ended)),
        () = stop.cancelled() => Some(Ok(())),
    };
    let ended = loop {
        if let Some(ended) = ended.take() {
            break ended;
        }
        tokio::select! {
            () = stop.cancelled() => ended = Some(Ok(())),
            () = herald.tick() => {}
            () = hangups.next() => {
                herald.reloading();
                reload::reload(config_file.as_deref(), &config, &desks, &mut sources).await;
                herald.ready();
            }
            fault = hands.ended() => ended = Some(Err(fault)),
        }
    };
    herald.stopping();
    info!("stopping");
    doors.cancel();
    sources.join().await;
    hands.stop().await;
    let closed = store.close().await;
    ended.and(closed.map_err(AppError::from))
}

/// What every hand gets.
struct Table {
    desk: watch::Receiver<Arc<Desk>>,
    press: Press,
    store: Store,
    clock: Clock,
    health: Health,
}

/// The hands that are no source, each in a task of its own. One that ends by itself ends the program.
struct Hands {
    stop: CancellationToken,
    working: JoinSet<(&'static str, Result<(), StoreError>)>,
    answering: JoinSet<()>,
}

impl Hands {
    fn start(table: &Table, config: &Config) -> Result<Self, AppError> {
        let Table { desk, press, store, clock, health } = table;
        let stop = CancellationToken::new();
        let (desk, press, store, clock, health) =
            (|| desk.clone(), || press.clone(), || store.clone(), || clock.clone(), || health.clone());
        let keeper = Timekeeper { desk: desk(), press: press(), store: store(), clock: clock(), health: health() };
        let courier = Courier {
            way_out: config.way_out.clone(),
            desk: desk(),
            press: press(),
            store: store(),
            clock: clock(),
            health: health(),
        };
        let janitor =
            Janitor { state: config.state.clone(), desk: desk(), store: store(), clock: clock(), health: health() };
        let operator = Operator { desk: desk(), press: press(), store: store(), clock: clock(), health: health() };
        let (calls_in, calls) = mpsc::channel(limits::doors::CONTROL_QUEUE);
        let listener = bind(&config.runtime)?;
        let mut answering = JoinSet::new();
        answering.spawn(control::server::serve(listener, calls_in, stop.clone()));
        answering.spawn(operator::run(operator, calls, stop.clone()));
        let mut working = JoinSet::new();
        let token = stop.clone();
        working.spawn(async move { ("timekeeper", timekeeper::run(keeper, token).await) });
        let token = stop.clone();
        working.spawn(async move { ("courier", courier::run(courier, token).await) });
        let token = stop.clone();
        working.spawn(async move { ("janitor", janitor::run(janitor, token).await) });
        Ok(Self { stop, working, answering })
    }

    /// Returns when a hand has ended by itself.
    async fn ended(&mut self) -> AppError {
        match self.working.join_next().await {
            Some(Ok((_, Err(error)))) => AppError::Store(error),
            Some(Ok((name, Ok(())))) => AppError::Ended(name),
            Some(Err(_)) | None => AppError::Ended("hand that broke"),
        }
    }

    /// Stops them all; a letter's answer that is outstanding is waited for a while.
    async fn stop(mut self) {
        self.stop.cancel();
        let all = async { while self.working.join_next().await.is_some() {} };
        if tokio::time::timeout(limits::front::STOP_WAIT, all).await.is_err() {
            warn!("a letter whose answer is outstanding is looked for at the next start");
        }
        self.answering.shutdown().await;
    }
}

async fn open(state: &Path, clock: &Clock) -> Result<Opened, AppError> {
    let (folder, now) = (state.to_owned(), clock.now());
    let opened = tokio::task::spawn_blocking(move || Store::open(&folder, now)).await;
    opened.map_err(|_| AppError::Ended("store"))?.map_err(AppError::from)
}

/// Says how the store was found; returns whether the mailboxes must be read again because it was lost.
fn say_found(found: &Found, health: &Health) -> bool {
    match found {
        Found::New => info!("a new store was begun"),
        Found::Kept => {}
        Found::MovedAside(path) => {
            error!("the store was damaged and moved to \"{}\"; it is rebuilt from the mailboxes", path.display());
        }
        Found::Lost => error!("the store is gone; it is rebuilt from the mailboxes"),
    }
    let lost = matches!(found, Found::MovedAside(_) | Found::Lost);
    if lost {
        let why = "the store is being rebuilt, so nothing is held until every mailbox was read again";
        health.degrade("rescue", Some(why.to_owned()));
    }
    lost
}

async fn mark_key(state: &Path) -> Result<MarkKey, AppError> {
    let folder = state.to_owned();
    let key = tokio::task::spawn_blocking(move || folder::mark_key(&folder)).await;
    key.map_err(|_| AppError::Ended("store"))?.map_err(|cause| AppError::Folder { path: state.to_owned(), cause })
}

fn bind(runtime: &Path) -> Result<tokio::net::UnixListener, AppError> {
    let fault = |cause| AppError::Folder { path: runtime.to_owned(), cause };
    std::fs::create_dir_all(runtime).map_err(fault)?;
    control::server::bind(&control::socket(runtime)).map_err(fault)
}

//! The daemon as a whole: started from the bottom up, supervised, stopped from the top down.

pub mod http;
pub mod notify;
pub mod reload;
pub mod supervise;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::ready::Config;
use crate::control;
use crate::courier;
use crate::courier::gate::Gate;
use crate::courier::kit::Courier;
use crate::health::Health;
use crate::hook::bind::BindError;
use crate::intake::people::People;
use crate::intake::sealing::Press;
use crate::janitor::{self, Janitor};
use crate::limits;
use crate::mark::MarkKey;
use crate::model::edition::Lane;
use crate::operator;
use crate::operator::kit::Operator;
use crate::receiver::fetch;
use crate::receiver::hooks::Hooks;
use crate::receiver::kit::Kit;
use crate::receiver::receive::Receiver;
use crate::source::farewell;
use crate::store::fault::{OpenError, StoreError};
use crate::store::folder;
use crate::store::handle::{Opened, Store};
use crate::store::lease::{self, Holding};
use crate::store::open::Found;
use crate::telemetry::scrape::Scrape;
use crate::urgency::signal;
use http::Http;
use notify::Herald;
use reload::Hangups;
use supervise::{Households, Shared, Stops};

/// Why the daemon cannot start, or has stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed while running; a restart repairs what can be repaired.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// HTTP cannot be answered where it should be.
    #[error(transparent)]
    Listen(#[from] BindError),
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
    /// The exit code: 75 to try again, 78 for the configuration or a newer store, 70 for a fault of our own.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Open(OpenError::Newer { .. }) => 78,
            Self::Listen(error) => {
                if error.may_pass() {
                    75
                } else {
                    78
                }
            }
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
    let rescue = say_found(&found, &config, &health);
    let shared = shared(&config, (&store, &clock, &health), rescue).await?;
    strays(&shared, &config).await?;
    let stops = Stops { doors: CancellationToken::new(), hands: CancellationToken::new() };
    // Before any hand: an address that cannot be had is then no start at all.
    let listening = http::bind(config.listen.as_ref()).await?;
    let listener = bind(&config.runtime)?;
    janitor::look_at_disk(&config.state, &health).await;
    let mut households = Households::start(shared.clone(), &config.people, stops.clone());
    let scrape = Scrape {
        people: households.people(),
        store: store.clone(),
        began: clock.now(),
        clock,
        health: health.clone(),
        state: config.state.clone(),
    };
    let hooks = watch::Sender::new(Arc::new(Hooks::open(&config.hooks, config.public_url.as_deref(), &health).await));
    let (kit, (fetches, jobs)) = (kit(&shared, &households, &hooks), fetch::queue());
    let http = Http::start(listening, Receiver { kit: kit.clone(), fetches }, scrape);
    let mut hands = Hands::start(&shared, &config, (households.people(), listener, &stops.hands));
    let token = stops.hands.clone();
    hands.working.spawn(async move { ("fetcher of texts", fetch::run(kit, jobs, token).await) });
    let herald = Herald::new(&store, &health);
    let mut ended = tokio::select! {
        () = herald.ready_when_connected(&households) => None,
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
                let reloaded = reload::reload(config_file.as_deref(), &config, (&mut households, &hooks, &health));
                ended = tokio::select! {
                    reloaded = reloaded => reloaded.err().map(|error| Err(AppError::Store(error))),
                    () = herald.tick_on() => None,
                    () = stop.cancelled() => Some(Ok(())),
                };
                herald.ready();
            }
            fault = hands.ended() => ended = Some(Err(fault)),
            fault = households.failed() => ended = Some(Err(AppError::Store(fault))),
        }
    };
    herald.stopping();
    info!("stopping");
    http.stop().await;
    stops.doors.cancel();
    households.join_sources().await;
    stops.hands.cancel();
    hands.stop(households).await;
    let closed = store.close().await;
    ended.and(closed.map_err(AppError::from))
}

fn kit(shared: &Shared, households: &Households, hooks: &watch::Sender<Arc<Hooks>>) -> Kit {
    let Shared { store, clock, health, .. } = shared.clone();
    Kit { hooks: hooks.subscribe(), people: households.people(), store, clock, health }
}

/// Sees to what waits in accounts that were removed while the daemon was down: nobody can give it back.
async fn strays(shared: &Shared, config: &Config) -> Result<(), StoreError> {
    for person in &config.people {
        farewell::name_strays(&shared.store, (&person.desk, &shared.press), shared.clock.now()).await?;
    }
    for person in shared.store.people().iter().filter(|person| config.person(person).is_none()) {
        let held = shared.store.counts_of(person).held;
        if held > 0 {
            let person = person.as_str();
            warn!(
                person,
                held, "messages wait for somebody who is not in the configuration; their mail is where it was"
            );
        }
    }
    Ok(())
}

/// The hands that serve everybody, each in a task of its own. One that ends by itself ends the program.
struct Hands {
    working: JoinSet<(&'static str, Result<(), StoreError>)>,
    answering: JoinSet<()>,
}

impl Hands {
    fn start(
        shared: &Shared,
        config: &Config,
        (people, listener, stop): (watch::Receiver<Arc<People>>, UnixListener, &CancellationToken),
    ) -> Self {
        let Shared { press, store, clock, health, .. } = shared;
        let (people, press, store, clock, health) =
            (|| people.clone(), || press.clone(), || store.clone(), || clock.clone(), || health.clone());
        let courier = Courier {
            lane: Lane::InTurn,
            way_out: config.way_out.clone(),
            people: people(),
            press: press(),
            store: store(),
            clock: clock(),
            health: health(),
            gate: Gate::default(),
        };
        let janitor = Janitor {
            state: config.state.clone(),
            people: people(),
            store: store(),
            clock: clock(),
            health: health(),
            held_before: shared.held_before,
        };
        let operator = Operator { people: people(), press: press(), store: store(), clock: clock(), health: health() };
        let (calls_in, calls) = mpsc::channel(limits::doors::CONTROL_QUEUE);
        let mut answering = JoinSet::new();
        answering.spawn(control::server::serve(listener, calls_in, stop.clone()));
        answering.spawn(operator::run(operator, calls, stop.clone()));
        let mut working = JoinSet::new();
        let (urgent, token) = (Courier { lane: Lane::Urgent, ..courier.clone() }, stop.clone());
        working.spawn(async move { ("urgent courier", courier::run(urgent, token).await) });
        let token = stop.clone();
        working.spawn(async move { ("courier", courier::run(courier, token).await) });
        let token = stop.clone();
        working.spawn(async move { ("janitor", janitor::run(janitor, token).await) });
        Self { working, answering }
    }

    /// Returns when a hand has ended by itself.
    async fn ended(&mut self) -> AppError {
        match self.working.join_next().await {
            Some(Ok((_, Err(error)))) => AppError::Store(error),
            Some(Ok((name, Ok(())))) => AppError::Ended(name),
            Some(Err(_)) | None => AppError::Ended("hand that broke"),
        }
    }

    /// Waits until they have ended, and the timekeepers; a letter's answer that is outstanding is waited for a while. Their
    /// token is cancelled by the caller.
    async fn stop(mut self, mut households: Households) {
        let all = async {
            while self.working.join_next().await.is_some() {}
            households.join_keepers().await;
        };
        if tokio::time::timeout(limits::front::STOP_WAIT, all).await.is_err() {
            warn!("a letter whose answer is outstanding is looked for at the next start");
        }
        self.answering.shutdown().await;
    }
}

async fn open(state: &Path, clock: &Clock) -> Result<Opened, AppError> {
    let (folder, now) = (state.to_owned(), clock.now());
    let opened = tokio::task::spawn_blocking(move || {
        // The tables of judgement take a moment, which no message is to wait for. In one thread with the store, which uses
        // again what memory they have let go.
        signal::prepare();
        Store::open(&folder, now)
    });
    let opened = opened.await;
    opened.map_err(|_| AppError::Ended("store"))?.map_err(AppError::from)
}

/// Says how the store was found; returns whether the mailboxes must be read again because it was lost.
fn say_found(found: &Found, config: &Config, health: &Health) -> bool {
    match found {
        Found::New => info!("a new store was begun"),
        Found::Kept => {}
        Found::MovedAside(path) => {
            error!("the store was damaged and moved to \"{}\"; it is rebuilt from the mailboxes", path.display());
        }
        Found::Restored => info!("a backup was restored: the mailboxes are read again for what has happened since"),
        Found::Lost => error!("the store is gone; it is rebuilt from the mailboxes"),
    }
    let lost = matches!(found, Found::MovedAside(_) | Found::Restored | Found::Lost);
    if lost {
        let why = "the store is being rebuilt, so nothing is held until every mailbox was read again";
        for person in &config.people {
            health.degrade_person(&person.desk.person, janitor::RESCUE, Some(why.to_owned()));
        }
    }
    lost
}

/// What all tasks share.
async fn shared(
    config: &Config,
    (store, clock, health): (&Store, &Clock, &Health),
    rescue: bool,
) -> Result<Shared, AppError> {
    let press = Press { from: config.from.clone(), mark: mark_key(&config.state).await?, health: health.clone() };
    let (store, clock, health) = (store.clone(), clock.clone(), health.clone());
    Ok(Shared { press, store, clock, health, first_start: !rescue, held_before: held_before(&config.state).await })
}

/// How long the run before this one may have held mail.
async fn held_before(state: &Path) -> Holding {
    let folder = state.to_owned();
    let read = tokio::task::spawn_blocking(move || lease::read_holding(&folder)).await;
    read.ok().and_then(Result::ok).unwrap_or(Holding::AsConfigured)
}

async fn mark_key(state: &Path) -> Result<MarkKey, AppError> {
    let folder = state.to_owned();
    let key = tokio::task::spawn_blocking(move || folder::mark_key(&folder)).await;
    key.map_err(|_| AppError::Ended("store"))?.map_err(|cause| AppError::Folder { path: state.to_owned(), cause })
}

fn bind(runtime: &Path) -> Result<UnixListener, AppError> {
    let fault = |cause| AppError::Folder { path: runtime.to_owned(), cause };
    std::fs::create_dir_all(runtime).map_err(fault)?;
    control::server::bind(&control::socket(runtime)).map_err(fault)
}

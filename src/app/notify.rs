//! What systemd is told: ready, reloading, stopping, a status line, and that work moves on.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::{error, info};

use super::supervise::Households;
use crate::health::Health;
use crate::limits;
use crate::store::handle::Store;

/// Tells systemd how the daemon is; without systemd it says nothing.
#[derive(Debug)]
pub struct Herald {
    store: Store,
    health: Health,
    every: Duration,
    watched: bool,
}

impl Herald {
    /// A herald that reads the store's counts and the board.
    pub fn new(store: &Store, health: &Health) -> Self {
        let watchdog = sd_notify::watchdog_enabled();
        let every = watchdog.map_or(limits::front::STATUS_EVERY, |limit| (limit / 3).min(limits::front::STATUS_EVERY));
        Self { store: store.clone(), health: health.clone(), every, watched: watchdog.is_some() }
    }

    /// Says READY once every account has connected or failed, at the latest after a while: a server that is away must not
    /// keep the service from starting.
    pub async fn ready_when_connected(&self, households: &Households) {
        let _ = tokio::time::timeout(limits::front::READY_WAIT, households.all_tried()).await;
        self.ready();
        info!("ready");
    }

    /// Says READY.
    pub fn ready(&self) {
        say(&[NotifyState::Ready, NotifyState::Status(&self.status())]);
    }

    /// Says RELOADING.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => say(&[NotifyState::Reloading, now]),
            Err(_) => say(&[NotifyState::Reloading]),
        }
    }

    /// Says STOPPING, and asks for the time that an outstanding answer may take.
    pub fn stopping(&self) {
        let micros = u32::try_from(limits::front::STOP_WAIT.as_micros()).unwrap_or(u32::MAX);
        say(&[NotifyState::Stopping, NotifyState::ExtendTimeoutUsec(micros)]);
    }

    /// Waits a while; then feeds the watchdog if every lane kept its word, and renews the status line.
    pub async fn tick(&self) {
        tokio::time::sleep(self.every).await;
        let stuck = self.health.stuck();
        if !stuck.is_empty() {
            error!("no progress: {}", stuck.join(", "));
            return;
        }
        if self.watched {
            say(&[NotifyState::Watchdog]);
        }
        say(&[NotifyState::Status(&self.status())]);
    }

    /// Does so again and again; never returns.
    pub async fn tick_on(&self) {
        loop {
            self.tick().await;
        }
    }

    /// Counts only, no names.
    fn status(&self) -> String {
        let counts = self.store.counts();
        let mut line = format!("{} held, {} letters to send", counts.held, counts.outbox);
        if counts.uncertain > 0 {
            line.push_str(&format!(", {} uncertain", counts.uncertain));
        }
        if !self.health.reasons().is_empty() {
            line.push_str(", degraded: nothing is held");
        }
        line
    }
}

fn say(states: &[NotifyState<'_>]) {
    // Without systemd there is no socket, and nothing to say.
    let _ = sd_notify::notify(states);
}

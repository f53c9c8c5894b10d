//! `tidings run`: the daemon, until a signal ends it.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::shared::{Common, Ended, config_file, load};
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::fault::{Fault, Weight};
use crate::config::{self, Asker};
use crate::control::{length, socket};
use crate::telemetry;

/// Runs the daemon. Exit codes: 0 stopped; 70 a fault of its own; 75 try again; 78 configuration or newer store.
///
/// # Errors
/// When signals cannot be listened to.
pub async fn run(common: &Common) -> anyhow::Result<Ended> {
    telemetry::begin();
    let config = match load(common).await {
        Ok(config) => config,
        Err(Ended::Usage) => return Ok(Ended::Code(78)),
        Err(ended) => return Ok(ended),
    };
    for warning in &config.warnings {
        warn!("{warning}");
    }
    let faults = config::check_secrets(&config, Asker::Daemon).await;
    for warning in faults.iter().filter(|fault| fault.weight == Weight::Warning) {
        warn!("{warning}");
    }
    let wrong: Vec<&Fault> = faults.iter().filter(|fault| fault.weight == Weight::Error).collect();
    if !wrong.is_empty() {
        for fault in wrong {
            error!("{fault}");
        }
        return Ok(Ended::Code(78));
    }
    if let Err(fault) = length::check(&socket(&config.runtime)) {
        error!("{fault}");
        return Ok(Ended::Code(78));
    }
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stopper = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopper.cancel();
    });
    let app = App { config, config_file: Some(config_file(common)), clock: Clock::system() };
    match app::run(app, stop).await {
        Ok(()) => Ok(Ended::Done),
        Err(fault) => {
            error!("{fault}");
            Ok(Ended::Code(fault.exit_code()))
        }
    }
}

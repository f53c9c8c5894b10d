//! HTTP, where the configuration asks for it.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::hook::bind::{BindError, Listener};
use crate::hook::settings::Listen;
use crate::hook::{calls, pages, serve};
use crate::receiver::receive::Receiver;
use crate::telemetry::scrape::Scrape;

/// The running listener, or none; ended when dropped.
#[derive(Debug, Default)]
pub struct Http {
    answering: JoinSet<()>,
    stop: CancellationToken,
}

/// Takes the address, or the socket that systemd has passed on; who calls before `start` waits in the system's queue.
///
/// # Errors
/// When the address cannot be had.
pub async fn bind(listen: Option<&Listen>) -> Result<Option<Listener>, BindError> {
    let Some(listen) = listen else { return Ok(None) };
    let refused = |cause| BindError::Refused { listen: listen.clone(), cause };
    let listener = match Listener::passed().map_err(refused)? {
        Some(passed) => passed,
        None => Listener::bind(listen).await?,
    };
    let address = listener.address().unwrap_or_else(|| listen.clone());
    info!("HTTP is answered on \"{address}\"");
    Ok(Some(listener))
}

impl Http {
    /// Answers from now on.
    pub fn start(listener: Option<Listener>, receiver: Receiver, scrape: Scrape) -> Self {
        let mut http = Self::default();
        if let Some(listener) = listener {
            let pages = pages::routes(receiver.kit.health.clone(), Arc::new(move || scrape.text()));
            let routes = pages.merge(calls::routes(Arc::new(receiver)));
            http.answering.spawn(serve::serve(listener, routes, http.stop.clone()));
        }
        http
    }

    /// Takes no more requests, and waits for those that were read; each has its own limit of time.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.answering.join_next().await.is_some() {}
    }
}

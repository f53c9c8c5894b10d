//! A server of some routes in this process, on a socket in a folder.
#![allow(clippy::unwrap_used)]

use axum::Router;
use tempfile::TempDir;
use tidings::hook::bind::Listener;
use tidings::hook::serve;
use tidings::hook::settings::Listen;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::http::{Answer, At, ask, socket};

/// The server; it ends when `stop` is cancelled.
pub struct Serving {
    _folder: TempDir,
    /// Where it answers.
    pub at: At,
    /// Stops it.
    pub stop: CancellationToken,
    /// Done once it has stopped.
    pub task: JoinHandle<()>,
}

impl Serving {
    /// Starts it.
    pub async fn start(routes: Router) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = Listener::bind(&Listen::Unix(folder.path().join("http.sock"))).await.unwrap();
        let (at, stop) = (socket(folder.path()), CancellationToken::new());
        let task = tokio::spawn(serve::serve(listener, routes, stop.clone()));
        Self { _folder: folder, at, stop, task }
    }

    /// Asks for a page.
    pub async fn get(&self, path: &'static str) -> Answer {
        let at = self.at.clone();
        tokio::task::spawn_blocking(move || ask(&at, "GET", path)).await.unwrap()
    }
}

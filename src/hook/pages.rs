//! The pages for those who watch: `/healthz` and `/metrics`. No content, no address in either.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::health::Health;
use crate::metrics::text::MEDIA_TYPE;

/// Writes `/metrics`; blocking. `None`: it cannot be written.
pub type Scrape = Arc<dyn Fn() -> Option<String> + Send + Sync>;

const TEXT: &str = "text/plain; charset=utf-8";

/// The routes.
pub fn routes(health: Health, scrape: Scrape) -> Router {
    Router::new()
        .route("/healthz", get(move || healthz(health.clone())))
        .route("/metrics", get(move || metrics(scrape.clone())))
        .fallback(|| async { plain(StatusCode::NOT_FOUND, "not found\n") })
        .method_not_allowed_fallback(|| async { plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n") })
}

/// Whether the daemon moves on and may hold mail: what the watchdog knows. An account that is away is no fault of the
/// daemon's, which would not be healed by a restart.
async fn healthz(health: Health) -> Response {
    let (stuck, causes) = (health.stuck(), Vec::from_iter(health.causes()));
    if !stuck.is_empty() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, format!("no progress: {}\n", stuck.join(", ")));
    }
    if !causes.is_empty() {
        let text = format!("degraded, nothing is held: {}; `tidings status` says more\n", causes.join(", "));
        return plain(StatusCode::SERVICE_UNAVAILABLE, text);
    }
    plain(StatusCode::OK, "ok\n")
}

async fn metrics(scrape: Scrape) -> Response {
    match tokio::task::spawn_blocking(move || scrape()).await {
        Ok(Some(text)) => ([(CONTENT_TYPE, MEDIA_TYPE), (CACHE_CONTROL, "no-store")], text).into_response(),
        Ok(None) | Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be read\n"),
    }
}

fn plain(status: StatusCode, text: impl Into<String>) -> Response {
    (status, [(CONTENT_TYPE, TEXT), (CACHE_CONTROL, "no-store")], text.into()).into_response()
}

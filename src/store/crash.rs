//! Crashes on purpose, for tests of what a crash leaves: only in debug builds, only when asked by the environment.

use std::sync::atomic::{AtomicU64, Ordering};

/// Where to crash: `TIDINGS_CRASH=before:N` or `after:N`, N counting barriers from 1.
#[derive(Debug, Default)]
pub struct Crash {
    before: Option<u64>,
    after: Option<u64>,
    barriers: AtomicU64,
}

impl Crash {
    /// As the environment says; never in a release build.
    pub fn from_env() -> Self {
        let wish =
            if cfg!(debug_assertions) { std::env::var("TIDINGS_CRASH").unwrap_or_default() } else { String::new() };
        let count = |word: &str| wish.strip_prefix(word).and_then(|n| n.parse().ok());
        Self { before: count("before:"), after: count("after:"), barriers: AtomicU64::new(0) }
    }

    /// A barrier is about to be written.
    pub fn before(&self) {
        let barrier = self.barriers.fetch_add(1, Ordering::Relaxed) + 1;
        if self.before == Some(barrier) {
            std::process::abort();
        }
    }

    /// A barrier stands, and nobody knows yet.
    pub fn after(&self) {
        if self.after == Some(self.barriers.load(Ordering::Relaxed)) {
            std::process::abort();
        }
    }
}

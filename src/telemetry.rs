//! What is seen of a running daemon: one line a fate in the journal or on standard error, and readings for `/metrics`.

pub mod journal;
pub mod scrape;

use std::io::IsTerminal;
use std::path::Path;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use journal::Journal;

/// The variable that sets what is logged: `debug`, or `tidings::imap=debug`.
pub const VARIABLE: &str = "TIDINGS_LOG";

/// Begins to log. The journal has its own clock, so lines carry the time only where nobody else writes it.
/// Dependencies are silenced below warnings: some of them would log what passes through them.
pub fn begin() {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::WARN.into())
        .parse_lossy(std::env::var(VARIABLE).unwrap_or_else(|_| "tidings=info".to_owned()));
    let lines = || fmt::layer().with_writer(std::io::stderr).with_target(false);
    let is_journal = std::env::var("JOURNAL_STREAM").is_ok_and(|stream| journal::is_stderr(&stream));
    let all = tracing_subscriber::registry().with(filter);
    // A second subscriber in one process (tests) changes nothing.
    let _ = match (is_journal, Journal::connect(Path::new(journal::SOCKET))) {
        (true, Ok(journal)) => all.with(journal).try_init(),
        (true, Err(_)) => all.with(lines().with_ansi(false).without_time()).try_init(),
        (false, _) => all.with(lines().with_ansi(std::io::stderr().is_terminal())).try_init(),
    };
}

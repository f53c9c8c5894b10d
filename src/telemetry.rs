//! What is seen of a running daemon: one line a fate on standard error, for the journal.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// The variable that sets what is logged: `debug`, or `tidings::imap=debug`.
pub const VARIABLE: &str = "TIDINGS_LOG";

/// Begins to log. The journal has its own clock, so lines carry the time only where nobody else writes it.
/// Dependencies are silenced below warnings: some of them would log what passes through them.
pub fn begin() {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::WARN.into())
        .parse_lossy(std::env::var(VARIABLE).unwrap_or_else(|_| "tidings=info".to_owned()));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second subscriber in one process (tests) changes nothing.
    let _ = if std::env::var_os("JOURNAL_STREAM").is_some() {
        builder.with_ansi(false).without_time().try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
}

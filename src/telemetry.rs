//! What is seen of a running daemon: one line a fate in the journal or on standard error, and readings for `/metrics`.

pub mod journal;
pub mod scrape;

use std::io::IsTerminal;
use std::path::Path;

use tracing::level_filters::LevelFilter;
use tracing::warn;
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use journal::Journal;

/// The variable that sets what is logged: `debug`, or `tidings::imap=debug`.
pub const VARIABLE: &str = "TIDINGS_LOG";

/// Begins to log. The journal has its own clock, so lines carry the time only where nobody else writes it.
pub fn begin() {
    let wish = std::env::var(VARIABLE).unwrap_or_default();
    let lines = || fmt::layer().with_writer(std::io::stderr).with_target(false);
    let is_journal = std::env::var("JOURNAL_STREAM").is_ok_and(|stream| journal::is_stderr(&stream));
    let (filter, fault) = match filter(&wish) {
        Ok(filter) => (filter, None),
        Err(fault) => (quiet(), Some(fault)),
    };
    let all = tracing_subscriber::registry().with(filter);
    // A second subscriber in one process (tests) changes nothing.
    let _ = match (is_journal, Journal::connect(Path::new(journal::SOCKET))) {
        (true, Ok(journal)) => all.with(journal).try_init(),
        (true, Err(_)) => all.with(lines().with_ansi(false).without_time()).try_init(),
        (false, _) => all.with(lines().with_ansi(std::io::stderr().is_terminal())).try_init(),
    };
    if let Some(fault) = fault {
        warn!("{VARIABLE} is not understood ({fault}): it can be \"debug\" or \"tidings::imap=debug\"");
    }
}

/// What is logged where nobody wishes for more. Dependencies are silenced below warnings: some of them would log what
/// passes through them.
fn quiet() -> Targets {
    Targets::new().with_default(LevelFilter::WARN).with_target(OURS, LevelFilter::INFO)
}

/// What is logged by a wish: a level is for us alone, and so is what it says of single modules.
fn filter(wish: &str) -> Result<Targets, ParseError> {
    if wish.is_empty() {
        return Ok(quiet());
    }
    let wish: Targets = wish.parse()?;
    let level = wish.default_level().map(|level| (OURS.to_owned(), level));
    let modules = wish.iter().filter(|(module, _)| *module == OURS || module.starts_with("tidings::"));
    Ok(quiet().with_targets(level).with_targets(modules.map(|(module, level)| (module.to_owned(), level))))
}

const OURS: &str = "tidings";

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use tracing::Level;

    use super::filter;

    #[test]
    fn a_wish_is_for_us_alone() {
        let lets = |wish: &str, target: &str, level: Level| filter(wish).expect("a wish").would_enable(target, &level);
        for (wish, ours, imap) in [
            ("", Level::INFO, Level::INFO),
            ("debug", Level::DEBUG, Level::DEBUG),
            ("tidings::imap=debug", Level::INFO, Level::DEBUG),
            ("hyper=trace,rustls=debug,warn,tidings=trace", Level::TRACE, Level::TRACE),
            ("warn,tidings::imap=error", Level::WARN, Level::ERROR),
        ] {
            for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
                assert_eq!(lets(wish, "tidings::store", level), level <= ours, "{wish} {level}");
                assert_eq!(lets(wish, "tidings::imap::idle", level), level <= imap, "{wish} {level}");
                assert_eq!(lets(wish, "hyper::proto", level), level <= Level::WARN, "{wish} {level}");
            }
        }
        assert!(filter("tidings=loud").is_err());
    }
}

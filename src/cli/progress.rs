//! How far long work is: one line on a terminal, rewritten in place; nothing anywhere else.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::clock;
use crate::limits;

/// The line.
pub struct Progress {
    // `None`: nobody looks.
    out: Option<Box<dyn Write + Send>>,
    began: Duration,
    // When the line is next written.
    next: Duration,
    shown: bool,
}

impl Progress {
    /// On standard error, where that is a terminal.
    pub fn on_terminal() -> Self {
        let out: Option<Box<dyn Write + Send>> =
            if io::stderr().is_terminal() { Some(Box::new(io::stderr())) } else { None };
        Self::on(out, clock::awake())
    }

    /// None at all, where what is printed would run into it.
    pub fn none() -> Self {
        Self::on(None, Duration::ZERO)
    }

    /// On this; work that takes less than a moment shows nothing.
    fn on(out: Option<Box<dyn Write + Send>>, began: Duration) -> Self {
        Self { out, began, next: began.saturating_add(limits::front::PROGRESS_AFTER), shown: false }
    }

    /// So many are done.
    pub fn done(&mut self, count: usize) {
        if self.out.is_some() {
            self.done_at(count, clock::awake());
        }
    }

    fn done_at(&mut self, count: usize, now: Duration) {
        let Some(out) = self.out.as_mut().filter(|_| now >= self.next) else { return };
        self.shown = true;
        self.next = now.saturating_add(limits::front::PROGRESS_EVERY);
        let millis = now.saturating_sub(self.began).as_millis().max(1);
        let rate = (count as u128).saturating_mul(1_000) / millis;
        // A terminal that went away is no reason to stop.
        let _ = write!(out, "\r\u{1b}[K{count} messages, {rate} a second").and_then(|()| out.flush());
    }

    /// Takes the line away, for something that stays; it comes back with the next `done`.
    pub fn clear(&mut self) {
        if let Some(out) = self.out.as_mut().filter(|_| std::mem::take(&mut self.shown)) {
            let _ = write!(out, "\r\u{1b}[K").and_then(|()| out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::Progress;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_written_now_and_then_and_taken_away() {
        let screen = Screen::default();
        let began = Duration::from_secs(100);
        let mut progress = Progress::on(Some(Box::new(screen.clone())), began);
        progress.done_at(3, began + Duration::from_millis(10));
        progress.clear();
        let mut check = |millis: u64, count: usize, expected: &str| {
            progress.done_at(count, began + Duration::from_millis(millis));
            let written = std::mem::take(&mut *screen.0.lock().unwrap());
            assert_eq!(String::from_utf8(written).unwrap(), expected, "after {millis} ms");
        };
        check(1_000, 500, "\r\u{1b}[K500 messages, 500 a second");
        check(1_001, 501, "");
        check(2_000, 4_000, "\r\u{1b}[K4000 messages, 2000 a second");
        progress.clear();
        assert_eq!(screen.0.lock().unwrap().as_slice(), b"\r\x1b[K");
    }
}

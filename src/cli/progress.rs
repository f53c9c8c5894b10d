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
    // How many there are, where that is known.
    total: Option<usize>,
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
        Self { out, began, next: began.saturating_add(limits::front::PROGRESS_AFTER), shown: false, total: None }
    }

    /// With a bar: so many are to be done.
    #[must_use]
    pub fn of(self, total: Option<usize>) -> Self {
        Self { total: total.filter(|total| *total > 0), ..self }
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
        let line = match self.total {
            None => format!("{count} messages, {rate} a second"),
            Some(total) => {
                let done = count.min(total);
                let columns = limits::front::PROGRESS_COLUMNS;
                let full = done * columns / total;
                let left = ((total - done) as u128 * millis).div_ceil(count.max(1) as u128 * 1_000);
                let bar = format!("{}{}", "#".repeat(full), "-".repeat(columns - full));
                format!(
                    "[{bar}] {:>3} %  {done} of {total} messages, {rate} a second, {left} s left",
                    done * 100 / total
                )
            }
        };
        // A terminal that went away is no reason to stop.
        let _ = write!(out, "\r\u{1b}[K{line}").and_then(|()| out.flush());
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

    #[test]
    fn a_bar_shows_how_much_is_left() {
        let screen = Screen::default();
        let began = Duration::from_secs(100);
        let mut progress = Progress::on(Some(Box::new(screen.clone())), began).of(Some(4_000));
        let mut check = |seconds: u64, count: usize, expected: &str| {
            progress.done_at(count, began + Duration::from_secs(seconds));
            let written = std::mem::take(&mut *screen.0.lock().unwrap());
            assert_eq!(String::from_utf8(written).unwrap(), format!("\r\u{1b}[K{expected}"));
        };
        check(1, 1_000, "[#####---------------]  25 %  1000 of 4000 messages, 1000 a second, 3 s left");
        check(3, 3_999, "[###################-]  99 %  3999 of 4000 messages, 1333 a second, 1 s left");
        // More than were counted before: somebody writes into the Maildir.
        check(4, 4_001, "[####################] 100 %  4000 of 4000 messages, 1000 a second, 0 s left");
    }
}

//! Lines for systemd's journal, with priority and fields: `journalctl TIDINGS_ACCOUNT=work`.
//!
//! The message holds the fields, too: whoever reads `journalctl -u tidings` sees of what it speaks.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use rustix::fs::fstat;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Where the journal listens (systemd's "native protocol").
pub const SOCKET: &str = "/run/systemd/journal/socket";

/// Whether what is written to standard error goes into the journal: `$JOURNAL_STREAM` names its device and inode
/// (systemd.exec(5)). A child whose standard error was sent elsewhere inherits the variable all the same.
pub fn is_stderr(journal_stream: &str) -> bool {
    let Ok(stat) = fstat(io::stderr()) else { return false };
    let same = |(device, inode): (&str, &str)| device.parse() == Ok(stat.st_dev) && inode.parse() == Ok(stat.st_ino);
    journal_stream.split_once(':').is_some_and(same)
}

/// Writes each event into the journal.
#[derive(Debug)]
pub struct Journal(UnixDatagram);

impl Journal {
    /// Speaks to the journal that listens there.
    ///
    /// # Errors
    /// When none does.
    pub fn connect(socket: &Path) -> io::Result<Self> {
        let journal = UnixDatagram::unbound()?;
        journal.connect(socket)?;
        Ok(Self(journal))
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut entry = Entry::default();
        event.record(&mut entry);
        let Entry { message, pairs, mut fields } = entry;
        let message = message + &pairs;
        put(&mut fields, "MESSAGE", &message);
        put(&mut fields, "PRIORITY", priority(*event.metadata().level()));
        put(&mut fields, "SYSLOG_IDENTIFIER", "tidings");
        put(&mut fields, "TARGET", event.metadata().target());
        if self.0.send(&fields).is_err() {
            // A journal that restarts, or a line that no datagram holds. Standard error leads there as well.
            let _ = writeln!(io::stderr().lock(), "{message}");
        }
    }
}

fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

/// One field with its length before it, so that a value may hold anything.
fn put(fields: &mut Vec<u8>, name: &str, value: &str) {
    fields.extend_from_slice(name.as_bytes());
    fields.push(b'\n');
    fields.extend_from_slice(&(value.len() as u64).to_le_bytes());
    fields.extend_from_slice(value.as_bytes());
    fields.push(b'\n');
}

/// What an event says: its message, its fields as they are read, and as the journal takes them.
#[derive(Debug, Default)]
struct Entry {
    message: String,
    pairs: String,
    fields: Vec<u8>,
}

impl Visit for Entry {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
            return;
        }
        let value = format!("{value:?}");
        let _ = write!(self.pairs, " {}={value}", field.name());
        put(&mut self.fields, &format!("TIDINGS_{}", field.name().to_ascii_uppercase()), &value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;
    use std::os::unix::net::UnixDatagram;

    use tracing_subscriber::layer::SubscriberExt;

    use super::{Journal, is_stderr};

    /// The fields of a datagram, as the journal reads them.
    fn read(mut bytes: &[u8]) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (name, rest) = bytes.split_at(end);
            let (length, rest) = rest.get(1..).unwrap().split_first_chunk::<8>().unwrap();
            let (value, rest) = rest.split_at(usize::try_from(u64::from_le_bytes(*length)).unwrap());
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            fields.insert(text(name), text(value));
            bytes = rest.strip_prefix(b"\n").unwrap();
        }
        fields
    }

    fn check(event: impl FnOnce(), expected: &[(&str, &str)]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixDatagram::bind(&path).unwrap();
        let subscriber = tracing_subscriber::registry().with(Journal::connect(&path).unwrap());
        tracing::subscriber::with_default(subscriber, event);
        let mut bytes = [0; 4096];
        let length = listener.recv(&mut bytes).unwrap();
        let mut found = read(bytes.get(..length).unwrap());
        assert_eq!(found.remove("SYSLOG_IDENTIFIER").as_deref(), Some("tidings"));
        assert!(found.remove("TARGET").unwrap().starts_with("tidings::"));
        let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(found, expected.collect());
    }

    #[test]
    fn fields_stand_by_themselves_and_in_the_message() {
        check(
            || tracing::info!(id = %"ab12", account = "work", count = 3, "is held"),
            &[
                ("MESSAGE", "is held id=ab12 account=work count=3"),
                ("PRIORITY", "6"),
                ("TIDINGS_ACCOUNT", "work"),
                ("TIDINGS_COUNT", "3"),
                ("TIDINGS_ID", "ab12"),
            ],
        );
        check(|| tracing::error!("two\nlines"), &[("MESSAGE", "two\nlines"), ("PRIORITY", "3")]);
        check(
            || tracing::warn!(account = "a\nPRIORITY=0", "no field breaks out"),
            &[
                ("MESSAGE", "no field breaks out account=a\nPRIORITY=0"),
                ("PRIORITY", "4"),
                ("TIDINGS_ACCOUNT", "a\nPRIORITY=0"),
            ],
        );
    }

    #[test]
    fn only_a_journal_that_is_there_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Journal::connect(&folder.path().join("nobody")).is_err());
        let stat = rustix::fs::fstat(std::io::stderr()).unwrap();
        assert!(is_stderr(&format!("{}:{}", stat.st_dev, stat.st_ino)));
        for other in ["", ":", "1", "8:x", &format!("{}:{}", stat.st_dev, stat.st_ino + 1)] {
            assert!(!is_stderr(other), "{other}");
        }
    }
}

//! What stands in a file: its header block, the beginning of its text, its size as an IMAP server counts it.

use std::io::{self, BufRead, BufReader, Read};

use super::fault::{MaildirError, std_fault};
use super::folder::{Entry, Folder};
use crate::limits;

/// The beginning of a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    /// The header block with the empty line that ends it, line ends as in the file; at most
    /// `limits::doors::MAILDIR_HEADER_BYTES`.
    pub header: Vec<u8>,
    /// The first octets of what follows.
    pub text: Vec<u8>,
    /// Octets of the whole mail with every line end as CRLF: RFC822.SIZE (RFC 9051 section 2.3.4). The size on disk where
    /// that is over `limits::doors::MAILDIR_COUNT_BYTES`.
    pub size: u64,
}

/// Prints lengths only, so that a log that prints it cannot leak it.
impl std::fmt::Debug for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Head({} and {} of {} bytes)", self.header.len(), self.text.len(), self.size)
    }
}

/// Reads the beginning of a file, and counts the rest. `None` when it is gone or no regular file.
///
/// # Errors
/// The system refuses.
pub fn head(folder: &Folder, entry: &Entry, text_bytes: usize) -> Result<Option<Head>, MaildirError> {
    let Some((file, stat)) = folder.read(entry)? else { return Ok(None) };
    let on_disk = u64::try_from(stat.st_size).unwrap_or(0);
    // A file that grows while it is read ends all the same.
    let mut reader =
        Counted::new(BufReader::with_capacity(64 * 1024, file.take(limits::doors::MAILDIR_COUNT_BYTES + 1)));
    let read = |reader: &mut Counted<_>| {
        let header = reader.header()?;
        let text = reader.part(text_bytes)?;
        if on_disk <= limits::doors::MAILDIR_COUNT_BYTES {
            reader.rest()?;
        }
        io::Result::Ok((header, text))
    };
    let (header, text) = read(&mut reader).map_err(std_fault("read", &folder.path_of(entry.sub, &entry.file)))?;
    let size = if on_disk <= limits::doors::MAILDIR_COUNT_BYTES { reader.size } else { on_disk };
    Ok(Some(Head { header, text, size }))
}

/// Reads a whole file, `bytes` of it at most. `None` when it is gone or no regular file.
///
/// # Errors
/// The system refuses.
pub fn whole(folder: &Folder, entry: &Entry, bytes: u64) -> Result<Option<Vec<u8>>, MaildirError> {
    let Some((file, _)) = folder.read(entry)? else { return Ok(None) };
    let mut whole = Vec::new();
    let path = folder.path_of(entry.sub, &entry.file);
    file.take(bytes).read_to_end(&mut whole).map_err(std_fault("read", &path))?;
    Ok(Some(whole))
}

/// The octets with each bare line feed as CRLF: as an IMAP server shows the mail.
pub fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) if !text.ends_with(b"\r") => {
                out.extend_from_slice(text);
                out.extend_from_slice(b"\r\n");
            }
            _ => out.extend_from_slice(line),
        }
    }
    out
}

/// The header block alone, of what a file that is looked through has. `None` as above.
///
/// # Errors
/// The system refuses.
pub fn header(folder: &Folder, entry: &Entry) -> Result<Option<Vec<u8>>, MaildirError> {
    let Some((file, _)) = folder.read(entry)? else { return Ok(None) };
    let header = Counted::new(BufReader::new(file)).header();
    header.map(Some).map_err(std_fault("read", &folder.path_of(entry.sub, &entry.file)))
}

/// Whether a header block has this Message-ID (without angle brackets) in any of its Message-ID fields.
pub fn has_message_id(header: &[u8], message_id: &str) -> bool {
    const NAME: &[u8] = b"message-id:";
    let mut lines = header.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let is_field = line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME));
        if !is_field {
            continue;
        }
        let mut value = line.get(NAME.len()..).unwrap_or_default().to_vec();
        while let Some(more) = lines.next_if(|line| line.starts_with(b" ") || line.starts_with(b"\t")) {
            value.extend_from_slice(more);
        }
        let value = value.trim_ascii();
        let bare = value.strip_prefix(b"<").and_then(|value| value.strip_suffix(b">")).unwrap_or(value);
        if bare == message_id.as_bytes() {
            return true;
        }
    }
    false
}

/// A reader that counts octets, each bare line feed as two.
struct Counted<R> {
    inner: R,
    size: u64,
    last: u8,
}

impl<R: BufRead> Counted<R> {
    fn new(inner: R) -> Self {
        Self { inner, size: 0, last: 0 }
    }

    /// Takes `bytes` octets of the buffer as read.
    fn consume(&mut self, bytes: usize) -> io::Result<()> {
        for &byte in self.inner.fill_buf()?.get(..bytes).unwrap_or_default() {
            self.size += if byte == b'\n' && self.last != b'\r' { 2 } else { 1 };
            self.last = byte;
        }
        self.inner.consume(bytes);
        Ok(())
    }

    /// To the end of the first empty line.
    fn header(&mut self) -> io::Result<Vec<u8>> {
        let mut header = Vec::new();
        let (mut line_is_empty, mut ended) = (true, false);
        while !ended && header.len() < limits::doors::MAILDIR_HEADER_BYTES {
            let buffer = self.inner.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let mut taken = 0;
            for &byte in buffer.iter().take(limits::doors::MAILDIR_HEADER_BYTES - header.len()) {
                taken += 1;
                ended = byte == b'\n' && line_is_empty;
                line_is_empty = byte == b'\n' || byte == b'\r' && line_is_empty;
                if ended {
                    break;
                }
            }
            header.extend_from_slice(buffer.get(..taken).unwrap_or_default());
            self.consume(taken)?;
        }
        Ok(header)
    }

    fn part(&mut self, bytes: usize) -> io::Result<Vec<u8>> {
        let mut part = Vec::new();
        while part.len() < bytes {
            let buffer = self.inner.fill_buf()?;
            let taken = buffer.len().min(bytes - part.len());
            if taken == 0 {
                break;
            }
            part.extend_from_slice(buffer.get(..taken).unwrap_or_default());
            self.consume(taken)?;
        }
        Ok(part)
    }

    fn rest(&mut self) -> io::Result<()> {
        loop {
            match self.inner.fill_buf()?.len() {
                0 => return Ok(()),
                bytes => self.consume(bytes)?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::BufReader;

    use super::{Counted, has_message_id};
    use crate::limits;

    #[test]
    fn a_header_ends_at_the_first_empty_line() {
        let check = |mail: &[u8], header: &[u8], text: &[u8], size: u64| {
            // Every size of buffer, so that each line end falls on a border once.
            for capacity in 1..mail.len() + 2 {
                let mut reader = Counted::new(BufReader::with_capacity(capacity, mail));
                assert_eq!(reader.header().unwrap(), header);
                assert_eq!(reader.part(4).unwrap(), text);
                reader.rest().unwrap();
                assert_eq!(reader.size, size, "{:?}", String::from_utf8_lossy(mail));
            }
        };
        check(b"A: b\n\ntext\n", b"A: b\n\n", b"text", 14);
        check(b"A: b\r\n\r\ntext\r\n", b"A: b\r\n\r\n", b"text", 14);
        check(b"A: b\nC: d", b"A: b\nC: d", b"", 10);
        check(b"\nx", b"\n", b"x", 3);
        check(b"\r\r\nx", b"\r\r\n", b"x", 4);
        check(b"", b"", b"", 0);
        check(b"A: b\n\n\n\n\n\n\n", b"A: b\n\n", b"\n\n\n\n", 18);
    }

    #[test]
    fn an_endless_header_is_cut() {
        let mail = "A: ".repeat(limits::doors::MAILDIR_HEADER_BYTES);
        let mut reader = Counted::new(BufReader::new(mail.as_bytes()));
        assert_eq!(reader.header().unwrap().len(), limits::doors::MAILDIR_HEADER_BYTES);
    }

    #[test]
    fn a_message_id_is_found_whole() {
        let check =
            |header: &str, found: bool| assert_eq!(has_message_id(header.as_bytes(), "1@x"), found, "{header:?}");
        check("Message-ID: <1@x>\n", true);
        check("From: a\r\nMESSAGE-id:<1@x>\r\n\r\n", true);
        check("Message-ID:\r\n <1@x>\r\n", true);
        check("Message-ID: 1@x", true);
        check("Message-ID: <11@x>\n", false);
        check("Message-ID: <1@x>y\n", false);
        check("References: <1@x>\n", false);
        check("X: y\n Message-ID: <1@x>\n", false);
        check("Message-ID: <2@x>\nMessage-ID: <1@x>\n", true);
        check("", false);
    }
}

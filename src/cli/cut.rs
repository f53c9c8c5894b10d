//! The beginning of a mail as a door would give it, whatever its whole length: header block, first text, size.

use std::io::{self, Read};

use crate::limits;

/// A mail of which only the beginning is kept. Push its octets in order; it grows to a bounded size.
#[derive(Clone)]
pub struct Cut {
    bytes: Vec<u8>,
    header: usize,
    size: u64,
    last: u8,
    in_header: bool,
    line_is_empty: bool,
}

impl Default for Cut {
    fn default() -> Self {
        Self { bytes: Vec::new(), header: 0, size: 0, last: 0, in_header: true, line_is_empty: true }
    }
}

impl Cut {
    /// Reads to the end.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn of(mut reader: impl Read) -> io::Result<Self> {
        let mut cut = Self::default();
        let mut buffer = vec![0; limits::front::REPLAY_PIECE_BYTES];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(cut),
                Ok(read) => cut.push(buffer.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The next octets.
    pub fn push(&mut self, octets: &[u8]) {
        for &byte in octets {
            self.size += if byte == b'\n' && self.last != b'\r' { 2 } else { 1 };
            self.last = byte;
            if self.in_header {
                self.bytes.push(byte);
                self.header += 1;
                let ended = byte == b'\n' && self.line_is_empty;
                self.line_is_empty = byte == b'\n' || byte == b'\r' && self.line_is_empty;
                self.in_header = !ended && self.header < limits::doors::MAILDIR_HEADER_BYTES;
            } else if self.bytes.len() - self.header < limits::hands::JUDGED_TEXT_BYTES as usize {
                self.bytes.push(byte);
            }
        }
    }

    /// Whether the header block has not ended yet.
    pub fn in_header(&self) -> bool {
        self.in_header
    }

    /// The header block with the empty line that ends it, then at most `limits::hands::JUDGED_TEXT_BYTES` of the body.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The header block alone, at most `limits::doors::MAILDIR_HEADER_BYTES`.
    pub fn header(&self) -> &[u8] {
        self.bytes.get(..self.header).unwrap_or_default()
    }

    /// Octets of the whole with every line end as two, as servers count (RFC 9051 section 2.3.4).
    pub fn size(&self) -> u64 {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use super::Cut;
    use crate::limits;

    #[test]
    fn the_beginning_is_kept_and_the_whole_is_counted() {
        let check = |mail: &[u8], header: &[u8], size: u64| {
            let (mut cut, mut drops) = (Cut::default(), Cut::default());
            cut.push(mail);
            mail.iter().for_each(|byte| drops.push(&[*byte]));
            for cut in [cut, drops] {
                assert_eq!((cut.header(), cut.bytes(), cut.size()), (header, mail, size));
            }
        };
        check(b"A: b\n\ntext\n", b"A: b\n\n", 14);
        check(b"A: b\r\n\r\ntext\r\n", b"A: b\r\n\r\n", 14);
        check(b"A: b", b"A: b", 4);
        check(b"\ntext", b"\n", 6);
        check(b"", b"", 0);
    }

    #[test]
    fn it_stays_small() {
        let mut cut = Cut::default();
        cut.push(&b"a".repeat(2 * limits::doors::MAILDIR_HEADER_BYTES));
        assert_eq!(cut.header().len(), limits::doors::MAILDIR_HEADER_BYTES);
        cut.push(&b"b".repeat(1_000_000));
        assert_eq!(cut.bytes().len(), limits::doors::MAILDIR_HEADER_BYTES + limits::hands::JUDGED_TEXT_BYTES as usize);
        assert_eq!(cut.size(), 2 * limits::doors::MAILDIR_HEADER_BYTES as u64 + 1_000_000);
    }
}
